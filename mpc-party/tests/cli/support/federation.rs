//! Parties that are started one by one, as on machines of their own.

use super::process::{PROGRAM, Running};
use super::query::Query;
use super::trial::files_in;
use mpc_net::{Identity, PublicKey};
use mpc_party::config::{Dataset, Peer, Role, SiteConfig, Timeouts};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const HELPER: &str = "helper";

/// Configurations, keys and data of a query's sites, and of a helper if they have one.
pub(crate) struct Federation {
    folder: TempDir,
    names: Vec<String>,
    /// The parties' ports, so that nothing else takes them.
    ports: Vec<UdpSocket>,
}

impl Federation {
    /// Sites and a helper: makes identities, chooses ports, and writes for each party what it needs.
    pub(crate) fn new(query: &Query, data: &[String]) -> Self {
        let mut federation = Self::holding_ports(query, data);
        federation.let_ports_go();
        federation
    }

    /// The same, with the ports taken until they are let go.
    pub(crate) fn holding_ports(query: &Query, data: &[String]) -> Self {
        Self::of(query.sites.iter().cloned().chain([HELPER.to_owned()]).collect(), query, data)
    }

    /// Sites without a helper.
    pub(crate) fn without_helper(query: &Query, data: &[String]) -> Self {
        let mut federation = Self::of(query.sites.clone(), query, data);
        federation.let_ports_go();
        federation
    }

    /// From now on the parties can take their ports.
    pub(crate) fn let_ports_go(&mut self) {
        self.ports.clear();
    }

    fn of(names: Vec<String>, query: &Query, data: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ports = names.iter().map(|_| port()).collect();
        let federation = Self { folder, names, ports };
        let members: Vec<(String, PublicKey, _)> = federation
            .names
            .iter()
            .zip(&federation.ports)
            .map(|(name, socket)| {
                let folder = federation.folder.path().join(name);
                std::fs::create_dir(&folder).expect("a folder");
                let identity = Identity::generate().expect("an identity");
                identity.save(&folder.join("identity.key")).expect("a key file");
                (name.clone(), identity.public_key(), socket.local_addr().expect("an address"))
            })
            .collect();
        for (at, (name, _, address)) in members.iter().enumerate() {
            let folder = federation.folder.path().join(name);
            std::fs::write(folder.join("query.toml"), query.to_string()).expect("a query");
            let peers = members.iter().filter(|(other, ..)| other != name);
            let dataset = data.get(at).map(|text| {
                std::fs::write(folder.join("data.csv"), text).expect("data");
                Dataset { name: "cohort".into(), path: folder.join("data.csv"), person_id: Vec::new() }
            });
            let config = SiteConfig {
                id: name.clone(),
                role: if name == HELPER { Role::Helper } else { Role::Site },
                state_dir: folder.join("state"),
                key: folder.join("identity.key"),
                listen: *address,
                advertise: None,
                peers: peers
                    .map(|(name, key, address)| Peer {
                        name: name.clone(),
                        address: Some(address.to_string()),
                        keys: vec![(*key).into()],
                    })
                    .collect(),
                datasets: dataset.into_iter().collect(),
                timeouts: Timeouts {
                    connect: Some(Duration::from_secs(20)),
                    hello: Some(Duration::from_secs(5)),
                    ready: Some(Duration::from_secs(30)),
                    receive: Some(Duration::from_secs(20)),
                    keep_alive: Some(Duration::from_millis(500)),
                    idle: Some(Duration::from_millis(2500)),
                },
                log: None,
            };
            federation.write(name, &config);
        }
        federation
    }

    /// Names of all parties, a helper last.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn path(&self, party: &str, file: &str) -> PathBuf {
        self.folder.path().join(party).join(file)
    }

    pub(crate) fn config(&self, party: &str) -> SiteConfig {
        SiteConfig::read(&self.path(party, "site.toml")).expect("a configuration")
    }

    /// Changes a party's configuration.
    pub(crate) fn change(&self, party: &str, change: impl FnOnce(&mut SiteConfig)) {
        let mut config = self.config(party);
        change(&mut config);
        self.write(party, &config);
    }

    /// Changes how one party knows another.
    pub(crate) fn change_peer(&self, party: &str, peer: &str, change: impl FnOnce(&mut Peer)) {
        self.change(party, |config| {
            change(config.peers.iter_mut().find(|other| other.name == peer).expect("the peer"));
        });
    }

    /// Sets one deadline at all parties.
    pub(crate) fn deadlines(&self, set: impl Fn(&mut Timeouts)) {
        for name in &self.names {
            self.change(name, |config| set(&mut config.timeouts));
        }
    }

    /// Gives one party another query.
    pub(crate) fn ask(&self, party: &str, query: &Query) {
        std::fs::write(self.path(party, "query.toml"), query.to_string()).expect("a query");
    }

    fn write(&self, party: &str, config: &SiteConfig) {
        let text = config.to_toml().expect("a configuration");
        std::fs::write(self.path(party, "site.toml"), text).expect("a configuration");
    }

    /// `run` at one party.
    pub(crate) fn command(&self, party: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("run").arg("--config").arg(self.path(party, "site.toml"));
        command.arg("--query").arg(self.path(party, "query.toml")).arg("--out").arg(self.path(party, "out"));
        if self.names.iter().any(|name| name == HELPER) {
            command.arg("--preprocessing").arg("helper");
        }
        command
    }

    pub(crate) fn start(&self, party: &str) -> Running {
        Running::start(party, &mut self.command(party))
    }

    /// Starts all parties but those named.
    pub(crate) fn start_all_but(&self, absent: &[&str]) -> Vec<(String, Running)> {
        let present = self.names.iter().filter(|name| !absent.contains(&name.as_str()));
        present.map(|name| (name.clone(), self.start(name))).collect()
    }

    /// Names of the files where a party's result would be.
    pub(crate) fn result_files(&self, party: &str) -> Vec<String> {
        files_in(&self.path(party, "out"))
    }
}

/// A port that is given to no other federation of this process, nor by the system to a socket that takes any: it hands
/// out higher ones. So a party finds it free, though it is let go before the party starts.
fn port() -> UdpSocket {
    const PORTS: std::ops::Range<u32> = 10_000..30_000;
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Other processes start elsewhere.
    let first = std::process::id().wrapping_mul(97);
    PORTS
        .map(|_| PORTS.start + first.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % PORTS.len() as u32)
        .find_map(|port| UdpSocket::bind((Ipv4Addr::LOCALHOST, u16::try_from(port).ok()?)).ok())
        .expect("a port")
}
