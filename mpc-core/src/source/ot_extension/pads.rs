//! From 128 rows of bits to pads: the column of each transfer, hashed.
//!
//! The hash is `pi(pi(q) + t) + pi(q)` with t the number of the transfer (TMMO: Guo, Katz, Wang, Yu, S&P 2020, eprint
//! 2019/074, section 7.4), tweakable and correlation robust where pi is an ideal permutation. pi is AES with a public key
//! of its own for each extension, so that what is computed against one is of no use against others.

use super::streams::row_of;
use crate::algebra::{Bits, Word};
use crate::kernels::cipher::{self, Cipher, Key, LANES, ROWS, Row, Tile};
use crate::kernels::transpose::{low, transpose};
use crate::random::Domain;
use crate::source::base_ot::Ends;
use crate::transport::Tag;
use zeroize::{Zeroize, Zeroizing};

/// Transfers of a word, and rows of half a tile.
const HALF: usize = ROWS / 2;

/// Rows up to which they are picked one by one.
const FEW: usize = 4;

/// The hash of one extension.
pub(super) struct Hash {
    pi: Box<dyn Cipher>,
    pads: Box<[Row; ROWS]>,
}

impl Drop for Hash {
    fn drop(&mut self) {
        self.pads.as_flattened_mut().zeroize();
    }
}

impl Hash {
    pub(super) fn new(ends: &Ends, tag: Tag) -> Self {
        let digest = ends.hasher(Domain::OtPads).part(tag.as_bytes()).finish();
        let mut key = Key::default();
        key.copy_from_slice(&digest[..16]);
        Self { pi: cipher::new(&[key]), pads: Box::new([[0; LANES]; ROWS]) }
    }

    /// Hashes the columns of a tile, which [`columns`] made, into a sink. `mask` is added to each column before. Nothing
    /// is hashed of a tile that begins beyond the sink's last word.
    pub(super) fn put(&mut self, word: usize, tile: &Tile, mask: u128, sink: &mut impl Sink) {
        let blocks = if word < sink.words() { sink.blocks() } else { 0 };
        for block in 0..blocks {
            self.pi.hash((word * HALF) as u64, block as u64, mask, &tile.rows, &mut self.pads);
            sink.put(word, block, &mut self.pads);
        }
    }
}

/// Turns the rows of a tile to columns.
pub(super) fn columns(tile: &mut Tile) {
    tile.rows.as_chunks_mut().0.iter_mut().for_each(transpose);
}

/// What pads become.
pub(super) trait Sink {
    /// Words of transfers whose pads are wanted.
    fn words(&self) -> usize;

    /// Blocks of 128 bits that are wanted of each pad.
    fn blocks(&self) -> usize;

    /// A block of the pads of eight words. Pads beyond the last word are dropped.
    fn put(&mut self, word: usize, block: usize, pads: &mut [Row; ROWS]);
}

/// Rows of bits: row r has bit r of all pads. Wiped when dropped.
pub(super) struct Rows {
    words: usize,
    width: usize,
    rows: Vec<u64>,
}

impl Rows {
    pub(super) fn new(width: usize, words: usize) -> Self {
        Self { words, width, rows: vec![0; width * words] }
    }

    pub(super) fn into_bits(mut self) -> Bits {
        Bits::from_words(std::mem::take(&mut self.rows))
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        self.rows.as_mut_slice().zeroize();
    }
}

impl Sink for Rows {
    fn words(&self) -> usize {
        self.words
    }

    fn blocks(&self) -> usize {
        self.width.div_ceil(ROWS)
    }

    fn put(&mut self, word: usize, block: usize, pads: &mut [Row; ROWS]) {
        let mut first = block * ROWS;
        let count = LANES.min(self.words - word);
        for half in pads.as_chunks_mut::<HALF>().0 {
            let width = self.width.saturating_sub(first).min(HALF);
            let mut few = [Row::default(); FEW];
            let rows = if width <= FEW {
                low(half, &mut few[..width]);
                &few[..width]
            } else {
                transpose(half);
                &half[..width]
            };
            for (row, out) in rows.iter().zip(self.rows.chunks_exact_mut(self.words).skip(first)) {
                out[word..word + count].copy_from_slice(&row[..count]);
            }
            few.as_flattened_mut().zeroize();
            first += HALF;
        }
    }
}

/// A machine word a transfer: the low bits of the pad. Wiped when dropped.
pub(super) struct Words<W: Word>(Vec<W>);

impl<W: Word> Words<W> {
    pub(super) fn new(words: usize) -> Self {
        Self(vec![W::default(); words * HALF])
    }

    pub(super) fn into_words(mut self) -> Vec<W> {
        std::mem::take(&mut self.0)
    }
}

impl<W: Word> Drop for Words<W> {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl<W: Word> Sink for Words<W> {
    fn words(&self) -> usize {
        self.0.len() / HALF
    }

    fn blocks(&self) -> usize {
        1
    }

    fn put(&mut self, word: usize, _: usize, pads: &mut [Row; ROWS]) {
        let (lower, upper) = pads.split_at(HALF);
        for (lane, out) in self.0[word * HALF..].chunks_mut(HALF).take(LANES).enumerate() {
            for ((out, lower), upper) in out.iter_mut().zip(lower).zip(upper) {
                let pad = u128::from(upper[lane]) << 64 | u128::from(lower[lane]);
                *out = W::from_low_bytes(pad.to_le_bytes());
            }
        }
    }
}

/// Pads of a width from keys of 128 bits, which are rows of bits as the pads are.
pub(in crate::source) fn widen(ends: &Ends, tag: Tag, words: usize, width: usize, keys: &Bits) -> Bits {
    let mut rows = Rows::new(width, words);
    let mut hash = Hash::new(ends, tag);
    let mut tile = Zeroizing::new(Tile::ZERO);
    for word in (0..words).step_by(LANES) {
        for (row, keys) in tile.rows.iter_mut().zip(keys.words().chunks_exact(words)) {
            *row = row_of(keys, word);
        }
        columns(&mut tile);
        hash.put(word, &tile, 0, &mut rows);
    }
    rows.into_bits()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::{SessionId, Step};
    use crate::transport::PartyId;

    #[test]
    fn extensions_and_transfers_have_hashes_of_their_own() {
        let ends = |session| Ends {
            session: SessionId([session; 32]),
            sender: PartyId::new(0),
            receiver: PartyId::new(1),
        };
        let tag = |name| Step::root().then(name).tag(&SessionId([1; 32]));
        // The same column of zeros everywhere.
        let pads = |ends: &Ends, tag| {
            let mut rows = Rows::new(128, 2 * LANES);
            let mut hash = Hash::new(ends, tag);
            for word in [0, LANES] {
                hash.put(word, &Tile::ZERO, 0, &mut rows);
            }
            rows.into_bits()
        };
        let first = pads(&ends(1), tag("a"));
        assert!(first != pads(&ends(1), tag("b")) && first != pads(&ends(2), tag("a")));
        // Each transfer has another pad: no two of the words of a row are alike, nor are all bits of one.
        let row = &first.words()[..2 * LANES];
        assert!(row.iter().all(|word| ![0, u64::MAX].contains(word)));
        assert!((1..row.len()).all(|at| !row[..at].contains(&row[at])));
    }
}
