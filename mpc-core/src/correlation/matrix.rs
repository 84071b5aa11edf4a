//! Matrix triples between two sites.

use super::Place;
use crate::algebra::packed::packed_len;
use crate::algebra::{Ring, RingShape};
use crate::error::Result;
use crate::random::Prg;
use futures::future::BoxFuture;
use std::ops::Range;

/// Shape of the product of a matrix of numbers, transposed, with a matrix of bits, over the same rows.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct MatrixShape {
    /// Rows of both.
    pub rows: usize,
    /// Columns of numbers, at the holder.
    pub numbers: usize,
    /// Columns of bits, at the evaluator.
    pub bits: usize,
    /// Bits of a number, and of a sum: at most 32.
    pub width: u32,
}

/// Numbers of a block of one matrix: 8 MiB, of which a few are in memory at once.
const BLOCK: usize = 1 << 21;

/// Most rows of a block.
const BLOCK_ROWS: usize = 1 << 16;

/// Sums of a message of the helper.
const PART: usize = 1 << 20;

impl MatrixShape {
    /// The rows in blocks of whole words, the last apart.
    pub(crate) fn blocks(self) -> impl Iterator<Item = Range<usize>> {
        let columns = self.numbers.max(self.bits).max(1);
        let most = (BLOCK / columns).clamp(64, BLOCK_ROWS) / 64 * 64;
        (0..self.rows).step_by(most).map(move |start| start..self.rows.min(start + most))
    }

    /// The sums, in parts that are messages of their own.
    pub(crate) fn parts(self) -> impl Iterator<Item = Range<usize>> {
        let sums = self.sums();
        (0..sums).step_by(PART).map(move |start| start..sums.min(start + PART))
    }

    /// Sums of the product.
    pub(crate) fn sums(self) -> usize {
        self.numbers * self.bits
    }

    /// Shape of the holder's numbers, one column after another.
    pub(crate) fn held(self) -> RingShape {
        RingShape { width: self.width, len: self.rows * self.numbers }
    }

    /// Bytes of the masked numbers, from the holder to the evaluator.
    pub fn holder_bytes(self) -> u64 {
        self.masked_bytes(self.numbers)
    }

    /// Bytes of the masked bits, from the evaluator to the holder.
    pub fn evaluator_bytes(self) -> u64 {
        self.masked_bytes(self.bits)
    }

    fn masked_bytes(self, columns: usize) -> u64 {
        self.blocks().map(|rows| packed_len(self.width, rows.len() * columns) as u64).sum()
    }

    /// Bytes of the correction, from the helper to the evaluator.
    pub fn correction_bytes(self) -> u64 {
        self.parts().map(|sums| packed_len(self.width, sums.len()) as u64).sum()
    }
}

/// Matrix triples between two sites (Beaver, Crypto 1991, for matrices as in SecureML: Mohassel, Zhang, S&P 2017): the
/// holder has a uniform mask U of its numbers, the evaluator a uniform mask V of its bits taken as numbers, and both
/// share U^T V. Masks come block by block (`MatrixShape::blocks`) from a stream, each column by column and packed.
pub trait MatrixTriples: Send + Sync {
    /// At the holder: the stream of its mask, followed by its share of the product.
    fn hold(&self, place: &Place) -> Prg;

    /// At the evaluator: the stream of its mask; and its share of the product, to be awaited at the end, as it is dealt
    /// while the masks are used.
    fn evaluate(&self, place: Place, shape: MatrixShape) -> (Prg, BoxFuture<'_, Result<Ring<u32>>>);
}
