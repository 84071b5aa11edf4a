//! What one site has of the inputs of a block.

use mpc_core::algebra::{Bits, Planes, PlanesShape, Ring, RingShape, Vector};
use mpc_core::correlation::TruthTable;
use mpc_core::protocol::input::own_summand;
use mpc_core::random::{Prg, Seed};
use mpc_core::sharing::{Additive, Raw};
use mpc_core::transport::PartyId;

type Numbers = Raw<Additive<Ring<u64>>>;
type Truths = Raw<Additive<Bits>>;

/// Rows that are multiplied by `and_all`.
pub(super) const ROWS: usize = 16;
/// Bits of the numbers of protocols that bring every bit of a mask into the ring.
pub(super) const SMALL_BITS: u32 = 32;
/// Bits of the sums that are compared with a threshold.
pub(super) const SUM_BITS: u32 = 20;
/// Bits of an index: what three sites need to compare a count with 10.
const INDEX_BITS: u32 = 5;

/// Which inputs a piece of work has.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bits,
    Rows,
    Indices,
    Sums,
    Numbers,
    Small,
}

/// One site's inputs of a block, used for all blocks. Those of other kinds are empty.
pub(super) struct Inputs {
    /// Items of a block.
    pub(super) len: usize,
    pub(super) x: Numbers,
    pub(super) y: Numbers,
    pub(super) own: Ring<u64>,
    pub(super) bits: Truths,
    pub(super) small: Numbers,
    pub(super) rows_of_bits: Truths,
    pub(super) left: Truths,
    pub(super) right: Truths,
    pub(super) rows: Bits,
    pub(super) indices: Vec<(TruthTable, Raw<Additive<Planes>>)>,
    pub(super) counts: Planes,
}

impl Inputs {
    pub(super) fn new(kind: Kind, len: usize, party: PartyId) -> Self {
        let mut prg = Prg::new(Seed::from_bytes([party.index() as u8; 32]));
        let of = |wanted: Kind| if wanted == kind { len } else { 0 };
        let mut random = |shape| Ring::random(shape, &mut prg);
        let shape = numbers(of(Kind::Numbers));
        let (x, y, own) = (own_summand(random(shape)), own_summand(random(shape)), random(shape));
        let small = own_summand(random(small(of(Kind::Small))));
        let rows = Bits::random(ROWS * words(of(Kind::Rows)), &mut prg);
        let mut bits = |words| own_summand(Bits::random(words, &mut prg));
        let (left, right) = (bits(words(of(Kind::Bits))), bits(words(of(Kind::Bits))));
        let rows_of_bits = bits(SMALL_BITS as usize * words(of(Kind::Small)));
        let bits = bits(words(of(Kind::Numbers)));
        let index = PlanesShape { width: INDEX_BITS, words: words(of(Kind::Indices)) };
        let index = own_summand(Planes::random(index, &mut prg));
        let indices = function().map(|function| (function, index)).into_iter().collect();
        // Five sites' counts add up to less than 2^20.
        let sums = words(of(Kind::Sums));
        let counts = (0..64 * sums as u64).map(|index| index * index % 200_000);
        let counts = Planes::from_values(SUM_BITS, sums, counts);
        Self { len, x, y, own, bits, small, rows_of_bits, left, right, rows, indices, counts }
    }
}

/// Words of a row of so many bits.
pub(super) fn words(len: usize) -> usize {
    Bits::words_for(len)
}

/// So many 64-bit numbers.
pub(super) fn numbers(len: usize) -> RingShape {
    RingShape { width: 64, len }
}

/// So many numbers of [`SMALL_BITS`] bits.
pub(super) fn small(len: usize) -> RingShape {
    RingShape { width: SMALL_BITS, len }
}

/// The function that is looked up; a table of so few bits there always is.
pub(super) fn function() -> Option<TruthTable> {
    TruthTable::new(INDEX_BITS, |sum| sum >= 10)
}
