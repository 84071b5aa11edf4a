//! Blocks of the ChaCha12 key stream (Bernstein, SASC 2008, with 12 rounds): a 256-bit key, a 64-bit block counter and
//! a 64-bit nonce of zero. The vector forms hold one word of the state of 4, 8 or 16 blocks in each register.

mod portable;

#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "x86_64")]
mod x86;

use super::{Kernels, Level};

/// Words of the state.
const STATE: usize = 16;

/// Words of the key.
pub(crate) const KEY: usize = 8;

/// Bytes of a block.
pub(crate) const BLOCK: usize = 64;

/// "expand 32-byte k".
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// Writes the blocks from the one with number `first` on.
///
/// # Safety
/// The processor has the features of the level that the function is for.
pub(super) type KeyStream = unsafe fn(key: &[u32; KEY], first: u64, blocks: &mut [[u8; BLOCK]]);

/// The form of a level.
pub(super) fn at(level: Level) -> KeyStream {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => x86::avx2,
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => x86::avx512,
        #[cfg(target_arch = "aarch64")]
        Level::Neon => neon::key_stream,
        _ => portable::key_stream,
    }
}

/// The state of the block with this number before its rounds.
fn state(key: &[u32; KEY], number: u64) -> [u32; STATE] {
    let mut state = [0; STATE];
    state[..4].copy_from_slice(&CONSTANTS);
    state[4..12].copy_from_slice(key);
    state[12] = number as u32;
    state[13] = (number >> 32) as u32;
    state
}

/// Twelve rounds on `$v`, sixteen words or vectors of words: with what adds, what XORs, and what turns left by 16, 12, 8, 7.
macro_rules! rounds {
    ($v:ident, $add:expr, $xor:expr, [$left16:expr, $left12:expr, $left8:expr, $left7:expr]) => {{
        macro_rules! quarter {
            ($a:literal, $b:literal, $c:literal, $d:literal) => {
                $v[$a] = $add($v[$a], $v[$b]);
                $v[$d] = $left16($xor($v[$d], $v[$a]));
                $v[$c] = $add($v[$c], $v[$d]);
                $v[$b] = $left12($xor($v[$b], $v[$c]));
                $v[$a] = $add($v[$a], $v[$b]);
                $v[$d] = $left8($xor($v[$d], $v[$a]));
                $v[$c] = $add($v[$c], $v[$d]);
                $v[$b] = $left7($xor($v[$b], $v[$c]));
            };
        }
        for _ in 0..6 {
            quarter!(0, 4, 8, 12);
            quarter!(1, 5, 9, 13);
            quarter!(2, 6, 10, 14);
            quarter!(3, 7, 11, 15);
            quarter!(0, 5, 10, 15);
            quarter!(1, 6, 11, 12);
            quarter!(2, 7, 8, 13);
            quarter!(3, 4, 9, 14);
        }
    }};
}
use rounds;

/// Writes the blocks of the key stream from the one with number `first` on.
pub(crate) fn key_stream(key: &[u32; KEY], first: u64, blocks: &mut [[u8; BLOCK]]) {
    // SAFETY: the widest form is one that the processor supports.
    unsafe { (Kernels::widest().key_stream)(key, first, blocks) }
}

/// As [`key_stream`], a block being the little-endian words of its bytes.
pub(crate) fn key_stream_words(key: &[u32; KEY], first: u64, blocks: &mut [[u64; BLOCK / 8]]) {
    // SAFETY: both arrays have the same size, bytes may stand anywhere, and every bit pattern is valid for both.
    let bytes =
        unsafe { std::slice::from_raw_parts_mut(blocks.as_mut_ptr().cast::<[u8; BLOCK]>(), blocks.len()) };
    key_stream(key, first, bytes);
    if cfg!(target_endian = "big") {
        blocks.as_flattened_mut().iter_mut().for_each(|word| *word = word.swap_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha12Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    /// By an independent implementation.
    fn expected(key: &[u32; KEY], first: u64, blocks: usize) -> Vec<[u8; BLOCK]> {
        let seed: Vec<u8> = key.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut stream = ChaCha12Rng::from_seed(seed.try_into().unwrap());
        stream.set_word_pos(u128::from(first) * 16);
        let mut out = vec![[0; BLOCK]; blocks];
        stream.fill_bytes(out.as_flattened_mut());
        out
    }

    #[test]
    fn every_form_gives_the_stream() {
        let key = [1, 0x8000_0000, 3, u32::MAX, 5, 6, 7, 0x1234_5678];
        // Counters around the carry into their upper half.
        for first in [0, 1, 5, u64::from(u32::MAX) - 9, u64::from(u32::MAX), 1 << 32, (1 << 40) + 3] {
            for count in (0..70).chain([255, 256, 1000]) {
                let expected = expected(&key, first, count);
                let mut blocks = vec![[0; BLOCK]; count];
                key_stream(&key, first, &mut blocks);
                assert!(blocks == expected, "{count} blocks from {first}");
                let mut words = vec![[0; BLOCK / 8]; count];
                key_stream_words(&key, first, &mut words);
                let bytes = words.as_flattened().iter().flat_map(|word| word.to_le_bytes());
                assert!(bytes.eq(expected.as_flattened().iter().copied()));
                for level in Level::supported() {
                    let mut blocks = vec![[0; BLOCK]; count];
                    // SAFETY: the level is supported.
                    unsafe { (Kernels::at(level).key_stream)(&key, first, &mut blocks) };
                    assert!(blocks == expected, "{level:?}, {count} blocks from {first}");
                }
            }
        }
    }
}
