//! Trying the links without a session: a real handshake with every peer, and a word on top of it.
//!
//! Between each two parties the one that would dial for a session dials here, so what is tried is what will be needed.
//! A party that is in a session, or about to be, answers as well; nothing of the session is told, and it is not
//! disturbed.

use crate::accept::{Admitted, Door};
use crate::config::{MeshConfig, PeerConfig, WaitStep, Waiting};
use crate::connect::{Attempt, Setup};
use crate::control::{ControlReceiver, Message, PROTOCOL_VERSION, WireCheck};
use crate::endpoint::Side;
use crate::error::NetError;
use crate::fault::close_code;
use crate::greet::{control_error, malformed};
use crate::hello::{Hello, is_text};
use crate::limits;
use crate::metrics::Counters;
use crate::patience::Patience;
use crate::roster::Roster;
use crate::session::Clock;
use crate::tls::Purpose;
use mpc_core::transport::PartyId;
use quinn::Connection;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

/// How the link to one peer did.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The peer.
    pub peer: String,
    /// What it said, or why there was no link.
    pub outcome: Result<Reached, NetError>,
}

/// A peer that was reached, or that reached this party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The other end's address.
    pub address: SocketAddr,
    /// Whether this party dialled.
    pub dialled: bool,
    /// Version of the program there.
    pub build: String,
    /// Seconds by which its clock is ahead of this one.
    pub clock_ahead: i64,
}

/// Tries the link to every peer, until all are up or the time for connecting is over. Blocks the calling thread.
///
/// # Errors
/// Where no link can be tried; what is wrong with one peer is in its [`Checked`].
pub fn check(mut config: MeshConfig, build: &str) -> Result<Vec<Checked>, NetError> {
    config.check()?;
    // A check has no session, so its hello names no query and nobody; the build is what it says.
    let hello = Hello {
        build: build.to_owned(),
        query_hash: [0; 32],
        session_parties: Vec::new(),
        mode: String::new(),
    };
    hello.check()?;
    let on_wait = std::mem::replace(&mut config.on_wait, Box::new(|_| {}));
    let interrupter = config.interrupter.clone();
    let roster = Roster::new(config.id, config.name.clone(), config.reachable, config.peers.clone());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| NetError::Internal(format!("no runtime: {error}")))?;
    runtime.block_on(async {
        let setup = Arc::new(Setup::open(config, Arc::new(roster), hello, Arc::new(Counters::default()))?);
        let checked = tokio::select! {
            checked = setup.check_all(on_wait) => Ok(checked),
            () = interrupter.interrupted() => Err(NetError::Interrupted),
        };
        setup.endpoint.close(close_code::DONE, &[]);
        let _ = timeout(limits::FAREWELL_TIME, setup.endpoint.wait_idle()).await;
        checked
    })
}

type Outcome = (PartyId, Result<Reached, NetError>);

impl Setup {
    async fn check_all(self: &Arc<Self>, on_wait: Box<dyn Fn(Waiting) + Send>) -> Vec<Checked> {
        let (outcomes, mut arrived) = mpsc::channel(limits::PARTICIPANTS);
        for peer in self.roster.peers() {
            let Some(address) = self.roster.dials(peer) else { continue };
            let (setup, peer, outcomes) = (self.clone(), peer.clone(), outcomes.clone());
            tokio::spawn(async move {
                let outcome = setup.dial_check(&peer, address).await;
                // Nobody listens any more when the time is over.
                let _ = outcomes.send((peer.id, outcome)).await;
            });
        }
        tokio::spawn(self.clone().accept_checks(outcomes));

        let mut clock = Clock::new(self.timeouts.connect);
        let mut known: Vec<Outcome> = Vec::new();
        let open = |known: &[Outcome]| -> Vec<PeerConfig> {
            let peers = self.roster.peers().iter();
            peers.filter(|peer| known.iter().all(|(id, _)| *id != peer.id)).cloned().collect()
        };
        while !open(&known).is_empty() {
            tokio::select! {
                Some((peer, outcome)) = arrived.recv() => {
                    // A peer may check twice; a link that worked, works.
                    if known.iter().all(|(id, _)| *id != peer) {
                        known.push((peer, outcome));
                    }
                }
                () = clock.deadline() => break,
                elapsed = clock.progress() => {
                    let peers = open(&known).into_iter().map(|peer| peer.name).collect();
                    on_wait(Waiting { step: WaitStep::Connecting, peers, elapsed });
                }
            }
        }
        let report = |peer: &PeerConfig| {
            let place = known.iter().position(|(id, _)| *id == peer.id);
            let outcome = place.map_or_else(|| Err(self.missing(peer)), |place| known.swap_remove(place).1);
            Checked { peer: peer.name.clone(), outcome }
        };
        self.roster.peers().iter().map(report).collect()
    }

