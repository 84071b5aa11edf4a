//! Protocols: each file is one functionality, with its demand on the source beside it. `W` is the number of 64-bit
//! words of a vector, `n` the number of sites, `b` the width of an index. Numbers of ANDs are rounded up here and exact in
//! each file.
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
//! | function of 2 or 3 private numbers below m | [`private_table`] | ceil(log2 m) or 3 ceil(log2 m) transfers | m - 1 or (m + 2)(m - 1) in all | 2 or 3 |
//! | product in Z_2^k, or sum of products | [`multiply`] | k a result | 2k | 1 |
//! | matrix of numbers times matrix of bits, of two sites, U rows, c and d columns | [`matrix_product`] | k c d | k U c and k U d | 1 |
//! | private bits of one site times rows of c numbers of another, in Z_2^k | [`bit_products`] | 1 transfer a row, with pads of c k | c k from the holder | 2 |
//! | square in Z_2^k | [`multiply`] | k | k | 1 |
//! | bit to Z_2^k | [`convert`] | k | 1 | 1 |
//! | choice by a bit in Z_2^k | [`choose`] | 2k | 2k + 1 | 2 |
//! | number from l bits | [`from_bits`] | l k | l | 1 |
//! | sign in Z_2^k, of d digits of 4 bits | [`compare`] | 16 d + 2d | k + 4d | 1 + ceil(log2 d) |
//! | less than a public number | [`less_than`] | 16 d + 4d | k + 8d | 1 + ceil(log2 d) |
//! | less than a shared number | [`less_than`] | three signs, 1 | three signs, 2 | 2 + ceil(log2 d) |
//! | equal to a shared number | [`equal`] | 16 d + d | k + 2d | 1 + ceil(log2 d) |
//! | bits of a number | [`to_bits`] | 16 d + k + d log2 d | k + 2k + 2d log2 d | 2 + ceil(log2(d - 1)) |
//! | floor(x / 2^f), exactly | [`truncate`] | k^2 + 4k | 5k | 2 + ceil(log2 f) + ceil(log2(k - f + 1)) |
//! | from Z_2^l to a larger ring | [`widen`] | (l + 1) k + 2l | 5l | 2 + ceil(log2 l) |
//! | sum of n private numbers of b bits at least t | [`sum_at_least`] | about (n + 2) b | twice that | about log2 n + log2 b + 2 |

pub mod and;
pub mod and_all;
mod bit_mask;
pub mod bit_products;
mod carry;
pub mod choose;
pub mod compare;
pub mod convert;
mod digit_opening;
pub mod equal;
pub mod from_bits;
pub mod input;
pub mod less_than;
pub mod matrix_product;
pub mod multiply;
mod oblivious_selection;
pub mod open;
pub mod private_table;
pub mod sum_at_least;
pub mod table_lookup;
pub mod to_bits;
pub mod truncate;
pub mod verify;
pub mod widen;
pub mod zero_share;
