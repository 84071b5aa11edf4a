//! Bringing up the links: dial some peers, wait for the others, exchange hellos.

use crate::accept::peer_key;
use crate::config::{MeshConfig, PeerConfig, Timeouts};
use crate::endpoint::{self, Side};
use crate::error::NetError;
use crate::greet::malformed;
use crate::hello::Hello;
use crate::link::Greeted;
use crate::metrics::Counters;
use crate::patience::Patience;
use crate::public_key::PublicKey;
use crate::roster::Roster;
use crate::throttle::Throttle;
use crate::tls::{Purpose, Tls, TlsError};
use crate::verifier::Verdict;
use mpc_core::transport::PartyId;
use quinn::{ClientConfig, Connection, Endpoint, ServerConfig};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// What dialling and accepting share.
pub(crate) struct Setup {
    pub(crate) endpoint: Endpoint,
    pub(crate) roster: Arc<Roster>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) timeouts: Timeouts,
    pub(crate) own_key: PublicKey,
    pub(crate) tls: Tls,
    pub(crate) hello: Hello,
    state: Mutex<State>,
}

/// Changes while the links come up.
#[derive(Default)]
pub(crate) struct State {
    /// The one connection that each dialling peer may have, while its hello is exchanged.
    pub(crate) accepted: HashMap<PartyId, Connection>,
    /// How the last attempt with each dialled peer ended.
    attempts: HashMap<PartyId, String>,
    /// The last dialers that were turned away.
    pub(crate) refusals: VecDeque<String>,
    /// Lines of the log about them.
    pub(crate) refused_lines: Throttle,
}

/// How an attempt to bring up a link ended.
pub(crate) enum Attempt {
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
        for peer in self.roster.peers() {
            let Some(address) = self.roster.dials(peer) else { continue };
            let (setup, peer, arrivals) = (self.clone(), peer.clone(), arrivals.clone());
            tokio::spawn(async move {
                let arrival = setup.dial(&peer, address).await.map_err(|error| (peer.id, error));
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
        if let Some(address) = self.roster.dials(peer) {
            let last = state.attempts.get(&peer.id).cloned().unwrap_or_else(|| NOTHING_HEARD.to_owned());
            return NetError::NoAnswer { peer: peer.name.clone(), address, seconds, last };
        }
        let last =
            state.refusals.back().cloned().unwrap_or_else(|| "nobody unknown called either".to_owned());
        NetError::NotDialled { peer: peer.name.clone(), seconds, last }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn dial(&self, peer: &PeerConfig, address: SocketAddr) -> Result<Greeted, NetError> {
        let mut patience = Patience::new(address);
        loop {
            match self.bring_link(peer, address, &mut patience).await {
                Ok(greeted) => return Ok(greeted),
                Err(attempt) => self.put_off(peer, attempt, &mut patience).await?,
            }
        }
    }

    /// Waits before the next attempt, if there is any point in one.
    pub(crate) async fn put_off(
        &self,
        peer: &PeerConfig,
        attempt: Attempt,
        patience: &mut Patience,
    ) -> Result<(), NetError> {
        match attempt {
            Attempt::Failed(error) => return Err(error),
            Attempt::Again(how) => {
                tracing::debug!(peer = peer.name, how, "no link yet");
                self.state().attempts.insert(peer.id, how)
            }
        };
        sleep(patience.pause()).await;
        Ok(())
    }

    /// A connection with `peer`, whose key is proved. The peer has not judged this party's key yet.
    pub(crate) async fn reach(
        &self,
        peer: &PeerConfig,
        address: SocketAddr,
        patience: &mut Patience,
        purpose: Purpose,
    ) -> Result<Connection, Attempt> {
        let verdict = Verdict::default();
        let mut config = ClientConfig::new(Arc::new(self.tls.client(peer.id, purpose, verdict.clone())?));
        config.transport_config(Arc::new(endpoint::transport(&self.timeouts, Side::Dialler, address.ip())));
        // The name is never sent and never looked at: the verifier knows whose key it wants.
        let connecting = self.endpoint.connect_with(config, address, "peer").map_err(|error| {
            Attempt::Failed(NetError::Configuration(format!("{address}: {error}; correct it")))
        })?;
        match timeout(patience.attempt(), connecting).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(self.judge(peer, address, &error, verdict.get())),
            Err(_) => Err(Attempt::Again(NOTHING_HEARD.to_owned())),
        }
    }

    async fn bring_link(
        &self,
        peer: &PeerConfig,
        address: SocketAddr,
        patience: &mut Patience,
    ) -> Result<Greeted, Attempt> {
        let connection = self.reach(peer, address, patience, Purpose::Session).await?;
        let greeting = timeout(self.timeouts.hello, self.greet(peer, &connection, Side::Dialler)).await;
        match (greeting, peer_key(&connection)) {
            (Ok(Ok((sender, receiver))), Some(key)) => {
                Ok(Greeted { peer: peer.id, key, connection, sender, receiver })
            }
            (Ok(Err(Some(error))), _) => Err(Attempt::Failed(error)),
            (Ok(_), _) => Err(self.ended_early(peer, address, &connection)),
            (Err(_), _) => Err(Attempt::Again("it answered, but said no hello".to_owned())),
        }
    }

    /// Why a peer let a connection end before its first word. It judges this party's key after this side's handshake is
    /// complete, so a refusal shows only here.
    pub(crate) fn ended_early(
        &self,
        peer: &PeerConfig,
        address: SocketAddr,
        connection: &Connection,
    ) -> Attempt {
        match connection.close_reason() {
            Some(error) => self
                .aborted(peer, &error)
                .map_or_else(|| self.judge(peer, address, &error, None), Attempt::Failed),
            None => Attempt::Failed(malformed(peer, NO_HELLO)),
        }
    }
}

const NOTHING_HEARD: &str = "nothing was heard";
pub(crate) const NO_HELLO: &str = "a control stream without a hello";

pub(crate) fn internal(error: TlsError) -> NetError {
    NetError::Internal(error.to_string())
}
