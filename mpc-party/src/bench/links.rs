//! What each party of a federation in this process is told about its links: fresh keys, sockets on loopback.

use super::setting::Setting;
use crate::error::{Failure, UserError};
use crate::party::{HELPER, mode};
use mpc_core::transport::PartyId;
use mpc_net::{Hello, Identity, Interrupter, MeshConfig, PeerConfig, PublicKey, Timeouts};
use std::net::{Ipv4Addr, UdpSocket};

/// For each party, in order.
///
/// # Errors
/// Where the system gives no socket or no randomness.
pub(super) fn of(setting: Setting, interrupter: &Interrupter) -> Result<Vec<(MeshConfig, Hello)>, Failure> {
    let mut own = Vec::new();
    let mut all = Vec::new();
    for id in setting.participants() {
        let identity = Identity::generate().map_err(|error| UserError::new(error.to_string()))?;
        let (socket, address) = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|socket| socket.local_addr().map(|address| (socket, address)))
            .map_err(|error| {
                UserError::new(format!("no UDP socket on 127.0.0.1: {error}"))
                    .advise("allow this program UDP on loopback")
            })?;
        all.push(PeerConfig {
            id,
            name: name(setting, id),
            address: Some(address),
            keys: vec![identity.public_key()],
            retired: Vec::new(),
        });
        own.push((identity, socket));
    }
    let parties: Vec<(String, Vec<PublicKey>)> =
        all.iter().map(|party| (party.name.clone(), party.keys.clone())).collect();
    let links = all.iter().zip(own).map(|(party, (identity, socket))| {
        let config = MeshConfig {
            id: party.id,
            name: party.name.clone(),
            reachable: true,
            identity,
            socket,
            peers: all.iter().filter(|other| other.id != party.id).cloned().collect(),
            timeouts: Timeouts::default(),
            interrupter: interrupter.clone(),
            on_wait: Box::new(|_| {}),
        };
        let hello = Hello {
            build: env!("CARGO_PKG_VERSION").into(),
            // There is no query.
            query_hash: [0; 32],
            session_parties: parties.clone(),
            mode: mode(setting.preprocessing()),
        };
        (config, hello)
    });
    Ok(links.collect())
}

fn name(setting: Setting, id: PartyId) -> String {
    match setting.roster(id).is_helper() {
        true => HELPER.to_owned(),
        false => format!("site-{}", id.index() + 1),
    }
}
