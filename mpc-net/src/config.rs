//! What a mesh is told before it starts.

use crate::error::NetError;
use crate::identity::Identity;
use crate::interrupt::Interrupter;
use crate::limits;
use crate::public_key::PublicKey;
use mpc_core::transport::PartyId;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// How long each kind of waiting may take.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// Until every link is up, all redials included.
    pub connect: Duration,
    /// From the first packet of a connection to the end of its hello.
    pub hello: Duration,
    /// Until every peer has loaded its data.
    pub ready: Duration,
    /// From the call of a receive to the whole message, and for one message to leave.
    pub receive: Duration,
    /// Silence after which a sign of life is sent.
    pub keep_alive: Duration,
    /// Silence after which a peer counts as lost.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(60),
            hello: Duration::from_secs(5),
            ready: Duration::from_secs(600),
            receive: Duration::from_secs(120),
            keep_alive: Duration::from_secs(3),
            idle: Duration::from_secs(10),
        }
    }
}

/// Another party of the session.
#[derive(Clone, Debug)]
pub struct PeerConfig {
    /// Its index in the session's roster.
    pub id: PartyId,
    /// Its name, as people know it.
    pub name: String,
    /// Where it listens; `None` if nobody can reach it, so that it dials everyone itself.
    pub address: Option<SocketAddr>,
    /// The keys by which it is known; more than one while it changes its key.
    pub keys: Vec<PublicKey>,
    /// Keys by which it was known once, and why they open no door any more.
    pub retired: Vec<(PublicKey, Retired)>,
}

/// Why a listed key is refused.
#[derive(Copy, Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Retired {
    /// Its date has passed.
    #[error("expired")]
    Expired,
    /// Its owner, or whoever keeps the list, has withdrawn it.
    #[error("revoked")]
    Revoked,
}

/// Everything a mesh needs to know about its party and the others.
pub struct MeshConfig {
    /// This party's index in the session's roster.
    pub id: PartyId,
    /// This party's name. Of two parties that can be reached, the one whose name sorts later dials the other.
    pub name: String,
    /// Whether others can reach this party; otherwise it dials all of them.
    pub reachable: bool,
    /// This party's private key.
    pub identity: Identity,
    /// The bound socket that carries everything.
    pub socket: UdpSocket,
    /// All other parties of the session.
    pub peers: Vec<PeerConfig>,
    /// How long each kind of waiting may take.
    pub timeouts: Timeouts,
    /// Ends every wait when it is told to, also while connecting.
    pub interrupter: Interrupter,
    /// Called about every five seconds of a long wait, on the network's thread: it must return at once.
    pub on_wait: Box<dyn Fn(Waiting) + Send>,
}

/// Whom a mesh is waiting for.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// What is awaited.
    pub step: WaitStep,
    /// Names of the parties that are still awaited.
    pub peers: Vec<String>,
    /// Time waited so far.
    pub elapsed: Duration,
}

/// What a mesh waits for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum WaitStep {
    /// A peer's connection.
    Connecting,
    /// A peer's word that it has loaded its data.
    Ready,
}

impl PeerConfig {
    /// All listed keys, also those that are refused.
    fn known_keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.keys.iter().chain(self.retired.iter().map(|(key, _)| key))
    }
}

impl MeshConfig {
    /// Refuses what could not work or would weaken the check of identities.
    pub(crate) fn check(&self) -> Result<(), NetError> {
        let refuse = |text: String| Err(NetError::Configuration(text));
        if self.peers.is_empty() {
            return refuse("there is no other party; list at least one peer".into());
        }
        if self.peers.len() >= limits::PARTICIPANTS {
            return refuse(format!("a session has at most {} participants", limits::PARTICIPANTS));
        }
        let names = std::iter::once(&self.name).chain(self.peers.iter().map(|peer| &peer.name));
        for name in names {
            if !is_name(name) {
                return refuse(format!(
                    "\"{}\" is no name of a party; use 1 to {} of: a-z, 0-9, hyphen",
                    name.escape_debug(),
                    limits::NAME_BYTES
                ));
            }
        }
        for (i, peer) in self.peers.iter().enumerate() {
            let earlier = || self.peers.iter().take(i);
            if peer.id == self.id || earlier().any(|other| other.id == peer.id) {
                return refuse(format!(
                    "{} has the same place as another party; give each its own",
                    peer.name
                ));
            }
            if peer.name == self.name || earlier().any(|other| other.name == peer.name) {
                return refuse(format!("the name {} stands for two parties; rename one", peer.name));
            }
            if let Some(address) = peer.address
                && (address.port() == 0 || address.ip().is_unspecified())
            {
                return refuse(format!("{address} is no address of {}; correct it", peer.name));
            }
            if peer.address.is_none() && !self.reachable {
                return refuse(format!(
                    "neither this party nor {} can be reached, so no link is possible; one of the two needs an open UDP \
                     port and an address",
                    peer.name
                ));
            }
            if peer.keys.is_empty() {
                return refuse(match peer.retired.first() {
                    Some((_, why)) => {
                        format!("the key of {} is {why}; ask it for its present line", peer.name)
                    }
                    None => format!("{} has no key; add the line that it printed at `init`", peer.name),
                });
            }
            let known = peer.keys.len() + peer.retired.len();
            if known > limits::KEYS_PER_PARTY {
                return refuse(format!(
                    "{} is listed with {known} keys, and {} are allowed; remove old ones",
                    peer.name,
                    limits::KEYS_PER_PARTY
                ));
            }
            for key in peer.known_keys() {
                if *key == self.identity.public_key() {
                    return refuse(format!(
                        "{} is listed with this party's own key; add the line that it printed at `init`",
                        peer.name
                    ));
                }
                if let Some(other) = earlier().find(|other| other.known_keys().any(|known| known == key)) {
                    return refuse(format!(
                        "{} and {} are listed with the same key; correct one",
                        other.name, peer.name
                    ));
                }
            }
        }
        let t = &self.timeouts;
        if [t.connect, t.hello, t.ready, t.receive, t.keep_alive].iter().any(Duration::is_zero) {
            return refuse("a time limit is zero; give each at least a moment".into());
        }
        if t.keep_alive >= t.idle {
            return refuse(
                "keep_alive must be shorter than idle, or quiet peers count as lost; raise idle".into(),
            );
        }
        // QUIC carries the idle time as milliseconds; a day is more than anyone should wait.
        if [t.connect, t.hello, t.ready, t.receive, t.idle]
            .iter()
            .any(|time| *time > Duration::from_secs(86_400))
        {
            return refuse("a time limit is longer than a day; shorten it".into());
        }
        Ok(())
    }
}

/// Names go into terminals and logs of other parties: plain characters only.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=limits::NAME_BYTES).contains(&name.len())
        && name.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
