//! Expanding a short seed into long pseudorandom streams with ChaCha12.
//!
//! ChaCha12 rather than ChaCha20: the best published attack breaks 7 rounds (Aumasson, "Too Much Crypto", eprint
//! 2019/1492, section 5.3), and expansion is the largest cost of the helper. A stream's key is used for one step.

use crate::error::{Error, Result};
use crate::kernels::chacha;
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

/// A pseudorandom stream: the words of ChaCha12's key stream under nonce 0, each given out once.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Prg {
    key: [u32; chacha::KEY],
    /// Number of the next block.
    next: u64,
    /// Blocks made ahead, of which the bytes before `used` were given out.
    ahead: [[u8; chacha::BLOCK]; AHEAD],
    used: usize,
}

/// Blocks made for a request of less than a block.
const AHEAD: usize = 4;

impl Prg {
    /// The stream of this seed.
    pub fn new(seed: Seed) -> Self {
        let mut key = [0; chacha::KEY];
        for (word, four) in key.iter_mut().zip(seed.0.as_chunks().0) {
            *word = u32::from_le_bytes(*four);
        }
        Self { key, next: 0, ahead: [[0; chacha::BLOCK]; AHEAD], used: AHEAD * chacha::BLOCK }
    }

    /// The next words of the stream.
    pub fn fill_words(&mut self, words: &mut [u64]) {
        let ready = AHEAD * chacha::BLOCK - self.used;
        if !ready.is_multiple_of(8) {
            // After a request of bytes that ended in the middle of a word.
            return self.fill_few_words(words);
        }
        let (start, words) = words.split_at_mut(words.len().min(ready / 8));
        self.fill_few_words(start);
        let (blocks, rest) = words.as_chunks_mut();
        // Whole blocks go straight to their place.
        if !blocks.is_empty() {
            chacha::key_stream_words(&self.key, self.next, blocks);
            self.next += blocks.len() as u64;
        }
        self.fill_few_words(rest);
    }

    /// XORs the next words of the stream to these: as many words of a one-time pad that is never held as a whole.
    pub fn xor_words(&mut self, words: &mut [u64]) {
        let mut pad = [0; 512];
        for words in words.chunks_mut(pad.len()) {
            let pad = &mut pad[..words.len()];
            self.fill_words(pad);
            words.iter_mut().zip(pad).for_each(|(word, pad)| *word ^= *pad);
        }
        pad.zeroize();
    }

    fn fill_few_words(&mut self, words: &mut [u64]) {
        for word in words {
            *word = u64::from_le_bytes(self.array());
        }
    }

    /// The next bytes of the stream. What is left of a word of four bytes is dropped.
    pub fn fill_bytes(&mut self, bytes: &mut [u8]) {
        let (start, bytes) = bytes.split_at_mut(bytes.len().min(AHEAD * chacha::BLOCK - self.used));
        self.take_ahead(start);
        let (blocks, rest) = bytes.as_chunks_mut();
        if !blocks.is_empty() {
            chacha::key_stream(&self.key, self.next, blocks);
            self.next += blocks.len() as u64;
        }
        if !rest.is_empty() {
            chacha::key_stream(&self.key, self.next, &mut self.ahead);
            self.next += AHEAD as u64;
            self.used = 0;
            self.take_ahead(rest);
        }
    }

    /// Gives out bytes that were made ahead; there are as many.
    fn take_ahead(&mut self, bytes: &mut [u8]) {
        let end = self.used + bytes.len();
        bytes.copy_from_slice(&self.ahead.as_flattened()[self.used..end]);
        self.used = end.next_multiple_of(4);
    }

    /// The next bytes of the stream as an array.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha12Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

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
    fn any_requests_give_the_stream() {
        let mut oracle = ChaCha12Rng::from_seed([7; 32]);
        let mut prg = Prg::new(Seed::from_bytes([7; 32]));
        let mut sizes = Prg::new(Seed::from_bytes([8; 32]));
        for _ in 0..2000 {
            let [kind, low, high] = sizes.array();
            let size = usize::from(u16::from_le_bytes([low, high])) >> (kind % 16);
            if kind & 16 == 0 {
                let (mut ours, mut theirs) = (vec![0; size], vec![0; size]);
                prg.fill_bytes(&mut ours);
                oracle.fill_bytes(&mut theirs);
                assert!(ours == theirs, "{size} bytes");
            } else {
                let (mut ours, mut theirs) = (vec![0; size / 8], vec![0; size / 8 * 8]);
                prg.fill_words(&mut ours);
                oracle.fill_bytes(&mut theirs);
                assert!(ours.iter().flat_map(|word| word.to_le_bytes()).eq(theirs), "{} words", size / 8);
            }
        }
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

    #[test]
    fn words_are_the_byte_stream() {
        let mut words = vec![0; 1025];
        Prg::new(Seed::from_bytes([3; 32])).fill_words(&mut words);
        let mut bytes = vec![0; 1025 * 8];
        Prg::new(Seed::from_bytes([3; 32])).fill_bytes(&mut bytes);
        assert!(words.iter().zip(bytes.chunks(8)).all(|(word, eight)| word.to_le_bytes() == eight));
    }
}
