//! Who takes part in a session, from the configuration and the query.

use super::{HELPER, Part};
use crate::config::{Advertise, Role};
use crate::error::{Failure, UserError, quoted};
use crate::reach::{reach, timeouts};
use mpc_core::query::Partition;
use mpc_core::query::description::Member;
use mpc_core::source::Preprocessing;
use mpc_core::transport::PartyId;
use mpc_net::{Identity, PeerConfig, PublicKey};

/// Who takes part, and how to reach them.
pub(super) struct Members {
    pub(super) me: PartyId,
    /// The keys of the others are those listed first, until their owners have proved one.
    pub(super) roster: Vec<Member>,
    /// All by name, with the keys by which each may be known.
    pub(super) known: Vec<(String, Vec<PublicKey>)>,
    pub(super) peers: Vec<PeerConfig>,
    pub(super) identity: Identity,
    pub(super) reachable: bool,
    pub(super) timeouts: mpc_net::Timeouts,
}

impl Members {
    pub(super) fn of(part: &Part) -> Result<Self, Failure> {
        let Part { config, query, preprocessing, .. } = part;
        let identity = Identity::load(&config.key).map_err(|error| UserError::new(error.to_string()))?;
        let helper = (*preprocessing == Preprocessing::Helper).then_some(HELPER);
        let names: Vec<&str> = query.sites.iter().map(String::as_str).chain(helper).collect();
        let mut roster = Vec::with_capacity(names.len());
        let mut known = Vec::with_capacity(names.len());
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
                known.push((name.into(), vec![identity.public_key()]));
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
                    .advise("add its [[peer]] section: mpc-party peer add --config FILE 'mpc1 ...'")
            })?;
            let peer = reach(id, peer, config.listen.ip())?;
            let first = peer.keys.first().map(|key| *key.as_bytes());
            roster.push(Member { name: name.into(), key: first.unwrap_or_default() });
            known.push((name.into(), peer.keys.clone()));
            peers.push(peer);
        }
        let me = me.ok_or_else(|| {
            UserError::new(format!("this party, {}, is not a site of the query", quoted(&config.id)))
                .advise(format!("its sites are {}", query.sites.join(", ")))
        })?;
        let reachable = config.advertise != Some(Advertise::Nowhere);
        let timeouts = with_work(timeouts(config), query.partition);
        Ok(Self { me, roster, known, peers, identity, reachable, timeouts })
    }
}

/// Between two messages of a vertical query a site works on lists and columns of all its people: for that it has the time
/// that it has for loading them.
fn with_work(timeouts: mpc_net::Timeouts, partition: Partition) -> mpc_net::Timeouts {
    match partition {
        Partition::Horizontal => timeouts,
        Partition::Vertical(_) => {
            mpc_net::Timeouts { receive: timeouts.receive.max(timeouts.ready), ..timeouts }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mpc_core::linkage::{Method, Normalisation};
    use mpc_core::query::{Pairs, Vertical};
    use std::time::Duration;

    #[test]
    fn work_on_all_people_has_the_time_of_loading_them() {
        let [short, long] = [5, 9].map(Duration::from_secs);
        let vertical = Partition::Vertical(Vertical {
            pairs: Pairs::All,
            linkage: Method::default(),
            normalisation: Normalisation::IdV1,
            owners_may_receive: false,
        });
        let with = |receive, ready, partition| {
            with_work(mpc_net::Timeouts { receive, ready, ..Default::default() }, partition).receive
        };
        assert_eq!(with(short, long, Partition::Horizontal), short);
        assert_eq!(with(short, long, vertical), long);
        assert_eq!(with(long, short, vertical), long);
    }
}
