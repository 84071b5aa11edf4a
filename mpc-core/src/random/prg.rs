//! Expanding a short seed into long pseudorandom streams with ChaCha12.
//!
//! ChaCha12 rather than ChaCha20: the best published attack breaks 7 rounds (Aumasson, "Too Much Crypto", eprint
//! 2019/1492, section 5.3), and expansion is the largest cost of the helper. A stream's key is used for one step.

use crate::error::{Error, Result};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// 32 secret bytes, wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 32]);

impl Seed {
    /// Bytes of a seed.
    pub const BYTES: usize = 32;

    /// A seed from bytes that nobody else knows.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// A seed from the operating system's randomness.
    pub fn from_os() -> Result<Self> {
        let mut bytes = [0; Self::BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|_| Error::Internal("the operating system gave no randomness"))?;
        Ok(Self(bytes))
    }

    /// The secret bytes.
    pub fn expose(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

/// A pseudorandom stream, whose key is overwritten when it is dropped.
pub struct Prg(ChaCha12Rng);

impl Drop for Prg {
    fn drop(&mut self) {
        self.0 = ChaCha12Rng::from_seed([0; Seed::BYTES]);
        // Without a reader the compiler might leave the overwriting out.
        std::hint::black_box(&self.0);
    }
}

impl Prg {
    /// The stream of this seed.
    pub fn new(seed: Seed) -> Self {
        Self(ChaCha12Rng::from_seed(seed.0))
    }

    /// The next words of the stream.
    pub fn fill_words(&mut self, words: &mut [u64]) {
        // Whole blocks by the wide generator; a byte buffer of one memory page keeps this safe code quick.
        let mut bytes = [0; 4096];
        for chunk in words.chunks_mut(bytes.len() / 8) {
            let bytes = &mut bytes[..chunk.len() * 8];
            self.0.fill_bytes(bytes);
            for (word, eight) in chunk.iter_mut().zip(bytes.as_chunks::<8>().0) {
                *word = u64::from_le_bytes(*eight);
            }
        }
        bytes.zeroize();
    }

    /// XORs the next words of the stream to these: as many words of a one-time pad that is never held as a whole.
    pub fn xor_words(&mut self, words: &mut [u64]) {
        let mut pad = [0; 4096];
        for chunk in words.chunks_mut(pad.len() / 8) {
            let pad = &mut pad[..chunk.len() * 8];
            self.0.fill_bytes(pad);
            for (word, eight) in chunk.iter_mut().zip(pad.as_chunks::<8>().0) {
                *word ^= u64::from_le_bytes(*eight);
            }
        }
        pad.zeroize();
    }

    /// The next bytes of the stream.
    pub fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// The next bytes of the stream as an array.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7539 does not give ChaCha12; this is the first block of key 0, nonce 0 of draft-strombergson-chacha-test-vectors-01,
    /// TC1 for 12 rounds and a 256-bit key.
    #[test]
    fn chacha12_known_answer() {
        let mut prg = Prg::new(Seed::from_bytes([0; 32]));
        let expected =
            [0x9b, 0xf4, 0x9a, 0x6a, 0x07, 0x55, 0xf9, 0x53, 0x81, 0x1f, 0xce, 0x12, 0x5f, 0x26, 0x83, 0xd5];
        assert_eq!(prg.array::<16>(), expected);
    }

    #[test]
    fn words_are_the_byte_stream() {
        let mut words = vec![0; 1025];
        Prg::new(Seed::from_bytes([3; 32])).fill_words(&mut words);
        let mut bytes = vec![0; 1025 * 8];
        Prg::new(Seed::from_bytes([3; 32])).fill_bytes(&mut bytes);
        assert!(words.iter().zip(bytes.chunks(8)).all(|(word, eight)| word.to_le_bytes() == eight));
    }

    #[test]
    fn a_pad_is_the_stream() {
        for length in [0, 1, 511, 512, 513, 2000] {
            let (mut plain, mut padded) = (vec![0; length], vec![0b1010; length]);
            Prg::new(Seed::from_bytes([5; 32])).fill_words(&mut plain);
            Prg::new(Seed::from_bytes([5; 32])).xor_words(&mut padded);
            assert!(plain.iter().zip(&padded).all(|(plain, padded)| plain ^ padded == 0b1010));
        }
    }
}
