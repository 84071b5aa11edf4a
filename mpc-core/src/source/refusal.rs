//! Why a message of oblivious transfer is refused.

use crate::error::Error;
use crate::step::Step;
use crate::transport::PartyId;

/// What is wrong with a peer's message.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It has another length than its step.
    Length,
    /// A point of a base transfer is not the canonical encoding of one.
    NoPoint,
    /// A point of a base transfer is the neutral element, or leads to it.
    Neutral,
    /// Points of a base transfer repeat, or differ by what the sender knows.
    Related,
    /// What a peer says of its trees does not fit the leaves.
    Trees,
    /// The choices of an extension differ between trees, or the answer to its challenge is wrong.
    Choices,
}

impl Refusal {
    /// The end of the session, with the peer and the step.
    pub fn by(self, peer: PartyId, step: &Step) -> Error {
        let what = match self {
            Self::Length => "oblivious transfer of another length",
            Self::NoPoint => "base transfer: not the encoding of a point",
            Self::Neutral => "base transfer: the neutral element",
            Self::Related => "base transfer: related points",
            Self::Trees => "trees of oblivious transfer: the leaves failed their check",
            Self::Choices => "oblivious transfer: the choices failed their check",
        };
        Error::malformed(peer, step, what)
    }
}
