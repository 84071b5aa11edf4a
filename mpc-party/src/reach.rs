//! What the network layer is told about the other parties: keys as of today, addresses resolved, deadlines.

use crate::config::{Date, Peer, SiteConfig};
use crate::error::{UserError, quoted};
use mpc_core::transport::PartyId;
use mpc_net::PeerConfig;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

/// How the party that listens at `listen` reaches a peer.
///
/// # Errors
/// Where the peer's address cannot be used, or no key of it is accepted today.
pub fn reach(id: PartyId, peer: &Peer, listen: IpAddr) -> Result<PeerConfig, UserError> {
    let today = Date::today();
    let keys: Vec<_> =
        peer.keys.iter().filter(|key| key.retired(today).is_none()).map(|key| key.key).collect();
    if keys.is_empty() {
        return Err(no_key(peer, today));
    }
    let retired = peer.keys.iter().filter_map(|key| Some((key.key, key.retired(today)?)));
    let address = peer.address.as_deref().map(|address| resolve(&peer.name, address, listen)).transpose()?;
    Ok(PeerConfig { id, name: peer.name.clone(), address, keys, retired: retired.collect() })
}

/// The deadlines of a configuration, with the defaults where it says nothing.
pub fn timeouts(config: &SiteConfig) -> mpc_net::Timeouts {
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

fn no_key(peer: &Peer, today: Date) -> UserError {
    let dates = peer.keys.iter().filter(|key| !key.revoked).filter_map(|key| key.not_after);
    let why = match dates.max() {
        Some(last) => format!("expired on {last}; this machine's clock says {today}"),
        None => "revoked in this configuration".to_owned(),
    };
    let name = &peer.name;
    UserError::new(format!("no key of {name} is accepted: {why}"))
        .advise(format!("ask {name} for its present line, and add it: mpc-party peer add"))
}

fn resolve(name: &str, address: &str, listen: IpAddr) -> Result<SocketAddr, UserError> {
    let found: Vec<SocketAddr> = address.to_socket_addrs().into_iter().flatten().collect();
    if found.is_empty() {
        return Err(UserError::new(format!(
            "the address {} of peer {name} cannot be resolved",
            quoted(address)
        ))
        .advise("write host:port, and check the host's name"));
    }
    found.into_iter().find(|address| is_open_to(listen, address.ip())).ok_or_else(|| {
        let family = if listen.is_ipv4() { "IPv4" } else { "IPv6" };
        UserError::new(format!(
            "{name} is at {}, which a socket for {family} alone cannot reach",
            quoted(address)
        ))
        .advise("set network.listen to \"[::]:PORT\", which is both")
    })
}

/// Whether a socket bound to `listen` can send to `ip`. One bound to every IPv6 address takes IPv4 as well.
fn is_open_to(listen: IpAddr, ip: IpAddr) -> bool {
    match listen {
        IpAddr::V4(_) => ip.is_ipv4(),
        IpAddr::V6(own) => own.is_unspecified() || ip.is_ipv6(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_fit_the_socket() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let resolved = |address: &str, listen: &str| {
            resolve("b", address, ip(listen)).map_err(|error| error.to_string())
        };
        assert_eq!(resolved("192.0.2.1:7", "0.0.0.0"), Ok("192.0.2.1:7".parse().unwrap()));
        assert_eq!(resolved("[2001:db8::1]:7", "::"), Ok("[2001:db8::1]:7".parse().unwrap()));
        assert_eq!(resolved("192.0.2.1:7", "::"), Ok("192.0.2.1:7".parse().unwrap()));
        assert!(resolved("192.0.2.1:7", "::1").unwrap_err().contains("IPv6 alone cannot reach"));
        assert!(resolved("[2001:db8::1]:7", "192.0.2.2").unwrap_err().contains("IPv4 alone cannot reach"));
        assert!(resolved("no-such-host.invalid:7", "::").unwrap_err().contains("cannot be resolved"));
    }
}
