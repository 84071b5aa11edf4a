//! x86: a row is two vectors, or one.

use super::{Row, portable};

/// AVX2.
///
/// # Safety
/// The processor has AVX2.
#[target_feature(enable = "avx2")]
pub(super) fn avx2(rows: &[Row], subsets: &[u8], sums: &mut [Row]) {
    portable::add(rows, subsets, sums);
}

/// AVX-512.
///
/// # Safety
/// The processor has AVX-512 F.
#[target_feature(enable = "avx512f")]
pub(super) fn avx512(rows: &[Row], subsets: &[u8], sums: &mut [Row]) {
    portable::add(rows, subsets, sums);
}
