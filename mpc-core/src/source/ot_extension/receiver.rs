//! The side that chooses.

use super::pads::{Hash, Rows, Sink, Words, columns};
use super::streams::{Streams, row_of};
use crate::algebra::{Bits, Word};
use crate::kernels::cipher::Tile;
use crate::sharing::SemiHonest;
use crate::source::base_ot::Ends;
use crate::transport::Tag;
use std::marker::PhantomData;

/// The side that chooses, at a security level.
pub struct OtReceiver<S> {
    pub(super) ends: Ends,
    pub(super) streams: Streams,
    level: PhantomData<fn() -> S>,
}

impl OtReceiver<SemiHonest> {
    /// For 64 transfers a word of `choices`: the corrections to send, and `width` bits of each chosen pad, as rows one after
    /// another, row r with bit r of all pads.
    pub fn rows(&self, tag: Tag, choices: &Bits, width: usize) -> (Vec<u8>, Bits) {
        let mut rows = Rows::new(width, choices.words().len());
        (self.extend(tag, choices.words(), &mut rows, |_, _| ()), rows.into_bits())
    }

    /// For 64 transfers a word of `choices`: the corrections to send, and a word of each chosen pad.
    pub fn words<W: Word>(&self, tag: Tag, choices: &Bits) -> (Vec<u8>, Vec<W>) {
        let mut words = Words::new(choices.words().len());
        (self.extend(tag, choices.words(), &mut words, |_, _| ()), words.into_words())
    }
}

impl<S> OtReceiver<S> {
    pub(super) fn new(ends: Ends, streams: Streams) -> Self {
        Self { ends, streams, level: PhantomData }
    }

    /// The corrections. Pads go to the sink; `see` is shown each tile with the rows of v, and the number of its first word.
    pub(super) fn extend(
        &self,
        tag: Tag,
        choices: &[u64],
        sink: &mut impl Sink,
        mut see: impl FnMut(usize, &Tile),
    ) -> Vec<u8> {
        let mut corrections = vec![0; self.streams.field().corrections_len(choices.len())];
        let mut hash = Hash::new(&self.ends, tag);
        self.streams.tiles(tag, choices.len(), |word, tile| {
            let choices_row = row_of(choices, word);
            let trees = corrections.as_chunks_mut::<8>().0.chunks_exact_mut(choices.len());
            for (out, sum) in trees.zip(&tile.sums) {
                for ((eight, sum), choices) in out[word..].iter_mut().zip(sum).zip(&choices_row) {
                    *eight = (sum ^ choices).to_le_bytes();
                }
            }
            see(word, tile);
            columns(tile);
            hash.put(word, tile, 0, sink);
        });
        corrections
    }
}
