//! x86: a test of one bit in every lane gives the bits of a plane at once.

use super::NUMBERS;
use std::arch::x86_64::*;

/// Bits of a number.
const BITS: usize = 32;

/// AVX-512.
///
/// # Safety
/// The processor has the features named.
#[target_feature(enable = "avx512f")]
pub(super) fn avx512(numbers: &[u32; NUMBERS], most: u32, planes: &mut [u64]) {
    const LANES: usize = 16;
    let most = _mm512_set1_epi32(most.cast_signed());
    let clamped = std::array::from_fn::<_, { NUMBERS / LANES }, _>(|part| {
        // SAFETY: `part` times 16 numbers and 16 more are within the 64.
        let part = unsafe { _mm512_loadu_si512(numbers.as_ptr().add(part * LANES).cast()) };
        _mm512_min_epu32(part, most)
    });
    let mut one = _mm512_set1_epi32(1);
    for plane in planes.iter_mut().take(BITS) {
        *plane = clamped
            .iter()
            .rev()
            .fold(0, |plane, &part| plane << LANES | u64::from(_mm512_test_epi32_mask(part, one)));
        one = _mm512_add_epi32(one, one);
    }
    planes.iter_mut().skip(BITS).for_each(|plane| *plane = 0);
}

/// AVX2.
///
/// # Safety
/// The processor has the features named.
#[target_feature(enable = "avx2")]
pub(super) fn avx2(numbers: &[u32; NUMBERS], most: u32, planes: &mut [u64]) {
    const LANES: usize = 8;
    let most = _mm256_set1_epi32(most.cast_signed());
    let clamped = std::array::from_fn::<_, { NUMBERS / LANES }, _>(|part| {
        // SAFETY: `part` times 8 numbers and 8 more are within the 64.
        let part = unsafe { _mm256_loadu_si256(numbers.as_ptr().add(part * LANES).cast()) };
        _mm256_min_epu32(part, most)
    });
    for (bit, plane) in (0..).zip(planes.iter_mut().take(BITS)) {
        // The bit goes to the sign, which is gathered.
        let to_sign = _mm_cvtsi32_si128(BITS as i32 - 1 - bit);
        *plane = clamped.iter().rev().fold(0, |plane, &part| {
            let signs = _mm256_castsi256_ps(_mm256_sll_epi32(part, to_sign));
            plane << LANES | u64::from(_mm256_movemask_ps(signs).cast_unsigned())
        });
    }
    planes.iter_mut().skip(BITS).for_each(|plane| *plane = 0);
}
