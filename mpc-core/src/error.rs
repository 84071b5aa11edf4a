//! What can go wrong in a session, and who can do something about it. No variant carries data of any party.

use crate::transport::{LinkError, LinkFault, PartyId};

/// Result of every engine function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A session that ended without its result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A link failed, or a peer sent something that its step does not send.
    #[error("{link} (at step {step})")]
    Link {
        /// The peer and what happened.
        link: LinkError,
        /// The step that was under way.
        step: String,
    },
    /// The parties are not about to compute the same thing.
    #[error("{peer} disagrees about {about}")]
    Disagreement {
        /// The party that said otherwise.
        peer: PartyId,
        /// What the two differ in.
        about: Subject,
    },
    /// Two parties saw different public values: one of them did not follow the protocol.
    #[error("{peer} saw other opened values than this party; one of the two deviated from the protocol")]
    Inconsistent {
        /// The party whose record differs.
        peer: PartyId,
    },
    /// The pooled cohort has more people than the query's `people_bound`.
    #[error("all sites together have more people than people_bound = {bound}; raise it in the query")]
    TooManyPeople {
        /// The query's bound.
        bound: u64,
    },
    /// The pooled cohort is smaller than the query's `min_people`.
    #[error("all sites together have fewer than min_people = {minimum} people; no count was opened")]
    TooFewPeople {
        /// The query's minimum.
        minimum: u32,
    },
    /// One site alone has more identifiers than the query's `people_bound`.
    #[error("{site} alone has more people than people_bound = {bound}; raise it in the query")]
    TooManyIdentifiers {
        /// The site.
        site: PartyId,
        /// The query's bound.
        bound: u64,
    },
    /// What was released to this site cannot be kept, for the reason that its sink gave.
    #[error("{0}")]
    NotKept(String),
    /// A fault of this program.
    #[error("internal fault: {0}")]
    Internal(&'static str),
}

/// What parties compare before any data is shared.
#[derive(Copy, Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Subject {
    /// Query, parties, keys, mode, source or protocol version.
    #[error("the query, the parties or the protocol version")]
    Description,
    /// The markers and alleles that the sites announced.
    #[error("what the sites announced about their data")]
    Schema,
    /// The number of markers, told to the helper.
    #[error("the number of markers")]
    Markers,
    /// Rows, people and markers of a vertical query, told to the helper.
    #[error("the numbers of rows, people and markers")]
    Sizes,
}

impl Error {
    /// A peer's message that no honest party sends at this step.
    pub(crate) fn malformed(peer: PartyId, step: &crate::step::Step, what: &'static str) -> Self {
        Self::link(LinkError { peer, fault: LinkFault::Malformed(what) }, step)
    }

    /// A failed send or receive of this step.
    pub(crate) fn link(link: LinkError, step: &crate::step::Step) -> Self {
        Self::Link { link, step: step.to_string() }
    }
}
