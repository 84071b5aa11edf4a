//! x86: the steps of the portable form on vectors of words; and its `low`, compiled for these registers.

use super::{GROUP, LANES, Row, SIDE, portable};
use std::arch::x86_64::*;

/// Defines the form for a vector.
macro_rules! form {
    (
        $name:ident, $features:literal, $vector:ty, $words:literal, load $load:ident, store $store:ident,
        zero $zero:ident, xor $xor:ident, and $and:ident, splat $splat:ident,
        count $count:ty, left $left:ident, right $right:ident
    ) => {
        /// # Safety
        /// The processor has the features named.
        #[target_feature(enable = $features)]
        pub(super) fn $name(half: &mut [Row; SIDE]) {
            /// Moves bits by `DISTANCE` between rows that are so far apart; in `rows`, `apart`.
            #[inline]
            #[target_feature(enable = $features)]
            fn swap<const DISTANCE: $count>(rows: &mut [$vector; GROUP], apart: usize) {
                let mask = $splat((u64::MAX / ((1 << DISTANCE) + 1)).cast_signed());
                for row in (0..GROUP).filter(|row| row & apart == 0) {
                    let (upper, lower) = (rows[row], rows[row + apart]);
                    let swapped = $and($xor($right::<DISTANCE>(upper), lower), mask);
                    rows[row + apart] = $xor(lower, swapped);
                    rows[row] = $xor(upper, $left::<DISTANCE>(swapped));
                }
            }

            /// Three steps on every `stride`th row from the first on.
            #[inline]
            #[target_feature(enable = $features)]
            fn steps<const FIRST: $count, const SECOND: $count, const THIRD: $count>(
                rows: &mut [Row],
                stride: usize,
            ) {
                for start in (0..LANES).step_by($words) {
                    let mut group = [$zero(); GROUP];
                    for (vector, row) in group.iter_mut().zip(rows.iter().step_by(stride)) {
                        // SAFETY: the vector begins at `start`, and the row has as many words more.
                        *vector = unsafe { $load(row.as_ptr().add(start).cast()) };
                    }
                    swap::<FIRST>(&mut group, 4);
                    swap::<SECOND>(&mut group, 2);
                    swap::<THIRD>(&mut group, 1);
                    for (vector, row) in group.into_iter().zip(rows.iter_mut().step_by(stride)) {
                        // SAFETY: as above.
                        unsafe { $store(row.as_mut_ptr().add(start).cast(), vector) };
                    }
                }
            }

            for first in 0..GROUP {
                steps::<32, 16, 8>(&mut half[first..], GROUP);
            }
            for rows in half.as_chunks_mut::<GROUP>().0 {
                steps::<4, 2, 1>(rows, 1);
            }
        }
    };
}

form!(
    transpose_avx2, "avx2", __m256i, 4, load _mm256_loadu_si256, store _mm256_storeu_si256,
    zero _mm256_setzero_si256, xor _mm256_xor_si256, and _mm256_and_si256, splat _mm256_set1_epi64x,
    count i32, left _mm256_slli_epi64, right _mm256_srli_epi64
);
form!(
    transpose_avx512, "avx512f", __m512i, 8, load _mm512_loadu_si512, store _mm512_storeu_si512,
    zero _mm512_setzero_si512, xor _mm512_xor_si512, and _mm512_and_si512, splat _mm512_set1_epi64,
    count u32, left _mm512_slli_epi64, right _mm512_srli_epi64
);

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
