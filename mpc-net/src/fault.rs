//! The first fault ends everything: one sticky cell that every wait of a mesh watches.

use crate::control;
use mpc_core::transport::{AbortReason, LinkError, LinkFault, PartyId};
use quinn::{ConnectionError, VarInt};
use tokio::sync::watch;

/// Application close codes. Zero is left out: quinn sends it when a connection is merely dropped.
pub(crate) mod close_code {
    use quinn::VarInt;

    /// The session is over and everything has been delivered.
    pub(crate) const DONE: VarInt = VarInt::from_u32(1);
    /// The process ends without a word.
    pub(crate) const GONE: VarInt = VarInt::from_u32(2);
    /// The session ends early; the reason is in the close frame.
    pub(crate) const ABORT: VarInt = VarInt::from_u32(3);
    /// There is a connection with this party already.
    pub(crate) const DUPLICATE: VarInt = VarInt::from_u32(4);
    /// This party is known, but is not expected to dial.
    pub(crate) const UNEXPECTED: VarInt = VarInt::from_u32(5);
    /// This party only tries its links and takes part in no session.
    pub(crate) const CHECKING: VarInt = VarInt::from_u32(6);
}

/// What happened, and to whom it is owed; nobody in particular when this party itself stops.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) culprit: Option<PartyId>,
    pub(crate) fault: LinkFault,
}

impl Fault {
    /// The fault as seen by someone who waits for `peer`.
    pub(crate) fn seen_from(self, peer: PartyId) -> LinkError {
        LinkError { peer: self.culprit.unwrap_or(peer), fault: self.fault }
    }
}

/// Holds the first fault of a mesh and wakes everyone who waits.
#[derive(Clone)]
pub(crate) struct Fuse(watch::Sender<Option<Fault>>);

impl Fuse {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// Records a fault, unless there is one already.
    pub(crate) fn trip(&self, culprit: Option<PartyId>, fault: LinkFault) {
        self.0.send_if_modified(|state| {
            let first = state.is_none();
            if first {
                *state = Some(Fault { culprit, fault });
            }
            first
        });
    }

    /// Completes with the first fault.
    pub(crate) async fn tripped(&self) -> Fault {
        let mut watcher = self.0.subscribe();
        match watcher.wait_for(Option::is_some).await.map(|state| state.clone()) {
            Ok(Some(fault)) => fault,
            // The sender lives in `self`, so the wait ends with a fault only.
            _ => std::future::pending().await,
        }
    }

    /// The first fault, if there is one.
    pub(crate) fn state(&self) -> Option<Fault> {
        self.0.borrow().clone()
    }
}

/// Whether a peer has ended the session in good order: it has delivered everything and wants nothing more.
#[derive(Clone, Default)]
pub(crate) struct OrderlyEnd(watch::Sender<bool>);

impl OrderlyEnd {
    /// The peer has finished its control stream, which it does last. Unlike a close frame, this cannot get lost.
    pub(crate) fn announce(&self) {
        self.0.send_replace(true);
    }

    /// Completes when the peer has.
    pub(crate) async fn announced(&self) {
        // The sender lives in `self`, so the wait ends with the announcement only.
        let _ = self.0.subscribe().wait_for(|announced| *announced).await;
    }

    /// Whether the connection's end is what such a peer leaves behind.
    pub(crate) fn explains(&self, error: &ConnectionError) -> bool {
        match error {
            ConnectionError::ApplicationClosed(close) => close.error_code == close_code::DONE,
            ConnectionError::LocallyClosed => false,
            _ => *self.0.borrow(),
        }
    }

    /// What that means to someone who still needs the link.
    pub(crate) fn fault() -> LinkFault {
        LinkFault::Lost("it closed the session before this party was done".to_owned())
    }
}

/// The end of a connection in the engine's words. Text that the peer chose is not repeated.
pub(crate) fn of_connection(error: &ConnectionError) -> LinkFault {
    let lost = |text: &str| LinkFault::Lost(text.to_owned());
    match error {
        ConnectionError::ApplicationClosed(close) => {
            let is = |code: VarInt| close.error_code == code;
            match control::decode_abort(&close.reason) {
                Some(reason) if is(close_code::ABORT) => LinkFault::Aborted(reason),
                _ if is(close_code::DONE) => OrderlyEnd::fault(),
                _ if is(close_code::GONE) => lost("its process ended without saying why"),
                _ => lost("it closed the connection"),
            }
        }
        ConnectionError::TimedOut => lost("nothing was heard from it; its process or the network is down"),
        ConnectionError::Reset => lost("its process was restarted"),
        ConnectionError::LocallyClosed => lost("this party closed the session"),
        ConnectionError::ConnectionClosed(close) => LinkFault::Lost(format!(
            "it closed the connection with QUIC error {}",
            u64::from(close.error_code)
        )),
        ConnectionError::TransportError(error) => {
            LinkFault::Lost(format!("QUIC error {} on this side", u64::from(error.code)))
        }
        ConnectionError::VersionMismatch => lost("it does not speak this version of QUIC"),
        ConnectionError::CidsExhausted => lost("connection identifiers ran out"),
    }
}

/// What to tell the other parties when a session ends because of this error.
pub fn abort_reason(error: &LinkError) -> AbortReason {
    match error.fault {
        LinkFault::Lost(_) | LinkFault::Deadline { .. } | LinkFault::Aborted(_) => {
            AbortReason::PeerLost(error.peer)
        }
        LinkFault::UnexpectedTag { .. } | LinkFault::WrongLength { .. } | LinkFault::Malformed(_) => {
            AbortReason::ProtocolViolation
        }
        LinkFault::Interrupted => AbortReason::Interrupted,
    }
}
