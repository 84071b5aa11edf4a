//! x86: products of polynomials by one instruction.

use super::super::cipher::{BLOCKS, Row};
use super::Sum;
use std::arch::x86_64::*;

/// # Safety
/// The processor has PCLMULQDQ.
#[target_feature(enable = "pclmulqdq")]
pub(super) fn multiply_add(rows: &[Row], factors: &[u128; BLOCKS], sums: &mut [Sum]) {
    let vector = |low: u64, high: u64| _mm_set_epi64x(high.cast_signed(), low.cast_signed());
    let split = |wide: u128| vector(wide as u64, (wide >> 64) as u64);
    let join = |vector: __m128i| {
        let [low, high] = [vector, _mm_unpackhi_epi64(vector, vector)].map(|half| _mm_cvtsi128_si64(half));
        u128::from(high.cast_unsigned()) << 64 | u128::from(low.cast_unsigned())
    };
    let factors = factors.map(split);
    for (row, sum) in rows.iter().zip(sums) {
        let [mut low, mut middle, mut high] = sum.0.map(split);
        for (words, factor) in row.as_chunks::<2>().0.iter().zip(factors) {
            let element = vector(words[0], words[1]);
            low = _mm_xor_si128(low, _mm_clmulepi64_si128::<0x00>(element, factor));
            high = _mm_xor_si128(high, _mm_clmulepi64_si128::<0x11>(element, factor));
            middle = _mm_xor_si128(middle, _mm_clmulepi64_si128::<0x01>(element, factor));
            middle = _mm_xor_si128(middle, _mm_clmulepi64_si128::<0x10>(element, factor));
        }
        sum.0 = [low, middle, high].map(join);
    }
}
