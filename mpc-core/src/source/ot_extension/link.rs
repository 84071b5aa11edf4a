//! Messages with one peer.

use crate::error::{Error, Result};
use crate::source::base_ot::Ends;
use crate::step::{SessionId, Step};
use crate::transport::{Lane, PartyId, Transport};
use futures::future::try_join;

/// One peer, on one lane of a session.
pub struct Link<'a> {
    /// How messages go.
    pub transport: &'a dyn Transport,
    /// The lane on which they go.
    pub lane: Lane,
    /// The peer.
    pub peer: PartyId,
    /// The session.
    pub session: SessionId,
}

impl Link<'_> {
    /// The transfers that this party sends, and those that the peer does.
    pub(super) fn ends(&self, me: PartyId) -> [Ends; 2] {
        let ends = |sender, receiver| Ends { session: self.session, sender, receiver };
        [ends(me, self.peer), ends(self.peer, me)]
    }

    pub(super) async fn send(&self, step: &Step, message: Vec<u8>) -> Result<()> {
        let sent = self.transport.send(self.peer, self.lane, step.tag(&self.session), message);
        sent.await.map_err(|link| Error::link(link, step))
    }

    pub(super) async fn receive(&self, step: &Step, length: usize) -> Result<Vec<u8>> {
        let received = self.transport.receive(self.peer, self.lane, step.tag(&self.session), length);
        received.await.map_err(|link| Error::link(link, step))
    }

    pub(super) async fn exchange(&self, step: &Step, message: Vec<u8>, length: usize) -> Result<Vec<u8>> {
        try_join(self.send(step, message), self.receive(step, length)).await.map(|(_, received)| received)
    }
}