    async fn accept_checks(self: Arc<Self>, outcomes: mpsc::Sender<Outcome>) {
        let door = Door::new();
        while let Some((incoming, permit)) = self.next_incoming(&door).await {
            let (setup, outcomes) = (self.clone(), outcomes.clone());
            tokio::spawn(async move {
                let Some(admitted) = setup.admit(incoming).await else { return };
                if admitted.purpose == Purpose::Session {
                    return admitted.connection.close(close_code::CHECKING, b"");
                }
                let outcome = setup.answer_check(&admitted).await;
                drop(permit);
                // That a peer which this one dials came by itself says nothing about the way there.
                if let Some(outcome) = outcome.filter(|_| setup.roster.dials(admitted.peer).is_none()) {
                    let _ = outcomes.send((admitted.peer.id, outcome)).await;
                }
            });
        }
    }

    async fn dial_check(&self, peer: &PeerConfig, address: SocketAddr) -> Result<Reached, NetError> {
        let mut patience = Patience::new(address);
        loop {
            match self.try_link(peer, address, &mut patience).await {
                Ok(reached) => return Ok(reached),
                Err(attempt) => self.put_off(peer, attempt, &mut patience).await?,
            }
        }
    }

    async fn try_link(
        &self,
        peer: &PeerConfig,
        address: SocketAddr,
        patience: &mut Patience,
    ) -> Result<Reached, Attempt> {
        let connection = self.reach(peer, address, patience, Purpose::Check).await?;
        let exchange = async {
            let (mut sender, mut receiver) = self.control_stream(&connection, Side::Dialler).await?;
            sender.send(&self.word()).await.ok()?;
            Some(self.hear(peer, &connection, &mut receiver, true).await)
        };
        match timeout(self.timeouts.hello, exchange).await {
            Ok(Some(Ok(reached))) => {
                connection.close(close_code::DONE, b"");
                Ok(reached)
            }
            Ok(Some(Err(Some(error)))) => Err(Attempt::Failed(error)),
            Ok(_) => Err(self.ended_early(peer, address, &connection)),
            Err(_) => Err(Attempt::Again("it answered, but said nothing".to_owned())),
        }
    }

    /// Answers a peer that checks its links: hears its word, says its own, and waits until that has arrived. `None` if
    /// the peer gave up.
    pub(crate) async fn answer_check(&self, admitted: &Admitted<'_>) -> Option<Result<Reached, NetError>> {
        let Admitted { peer, connection, .. } = admitted;
        let end = Instant::now() + self.timeouts.hello;
        let exchange = async {
            let (mut sender, mut receiver) = self.control_stream(connection, Side::Acceptor).await?;
            let heard = self.hear(peer, connection, &mut receiver, false).await;
            // Also where the peer speaks another version: each then knows both.
            sender.send(&self.word()).await.ok()?;
            let _ = sender.finish().await;
            heard.map_or_else(|error| error.map(Err), |reached| Some(Ok(reached)))
        };
        let outcome = timeout_at(end, exchange).await.ok().flatten();
        // The other side closes when it has read its answer.
        let _ = timeout_at(end, connection.closed()).await;
        connection.close(close_code::DONE, b"");
        outcome
    }

    fn word(&self) -> Message {
        Message::Check(WireCheck {
            version: PROTOCOL_VERSION,
            build: self.hello.build.clone(),
            clock: unix_time(),
        })
    }

    async fn hear(
        &self,
        peer: &PeerConfig,
        connection: &Connection,
        receiver: &mut ControlReceiver,
        dialled: bool,
    ) -> Result<Reached, Option<NetError>> {
        match receiver.next().await {
            Ok(Message::Check(WireCheck { build, clock, .. })) if is_text(&build) => Ok(Reached {
                address: connection.remote_address(),
                dialled,
                build,
                clock_ahead: i64::try_from(i128::from(clock) - i128::from(unix_time())).unwrap_or(i64::MAX),
            }),
            Ok(_) => Err(Some(malformed(peer, "something else than the word of a check"))),
            Err(error) => Err(control_error(peer, error)),
        }
    }
}

/// Seconds since 1970 by this machine's clock.
fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}
