//! Bringing up the links: dial the earlier names, accept the later ones, exchange hellos.

use crate::config::{MeshConfig, PeerConfig, Timeouts};
use crate::control::{ControlError, ControlReceiver, ControlSender, Message, PROTOCOL_VERSION};
use crate::endpoint::{self, Side};
use crate::error::NetError;
use crate::fault::{self, close_code};
use crate::hello::Hello;
use crate::limits;
use crate::link::Greeted;
use crate::metrics::Counters;
use crate::public_key::PublicKey;
use crate::roster::Roster;
use crate::tls::{Tls, TlsError};
use crate::verifier::{Refusal, Verdict};
use mpc_core::transport::{AbortReason, LinkError, LinkFault, PartyId};
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint, Incoming, ServerConfig, VarInt};
use rustls::pki_types::CertificateDer;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{sleep, timeout};

/// TLS alerts that QUIC carries as connection errors (RFC 8446, section 6; RFC 9001, section 4.8).
mod alert {
    const CRYPTO_ERROR: u64 = 0x100;
    pub(super) const UNKNOWN_CA: u64 = CRYPTO_ERROR + 48;
    pub(super) const NO_APPLICATION_PROTOCOL: u64 = CRYPTO_ERROR + 120;

    pub(super) fn is_alert(code: u64) -> bool {
        (CRYPTO_ERROR..CRYPTO_ERROR + 0x100).contains(&code)
    }
}

/// What dialling and accepting share.
pub(crate) struct Setup {
    pub(crate) endpoint: Endpoint,
    pub(crate) roster: Arc<Roster>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) timeouts: Timeouts,
    own_key: PublicKey,
    tls: Tls,
    hello: Hello,
    state: Mutex<State>,
}

/// Changes while the links come up.
#[derive(Default)]
struct State {
    /// The one connection that each dialling peer may have, while its hello is exchanged.
    accepted: HashMap<PartyId, Connection>,
    /// How the last attempt with each dialled peer ended.
    attempts: HashMap<PartyId, String>,
    /// The last dialers that were turned away.
    refusals: VecDeque<String>,
}

/// How an attempt to bring up a link ended.
enum Attempt {
    /// It may go better next time.
    Again(String),
    /// It will not.
    Failed(NetError),
}

impl From<TlsError> for Attempt {
    fn from(error: TlsError) -> Self {
        Self::Failed(NetError::Internal(error.to_string()))
    }
}

/// A finished link, or with which peer there will be none, and why.
pub(crate) type Arrival = Result<Greeted, (PartyId, NetError)>;

impl Setup {
    /// Opens the endpoint. Call it inside the network's runtime.
    pub(crate) fn open(
        config: MeshConfig,
        roster: Arc<Roster>,
        hello: Hello,
        counters: Arc<Counters>,
    ) -> Result<Self, NetError> {
        let own_key = config.identity.public_key();
        let tls = Tls::new(&config.identity, roster.clone()).map_err(internal)?;
        let mut server =
            ServerConfig::with_crypto(Arc::new(tls.server(Verdict::default()).map_err(internal)?));
        endpoint::harden(&mut server);
        let endpoint = endpoint::open(config.socket, server).map_err(|error| {
            NetError::Configuration(format!("the UDP socket is not usable: {error}; bind another"))
        })?;
        let state = Mutex::default();
        Ok(Self { endpoint, roster, counters, timeouts: config.timeouts, own_key, tls, hello, state })
    }

    /// Starts dialling and accepting; each link or fatal error comes through `arrivals`.
    pub(crate) fn start(self: &Arc<Self>, arrivals: &mpsc::Sender<Arrival>) {
        for peer in self.roster.peers().iter().filter(|peer| self.roster.dials(peer)) {
            let (setup, peer, arrivals) = (self.clone(), peer.clone(), arrivals.clone());
            tokio::spawn(async move {
                let arrival = setup.dial(&peer).await;
                // The session may have failed meanwhile; then nobody wants this link any more.
                let _ = arrivals.send(arrival).await;
            });
        }
        tokio::spawn(self.clone().accept(arrivals.clone()));
    }

