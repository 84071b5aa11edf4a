//! Why a list of blinded identifiers is refused.

use crate::error::Error;
use crate::kernels::ristretto::Fault;
use crate::step::Step;
use crate::transport::PartyId;

/// What is wrong with a peer's message.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// An element is not the canonical encoding of a point.
    NoPoint,
    /// An element is the neutral one, which every exponent leaves as it is.
    Neutral,
    /// A list is not strictly ascending: it was not reordered, or an element is repeated.
    Order,
    /// An element is repeated in a list that keeps its order.
    Repeated,
    /// An element is one that only this site makes, or has left it as it is: a list comes back, or is not blinded.
    Own,
    /// A number of rows that the sites' numbers of people do not allow.
    Rows,
    /// One of this site's people has no row where all have one, or a row has nobody of this site where all have somebody.
    Missing,
}

impl Refusal {
    /// The end of the session, with the peer and the step.
    pub(super) fn by(self, peer: PartyId, step: &Step) -> Error {
        let what = match self {
            Self::NoPoint => "linkage: not the encoding of a point",
            Self::Neutral => "linkage: the neutral element",
            Self::Order => "linkage: elements out of order or repeated",
            Self::Repeated => "linkage: a repeated element",
            Self::Own => "linkage: an element that is this site's own",
            Self::Rows => "linkage: an impossible number of rows",
            Self::Missing => "linkage: rows that do not fit this site's people",
        };
        Error::malformed(peer, step, what)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NoPoint => Self::NoPoint,
            Fault::Neutral => Self::Neutral,
        }
    }
}
