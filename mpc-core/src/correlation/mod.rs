//! Correlated randomness: what protocols ask for before they see an input, and the trait of whoever provides it.
//! Correlations are moved, never copied, live in memory for one session, and are wiped when dropped.

mod demand;
mod matrix;
mod truth_table;

pub use demand::{Demand, Entry, Request};
pub use matrix::{MatrixShape, MatrixTriples};
pub use truth_table::TruthTable;

use crate::algebra::{Bits, Planes, Ring, RingShape, Word};
use crate::error::Result;
use crate::sharing::Security;
use crate::step::Step;
use crate::transport::{Lane, PartyId, Tag};
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

/// Multiplication triples (Beaver, Crypto 1991): uniform shared a and b, and c, whose elements are the sums of the
/// products of runs of elements of a and b. A run of one is an ordinary triple.
pub struct Triples<S: Security, W: Word> {
    pub(crate) a: S::Share<Ring<W>>,
    pub(crate) b: S::Share<Ring<W>>,
    pub(crate) c: S::Share<Ring<W>>,
}

/// Square pairs: uniform shared a, and c = a^2, element by element.
pub struct Squares<S: Security, W: Word> {
    pub(crate) a: S::Share<Ring<W>>,
    pub(crate) c: S::Share<Ring<W>>,
}

/// Uniform bits, each shared both by XOR and in Z_2^k (daBits: Rotaru, Wood, Indocrypt 2019, section 3).
pub struct DoubleBits<S: Security, W: Word> {
    pub(crate) boolean: S::Share<Bits>,
    pub(crate) arithmetic: S::Share<Ring<W>>,
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
    /// Multiplication triples of this shape of a and b, with products added up over runs of `run` elements.
    fn triples(&self, place: Place, shape: RingShape, run: usize) -> BoxFuture<'_, Result<Triples<S, W>>>;

    /// Square pairs.
    fn squares(&self, place: Place, shape: RingShape) -> BoxFuture<'_, Result<Squares<S, W>>>;

    /// Bits shared both ways, packed 64 to a word where they are shared by XOR.
    fn double_bits(&self, place: Place, shape: RingShape) -> BoxFuture<'_, Result<DoubleBits<S, W>>>;

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

    /// Transfers between two sites.
    fn transfers(&self) -> &dyn ObliviousTransfer;

    /// Matrix triples between two sites, from a source that has them.
    fn matrix_triples(&self) -> Option<&dyn MatrixTriples>;
}

/// Oblivious transfers between two sites: the sender has two random pads, the receiver the one that it chose, and neither
/// learns more. For protocols that put a site's private bits into its choices. A pad has `width` bits; row r has bit r of
/// all pads, and the rows follow one another.
pub trait ObliviousTransfer: Send + Sync {
    /// At the sender: the pads of choice 0 and those of choice 1, of `words` times 64 transfers.
    fn offer(
        &self,
        place: Place,
        receiver: PartyId,
        words: usize,
        width: usize,
    ) -> BoxFuture<'_, Result<[Bits; 2]>>;

    /// At the receiver: the pads of its choices.
    fn choose(
        &self,
        place: Place,
        sender: PartyId,
        choices: Bits,
        width: usize,
    ) -> BoxFuture<'_, Result<Bits>>;
}
