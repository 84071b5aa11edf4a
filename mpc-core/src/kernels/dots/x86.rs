//! x86: a vector of products an instruction, of 8 numbers of 32 bits, or of 16 of 16 bits, which are added in pairs.

use super::{Columns, Products, SIDE, portable};
use std::arch::x86_64::*;
use std::ops::BitXor;

/// What is added up in a tile.
type Sums = [[__m256i; SIDE]; SIDE];

/// Adds up over the vectors of all columns, `lanes` elements each, and over the elements after the last vector.
macro_rules! form {
    ($(#[$doc:meta])* $name:ident, $type:ty, $lanes:literal, $product:ident, $add:ident, $reduce:ident, $join:expr, $one:ident) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// The processor has the features named. All columns have `rows` rows.
        #[target_feature(enable = "avx2,popcnt")]
        pub(super) unsafe fn $name(
            rows: usize,
            left: Columns<'_, $type>,
            right: &[Columns<'_, $type>],
            products: &mut [Products],
        ) {
            let whole = rows / $lanes * $lanes;
            for (products, right) in products.iter_mut().zip(right) {
                let mut sums: Sums = [[_mm256_setzero_si256(); SIDE]; SIDE];
                for row in (0..whole).step_by($lanes) {
                    // SAFETY: all columns have `rows` rows, and `row + lanes <= whole <= rows`.
                    let load = |column: &[$type]| unsafe { _mm256_loadu_si256(column.as_ptr().add(row).cast()) };
                    let right = right.map(load);
                    for (sums, left) in sums.iter_mut().zip(left) {
                        let left = load(left);
                        for (sum, right) in sums.iter_mut().zip(right) {
                            *sum = $add(*sum, $product(left, right));
                        }
                    }
                }
                *products = sums.map(|sums| sums.map(|sum| $reduce(sum)));
                if whole < rows {
                    for (products, left) in products.iter_mut().zip(left) {
                        for (product, right) in products.iter_mut().zip(right) {
                            let rest = portable::$one(&left[whole..rows], &right[whole..rows]);
                            *product = $join(*product, rest);
                        }
                    }
                }
            }
        }
    };
}

form!(
    /// Numbers of 32 bits.
    words, u32, 8, _mm256_mullo_epi32, _mm256_add_epi32, plus, u32::wrapping_add, words_of
);
form!(
    /// Numbers of 16 bits. Two products of the least number add up to 2^31, which is right modulo 2^32.
    halves, i16, 16, _mm256_madd_epi16, _mm256_add_epi32, plus, u32::wrapping_add, halves_of
);
form!(
    /// Bits.
    parities, u64, 4, _mm256_and_si256, _mm256_xor_si256, parity, u32::bitxor, parities_of
);

/// Adds all lanes of 32 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn plus(sum: __m256i) -> u32 {
    let four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b01_00_11_10>(four));
    let one = _mm_add_epi32(two, _mm_shuffle_epi32::<0b10_11_00_01>(two));
    _mm_cvtsi128_si32(one).cast_unsigned()
}

/// Adds all bits modulo 2.
#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn parity(sum: __m256i) -> u32 {
    let two = _mm_xor_si128(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    let one = _mm_cvtsi128_si64(two) ^ _mm_extract_epi64::<1>(two);
    one.count_ones() % 2
}