    /// The error for a peer whose link did not come up in time.
    pub(crate) fn missing(&self, peer: &PeerConfig) -> NetError {
        let seconds = self.timeouts.connect.as_secs();
        let state = self.state();
        if self.roster.dials(peer) {
            let last = state.attempts.get(&peer.id).cloned().unwrap_or_else(|| NOTHING_HEARD.to_owned());
            return NetError::NoAnswer { peer: peer.name.clone(), address: peer.address, seconds, last };
        }
        let last =
            state.refusals.back().cloned().unwrap_or_else(|| "nobody unknown called either".to_owned());
        NetError::NotDialled { peer: peer.name.clone(), seconds, last }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn dial(&self, peer: &PeerConfig) -> Arrival {
        let mut patience = Patience::new(peer.address);
        loop {
            match self.try_dial(peer, &mut patience).await {
                Ok(greeted) => return Ok(greeted),
                Err(Attempt::Failed(error)) => return Err((peer.id, error)),
                Err(Attempt::Again(how)) => self.state().attempts.insert(peer.id, how),
            };
            sleep(patience.pause()).await;
        }
    }

    async fn try_dial(&self, peer: &PeerConfig, patience: &mut Patience) -> Result<Greeted, Attempt> {
        let verdict = Verdict::default();
        let mut config = ClientConfig::new(Arc::new(self.tls.client(peer.id, verdict.clone())?));
        config.transport_config(Arc::new(endpoint::transport(
            &self.timeouts,
            Side::Dialler,
            peer.address.ip(),
        )));
        // The name is never sent and never looked at: the verifier knows whose key it wants.
        let connecting = self.endpoint.connect_with(config, peer.address, "peer").map_err(|error| {
            Attempt::Failed(NetError::Configuration(format!("{}: {error}; correct it", peer.address)))
        })?;
        let connection = match timeout(patience.attempt(), connecting).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return Err(self.judge(peer, &error, verdict.get())),
            Err(_) => return Err(Attempt::Again(NOTHING_HEARD.to_owned())),
        };
        // The peer judges this party's key after this side's handshake is complete, so a refusal shows only here.
        match timeout(self.timeouts.hello, self.greet(peer, &connection, Side::Dialler)).await {
            Ok(Ok((sender, receiver))) => Ok(Greeted { peer: peer.id, connection, sender, receiver }),
            Ok(Err(Some(error))) => Err(Attempt::Failed(error)),
            Ok(Err(None)) => Err(match connection.close_reason() {
                Some(error) => {
                    self.aborted(peer, &error).map_or_else(|| self.judge(peer, &error, None), Attempt::Failed)
                }
                None => Attempt::Failed(malformed(peer, NO_HELLO)),
            }),
            Err(_) => Err(Attempt::Again("it answered, but said no hello".to_owned())),
        }
    }

    /// What the end of a dialled connection means.
    fn judge(&self, peer: &PeerConfig, error: &ConnectionError, refusal: Option<&Refusal>) -> Attempt {
        let (name, address) = (peer.name.clone(), peer.address);
        let handshake = |detail: &str| {
            Attempt::Failed(NetError::Handshake {
                peer: peer.name.clone(),
                address,
                detail: detail.to_owned(),
            })
        };
        match refusal {
            Some(Refusal::OtherParty(found)) => {
                return Attempt::Failed(NetError::OtherParty { peer: name, address, found: found.clone() });
            }
            Some(Refusal::UnknownKey(key)) => {
                return Attempt::Failed(NetError::UnknownKey { peer: name, address, key: *key });
            }
            Some(Refusal::NotARawKey) => return handshake("it shows no raw Ed25519 key"),
            None => {}
        }
        let code = match error {
            ConnectionError::ConnectionClosed(close) => u64::from(close.error_code),
            ConnectionError::TransportError(error) => u64::from(error.code),
            ConnectionError::ApplicationClosed(close) if close.error_code == close_code::UNEXPECTED => {
                return Attempt::Failed(NetError::NotExpected { peer: name });
            }
            ConnectionError::ApplicationClosed(close) if close.error_code == close_code::DUPLICATE => {
                return Attempt::Again(
                    "it has a connection with our key already; is this party started twice?".into(),
                );
            }
            _ => return Attempt::Again("it closed the connection before its hello".to_owned()),
        };
        match code {
            alert::UNKNOWN_CA => Attempt::Failed(NetError::KeyRefused { peer: name, own_key: self.own_key }),
            alert::NO_APPLICATION_PROTOCOL => handshake("another protocol or version"),
            code if alert::is_alert(code) => handshake(&format!("TLS alert {}", code & 0xff)),
            code => Attempt::Again(format!("QUIC error {code}")),
        }
    }

