//! Moving bytes between parties. The engine owns this trait and knows no socket: `mpc-net` implements it over
//! QUIC, `memory` implements it in one process, and `tamper` changes what an honest party sent.

#[cfg(any(test, feature = "test-util"))]
pub mod memory;
#[cfg(any(test, feature = "test-util"))]
pub mod record;
#[cfg(any(test, feature = "test-util"))]
pub mod tamper;

use crate::step::Step;
use futures::future::BoxFuture;
use std::fmt;

/// Index of a participant of one session: the sites first, in the query's order, then the helper if there is one.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PartyId(u8);

impl PartyId {
    /// The participant with this index. The caller bounds the index: a session has at most 16 sites and a helper.
    pub const fn new(index: u8) -> Self {
        Self(index)
    }

    /// Position in the session's roster.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "party {}", self.0)
    }
}

/// One ordered stream in each direction between each two participants. Steps run one after another on a lane;
/// blocks of work run side by side on lanes of their own.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Lane(u8);

impl Lane {
    /// Number of lanes every link offers.
    pub const COUNT: usize = 4;

    /// The lane on which a session starts, is agreed and ends.
    pub const MAIN: Self = Self(0);

    /// Lane number `index % COUNT`.
    pub const fn nth(index: usize) -> Self {
        Self((index % Self::COUNT) as u8)
    }

    /// Position among the lanes, below [`Lane::COUNT`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Identity of a message on the wire: a hash of the session and of the named step that sends it.
#[derive(Copy, Clone, PartialEq, Eq, Hash)]
pub struct Tag([u8; Tag::BYTES]);

impl Tag {
    /// Bytes of a tag on the wire.
    pub const BYTES: usize = 16;

    /// A tag from its wire bytes.
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The wire bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in &self.0[..4] {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("..")
    }
}

/// What went wrong on the link to one peer. Carries no data of any party.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// The connection ended without a word: the process died, or the network is cut.
    #[error("the connection was lost ({0})")]
    Lost(String),
    /// Nothing arrived before the deadline.
    #[error("no answer within {seconds} s")]
    Deadline {
        /// The deadline that passed, in seconds.
        seconds: u64,
    },
    /// The peer ended the session and said why.
    #[error("it ended the session: {0}")]
    Aborted(AbortReason),
    /// A message of another step or another session arrived.
    #[error("it sent a message of another step (expected {expected:?}, got {got:?})")]
    UnexpectedTag {
        /// What this party is waiting for.
        expected: Tag,
        /// What arrived.
        got: Tag,
    },
    /// The message of the right step had the wrong size.
    #[error("it sent {got} bytes where this step has exactly {expected}")]
    WrongLength {
        /// Size that follows from the protocol's state.
        expected: u64,
        /// Size that arrived or was announced.
        got: u64,
    },
    /// Bytes that are no frame of this protocol.
    #[error("it sent bytes that are no frame of this protocol ({0})")]
    Malformed(&'static str),
    /// This process was asked to stop (Ctrl-C).
    #[error("this party was told to stop")]
    Interrupted,
}

/// Why a party ended a session, as told to its peers: a closed list without data.
#[derive(Copy, Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AbortReason {
    /// The operator stopped it.
    #[error("stopped by its operator")]
    Interrupted,
    /// Its own configuration, data file or folder for results is not usable; its own terminal says where.
    #[error("its configuration, data or disk is not usable")]
    LocalInput,
    /// It lost this third party.
    #[error("it lost its link to {0}")]
    PeerLost(PartyId),
    /// It received something that this protocol does not send.
    #[error("it received something that the protocol does not send")]
    ProtocolViolation,
    /// The parties do not agree on what is to be computed.
    #[error("it runs a different query, configuration or version")]
    Disagreement,
    /// The query was refused as a whole.
    #[error("it refused the query")]
    Refused,
    /// A fault inside the program.
    #[error("an internal fault")]
    Internal,
}

/// A failed send or receive: which peer, and what happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{peer}: {fault}")]
pub struct LinkError {
    /// The other end of the link.
    pub peer: PartyId,
    /// What happened.
    pub fault: LinkFault,
}

/// Authenticated, confidential, ordered delivery of whole messages on each lane between each two participants.
///
/// Implementations bound every wait by a deadline, and allocate for a message only after its announced length was
/// found equal to the expected one. A message with another tag or length ends the session.
pub trait Transport: Send + Sync {
    /// Hands one message over for delivery. Completes when there is room for it (back-pressure), not on delivery.
    fn send(
        &self,
        to: PartyId,
        lane: Lane,
        tag: Tag,
        payload: Vec<u8>,
    ) -> BoxFuture<'_, Result<(), LinkError>>;

    /// The next message of the lane, which must carry `tag` and exactly `length` bytes. At most one receive is
    /// outstanding for each peer and lane.
    fn receive(
        &self,
        from: PartyId,
        lane: Lane,
        tag: Tag,
        length: usize,
    ) -> BoxFuture<'_, Result<Vec<u8>, LinkError>>;

    /// Hears the name of a step whose messages have this tag, before they are sent or awaited. For reports of long
    /// waits; a transport that makes none does nothing.
    fn name_step(&self, _tag: Tag, _step: &Step) {}
}
