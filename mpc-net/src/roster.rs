//! The parties that this one knows, found by key.

use crate::config::{PeerConfig, Retired};
use crate::public_key::PublicKey;
use mpc_core::transport::PartyId;
use std::net::{IpAddr, SocketAddr};

pub(crate) struct Roster {
    own_id: PartyId,
    own_name: String,
    reachable: bool,
    peers: Vec<PeerConfig>,
}

impl Roster {
    pub(crate) fn new(own_id: PartyId, own_name: String, reachable: bool, peers: Vec<PeerConfig>) -> Self {
        Self { own_id, own_name, reachable, peers }
    }

    pub(crate) fn peers(&self) -> &[PeerConfig] {
        &self.peers
    }

    pub(crate) fn by_key(&self, key: &PublicKey) -> Option<&PeerConfig> {
        self.peers.iter().find(|peer| peer.keys.contains(key))
    }

    /// Whose key this was, and why it is refused.
    pub(crate) fn retired(&self, key: &PublicKey) -> Option<(&PeerConfig, Retired)> {
        self.peers.iter().find_map(|peer| {
            let (_, why) = peer.retired.iter().find(|(known, _)| known == key)?;
            Some((peer, *why))
        })
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

    /// Where this party dials `peer`, if it does: of two parties that can be reached, the one whose name sorts later
    /// dials; one that cannot be reached always does. Both ends know all of it, so they never both wait or both dial.
    pub(crate) fn dials(&self, peer: &PeerConfig) -> Option<SocketAddr> {
        peer.address.filter(|_| !self.reachable || self.own_name > peer.name)
    }

    pub(crate) fn knows_address(&self, ip: IpAddr) -> bool {
        let addresses = self.peers.iter().filter_map(|peer| peer.address);
        addresses.into_iter().any(|address| address.ip().to_canonical() == ip.to_canonical())
    }
}
