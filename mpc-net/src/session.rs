//! The network's thread: brings up the links, then does what the handle asks, and ends the session in good order.

use crate::config::{MeshConfig, WaitStep, Waiting};
use crate::connect::{Arrival, Setup};
use crate::control::{self, Message};
use crate::error::NetError;
use crate::fault::{self, Fault, Fuse, OrderlyEnd, close_code};
use crate::hello::Hello;
use crate::limits;
use crate::link::{Link, LinkControl};
use crate::metrics::Counters;
use crate::roster::Roster;
use futures::future::join_all;
use futures::stream::{FuturesUnordered, StreamExt};
use mpc_core::transport::{AbortReason, LinkFault, PartyId};
use quinn::VarInt;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, sleep_until, timeout_at};

/// Announcements of the parties.
pub(crate) type Announcements = Vec<(PartyId, Vec<u8>)>;

/// What the handle asks of the network's thread.
pub(crate) enum Command {
    ExchangeReady { mine: Announcements, reply: SyncSender<Result<Announcements, NetError>> },
    Abort { reason: AbortReason },
    Close { reply: SyncSender<Result<(), NetError>> },
}

/// What the handle shares with the network's thread.
pub(crate) struct Started {
    pub(crate) links: Vec<Arc<Link>>,
}

/// What both have from the beginning.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) roster: Arc<Roster>,
    pub(crate) fuse: Fuse,
    pub(crate) counters: Arc<Counters>,
}

/// Runs a whole session. Call it on a thread of its own.
pub(crate) fn run(
    config: MeshConfig,
    hello: Hello,
    shared: Shared,
    started: SyncSender<Result<Started, NetError>>,
    commands: mpsc::UnboundedReceiver<Command>,
) {
    // However this thread ends, nobody waits for it for ever.
    let _guard = EndGuard(shared.fuse.clone());
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = NetError::Internal(format!("no runtime: {error}"));
            return drop(started.send(Err(error)));
        }
    };
    runtime.block_on(async {
        match Session::connect(config, hello, shared).await {
            Ok(session) => {
                let links = session.links.iter().map(|control| control.link.clone()).collect();
                // The handle waits for this on the other side, and goes away only with `commands`.
                let _ = started.send(Ok(Started { links }));
                session.serve(commands).await;
            }
            Err(error) => drop(started.send(Err(error))),
        }
    });
}

struct EndGuard(Fuse);

impl Drop for EndGuard {
    fn drop(&mut self) {
        self.0.trip(None, LinkFault::Lost("this party closed the session".to_owned()));
    }
}

struct Session {
    setup: Arc<Setup>,
    shared: Shared,
    links: Vec<LinkControl>,
    /// Kept to the end: a link that arrives while this party is leaving must be closed with the reason, not dropped.
    arrived: mpsc::Receiver<Arrival>,
    on_wait: Box<dyn Fn(Waiting) + Send>,
}

impl Session {
    async fn connect(mut config: MeshConfig, hello: Hello, shared: Shared) -> Result<Self, NetError> {
        let on_wait = std::mem::replace(&mut config.on_wait, Box::new(|_| {}));
        let interrupter = config.interrupter.clone();
        let setup = Setup::open(config, shared.roster.clone(), hello, shared.counters.clone())?;
        let setup = Arc::new(setup);
        let (arrivals, arrived) = mpsc::channel(limits::PARTICIPANTS);
        setup.start(&arrivals);
        let mut session = Self { setup, shared, links: Vec::new(), arrived, on_wait };
        let fuse = session.shared.fuse.clone();
        tokio::spawn(async move {
            interrupter.interrupted().await;
            fuse.trip(None, LinkFault::Interrupted);
        });
        match session.bring_up().await {
            Ok(()) => Ok(session),
            Err((reason, error)) => {
                session.leave(Some(reason)).await;
                Err(error)
            }
        }
    }

