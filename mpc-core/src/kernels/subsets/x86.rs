//! x86: four lanes an instruction.

use super::{LANES, portable};

/// AVX2.
///
/// # Safety
/// The processor has AVX2.
#[target_feature(enable = "avx2")]
pub(super) fn avx2(rows: &[[u64; LANES]], subsets: &[u8], sums: &mut [[u64; LANES]]) {
    portable::add(rows, subsets, sums);
}
