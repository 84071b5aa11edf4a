//! Correlated randomness: what protocols ask for before they see an input, and the trait of whoever provides it.
//! Correlations are moved, never copied, live in memory for one session, and are wiped when dropped.

mod demand;
mod truth_table;

pub use demand::{Demand, Entry, Request};
pub use truth_table::TruthTable;

use crate::algebra::{Bits, Planes, Ring, RingShape, Word};
use crate::error::Result;
use crate::sharing::Security;
use crate::step::Step;
use crate::transport::{Lane, Tag};
use futures::future::BoxFuture;

/// AND triples (Beaver, Crypto 1991): uniform shared a and b, and c = a AND b.
pub struct AndTriples<S: Security> {
    pub(crate) a: S::Share<Bits>,
    pub(crate) b: S::Share<Bits>,
    pub(crate) c: S::Share<Bits>,
}

/// One-time truth tables (Ishai, Kushilevitz, Meldgaard, Orlandi, Paskin-Cherniavsky, TCC 2013, section 3): for
/// each element a uniform shared mask r in Z_2^b and the XOR-shared table T with `T[v] = f(v - r)`.
/// The table's rows follow one another: row v has the bits `T[v]` of all elements.
pub struct OneTimeTables<S: Security> {
    pub(crate) mask: S::Share<Planes>,
    pub(crate) table: S::Share<Bits>,
}

/// Multiplication triples (Beaver, Crypto 1991): uniform shared a and b, and c = a b, element by element.
pub struct Triples<S: Security, W: Word> {
    pub(crate) a: S::Share<Ring<W>>,
    pub(crate) b: S::Share<Ring<W>>,
    pub(crate) c: S::Share<Ring<W>>,
}

/// Masks for comparisons: for each element a uniform r in Z_2^k, shared additively, and r's digits of [`DIGIT_BITS`]
/// bits, each shared by XOR as the row of its truth values "the digit is v" (one-hot). The digits are lowest first, and
/// their rows follow one another: row `16 d + v` has the bits "digit d of r is v" of all elements. An edaBit (Escudero,
/// Ghosh, Keller, Rachuri, Scholl, Crypto 2020) whose bits are kept as one-time tables.
pub struct DigitMasks<S: Security, W: Word> {
    pub(crate) mask: S::Share<Ring<W>>,
    pub(crate) digits: S::Share<Bits>,
}

/// Bits of a digit of [`DigitMasks`].
pub const DIGIT_BITS: usize = 4;

/// Values of a digit.
pub const DIGIT_VALUES: usize = 1 << DIGIT_BITS;

/// Digits of an element of `width` bits.
pub const fn digits_of(width: u32) -> usize {
    (width as usize).div_ceil(DIGIT_BITS)
}

/// Where a correlation is used: one identity for its messages and its randomness.
#[derive(Clone, Debug)]
pub struct Place {
    /// The step that asks, for error messages.
    pub step: Step,
    /// The step's identity within the session.
    pub tag: Tag,
    /// The lane on which the step runs.
    pub lane: Lane,
}

/// Provides correlations over rings of one word.
pub trait RingSource<S: Security, W: Word>: Send + Sync {
    /// Multiplication triples.
    fn triples(&self, place: Place, shape: RingShape) -> BoxFuture<'_, Result<Triples<S, W>>>;

    /// Masks for comparisons; elements are packed 64 to a word of bits.
    fn digit_masks(&self, place: Place, shape: RingShape) -> BoxFuture<'_, Result<DigitMasks<S, W>>>;
}

/// A word for which every source provides.
pub trait Dealt: Word {
    /// The part of a source that provides for this word.
    fn part_of<S: Security>(source: &dyn Source<S>) -> &dyn RingSource<S, Self>;
}

macro_rules! dealt {
    ($word:ty) => {
        impl Dealt for $word {
            fn part_of<S: Security>(source: &dyn Source<S>) -> &dyn RingSource<S, Self> {
                source
            }
        }
    };
}

dealt!(u32);
dealt!(u64);
dealt!(u128);

/// Provides correlations. On each lane a source is asked in the order of the [`Demand`] that was announced.
pub trait Source<S: Security>: RingSource<S, u32> + RingSource<S, u64> + RingSource<S, u128> {
    /// `words` times 64 AND triples.
    fn and_triples(&self, place: Place, words: usize) -> BoxFuture<'_, Result<AndTriples<S>>>;

    /// `words` times 64 one-time tables of one public function.
    fn one_time_tables(
        &self,
        place: Place,
        function: TruthTable,
        words: usize,
    ) -> BoxFuture<'_, Result<OneTimeTables<S>>>;
}
