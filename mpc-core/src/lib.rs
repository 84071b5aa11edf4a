//! Secure multiparty computation for joint statistics over data that may not be pooled.
#![deny(unsafe_code)]

pub mod query;
pub mod statistics;
pub mod transport;
