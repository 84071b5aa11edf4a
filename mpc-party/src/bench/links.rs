//! What each party that is measured is told about its links: a fresh key, a socket on loopback.

use super::setting::Setting;
use crate::error::{Failure, UserError};
use crate::party::{HELPER, mode};
use mpc_core::transport::PartyId;
use mpc_net::{Hello, Identity, Interrupter, MeshConfig, PeerConfig, PublicKey, Timeouts};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

/// A party's own end of its links.
pub struct End {
    identity: Identity,
    socket: UdpSocket,
    place: Place,
}

/// What the others have to know of it.
#[derive(Copy, Clone, Debug)]
pub struct Place {
    /// Its key.
    pub key: PublicKey,
    /// Where it is.
    pub address: SocketAddr,
}

impl End {
    /// A new one.
    ///
    /// # Errors
    /// Where the system gives no socket or no randomness.
    pub fn new() -> Result<Self, Failure> {
        let identity = Identity::generate().map_err(|error| UserError::new(error.to_string()))?;
        let (socket, address) = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|socket| socket.local_addr().map(|address| (socket, address)))
            .map_err(|error| {
                UserError::new(format!("no UDP socket on 127.0.0.1: {error}"))
                    .advise("allow this program UDP on loopback")
            })?;
        let place = Place { key: identity.public_key(), address };
        Ok(Self { identity, socket, place })
    }

    /// Where the others find it.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The links of this party, when all parties are at these places, in order.
    pub(super) fn links(
        self,
        setting: Setting,
        me: PartyId,
        places: &[Place],
        interrupter: &Interrupter,
    ) -> (MeshConfig, Hello) {
        let peer = |(id, place): (PartyId, &Place)| PeerConfig {
            id,
            name: name(setting, id),
            address: Some(place.address),
            keys: vec![place.key],
            retired: Vec::new(),
        };
        let all: Vec<PeerConfig> = setting.participants().zip(places).map(peer).collect();
        let hello = Hello {
            build: env!("CARGO_PKG_VERSION").into(),
            // There is no query.
            query_hash: [0; 32],
            session_parties: all.iter().map(|party| (party.name.clone(), party.keys.clone())).collect(),
            mode: mode(setting.preprocessing()),
        };
        let config = MeshConfig {
            id: me,
            name: name(setting, me),
            reachable: true,
            identity: self.identity,
            socket: self.socket,
            peers: all.into_iter().filter(|other| other.id != me).collect(),
            timeouts: Timeouts::default(),
            interrupter: interrupter.clone(),
            on_wait: Box::new(|_| {}),
        };
        (config, hello)
    }
}

fn name(setting: Setting, id: PartyId) -> String {
    match setting.roster(id).is_helper() {
        true => HELPER.to_owned(),
        false => format!("site-{}", id.index() + 1),
    }
}