    /// The error, if a peer ended the session before its hello was through and said why.
    fn aborted(&self, peer: &PeerConfig, error: &ConnectionError) -> Option<NetError> {
        match fault::of_connection(error) {
            fault @ LinkFault::Aborted(_) => {
                Some(NetError::of_link(&LinkError { peer: peer.id, fault }, &self.roster))
            }
            _ => None,
        }
    }

    /// Looks at everyone who dials, for as long as the endpoint is open.
    async fn accept(self: Arc<Self>, arrivals: mpsc::Sender<Arrival>) {
        let peers = Arc::new(Semaphore::new(limits::PEER_HANDSHAKES));
        let strangers = Arc::new(Semaphore::new(limits::STRANGER_HANDSHAKES));
        while let Some(incoming) = self.endpoint.accept().await {
            let known = self.roster.knows_address(incoming.remote_address().ip());
            let pool = if known { &peers } else { &strangers };
            let Ok(permit) = pool.clone().try_acquire_owned() else {
                incoming.refuse();
                continue;
            };
            // From half-way to the bound on, an address must first prove that it is not made up.
            if pool.available_permits() < limits::STRANGER_HANDSHAKES / 2 && incoming.may_retry() {
                // It may retry, as was just asked.
                let _ = incoming.retry();
                continue;
            }
            let (setup, arrivals) = (self.clone(), arrivals.clone());
            tokio::spawn(async move { setup.admit(incoming, permit, arrivals).await });
        }
    }

    async fn admit(&self, incoming: Incoming, permit: OwnedSemaphorePermit, arrivals: mpsc::Sender<Arrival>) {
        let address = incoming.remote_address();
        let verdict = Verdict::default();
        let Ok(crypto) = self.tls.server(verdict.clone()) else { return };
        let mut config = ServerConfig::with_crypto(Arc::new(crypto));
        endpoint::harden(&mut config);
        config.transport_config(Arc::new(endpoint::transport(&self.timeouts, Side::Acceptor, address.ip())));
        let Ok(connecting) = incoming.accept_with(Arc::new(config)) else { return };
        let Ok(Ok(connection)) = timeout(self.timeouts.hello, connecting).await else {
            return self.remember(address, verdict.get());
        };
        let Some(peer) = peer_key(&connection).and_then(|key| self.roster.by_key(&key)) else {
            return connection.close(close_code::UNEXPECTED, b"");
        };
        if let Err(code) = self.claim(peer, &connection) {
            return connection.close(code, b"");
        }
        let arrival = match timeout(self.timeouts.hello, self.greet(peer, &connection, Side::Acceptor)).await
        {
            Ok(Ok((sender, receiver))) => Ok(Greeted { peer: peer.id, connection, sender, receiver }),
            Ok(Err(Some(error))) => Err((peer.id, error)),
            // If the peer gave this connection up without a reason, it will dial again.
            Ok(Err(None)) => match connection.close_reason().map(|error| self.aborted(peer, &error)) {
                Some(Some(error)) => Err((peer.id, error)),
                Some(None) => return,
                None => Err((peer.id, malformed(peer, NO_HELLO))),
            },
            Err(_) => return connection.close(close_code::GONE, b""),
        };
        drop(permit);
        let _ = arrivals.send(arrival).await;
    }

    /// Takes the one place of a dialling peer. A place is free again only if its connection failed before the hello:
    /// a session is never resumed.
    fn claim(&self, peer: &PeerConfig, connection: &Connection) -> Result<(), VarInt> {
        if self.roster.dials(peer) {
            return Err(close_code::UNEXPECTED);
        }
        let mut state = self.state();
        match state.accepted.get(&peer.id) {
            Some(first) if first.close_reason().is_none() => Err(close_code::DUPLICATE),
            _ => {
                state.accepted.insert(peer.id, connection.clone());
                Ok(())
            }
        }
    }

    fn remember(&self, address: SocketAddr, refusal: Option<&Refusal>) {
        let what = match refusal {
            Some(Refusal::UnknownKey(key)) => {
                format!("{address} called with the key {key}, which is not listed")
            }
            Some(_) => format!("{address} called without a raw Ed25519 key"),
            None => format!("{address} called, but its handshake failed"),
        };
        let mut state = self.state();
        if state.refusals.len() >= limits::REMEMBERED_REFUSALS {
            state.refusals.pop_front();
        }
        state.refusals.push_back(what);
    }

