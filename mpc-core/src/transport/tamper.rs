//! A link on which one party's messages are changed on their way out: the cheating party of tests. A change keeps
//! the message well-formed unless the test wants otherwise, as broken bytes die in a decoder and never reach the
//! check that is to be tested.

use super::{Lane, LinkError, PartyId, Tag, Transport};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::sync::Arc;

/// What happens to one outgoing message.
pub enum Fate {
    /// It is delivered (possibly changed).
    Deliver,
    /// It is never delivered.
    Drop,
    /// It is delivered twice.
    Duplicate,
}

/// Sees every outgoing message: recipient, lane, identity and payload.
pub type Tamper = dyn Fn(PartyId, Lane, Tag, &mut Vec<u8>) -> Fate + Send + Sync;

/// An honest party's transport whose outgoing messages pass through `tamper`.
pub struct TamperingTransport {
    inner: Arc<dyn Transport>,
    tamper: Box<Tamper>,
}

impl TamperingTransport {
    /// Wraps a transport.
    pub fn new(inner: Arc<dyn Transport>, tamper: Box<Tamper>) -> Self {
        Self { inner, tamper }
    }
}

impl Transport for TamperingTransport {
    fn send(
        &self,
        to: PartyId,
        lane: Lane,
        tag: Tag,
        mut payload: Vec<u8>,
    ) -> BoxFuture<'_, Result<(), LinkError>> {
        match (self.tamper)(to, lane, tag, &mut payload) {
            Fate::Deliver => self.inner.send(to, lane, tag, payload),
            Fate::Drop => futures::future::ready(Ok(())).boxed(),
            Fate::Duplicate => async move {
                self.inner.send(to, lane, tag, payload.clone()).await?;
                self.inner.send(to, lane, tag, payload).await
            }
            .boxed(),
        }
    }

    fn receive(
        &self,
        from: PartyId,
        lane: Lane,
        tag: Tag,
        length: usize,
    ) -> BoxFuture<'_, Result<Vec<u8>, LinkError>> {
        self.inner.receive(from, lane, tag, length)
    }
}
