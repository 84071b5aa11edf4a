//! x86: four products of words an instruction.

use super::{Roots, portable};

/// AVX2, forwards.
///
/// # Safety
/// The processor has AVX2.
#[target_feature(enable = "avx2")]
pub(super) fn forwards(roots: &Roots, values: &mut [u64]) {
    portable::forwards(roots, values);
}

/// AVX2, backwards.
///
/// # Safety
/// The processor has AVX2.
#[target_feature(enable = "avx2")]
pub(super) fn backwards(roots: &Roots, values: &mut [u64]) {
    portable::backwards(roots, values);
}