    /// Exchanges hellos on a new control stream. `None` means that the stream or the connection ended.
    async fn greet(
        &self,
        peer: &PeerConfig,
        connection: &Connection,
        side: Side,
    ) -> Result<(ControlSender, ControlReceiver), Option<NetError>> {
        let streams = match side {
            Side::Dialler => connection.open_bi().await,
            Side::Acceptor => connection.accept_bi().await,
        };
        let (sender, receiver) = streams.map_err(|_| None)?;
        let mut sender = ControlSender::new(sender, self.counters.clone());
        let mut receiver = ControlReceiver::new(receiver, self.counters.clone());
        let sent = sender.send(&Message::Hello(self.hello.to_wire())).await;
        sent.map_err(|error| self.control_error(peer, error))?;
        let error = match receiver.next().await {
            Ok(Message::Hello(wire)) => match Hello::from_wire(wire) {
                Ok(theirs) => match self.hello.disagreement(&theirs, &peer.name) {
                    None => return Ok((sender, receiver)),
                    Some(error) => error,
                },
                Err(what) => malformed(peer, what),
            },
            Ok(_) => malformed(peer, "a control message before its hello"),
            Err(error) => self.control_error(peer, error).ok_or(None)?,
        };
        // The notice also carries this party's hello over: both sides can then name both values.
        let farewell = async {
            if sender.send(&Message::Abort(AbortReason::Disagreement.into())).await.is_ok() {
                // If the connection ends first, the peer has made up its own mind.
                let _ = sender.finish().await;
            }
        };
        let _ = timeout(limits::NOTICE_TIME, farewell).await;
        Err(Some(error))
    }

    fn control_error(&self, peer: &PeerConfig, error: ControlError) -> Option<NetError> {
        match error {
            ControlError::Finished | ControlError::Ended => None,
            ControlError::Version(theirs) => {
                Some(NetError::Version { peer: peer.name.clone(), ours: PROTOCOL_VERSION, theirs })
            }
            ControlError::Malformed(what) => Some(malformed(peer, what)),
        }
    }
}

const NOTHING_HEARD: &str = "nothing was heard";
const NO_HELLO: &str = "a control stream without a hello";

fn malformed(peer: &PeerConfig, what: &str) -> NetError {
    NetError::Link {
        peer: peer.name.clone(),
        fault: format!("it sent {what}"),
        next: "Compare the versions of the program; if they are equal, that machine is not to be trusted.",
    }
}

fn internal(error: TlsError) -> NetError {
    NetError::Internal(error.to_string())
}

/// The key of the other end, as the handshake proved it.
fn peer_key(connection: &Connection) -> Option<PublicKey> {
    let identity = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    match identity.as_slice() {
        [key] => PublicKey::from_spki(key),
        _ => None,
    }
}

/// How long to wait for an answer and between attempts. A peer that is not started yet loses the first packets, and
/// QUIC repeats them ever more slowly; a fresh attempt starts quickly again.
struct Patience {
    attempt: Duration,
    longest_attempt: Duration,
    pause: Duration,
}

impl Patience {
    fn new(address: SocketAddr) -> Self {
        let rtt = endpoint::initial_rtt(address.ip());
        let longest_attempt = (100 * rtt).min(Duration::from_secs(4));
        Self { attempt: 10 * rtt, longest_attempt, pause: Duration::from_millis(10) }
    }

    /// Time for the next handshake: longer each time, in case the network or a machine is slow.
    fn attempt(&mut self) -> Duration {
        let attempt = self.attempt;
        self.attempt = (2 * attempt).min(self.longest_attempt);
        attempt
    }

    /// Time before the next attempt.
    fn pause(&mut self) -> Duration {
        self.pause = (2 * self.pause).min(Duration::from_secs(1));
        self.pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_quick_at_first_and_never_rare() {
        let mut loopback = Patience::new("127.0.0.1:1".parse().unwrap());
        let attempts: Vec<_> = (0..6).map(|_| loopback.attempt().as_millis()).collect();
        assert_eq!(attempts, [100, 200, 400, 800, 1000, 1000]);
        let pauses: Vec<_> = (0..8).map(|_| loopback.pause().as_millis()).collect();
        assert_eq!(pauses, [20, 40, 80, 160, 320, 640, 1000, 1000]);
        let mut far = Patience::new("203.0.113.5:7400".parse().unwrap());
        let attempts: Vec<_> = (0..4).map(|_| far.attempt().as_millis()).collect();
        assert_eq!(attempts, [1000, 2000, 4000, 4000]);
    }
}
