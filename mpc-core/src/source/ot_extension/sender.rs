//! The side that gets both pads of every transfer.

use super::pads::{Hash, Rows, Sink, Words, columns};
use super::streams::Streams;
use crate::algebra::{Bits, Word};
use crate::kernels::cipher::{Row, Tile};
use crate::source::base_ot::Ends;
use crate::source::refusal::Refusal;
use crate::transport::Tag;
use zeroize::Zeroizing;

/// The side that gets both pads of every transfer.
pub struct OtSender {
    pub(super) ends: Ends,
    pub(super) streams: Streams,
    pub(super) delta: Zeroizing<u128>,
}

impl OtSender {
    /// For `words` times 64 transfers and the receiver's corrections: `width` bits of both pads, as rows one after another.
    ///
    /// # Errors
    /// What is wrong with the corrections.
    pub fn rows(
        &self,
        tag: Tag,
        words: usize,
        width: usize,
        corrections: &[u8],
    ) -> Result<[Bits; 2], Refusal> {
        let mut rows = [(); 2].map(|()| Rows::new(width, words));
        self.extend(tag, words, corrections, &mut rows)?;
        Ok(rows.map(Rows::into_bits))
    }

    /// For `words` times 64 transfers and the receiver's corrections: a word of both pads.
    ///
    /// # Errors
    /// What is wrong with the corrections.
    pub fn words<W: Word>(&self, tag: Tag, words: usize, corrections: &[u8]) -> Result<[Vec<W>; 2], Refusal> {
        let mut pads = [(); 2].map(|()| Words::new(words));
        self.extend(tag, words, corrections, &mut pads)?;
        Ok(pads.map(Words::into_words))
    }

    fn extend(
        &self,
        tag: Tag,
        words: usize,
        corrections: &[u8],
        [zero, one]: &mut [impl Sink; 2],
    ) -> Result<(), Refusal> {
        if corrections.len() != self.streams.field().corrections_len(words) {
            return Err(Refusal::Length);
        }
        let corrections = corrections.as_chunks::<8>().0;
        let mut hash = Hash::new(&self.ends, tag);
        self.streams.tiles(tag, words, |word, tile| {
            self.correct(tile, word, words, corrections);
            columns(tile);
            hash.put(word, tile, 0, zero);
            hash.put(word, tile, *self.delta, one);
        });
        Ok(())
    }

    /// Adds `Delta_g (u_g + c)` to the rows of each tree g.
    fn correct(&self, tile: &mut Tile, word: usize, words: usize, corrections: &[[u8; 8]]) {
        let mut delta = *self.delta;
        let trees = tile.rows.chunks_exact_mut(self.streams.field().bits());
        for (rows, corrections) in trees.zip(corrections.chunks_exact(words)) {
            let mut correction = Row::default();
            for (lane, eight) in correction.iter_mut().zip(&corrections[word..]) {
                *lane = u64::from_le_bytes(*eight);
            }
            for row in rows {
                let mask = 0u64.wrapping_sub(delta as u64 & 1);
                row.iter_mut().zip(&correction).for_each(|(lane, correction)| *lane ^= correction & mask);
                delta >>= 1;
            }
        }
    }
}
