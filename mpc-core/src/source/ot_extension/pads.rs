//! From 128 rows of bits to pads: a column of 128 bits a transfer, hashed.
//!
//! The hash is `pi(pi(q) + t) + pi(q)` with t the number of the transfer (TMMO: Guo, Katz, Wang, Yu, S&P 2020, eprint
//! 2019/074, section 7.4), tweakable and correlation robust where pi is an ideal permutation. pi is AES with a public key
//! of its own for each extension, so that what is computed against one helps against no other.

use super::{CHUNK, ROWS};
use crate::algebra::transpose::transpose;
use crate::algebra::{Bits, Word};
use crate::random::Domain;
use crate::source::base_ot::Ends;
use crate::transport::Tag;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128Enc, Block};
use zeroize::Zeroize;

/// Transfers of a word.
const LANES: usize = 64;

/// The hash of one extension.
pub(super) struct Hash(Aes128Enc);

impl Hash {
    pub(super) fn new(ends: &Ends, tag: Tag) -> Self {
        let digest = ends.hasher(Domain::OtPads).part(tag.as_bytes()).finish();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        Self(Aes128Enc::new(&key.into()))
    }

    /// Block `block` of the pads of the transfers of a word.
    fn hash(&self, word: usize, block: usize, inputs: &[u128; LANES]) -> [u128; LANES] {
        let first = (block as u128) << 64 | (word as u128 * LANES as u128);
        let mut once: [Block; LANES] = inputs.map(|input| input.to_le_bytes().into());
        self.0.encrypt_blocks(&mut once);
        let once = once.map(|block| u128::from_le_bytes(block.into()));
        let mut twice: [Block; LANES] =
            std::array::from_fn(|index| (once[index] ^ (first + index as u128)).to_le_bytes().into());
        self.0.encrypt_blocks(&mut twice);
        std::array::from_fn(|index| once[index] ^ u128::from_le_bytes(twice[index].into()))
    }
}

/// Column `word` of 64 transfers.
pub(super) fn column(rows: &[u64; ROWS * CHUNK], word: usize) -> [u128; LANES] {
    let mut low = std::array::from_fn(|row| rows[row * CHUNK + word]);
    let mut high = std::array::from_fn(|row| rows[(row + LANES) * CHUNK + word]);
    transpose(&mut low);
    transpose(&mut high);
    let column = std::array::from_fn(|index| u128::from(high[index]) << 64 | u128::from(low[index]));
    low.zeroize();
    high.zeroize();
    column
}

/// Hashes a column into a sink.
pub(super) fn put(hash: &Hash, word: usize, column: &[u128; LANES], sink: &mut impl Sink) {
    for block in 0..sink.blocks() {
        let mut pads = hash.hash(word, block, column);
        sink.put(word, block, &pads);
        pads.zeroize();
    }
}

/// What pads become.
pub(super) trait Sink {
    /// Blocks of 128 bits that are wanted of each pad.
    fn blocks(&self) -> usize;

    /// A block of the pads of a word.
    fn put(&mut self, word: usize, block: usize, pads: &[u128; LANES]);
}

/// Rows of bits: row r has bit r of all pads.
pub(super) struct Rows {
    words: usize,
    width: usize,
    rows: Vec<u64>,
}

impl Rows {
    pub(super) fn new(width: usize, words: usize) -> Self {
        Self { words, width, rows: vec![0; width * words] }
    }

    pub(super) fn into_bits(self) -> Bits {
        Bits::from_words(self.rows)
    }
}

impl Sink for Rows {
    fn blocks(&self) -> usize {
        self.width.div_ceil(ROWS)
    }

    fn put(&mut self, word: usize, block: usize, pads: &[u128; LANES]) {
        for half in 0..2 {
            let mut columns = pads.map(|pad| (pad >> (half * LANES)) as u64);
            transpose(&mut columns);
            let first = block * ROWS + half * LANES;
            let rows = self.rows.chunks_exact_mut(self.words).skip(first);
            rows.zip(columns).for_each(|(row, bits)| row[word] = bits);
            columns.zeroize();
        }
    }
}

/// A machine word a transfer: the low bits of the pad.
pub(super) struct Words<W>(Vec<W>);

impl<W: Word> Words<W> {
    pub(super) fn new(words: usize) -> Self {
        Self(vec![W::default(); words * LANES])
    }

    pub(super) fn into_words(self) -> Vec<W> {
        self.0
    }
}

impl<W: Word> Sink for Words<W> {
    fn blocks(&self) -> usize {
        1
    }

    fn put(&mut self, word: usize, _: usize, pads: &[u128; LANES]) {
        for (out, pad) in self.0[word * LANES..].iter_mut().zip(pads) {
            *out = W::from_low_bytes(pad.to_le_bytes());
        }
    }
}
