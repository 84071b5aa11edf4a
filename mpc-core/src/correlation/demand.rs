//! What a computation will ask of its source, counted beforehand by the functions that stand beside each protocol.

use super::{MatrixShape, TruthTable};
use crate::algebra::RingShape;
use crate::step::Step;
use crate::transport::{Lane, PartyId};

/// One correlation that a step will ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `words` times 64 AND triples.
    AndTriples {
        /// Words of each vector.
        words: usize,
    },
    /// `words` times 64 one-time tables.
    OneTimeTables {
        /// The public function.
        function: TruthTable,
        /// Words of each plane.
        words: usize,
    },
    /// Multiplication triples.
    Triples {
        /// Bits of the word in which the ring is kept.
        word: u32,
        /// Width and number of the factors.
        shape: RingShape,
        /// Products that are added up to one.
        run: usize,
    },
    /// Square pairs.
    Squares {
        /// Bits of the word in which the ring is kept.
        word: u32,
        /// Width and number.
        shape: RingShape,
    },
    /// Bits shared both ways.
    DoubleBits {
        /// Bits of the word in which the ring is kept.
        word: u32,
        /// Width and number.
        shape: RingShape,
    },
    /// Masks for comparisons.
    DigitMasks {
        /// Bits of the word in which the ring is kept.
        word: u32,
        /// Width and number.
        shape: RingShape,
    },
    /// `words` times 64 oblivious transfers between two sites.
    Transfers {
        /// The site that gets both pads.
        sender: PartyId,
        /// The site that chooses.
        receiver: PartyId,
        /// Words of the choices.
        words: usize,
        /// Bits of a pad.
        width: usize,
    },
    /// A matrix triple between two sites.
    MatrixTriples {
        /// The site with the numbers.
        holder: PartyId,
        /// The site with the bits.
        evaluator: PartyId,
        /// Sizes.
        shape: MatrixShape,
    },
}

/// A request with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The step that asks.
    pub step: Step,
    /// The lane on which it runs.
    pub lane: Lane,
    /// What it asks for.
    pub request: Request,
}

/// All requests of a computation; on each lane in the order in which they are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand(Vec<Entry>);

impl Demand {
    /// Adds the request of one step.
    pub fn push(&mut self, step: &Step, lane: Lane, request: Request) {
        self.0.push(Entry { step: step.clone(), lane, request });
    }

    /// The requests in order.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The requests of one lane, in order.
    pub fn on_lane(&self, lane: Lane) -> impl Iterator<Item = &Entry> {
        self.0.iter().filter(move |entry| entry.lane == lane)
    }
}
