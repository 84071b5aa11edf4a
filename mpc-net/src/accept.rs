//! The answering side: who may come in, and what for.

use crate::config::PeerConfig;
use crate::connect::{Arrival, NO_HELLO, Setup};
use crate::endpoint::{self, Side};
use crate::fault::close_code;
use crate::greet::malformed;
use crate::limits;
use crate::link::Greeted;
use crate::public_key::PublicKey;
use crate::tls::Purpose;
use crate::verifier::{Refusal, Verdict};
use quinn::crypto::rustls::HandshakeData;
use quinn::{Connection, Incoming, ServerConfig, VarInt};
use rustls::pki_types::CertificateDer;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

/// A peer that has proved its key.
pub(crate) struct Admitted<'a> {
    pub(crate) peer: &'a PeerConfig,
    pub(crate) key: PublicKey,
    pub(crate) connection: Connection,
    pub(crate) purpose: Purpose,
}

/// Bounds the handshakes that are in progress at the same time.
pub(crate) struct Door {
    peers: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
}

impl Door {
    pub(crate) fn new() -> Self {
        Self {
            peers: Arc::new(Semaphore::new(limits::PEER_HANDSHAKES)),
            strangers: Arc::new(Semaphore::new(limits::STRANGER_HANDSHAKES)),
        }
    }
}

impl Setup {
    /// Lets everyone in who brings a link of the session, for as long as the endpoint is open.
    pub(crate) async fn accept(self: Arc<Self>, arrivals: mpsc::Sender<Arrival>) {
        let door = Door::new();
        while let Some((incoming, permit)) = self.next_incoming(&door).await {
            let (setup, arrivals) = (self.clone(), arrivals.clone());
            tokio::spawn(async move {
                let Some(admitted) = setup.admit(incoming).await else { return };
                match admitted.purpose {
                    Purpose::Session => setup.receive_link(admitted, permit, arrivals).await,
                    // Whoever checks its links is told that this one works, and nothing of the session.
                    Purpose::Check => drop(setup.answer_check(&admitted).await),
                }
            });
        }
    }

    /// The next handshake to look at; `None` when the endpoint is closed.
    pub(crate) async fn next_incoming(&self, door: &Door) -> Option<(Incoming, OwnedSemaphorePermit)> {
        loop {
            let incoming = self.endpoint.accept().await?;
            let known = self.roster.knows_address(incoming.remote_address().ip());
            let pool = if known { &door.peers } else { &door.strangers };
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
            return Some((incoming, permit));
        }
    }

    /// Completes a handshake; `None` if it ends there.
    pub(crate) async fn admit(&self, incoming: Incoming) -> Option<Admitted<'_>> {
        let address = incoming.remote_address();
        let verdict = Verdict::default();
        let crypto = self.tls.server(verdict.clone()).ok()?;
        let mut config = ServerConfig::with_crypto(Arc::new(crypto));
        endpoint::harden(&mut config);
        config.transport_config(Arc::new(endpoint::transport(&self.timeouts, Side::Acceptor, address.ip())));
        let connecting = incoming.accept_with(Arc::new(config)).ok()?;
        let Ok(Ok(connection)) = timeout(self.timeouts.hello, connecting).await else {
            self.remember(address, verdict.get());
            return None;
        };
        let key = peer_key(&connection);
        let (Some(purpose), Some((key, peer))) =
            (purpose(&connection), key.and_then(|key| Some((key, self.roster.by_key(&key)?))))
        else {
            connection.close(close_code::UNEXPECTED, b"");
            return None;
        };
        tracing::debug!(peer = peer.name, %address, ?purpose, "came in");
        Some(Admitted { peer, key, connection, purpose })
    }

    async fn receive_link(
        &self,
        admitted: Admitted<'_>,
        permit: OwnedSemaphorePermit,
        arrivals: mpsc::Sender<Arrival>,
    ) {
        let Admitted { peer, key, connection, .. } = admitted;
        if let Err(code) = self.claim(peer, &connection) {
            return connection.close(code, b"");
        }
        let arrival = match timeout(self.timeouts.hello, self.greet(peer, &connection, Side::Acceptor)).await
        {
            Ok(Ok((sender, receiver))) => Ok(Greeted { peer: peer.id, key, connection, sender, receiver }),
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
        if self.roster.dials(peer).is_some() {
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
            Some(Refusal::Retired(owner, why)) => {
                format!("{address} called with a key of {owner} that is {why} in this configuration")
            }
            Some(_) => format!("{address} called without a raw Ed25519 key"),
            None => format!("{address} called, but its handshake failed"),
        };
        let mut state = self.state();
        // A flood of strangers must not become a flood of lines.
        if state.refused_lines.allow() {
            tracing::warn!("{what}");
        }
        if state.refusals.len() >= limits::REMEMBERED_REFUSALS {
            state.refusals.pop_front();
        }
        state.refusals.push_back(what);
    }
}

/// The key of the other end, as the handshake proved it.
pub(crate) fn peer_key(connection: &Connection) -> Option<PublicKey> {
    let identity = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    match identity.as_slice() {
        [key] => PublicKey::from_spki(key),
        _ => None,
    }
}

/// What the other end connected for, as the handshake agreed on.
fn purpose(connection: &Connection) -> Option<Purpose> {
    let data = connection.handshake_data()?.downcast::<HandshakeData>().ok()?;
    Purpose::of(data.protocol?.as_slice())
}