    /// Waits for all links. An error comes with what to tell the peers that are connected already.
    async fn bring_up(&mut self) -> Result<(), (AbortReason, NetError)> {
        let fuse = self.shared.fuse.clone();
        let mut clock = Clock::new(self.setup.timeouts.connect);
        let mut failure = None;
        let mut failed = 0;
        while self.links.len() + failed < self.shared.roster.peers().len() {
            let missing = |session: &Self| -> Vec<_> {
                let up = |id| session.links.iter().any(|control| control.link.peer == id);
                session.shared.roster.peers().iter().filter(|peer| !up(peer.id)).cloned().collect()
            };
            tokio::select! {
                biased;
                fault = fuse.tripped() => return Err(failure.unwrap_or_else(|| self.explain(fault))),
                arrival = self.arrived.recv() => match arrival {
                    Some(Ok(greeted)) => {
                        let peer = greeted.peer;
                        let timeouts = &self.setup.timeouts;
                        let link = Link::start(greeted, fuse.clone(), self.shared.counters.clone(), timeouts.receive);
                        match tokio::time::timeout(timeouts.hello, link).await {
                            Ok(Ok(link)) => {
                                tracing::info!(peer = self.shared.roster.name(peer), "link is up");
                                self.links.push(link);
                            }
                            Ok(Err(error)) => fuse.trip(Some(peer), fault::of_connection(&error)),
                            Err(_) => fuse.trip(Some(peer), LinkFault::Malformed("a link without lanes")),
                        }
                    }
                    Some(Err((peer, error))) => {
                        // The other links get a moment to come up, so that those peers are told and do not wait.
                        failed += 1;
                        if failure.is_none() {
                            clock.shorten(limits::NOTICE_TIME);
                            failure = Some((AbortReason::PeerLost(peer), error));
                        }
                    }
                    None => {
                        let error = NetError::Internal("nobody dials or accepts".to_owned());
                        return Err((AbortReason::Internal, error));
                    }
                },
                () = clock.deadline() => {
                    if failure.is_some() {
                        break;
                    }
                    let Some(peer) = missing(self).into_iter().next() else { break };
                    return Err((AbortReason::PeerLost(peer.id), self.setup.missing(&peer)));
                }
                elapsed = clock.progress() => {
                    let peers = missing(self).into_iter().map(|peer| peer.name).collect();
                    (self.on_wait)(Waiting { step: WaitStep::Connecting, peers, elapsed });
                }
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// A fault in words, and what to tell the peers about it.
    fn explain(&self, fault: Fault) -> (AbortReason, NetError) {
        match fault.culprit {
            Some(peer) => {
                let error = fault.seen_from(peer);
                (fault::abort_reason(&error), NetError::of_link(&error, &self.shared.roster))
            }
            // While the session lives, only an interruption is owed to no peer.
            None => (AbortReason::Interrupted, NetError::Interrupted),
        }
    }

    async fn serve(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        loop {
            match commands.recv().await {
                Some(Command::ExchangeReady { mine, reply }) => {
                    let result = self.exchange_ready(mine).await;
                    // The handle is blocked on this reply.
                    let _ = reply.send(result);
                }
                Some(Command::Abort { reason }) => return self.leave(Some(reason)).await,
                Some(Command::Close { reply }) => {
                    let result = self.close().await;
                    return drop(reply.send(result));
                }
                // The handle was dropped without a word.
                None => return self.leave(None).await,
            }
        }
    }

    async fn exchange_ready(&mut self, mut mine: Announcements) -> Result<Announcements, NetError> {
        if let Some((id, _)) = mine.iter().find(|(_, bytes)| bytes.len() > limits::MAX_ANNOUNCEMENT_BYTES) {
            let peer = self.shared.roster.name(*id);
            return Err(NetError::Internal(format!("the announcement for {peer} is above the size limit")));
        }
        let known = |id| self.links.iter().any(|control| control.link.peer == id);
        if self.links.iter().any(|control| control.ready.is_none()) || !mine.iter().all(|(id, _)| known(*id))
        {
            return Err(NetError::Internal("ready is said once, and to peers only".to_owned()));
        }
        let fuse = self.shared.fuse.clone();
        let roster = self.shared.roster.clone();
        let mut clock = Clock::new(self.setup.timeouts.ready);
        let mut exchange: FuturesUnordered<_> = self
            .links
            .iter_mut()
            .map(|LinkControl { link, sender, ready }| {
                let peer = link.peer;
                let place = mine.iter().position(|(id, _)| *id == peer);
                let announcement = place.map(|place| mine.swap_remove(place).1).unwrap_or_default();
                let ready = ready.take();
                async move {
                    let theirs = async { ready?.await.ok() };
                    match futures::join!(sender.announce(announcement), theirs) {
                        (Ok(()), Some(theirs)) => (peer, Ok(theirs)),
                        // An orderly end is judged here; any other by the link itself, which knows of notices.
                        _ => (peer, Err(link.end.explains(&link.connection.closed().await))),
                    }
                }
            })
            .collect();
        let mut theirs = Announcements::new();
        let result = loop {
            tokio::select! {
                biased;
                fault = fuse.tripped() => break Err(fault),
                next = exchange.next() => match next {
                    Some((peer, Ok(announcement))) => {
                        tracing::info!(peer = roster.name(peer), bytes = announcement.len(), "has loaded its data");
                        theirs.push((peer, announcement));
                    }
                    Some((peer, Err(orderly))) => {
                        if orderly {
                            fuse.trip(Some(peer), OrderlyEnd::fault());
                        }
                        break Err(fuse.tripped().await);
                    }
                    None => break Ok(()),
                },
                () = clock.deadline() => {
                    let late = roster.peers().iter().find(|peer| theirs.iter().all(|(id, _)| *id != peer.id));
                    let fault = LinkFault::Deadline { seconds: clock.limit.as_secs() };
                    fuse.trip(late.map(|peer| peer.id), fault);
                    break Err(fuse.tripped().await);
                }
                elapsed = clock.progress() => {
                    let late = roster.peers().iter().filter(|peer| theirs.iter().all(|(id, _)| *id != peer.id));
                    let peers = late.map(|peer| peer.name.clone()).collect();
                    (self.on_wait)(Waiting { step: WaitStep::Ready, peers, elapsed });
                }
            }
        };
        drop(exchange);
        match result {
            Ok(()) => {
                theirs.sort_by_key(|(id, _)| *id);
                Ok(theirs)
            }
            Err(fault) => Err(self.explain(fault).1),
        }
    }

    /// Delivers everything that was sent, then closes.
    async fn close(mut self) -> Result<(), NetError> {
        let fuse = self.shared.fuse.clone();
        let limit = self.setup.timeouts.receive;
        let late = sleep_until(Instant::now() + limit);
        tokio::pin!(late);
        let mut waiting: Vec<_> = self.links.iter().map(|control| control.link.peer).collect();
        let mut delivered: FuturesUnordered<_> = self
            .links
            .iter_mut()
            .map(|control| async {
                // Where the connection ends first, the link has judged that.
                control.link.finish().await;
                let _ = control.sender.finish().await;
                control.link.peer
            })
            .collect();
        loop {
            tokio::select! {
                biased;
                _ = fuse.tripped() => break,
                next = delivered.next() => match next {
                    Some(peer) => waiting.retain(|other| *other != peer),
                    None => break,
                },
                () = &mut late => {
                    fuse.trip(waiting.first().copied(), LinkFault::Deadline { seconds: limit.as_secs() });
                }
            }
        }
        drop(delivered);
        if let Some(fault) = fuse.state() {
            let (reason, error) = self.explain(fault);
            self.leave(Some(reason)).await;
            return Err(error);
        }
        tracing::info!("everything is delivered");
        let linger = self.linger().await;
        self.hang_up(close_code::DONE, &[], Instant::now() + linger).await;
        Ok(())
    }

    /// How long to stay reachable after the last word. When every peer has said its own last word, nobody needs this party
    /// any more, and it stays just long enough for its acknowledgements to arrive.
    async fn linger(&self) -> Duration {
        let everyone = join_all(self.links.iter().map(|control| control.link.end.announced()));
        match tokio::time::timeout(limits::FAREWELL_TIME, everyone).await {
            Ok(_) => {
                let rtt = self.links.iter().map(|control| control.link.connection.rtt()).max();
                (2 * rtt.unwrap_or_default()).clamp(limits::SHORTEST_LINGER, limits::FAREWELL_TIME)
            }
            Err(_) => limits::FAREWELL_TIME,
        }
    }

    /// Ends the session early: tells each peer why, or nothing, and closes. Takes at most [`limits::FAREWELL_TIME`].
    async fn leave(mut self, reason: Option<AbortReason>) {
        let start = Instant::now();
        tracing::info!(reason = reason.map(tracing::field::display), "leaving early");
        let mut code = close_code::GONE;
        let mut bytes = Vec::new();
        if let Some(reason) = reason {
            let message = Message::Abort(reason.into());
            let notices = join_all(self.links.iter_mut().map(|control| async {
                // A peer that is not there any more cannot be told.
                if control.sender.send(&message).await.is_ok() {
                    let _ = control.sender.finish().await;
                }
            }));
            let _ = timeout_at(start + limits::NOTICE_TIME, notices).await;
            // Said again in the close frame, for a peer whose control stream is held up or not open yet.
            if let Ok(encoded) = control::encode(&message) {
                (code, bytes) = (close_code::ABORT, encoded);
            }
        }
        self.hang_up(code, &bytes, start + limits::FAREWELL_TIME).await;
    }

    /// Closes everything that is open and lets the close frames leave.
    async fn hang_up(&self, code: VarInt, reason: &[u8], end: Instant) {
        self.setup.endpoint.close(code, reason);
        let _ = timeout_at(end, self.setup.endpoint.wait_idle()).await;
    }
}

/// A deadline, and a tick for progress reports.
pub(crate) struct Clock {
    start: Instant,
    limit: Duration,
    ticks: tokio::time::Interval,
}

impl Clock {
    pub(crate) fn new(limit: Duration) -> Self {
        let start = Instant::now();
        let ticks = interval_at(start + limits::PROGRESS_EVERY, limits::PROGRESS_EVERY);
        Self { start, limit, ticks }
    }

    /// Moves the deadline to `rest` from now, if that is earlier.
    fn shorten(&mut self, rest: Duration) {
        self.limit = self.limit.min(self.start.elapsed() + rest);
    }

    pub(crate) fn deadline(&self) -> impl Future<Output = ()> + use<> {
        sleep_until(self.start + self.limit)
    }

    pub(crate) async fn progress(&mut self) -> Duration {
        self.ticks.tick().await;
        self.start.elapsed()
    }
}
