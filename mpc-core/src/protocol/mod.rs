//! Protocols: each file is one functionality, with its demand on the source beside it. `W` is the number of 64-bit
//! words of a vector, `n` the number of sites, `b` the width of an index.
//!
//! | functionality | file | source, bits an element | bits an element on each link | rounds |
//! |---|---|---|---|---|
//! | input sharing | [`input`] | 0 | 0 | 0 |
//! | zero-sharing | [`zero_share`] | 0 | 0 | 0 |
//! | masked opening of k bits | [`open`] | 0 | k (large and n >= 3: k to and from the king) | 1 (2) |
//! | output opening of k bits | [`open`] | 0 | k, to recipients | 1 |
//! | AND | [`and`] | 1 | 2 | 1 |
//! | AND of m vectors | [`and_all`] | m - 1 | 2(m - 1) | ceil(log2 m) |
//! | table look-up | [`table_lookup`] | 2^b | b | 1 |
//! | product in Z_2^k | [`multiply`] | k | 2k | 1 |
//! | sign in Z_2^k, d digits of 4 bits | [`compare`] | 16 d + 2(d - 1) | k + 4(d - 1) | 1 + ceil(log2 d) |
//! | sum of n private numbers of b bits at least t | [`sum_at_least`] | about (n + 2) b | twice that | about log2 n + log2 b + 2 |

pub mod and;
pub mod and_all;
mod carry;
pub mod compare;
pub mod input;
pub mod multiply;
pub mod open;
pub mod sum_at_least;
pub mod table_lookup;
pub mod verify;
pub mod zero_share;
