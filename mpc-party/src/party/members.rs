//! Who takes part in a session, from the configuration and the query.

use super::{HELPER, Part};
use crate::config::{Role, SiteConfig};
use crate::error::{Failure, UserError, quoted};
use mpc_core::query::description::Member;
use mpc_core::source::Preprocessing;
use mpc_core::transport::PartyId;
use mpc_net::{Identity, PeerConfig, PublicKey};
use std::net::{SocketAddr, ToSocketAddrs};

/// Who takes part, and how to reach them.
pub(super) struct Members {
    pub(super) me: PartyId,
    pub(super) roster: Vec<Member>,
    pub(super) peers: Vec<PeerConfig>,
    pub(super) identity: Identity,
    pub(super) timeouts: mpc_net::Timeouts,
}

impl Members {
    pub(super) fn of(part: &Part) -> Result<Self, Failure> {
        let Part { config, query, preprocessing, .. } = part;
        let identity = Identity::load(&config.key).map_err(|error| UserError::new(error.to_string()))?;
        let helper = (*preprocessing == Preprocessing::Helper).then_some(HELPER);
        let names: Vec<&str> = query.sites.iter().map(String::as_str).chain(helper).collect();
        let mut roster = Vec::with_capacity(names.len());
        let mut peers = Vec::with_capacity(names.len());
        let mut me = None;
        for (index, name) in (0u8..).zip(names) {
            let id = PartyId::new(index);
            let is_helper = name == HELPER;
            if name == config.id {
                if is_helper != (config.role == Role::Helper) {
                    return Err(UserError::new(format!("node.role does not fit the name {}", quoted(name)))
                        .advise("the helper, and nobody else, is called \"helper\" and has role = \"helper\"")
                        .into());
                }
                me = Some(id);
                roster.push(Member { name: name.into(), key: *identity.public_key().as_bytes() });
                continue;
            }
            let peer = config.peers.iter().find(|peer| peer.name == name).ok_or_else(|| {
                let who = if is_helper {
                    "a helper deals the correlated randomness, and"
                } else {
                    "the query names"
                };
                UserError::new(format!("{who} {} is not among the peers of this configuration", quoted(name)))
                    .advise("add its [[peer]] section")
            })?;
            let keys = peer.keys.iter().map(|key| key.parse::<PublicKey>()).collect::<Result<Vec<_>, _>>();
            let keys = keys.map_err(|error| UserError::new(format!("a key of peer {name}: {error}")))?;
            let Some(key) = keys.first() else {
                return Err(UserError::new(format!("peer {name} has no key")).into());
            };
            roster.push(Member { name: name.into(), key: *key.as_bytes() });
            peers.push(PeerConfig { id, name: name.into(), address: resolve(name, &peer.address)?, keys });
        }
        let me = me.ok_or_else(|| {
            UserError::new(format!("this party, {}, is not a site of the query", quoted(&config.id)))
                .advise(format!("its sites are {}", query.sites.join(", ")))
        })?;
        Ok(Self { me, roster, peers, identity, timeouts: timeouts(config) })
    }
}

fn timeouts(config: &SiteConfig) -> mpc_net::Timeouts {
    let defaults = mpc_net::Timeouts::default();
    let set = config.timeouts;
    mpc_net::Timeouts {
        connect: set.connect.unwrap_or(defaults.connect),
        hello: set.hello.unwrap_or(defaults.hello),
        ready: set.ready.unwrap_or(defaults.ready),
        receive: set.receive.unwrap_or(defaults.receive),
        keep_alive: set.keep_alive.unwrap_or(defaults.keep_alive),
        idle: set.idle.unwrap_or(defaults.idle),
    }
}

fn resolve(name: &str, address: &str) -> Result<SocketAddr, UserError> {
    let found = address.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| {
        UserError::new(format!("the address {} of peer {name} cannot be resolved", quoted(address)))
            .advise("write host:port, and check the host's name")
    })
}
