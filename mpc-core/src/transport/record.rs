//! A link that keeps what its party received: the view of a party, for tests of what it shows.

use super::{Lane, LinkError, PartyId, Tag, Transport};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex, PoisonError};

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Who sent it.
    pub from: PartyId,
    /// On which lane.
    pub lane: Lane,
    /// At which step.
    pub tag: Tag,
    /// What it said.
    pub payload: Vec<u8>,
}

/// What a party received so far, in order. Clones look at the same record.
#[derive(Clone, Debug, Default)]
pub struct Record(Arc<Mutex<Vec<Received>>>);

impl Record {
    /// The messages so far; the record is empty afterwards.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn push(&self, message: Received) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }
}

/// A party's transport whose incoming messages are recorded.
pub struct RecordingTransport {
    inner: Arc<dyn Transport>,
    record: Record,
}

impl RecordingTransport {
    /// Wraps a transport.
    pub fn new(inner: Arc<dyn Transport>, record: Record) -> Self {
        Self { inner, record }
    }
}

impl Transport for RecordingTransport {
    fn send(
        &self,
        to: PartyId,
        lane: Lane,
        tag: Tag,
        payload: Vec<u8>,
    ) -> BoxFuture<'_, Result<(), LinkError>> {
        self.inner.send(to, lane, tag, payload)
    }

    fn receive(
        &self,
        from: PartyId,
        lane: Lane,
        tag: Tag,
        length: usize,
    ) -> BoxFuture<'_, Result<Vec<u8>, LinkError>> {
        async move {
            let payload = self.inner.receive(from, lane, tag, length).await?;
            self.record.push(Received { from, lane, tag, payload: payload.clone() });
            Ok(payload)
        }
        .boxed()
    }
}
