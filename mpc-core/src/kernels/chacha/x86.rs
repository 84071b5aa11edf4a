//! x86: 16 blocks at once in AVX-512, 8 in AVX2. A last group of fewer blocks is made in full, and the rest of it dropped.

use super::{BLOCK, KEY, STATE, rounds, state};
use std::arch::x86_64::*;

/// The two words of the block counter in each of L blocks.
fn counters<const L: usize>(first: u64) -> [[u32; L]; 2] {
    let number = |lane: usize| first.wrapping_add(lane as u64);
    [std::array::from_fn(|lane| number(lane) as u32), std::array::from_fn(|lane| (number(lane) >> 32) as u32)]
}

/// AVX-512.
///
/// # Safety
/// The processor has the features named.
#[target_feature(enable = "avx512f")]
pub(super) fn avx512(key: &[u32; KEY], first: u64, blocks: &mut [[u8; BLOCK]]) {
    const LANES: usize = 16;
    let (groups, rest) = blocks.as_chunks_mut::<LANES>();
    let mut first = first;
    for group in groups {
        avx512_group(key, first, group);
        first = first.wrapping_add(LANES as u64);
    }
    if !rest.is_empty() {
        let mut group = [[0; BLOCK]; LANES];
        avx512_group(key, first, &mut group);
        rest.iter_mut().zip(&group).for_each(|(block, made)| *block = *made);
    }
}

#[target_feature(enable = "avx512f")]
fn avx512_group(key: &[u32; KEY], first: u64, group: &mut [[u8; BLOCK]; 16]) {
    let mut start = [_mm512_setzero_si512(); STATE];
    for (vector, word) in start.iter_mut().zip(state(key, 0)) {
        *vector = _mm512_set1_epi32(word.cast_signed());
    }
    for (vector, words) in start[12..14].iter_mut().zip(counters::<16>(first)) {
        // SAFETY: the words have the size of the vector.
        *vector = unsafe { _mm512_loadu_si512(words.as_ptr().cast()) };
    }
    let mut v = start;
    rounds!(
        v,
        _mm512_add_epi32,
        _mm512_xor_si512,
        [_mm512_rol_epi32::<16>, _mm512_rol_epi32::<12>, _mm512_rol_epi32::<8>, _mm512_rol_epi32::<7>]
    );
    for word in 0..STATE {
        v[word] = _mm512_add_epi32(v[word], start[word]);
    }

    // From one vector a word to one vector a block. First within each quarter of a vector: t[4 i + j] has
    // words 4 i .. 4 i + 4 of blocks j, j + 4, j + 8, j + 12.
    let mut t = v;
    for i in (0..STATE).step_by(4) {
        let low = _mm512_unpacklo_epi32(v[i], v[i + 1]);
        let high = _mm512_unpackhi_epi32(v[i], v[i + 1]);
        let low_next = _mm512_unpacklo_epi32(v[i + 2], v[i + 3]);
        let high_next = _mm512_unpackhi_epi32(v[i + 2], v[i + 3]);
        t[i] = _mm512_unpacklo_epi64(low, low_next);
        t[i + 1] = _mm512_unpackhi_epi64(low, low_next);
        t[i + 2] = _mm512_unpacklo_epi64(high, high_next);
        t[i + 3] = _mm512_unpackhi_epi64(high, high_next);
    }
    // Then quarters: of t[j], t[4 + j], t[8 + j], t[12 + j], quarter q belongs to block 4 q + j.
    for j in 0..4 {
        let low = _mm512_shuffle_i32x4::<0b01_00_01_00>(t[j], t[4 + j]);
        let high = _mm512_shuffle_i32x4::<0b11_10_11_10>(t[j], t[4 + j]);
        let low_next = _mm512_shuffle_i32x4::<0b01_00_01_00>(t[8 + j], t[12 + j]);
        let high_next = _mm512_shuffle_i32x4::<0b11_10_11_10>(t[8 + j], t[12 + j]);
        let quarters = [
            _mm512_shuffle_i32x4::<0b10_00_10_00>(low, low_next),
            _mm512_shuffle_i32x4::<0b11_01_11_01>(low, low_next),
            _mm512_shuffle_i32x4::<0b10_00_10_00>(high, high_next),
            _mm512_shuffle_i32x4::<0b11_01_11_01>(high, high_next),
        ];
        for (q, quarter) in quarters.into_iter().enumerate() {
            // SAFETY: a block has the size of the vector.
            unsafe { _mm512_storeu_si512(group[4 * q + j].as_mut_ptr().cast(), quarter) };
        }
    }
}

