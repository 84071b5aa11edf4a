//! x86: the portable functions, for the registers of AVX2 and of AVX-512.

use super::portable;

/// # Safety
/// The processor has the features named.
#[target_feature(enable = "avx2")]
pub(super) fn select_avx2(rows: &[u64], index: &[&[u64]], out: &mut [u64]) {
    portable::select(rows, index, out);
}

/// # Safety
/// The processor has the features named.
#[target_feature(enable = "avx512f")]
pub(super) fn select_avx512(rows: &[u64], index: &[&[u64]], out: &mut [u64]) {
    portable::select(rows, index, out);
}

/// # Safety
/// The processor has the features named.
#[target_feature(enable = "avx2")]
pub(super) fn rotate_avx2(function: &[bool], index: &[&[u64]], rows: &mut [u64]) {
    portable::rotate(function, index, rows);
}

/// # Safety
/// The processor has the features named.
#[target_feature(enable = "avx512f")]
pub(super) fn rotate_avx512(function: &[bool], index: &[&[u64]], rows: &mut [u64]) {
    portable::rotate(function, index, rows);
}
