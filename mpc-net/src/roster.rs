//! The parties that this one knows, found by key.

use crate::config::PeerConfig;
use crate::public_key::PublicKey;
use mpc_core::transport::PartyId;
use std::net::IpAddr;

pub(crate) struct Roster {
    own_id: PartyId,
    own_name: String,
    peers: Vec<PeerConfig>,
}

impl Roster {
    pub(crate) fn new(own_id: PartyId, own_name: String, peers: Vec<PeerConfig>) -> Self {
        Self { own_id, own_name, peers }
    }

    pub(crate) fn peers(&self) -> &[PeerConfig] {
        &self.peers
    }

    pub(crate) fn by_key(&self, key: &PublicKey) -> Option<&PeerConfig> {
        self.peers.iter().find(|peer| peer.keys.contains(key))
    }

    pub(crate) fn by_id(&self, id: PartyId) -> Option<&PeerConfig> {
        self.peers.iter().find(|peer| peer.id == id)
    }

    /// The name of a participant; its number if a peer spoke of someone unknown.
    pub(crate) fn name(&self, id: PartyId) -> String {
        if id == self.own_id {
            return self.own_name.clone();
        }
        self.by_id(id).map_or_else(|| id.to_string(), |peer| peer.name.clone())
    }

    /// Whether this party dials `peer`: of two parties, the one whose name sorts later does.
    pub(crate) fn dials(&self, peer: &PeerConfig) -> bool {
        self.own_name > peer.name
    }

    pub(crate) fn knows_address(&self, ip: IpAddr) -> bool {
        self.peers.iter().any(|peer| peer.address.ip().to_canonical() == ip.to_canonical())
    }
}