/// AVX2.
///
/// # Safety
/// The processor has the features named.
#[target_feature(enable = "avx2")]
pub(super) fn avx2(key: &[u32; KEY], first: u64, blocks: &mut [[u8; BLOCK]]) {
    const LANES: usize = 8;
    let (groups, rest) = blocks.as_chunks_mut::<LANES>();
    let mut first = first;
    for group in groups {
        avx2_group(key, first, group);
        first = first.wrapping_add(LANES as u64);
    }
    if !rest.is_empty() {
        let mut group = [[0; BLOCK]; LANES];
        avx2_group(key, first, &mut group);
        rest.iter_mut().zip(&group).for_each(|(block, made)| *block = *made);
    }
}

#[target_feature(enable = "avx2")]
fn avx2_left<const LEFT: i32, const RIGHT: i32>(a: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_slli_epi32::<LEFT>(a), _mm256_srli_epi32::<RIGHT>(a))
}

#[target_feature(enable = "avx2")]
fn avx2_group(key: &[u32; KEY], first: u64, group: &mut [[u8; BLOCK]; 8]) {
    let mut start = [_mm256_setzero_si256(); STATE];
    for (vector, word) in start.iter_mut().zip(state(key, 0)) {
        *vector = _mm256_set1_epi32(word.cast_signed());
    }
    for (vector, words) in start[12..14].iter_mut().zip(counters::<8>(first)) {
        // SAFETY: the words have the size of the vector.
        *vector = unsafe { _mm256_loadu_si256(words.as_ptr().cast()) };
    }
    let by_two_bytes = _mm256_setr_epi8(
        2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15,
        12, 13,
    );
    let by_one_byte = _mm256_setr_epi8(
        3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12,
        13, 14,
    );
    let mut v = start;
    rounds!(
        v,
        _mm256_add_epi32,
        _mm256_xor_si256,
        [
            |a| _mm256_shuffle_epi8(a, by_two_bytes),
            avx2_left::<12, 20>,
            |a| _mm256_shuffle_epi8(a, by_one_byte),
            avx2_left::<7, 25>
        ]
    );
    for word in 0..STATE {
        v[word] = _mm256_add_epi32(v[word], start[word]);
    }

    // As for AVX-512: t[4 i + j] has words 4 i .. 4 i + 4 of blocks j and j + 4.
    let mut t = v;
    for i in (0..STATE).step_by(4) {
        let low = _mm256_unpacklo_epi32(v[i], v[i + 1]);
        let high = _mm256_unpackhi_epi32(v[i], v[i + 1]);
        let low_next = _mm256_unpacklo_epi32(v[i + 2], v[i + 3]);
        let high_next = _mm256_unpackhi_epi32(v[i + 2], v[i + 3]);
        t[i] = _mm256_unpacklo_epi64(low, low_next);
        t[i + 1] = _mm256_unpackhi_epi64(low, low_next);
        t[i + 2] = _mm256_unpacklo_epi64(high, high_next);
        t[i + 3] = _mm256_unpackhi_epi64(high, high_next);
    }
    for j in 0..4 {
        let halves = [
            [
                _mm256_permute2x128_si256::<0x20>(t[j], t[4 + j]),
                _mm256_permute2x128_si256::<0x20>(t[8 + j], t[12 + j]),
            ],
            [
                _mm256_permute2x128_si256::<0x31>(t[j], t[4 + j]),
                _mm256_permute2x128_si256::<0x31>(t[8 + j], t[12 + j]),
            ],
        ];
        for (q, [front, back]) in halves.into_iter().enumerate() {
            let block = group[4 * q + j].as_mut_ptr();
            // SAFETY: a block has the size of two vectors.
            unsafe {
                _mm256_storeu_si256(block.cast(), front);
                _mm256_storeu_si256(block.add(BLOCK / 2).cast(), back);
            }
        }
    }
}
