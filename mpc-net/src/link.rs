//! One peer after its hello: the lanes, and the task that listens on the control stream.

use crate::control::{ControlError, ControlReceiver, ControlSender, Message};
use crate::fault::{self, Fuse, OrderlyEnd};
use crate::lane::{LaneContext, LaneReceiver, LaneSender};
use crate::metrics::Counters;
use crate::public_key::PublicKey;
use mpc_core::transport::{Lane, LinkFault, PartyId};
use quinn::{Connection, ConnectionError, RecvStream};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// A connection whose peer is known and agrees on what is to be computed.
pub(crate) struct Greeted {
    pub(crate) peer: PartyId,
    pub(crate) key: PublicKey,
    pub(crate) connection: Connection,
    pub(crate) sender: ControlSender,
    pub(crate) receiver: ControlReceiver,
}

/// The engine's side of a link.
pub(crate) struct Link {
    pub(crate) peer: PartyId,
    /// The key that the peer proved to have.
    pub(crate) key: PublicKey,
    pub(crate) connection: Connection,
    pub(crate) end: OrderlyEnd,
    senders: Vec<LaneSender>,
    receivers: Vec<LaneReceiver>,
}

/// The session's side of a link.
pub(crate) struct LinkControl {
    pub(crate) link: Arc<Link>,
    pub(crate) sender: ControlSender,
    /// Brings the peer's announcement; ends without one if the peer closes the session before. Taken when used.
    pub(crate) ready: Option<oneshot::Receiver<Vec<u8>>>,
}

impl Link {
    /// Opens the lanes and starts their tasks.
    pub(crate) async fn start(
        greeted: Greeted,
        fuse: Fuse,
        counters: Arc<Counters>,
        receive: Duration,
    ) -> Result<LinkControl, ConnectionError> {
        let Greeted { peer, key, connection, sender, receiver } = greeted;
        let end = OrderlyEnd::default();
        let context = LaneContext { peer, fuse: fuse.clone(), end: end.clone(), counters, receive };

        let mut senders = Vec::with_capacity(Lane::COUNT);
        for _ in 0..Lane::COUNT {
            senders.push(LaneSender::start(connection.open_uni().await?, context.clone()));
        }
        let (openers, receivers) = (0..Lane::COUNT)
            .map(|_| {
                let (opener, opened) = oneshot::channel();
                (Some(opener), LaneReceiver::start(opened, context.clone()))
            })
            .unzip();
        tokio::spawn(accept_lanes(connection.clone(), openers, context));

        let (announce, ready) = oneshot::channel();
        tokio::spawn(listen(receiver, connection.clone(), announce, end.clone(), peer, fuse));

        let link = Arc::new(Self { peer, key, connection, end, senders, receivers });
        Ok(LinkControl { link, sender, ready: Some(ready) })
    }

    pub(crate) fn sender(&self, lane: Lane) -> Option<&LaneSender> {
        self.senders.get(lane.index())
    }

    pub(crate) fn receiver(&self, lane: Lane) -> Option<&LaneReceiver> {
        self.receivers.get(lane.index())
    }

    /// Ends all outgoing lanes; completes when the peer's machine has all of them, or when the connection ends.
    pub(crate) async fn finish(&self) {
        let finished: Vec<_> = self.senders.iter().map(LaneSender::finish).collect();
        for lane in finished {
            // Without an answer the connection has ended, and the control task has judged that.
            let _ = lane.await;
        }
    }
}

type Opener = oneshot::Sender<Result<RecvStream, ConnectionError>>;

/// Hands each stream that the peer opens to its lane. A stream's place among the peer's streams is its lane.
async fn accept_lanes(connection: Connection, mut openers: Vec<Option<Opener>>, context: LaneContext) {
    loop {
        match connection.accept_uni().await {
            Ok(stream) => {
                let index = usize::try_from(stream.id().index()).unwrap_or(usize::MAX);
                match openers.get_mut(index).and_then(Option::take) {
                    // The lane's reader lives as long as the mesh.
                    Some(opener) => drop(opener.send(Ok(stream))),
                    None => {
                        let fault = LinkFault::Malformed("more streams than there are lanes");
                        return context.fuse.trip(Some(context.peer), fault);
                    }
                }
            }
            Err(error) => {
                for opener in openers.into_iter().flatten() {
                    drop(opener.send(Err(error.clone())));
                }
                return;
            }
        }
    }
}

/// Reads the control stream to its end and then judges the end of the connection: in this order, so that an abort
/// notice is always seen before the close that follows it.
async fn listen(
    mut receiver: ControlReceiver,
    connection: Connection,
    announce: oneshot::Sender<Vec<u8>>,
    end: OrderlyEnd,
    peer: PartyId,
    fuse: Fuse,
) {
    let mut announce = Some(announce);
    let fault = loop {
        let message = match receiver.next().await {
            Ok(Message::Ready { length }) if announce.is_some() => {
                receiver.announcement(length).await.map(|announcement| {
                    if let Some(announce) = announce.take() {
                        // Nobody listens any more when this party is going down itself.
                        let _ = announce.send(announcement);
                    }
                })
            }
            Ok(Message::Abort(reason)) => break LinkFault::Aborted(reason.into()),
            Ok(_) => break LinkFault::Malformed("a control message out of turn"),
            Err(error) => Err(error),
        };
        match message {
            Ok(()) => {}
            Err(what @ (ControlError::Finished | ControlError::Ended)) => {
                if what == ControlError::Finished {
                    end.announce();
                }
                // Whoever waits for an announcement waits no longer.
                drop(announce.take());
                let error = connection.closed().await;
                if end.explains(&error) {
                    return;
                }
                break fault::of_connection(&error);
            }
            Err(ControlError::Version(_)) => break LinkFault::Malformed("a second hello"),
            Err(ControlError::Malformed(what)) => break LinkFault::Malformed(what),
        }
    };
    fuse.trip(Some(peer), fault);
}
