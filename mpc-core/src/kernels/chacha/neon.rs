//! ARM: 4 blocks at once. A last group of fewer blocks is made in full, and the rest of it dropped.

use super::{BLOCK, KEY, STATE, rounds, state};
use std::arch::aarch64::*;

const LANES: usize = 4;

/// NEON.
///
/// # Safety
/// The processor has NEON.
#[target_feature(enable = "neon")]
pub(super) fn key_stream(key: &[u32; KEY], first: u64, blocks: &mut [[u8; BLOCK]]) {
    let (groups, rest) = blocks.as_chunks_mut::<LANES>();
    let mut first = first;
    for made in groups {
        group(key, first, made);
        first = first.wrapping_add(LANES as u64);
    }
    if !rest.is_empty() {
        let mut made = [[0; BLOCK]; LANES];
        group(key, first, &mut made);
        rest.iter_mut().zip(&made).for_each(|(block, made)| *block = *made);
    }
}

#[target_feature(enable = "neon")]
fn left<const LEFT: i32, const RIGHT: i32>(a: uint32x4_t) -> uint32x4_t {
    vsriq_n_u32::<RIGHT>(vshlq_n_u32::<LEFT>(a), a)
}

#[target_feature(enable = "neon")]
fn group(key: &[u32; KEY], first: u64, blocks: &mut [[u8; BLOCK]; LANES]) {
    let mut start = [vdupq_n_u32(0); STATE];
    for (vector, word) in start.iter_mut().zip(state(key, 0)) {
        *vector = vdupq_n_u32(word);
    }
    let number = |lane: usize| first.wrapping_add(lane as u64);
    let low: [u32; LANES] = std::array::from_fn(|lane| number(lane) as u32);
    let high: [u32; LANES] = std::array::from_fn(|lane| (number(lane) >> 32) as u32);
    // SAFETY: the words have the size of the vector.
    (start[12], start[13]) = unsafe { (vld1q_u32(low.as_ptr()), vld1q_u32(high.as_ptr())) };
    let left16 = |a| vreinterpretq_u32_u16(vrev32q_u16(vreinterpretq_u16_u32(a)));
    let mut v = start;
    rounds!(v, vaddq_u32, veorq_u32, [left16, left::<12, 20>, left::<8, 24>, left::<7, 25>]);
    for i in (0..STATE).step_by(4) {
        let word = |j: usize| vaddq_u32(v[i + j], start[i + j]);
        // From one vector a word to one vector a block, four words at a time.
        let (even, odd) = (vtrn1q_u32(word(0), word(1)), vtrn2q_u32(word(0), word(1)));
        let (even_next, odd_next) = (vtrn1q_u32(word(2), word(3)), vtrn2q_u32(word(2), word(3)));
        let pair = |a, b| (vreinterpretq_u64_u32(a), vreinterpretq_u64_u32(b));
        let ((a, c), (b, d)) = (pair(even, even_next), pair(odd, odd_next));
        let quarters = [vtrn1q_u64(a, c), vtrn1q_u64(b, d), vtrn2q_u64(a, c), vtrn2q_u64(b, d)];
        for (block, quarter) in blocks.iter_mut().zip(quarters) {
            // SAFETY: i is 0, 4, 8 or 12, and 16 bytes follow at 4 i within the 64 of the block.
            unsafe { vst1q_u8(block.as_mut_ptr().add(4 * i), vreinterpretq_u8_u64(quarter)) };
        }
    }
}
