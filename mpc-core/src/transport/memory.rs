//! A network in one process for tests: whole messages through channels, the same checks of tag and length as on a
//! real link, no clock. A party that is dropped is a lost connection.

use super::{Lane, LinkError, LinkFault, PartyId, Tag, Transport};
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::channel::oneshot;
use futures::future::{BoxFuture, Either, Shared, select};
use futures::lock::Mutex as AsyncMutex;
use futures::{FutureExt, StreamExt};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

type Message = (Tag, Vec<u8>);
type Deadline = Shared<oneshot::Receiver<()>>;

/// A fully connected network in one process.
pub struct MemoryNetwork {
    ends: Mutex<Vec<Option<Arc<MemoryTransport>>>>,
    deadline: Mutex<Option<oneshot::Sender<()>>>,
    in_flight: Arc<AtomicI64>,
}

/// One party's end of an in-memory network.
pub struct MemoryTransport {
    senders: HashMap<(PartyId, Lane), UnboundedSender<Message>>,
    receivers: HashMap<(PartyId, Lane), AsyncMutex<UnboundedReceiver<Message>>>,
    deadline: Deadline,
    sent: AtomicU64,
    in_flight: Arc<AtomicI64>,
}

impl MemoryNetwork {
    /// A network of `parties` participants.
    pub fn new(parties: u8) -> Self {
        let (sender, receiver) = oneshot::channel();
        let deadline = receiver.shared();
        let in_flight = Arc::<AtomicI64>::default();
        let mut ends: Vec<MemoryTransport> = (0..parties)
            .map(|_| MemoryTransport {
                senders: HashMap::new(),
                receivers: HashMap::new(),
                deadline: deadline.clone(),
                sent: AtomicU64::new(0),
                in_flight: in_flight.clone(),
            })
            .collect();
        for from in 0..parties {
            for to in (0..parties).filter(|&to| to != from) {
                for lane in (0..Lane::COUNT).map(Lane::nth) {
                    let (sender, receiver) = unbounded();
                    ends[usize::from(from)].senders.insert((PartyId::new(to), lane), sender);
                    ends[usize::from(to)]
                        .receivers
                        .insert((PartyId::new(from), lane), AsyncMutex::new(receiver));
                }
            }
        }
        let ends = ends.into_iter().map(|end| Some(Arc::new(end))).collect();
        Self { ends: Mutex::new(ends), deadline: Mutex::new(Some(sender)), in_flight }
    }

    /// The end of one party, to be taken once: a party that drops it is lost to the others.
    ///
    /// # Panics
    /// When it is taken a second time.
    #[allow(clippy::expect_used, reason = "a test ends here")]
    pub fn end(&self, party: PartyId) -> Arc<MemoryTransport> {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends[party.index()].take().expect("the end of this party was taken before")
    }

    /// Messages that were sent and never received.
    pub fn in_flight(&self) -> i64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Lets the deadline of every pending and later receive pass.
    pub fn expire(&self) {
        self.deadline.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl MemoryTransport {
    /// Payload bytes sent so far.
    pub fn bytes_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

fn lost(peer: PartyId) -> LinkError {
    LinkError { peer, fault: LinkFault::Lost("the party ended".into()) }
}

impl Transport for MemoryTransport {
    fn send(
        &self,
        to: PartyId,
        lane: Lane,
        tag: Tag,
        payload: Vec<u8>,
    ) -> BoxFuture<'_, Result<(), LinkError>> {
        self.sent.fetch_add(payload.len() as u64, Ordering::Relaxed);
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        let sender = self.senders.get(&(to, lane));
        let sent = sender
            .ok_or_else(|| lost(to))
            .and_then(|sender| sender.unbounded_send((tag, payload)).map_err(|_| lost(to)));
        futures::future::ready(sent).boxed()
    }

    fn receive(
        &self,
        from: PartyId,
        lane: Lane,
        tag: Tag,
        length: usize,
    ) -> BoxFuture<'_, Result<Vec<u8>, LinkError>> {
        async move {
            let receiver = self.receivers.get(&(from, lane)).ok_or_else(|| lost(from))?;
            let fault = |fault| Err(LinkError { peer: from, fault });
            let mut receiver = receiver.lock().await;
            let (got, payload) = match select(receiver.next(), self.deadline.clone()).await {
                Either::Left((message, _)) => message.ok_or_else(|| lost(from))?,
                Either::Right(_) => return fault(LinkFault::Deadline { seconds: 0 }),
            };
            self.in_flight.fetch_sub(1, Ordering::Relaxed);
            if got != tag {
                return fault(LinkFault::UnexpectedTag { expected: tag, got });
            }
            if payload.len() != length {
                return fault(LinkFault::WrongLength { expected: length as u64, got: payload.len() as u64 });
            }
            Ok(payload)
        }
        .boxed()
    }
}
