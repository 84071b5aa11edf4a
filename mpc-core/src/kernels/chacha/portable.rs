//! The twin of all other forms: one block after another.

use super::{BLOCK, KEY, rounds, state};

pub(super) fn key_stream(key: &[u32; KEY], first: u64, blocks: &mut [[u8; BLOCK]]) {
    for (number, block) in (0u64..).zip(blocks) {
        let start = state(key, first.wrapping_add(number));
        let mut v = start;
        rounds!(
            v,
            u32::wrapping_add,
            |a: u32, b: u32| a ^ b,
            [
                |a: u32| a.rotate_left(16),
                |a: u32| a.rotate_left(12),
                |a: u32| a.rotate_left(8),
                |a: u32| a.rotate_left(7)
            ]
        );
        for ((four, end), start) in block.as_chunks_mut::<4>().0.iter_mut().zip(v).zip(start) {
            *four = end.wrapping_add(start).to_le_bytes();
        }
    }
}
