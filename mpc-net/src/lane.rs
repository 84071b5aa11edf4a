//! One lane to one peer: a stream in each direction, each owned by a task.
//!
//! The writer takes messages from a queue that is bounded in bytes. The reader waits until the engine says which
//! message it awaits, and only then reads: what comes early stays in QUIC's window, which slows its sender down.

use crate::fault::{Fuse, OrderlyEnd};
use crate::frame::{self, HEADER_BYTES};
use crate::limits::{MAX_PAYLOAD_BYTES, QUEUE_BYTES, QUEUE_MINIMUM};
use crate::metrics::Counters;
use mpc_core::transport::{LinkError, LinkFault, PartyId, Tag};
use quinn::{ConnectionError, ReadError, RecvStream, SendStream, StoppedError, WriteError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{sleep_until, timeout};

/// What both tasks of a lane need to know.
#[derive(Clone)]
pub(crate) struct LaneContext {
    pub(crate) peer: PartyId,
    pub(crate) fuse: Fuse,
    pub(crate) end: OrderlyEnd,
    pub(crate) counters: Arc<Counters>,
    pub(crate) receive: Duration,
}

impl LaneContext {
    fn trip(&self, fault: LinkFault) {
        self.fuse.trip(Some(self.peer), fault);
    }

    fn deadline(&self) -> LinkFault {
        LinkFault::Deadline { seconds: self.receive.as_secs() }
    }

    /// The end of a connection is judged by the link's control task, which reads an abort notice before it sees the
    /// end. Only an orderly close is no fault to it; it is one to a lane that still has something to do.
    fn connection_ended(&self, error: &ConnectionError) {
        if self.end.explains(error) {
            self.trip(OrderlyEnd::fault());
        }
    }

    /// The engine splits what is larger than a message may be, so this is a fault of this program and no peer's.
    async fn too_large(&self) -> LinkError {
        self.trip(LinkFault::Lost("this party asked for a message above the size limit".to_owned()));
        self.tripped().await
    }

    async fn tripped(&self) -> LinkError {
        self.fuse.tripped().await.seen_from(self.peer)
    }
}

enum Outgoing {
    Message { header: [u8; HEADER_BYTES], payload: Vec<u8>, _room: OwnedSemaphorePermit },
    Finish(oneshot::Sender<()>),
}

/// The engine's end of an outgoing lane.
pub(crate) struct LaneSender {
    context: LaneContext,
    queue: mpsc::UnboundedSender<Outgoing>,
    /// Bounds the queue in bytes.
    room: Arc<Semaphore>,
}

impl LaneSender {
    /// Starts the task that writes to `stream`.
    pub(crate) fn start(stream: SendStream, context: LaneContext) -> Self {
        let (queue, outgoing) = mpsc::unbounded_channel();
        tokio::spawn(write(stream, outgoing, context.clone()));
        Self { context, queue, room: Arc::new(Semaphore::new(QUEUE_BYTES as usize)) }
    }

    /// Queues a message; completes when there is room for it.
    pub(crate) async fn send(&self, tag: Tag, payload: Vec<u8>) -> Result<(), LinkError> {
        let length = match u32::try_from(payload.len()) {
            Ok(length) if payload.len() <= MAX_PAYLOAD_BYTES => length,
            _ => return Err(self.context.too_large().await),
        };
        // A message larger than the whole queue takes all of it and so waits until the queue is empty.
        let charge = length.clamp(QUEUE_MINIMUM, QUEUE_BYTES);
        let room = tokio::select! {
            biased;
            error = self.context.tripped() => return Err(error),
            room = self.room.clone().acquire_many_owned(charge) => room,
        };
        if let Ok(room) = room {
            let message = Outgoing::Message { header: frame::encode(tag, length), payload, _room: room };
            if self.queue.send(message).is_ok() {
                return Ok(());
            }
        }
        // The writer has ended: its reason is on the way.
        Err(self.context.tripped().await)
    }

    /// Asks the writer to end the stream; the answer comes when the peer's machine has everything. No answer means
    /// that the connection ended first.
    pub(crate) fn finish(&self) -> oneshot::Receiver<()> {
        let (done, answer) = oneshot::channel();
        // If the writer has ended, `done` is dropped, and that is the answer.
        let _ = self.queue.send(Outgoing::Finish(done));
        answer
    }
}

async fn write(
    mut stream: SendStream,
    mut outgoing: mpsc::UnboundedReceiver<Outgoing>,
    context: LaneContext,
) {
    while let Some(item) = outgoing.recv().await {
        match item {
            Outgoing::Message { header, payload, _room } => {
                let bytes = HEADER_BYTES + payload.len();
                let mut chunks = [header.to_vec().into(), payload.into()];
                match timeout(context.receive, stream.write_all_chunks(&mut chunks)).await {
                    Ok(Ok(())) => {
                        tracing::trace!(to = context.peer.index(), bytes, "sent");
                        context.counters.count_sent(bytes);
                    }
                    Ok(Err(WriteError::ConnectionLost(error))) => return context.connection_ended(&error),
                    Ok(Err(_)) => return context.trip(LinkFault::Malformed("it refused a lane")),
                    Err(_) => return context.trip(context.deadline()),
                }
            }
            Outgoing::Finish(done) => {
                if stream.finish().is_ok() {
                    match stream.stopped().await {
                        Ok(_) => {
                            // Whoever asked may have given up.
                            let _ = done.send(());
                        }
                        Err(StoppedError::ConnectionLost(_) | StoppedError::ZeroRttRejected) => {}
                    }
                }
                return;
            }
        }
    }
}

/// Brings the stream of an incoming lane once the peer has sent on it, or the end of the connection.
pub(crate) type Opened = oneshot::Receiver<Result<RecvStream, ConnectionError>>;

struct Expectation {
    tag: Tag,
    length: usize,
    deadline: Instant,
    /// Told when the message lies in the slot; dropped by the engine if it no longer waits.
    arrived: oneshot::Sender<()>,
}

/// A message that has arrived and was not taken yet. It lies here rather than in a channel, so that a receive which
/// is cancelled at the last moment loses nothing.
type Slot = Arc<Mutex<Option<(Tag, Vec<u8>)>>>;

fn locked(slot: &Slot) -> std::sync::MutexGuard<'_, Option<(Tag, Vec<u8>)>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The engine's end of an incoming lane.
pub(crate) struct LaneReceiver {
    context: LaneContext,
    expectations: mpsc::Sender<Expectation>,
    slot: Slot,
}

impl LaneReceiver {
    /// Starts the task that reads the lane.
    pub(crate) fn start(opened: Opened, context: LaneContext) -> Self {
        let (expectations, expected) = mpsc::channel(1);
        let slot = Slot::default();
        let reader = Reader {
            context: context.clone(),
            opened: Some(opened),
            stream: None,
            header: [0; HEADER_BYTES],
            filled: 0,
            payload: Vec::new(),
        };
        tokio::spawn(reader.run(expected, slot.clone()));
        Self { context, expectations, slot }
    }

    /// The next message of the lane, which must have this tag and length.
    pub(crate) async fn receive(&self, tag: Tag, length: usize) -> Result<Vec<u8>, LinkError> {
        if length > MAX_PAYLOAD_BYTES {
            return Err(self.context.too_large().await);
        }
        let deadline = Instant::now() + self.context.receive;
        let (arrived, answer) = oneshot::channel();
        let expectation = Expectation { tag, length, deadline, arrived };
        let wait = async {
            // Either fails only when the reader has ended, and then a fault is on the way.
            self.expectations.send(expectation).await.ok()?;
            answer.await.ok()?;
            locked(&self.slot).take()
        };
        tokio::select! {
            biased;
            error = self.context.tripped() => Err(error),
            message = wait => match message {
                Some((_, payload)) => Ok(payload),
                None => Err(self.context.tripped().await),
            },
        }
    }
}

/// The stream of an incoming lane and how far its present message has been read. Each wait may be given up and taken
/// up again without loss.
struct Reader {
    context: LaneContext,
    opened: Option<Opened>,
    stream: Option<RecvStream>,
    header: [u8; HEADER_BYTES],
    filled: usize,
    payload: Vec<u8>,
}

/// Why a message cannot be read.
enum Trouble {
    Fault(LinkFault),
    Connection(ConnectionError),
    /// The link never handed out the stream: it is going down.
    NoStream,
}

impl From<ReadError> for Trouble {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::ConnectionLost(error) => Self::Connection(error),
            _ => Self::Fault(LinkFault::Malformed("a lane that breaks off")),
        }
    }
}

