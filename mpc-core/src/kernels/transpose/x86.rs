//! x86: the portable functions, for the registers of AVX2 and of AVX-512.

use super::{LANES, Row, SIDE, portable};

/// # Safety
/// The processor has the features named.
#[target_feature(enable = "avx2")]
pub(super) fn transpose_avx2(half: &mut [Row; SIDE]) {
    portable::transpose::<4>(half);
}

/// # Safety
/// The processor has the features named.
#[target_feature(enable = "avx512f")]
pub(super) fn transpose_avx512(half: &mut [Row; SIDE]) {
    portable::transpose::<LANES>(half);
}

/// # Safety
/// The processor has the features named.
#[target_feature(enable = "avx2")]
pub(super) fn low_avx2(columns: &[Row; SIDE], rows: &mut [Row]) {
    portable::low(columns, rows);
}

/// # Safety
/// The processor has the features named.
#[target_feature(enable = "avx512f")]
pub(super) fn low_avx512(columns: &[Row; SIDE], rows: &mut [Row]) {
    portable::low(columns, rows);
}
