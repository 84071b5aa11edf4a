//! The side that gets both pads of every transfer.

use super::Field;
use super::pads::{Hash, Rows, Sink, Words, columns};
use super::streams::Streams;
use crate::algebra::{Bits, Word};
use crate::kernels::cipher::{Row, Tile};
use crate::sharing::SemiHonest;
use crate::source::base_ot::Ends;
use crate::source::refusal::Refusal;
use crate::transport::Tag;
use std::marker::PhantomData;
use zeroize::Zeroizing;

/// The side that gets both pads of every transfer, at a security level.
pub struct OtSender<S> {
    pub(super) ends: Ends,
    pub(super) streams: Streams,
    pub(super) delta: Zeroizing<u128>,
    level: PhantomData<fn() -> S>,
}

impl OtSender<SemiHonest> {
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
        self.extend(tag, words, corrections, &mut rows, |_, _| ())?;
        Ok(rows.map(Rows::into_bits))
    }

    /// For `words` times 64 transfers and the receiver's corrections: a word of both pads.
    ///
    /// # Errors
    /// What is wrong with the corrections.
    pub fn words<W: Word>(&self, tag: Tag, words: usize, corrections: &[u8]) -> Result<[Vec<W>; 2], Refusal> {
        let mut pads = [(); 2].map(|()| Words::new(words));
        self.extend(tag, words, corrections, &mut pads, |_, _| ())?;
        Ok(pads.map(Words::into_words))
    }
}

impl<S> OtSender<S> {
    pub(super) fn new(ends: Ends, streams: Streams, delta: Zeroizing<u128>) -> Self {
        Self { ends, streams, delta, level: PhantomData }
    }

    pub(super) fn field(&self) -> Field {
        self.streams.field()
    }

    /// Pads go to the sinks; `see` is shown each tile with the rows of q, and the number of its first word.
    pub(super) fn extend(
        &self,
        tag: Tag,
        words: usize,
        corrections: &[u8],
        [zero, one]: &mut [impl Sink; 2],
        mut see: impl FnMut(usize, &Tile),
    ) -> Result<(), Refusal> {
        if corrections.len() != self.streams.field().corrections_len(words) {
            return Err(Refusal::Length);
        }
        let corrections = corrections.as_chunks::<8>().0;
        let mut hash = Hash::new(&self.ends, tag);
        self.streams.tiles(tag, words, |word, tile| {
            self.correct(tile, word, words, corrections);
            see(word, tile);
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