impl Reader {
    async fn run(mut self, mut expected: mpsc::Receiver<Expectation>, slot: Slot) {
        while let Some(mut wanted) = expected.recv().await {
            let kept = locked(&slot).as_ref().map(|(tag, payload)| (*tag, payload.len() as u64));
            let outcome = match kept {
                Some((tag, length)) => {
                    frame::check_message(tag, length, wanted.tag, wanted.length).map_err(Trouble::Fault)
                }
                None => tokio::select! {
                    biased;
                    () = wanted.arrived.closed() => continue,
                    outcome = self.read(wanted.tag, wanted.length) => outcome.map(|payload| {
                        *locked(&slot) = Some((wanted.tag, payload));
                    }),
                    () = sleep_until(wanted.deadline.into()) => Err(Trouble::Fault(self.context.deadline())),
                },
            };
            match outcome {
                // If nobody waits any more, the message stays in the slot for the next receive.
                Ok(()) => drop(wanted.arrived.send(())),
                Err(Trouble::Fault(fault)) => return self.context.trip(fault),
                Err(Trouble::Connection(error)) => return self.context.connection_ended(&error),
                Err(Trouble::NoStream) => return,
            }
        }
    }

    /// Reads the rest of the present message.
    async fn read(&mut self, tag: Tag, length: usize) -> Result<Vec<u8>, Trouble> {
        if let Some(opened) = &mut self.opened {
            let stream = opened.await.map_err(|_| Trouble::NoStream)?;
            self.stream = Some(stream.map_err(Trouble::Connection)?);
            self.opened = None;
        }
        let stream = self.stream.as_mut().ok_or(Trouble::NoStream)?;
        while let Some(rest @ [_, ..]) = self.header.get_mut(self.filled..) {
            match stream.read(rest).await? {
                Some(count) => self.filled += count,
                None if self.filled == 0 => return Err(Trouble::Fault(OrderlyEnd::fault())),
                None => return Err(Trouble::Fault(LinkFault::Malformed("a lane that breaks off"))),
            }
        }
        frame::check(&self.header, tag, length).map_err(Trouble::Fault)?;
        // The length is this party's own, now that the announced one was found equal.
        self.payload.reserve_exact(length.saturating_sub(self.payload.len()));
        while self.payload.len() < length {
            match stream.read_chunk(length - self.payload.len(), true).await? {
                Some(chunk) => self.payload.extend_from_slice(&chunk.bytes),
                None => return Err(Trouble::Fault(LinkFault::Malformed("a lane that breaks off"))),
            }
        }
        self.filled = 0;
        tracing::trace!(from = self.context.peer.index(), bytes = HEADER_BYTES + length, ?tag, "received");
        self.context.counters.count_received(HEADER_BYTES + length);
        Ok(std::mem::take(&mut self.payload))
    }
}
