//! Linking, against plain sets; what is sent; and what deviates.

mod agreement;
