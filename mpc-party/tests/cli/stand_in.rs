//! A party that goes through a session like any other up to a chosen moment, says so, and stays there: so that others
//! can lose it at exactly that moment. It runs in a process of its own, which is this test program again.

use crate::support::federation::{Federation, HELPER};
use crate::support::process::Running;
use mpc_core::query::Query;
use mpc_core::source::Preprocessing;
use mpc_core::transport::PartyId;
use mpc_net::{Hello, Identity, Interrupter, Mesh, MeshConfig, Timeouts, Waiting};
use mpc_party::config::SiteConfig;
use mpc_party::party::{DataFile, Observer, Part, read_data, take_part};
use mpc_party::progress::Phase;
use mpc_party::query_file;
use mpc_party::reach::reach;
use mpc_party::report::{OutputDir, Spool};
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

/// Where a stand-in stays.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// All links are up; its data are not loaded.
    Connected,
    /// It has said that its data are loaded.
    Ready,
    /// All have agreed, and computing starts.
    Agreed,
    /// Some blocks are done.
    Blocks,
    /// All blocks are done; the sites compare what they saw.
    Finishing,
}

impl Moment {
    pub(crate) const AT_A_SITE: [Self; 5] =
        [Self::Connected, Self::Ready, Self::Agreed, Self::Blocks, Self::Finishing];
    pub(crate) const AT_THE_HELPER: [Self; 2] = [Self::Connected, Self::Ready];
}

/// Starts a stand-in for a party; wait for [`reached`] before doing anything to it.
pub(crate) fn start(federation: &Federation, party: &str, moment: Moment) -> Running {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "stand_in::process", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env("STAND_IN", federation.path(party, "")).env("STAND_IN_MOMENT", format!("{moment:?}"));
    Running::start(&format!("stand-in for {party}"), &mut command)
}

/// What a stand-in prints when it is there.
pub(crate) const REACHED: &str = "the moment is reached";

fn stay() -> ! {
    eprintln!("{REACHED}");
    loop {
        std::thread::park();
    }
}

#[test]
#[ignore = "not a test: the process that other tests start"]
fn process() {
    let folder = std::env::var("STAND_IN").expect("started by another test");
    let moment = std::env::var("STAND_IN_MOMENT").unwrap();
    let moment = Moment::AT_A_SITE.into_iter().find(|known| format!("{known:?}") == moment).unwrap();
    let folder = Path::new(&folder);
    let config = SiteConfig::read(&folder.join("site.toml")).unwrap();
    let query = query_file::read(&folder.join("query.toml")).unwrap().query;
    let socket = UdpSocket::bind(config.listen).unwrap();
    if let Moment::Connected | Moment::Ready = moment {
        let mesh = connect(&config, &query, socket);
        if moment == Moment::Ready {
            mesh.exchange_ready(announcements(&config, &query)).unwrap();
        }
        stay();
    }
    let observer = Arc::new(Stop { moment });
    let spool = Spool::new(&OutputDir::open(&folder.join("out")).unwrap()).unwrap();
    let part = Part {
        config,
        query,
        preprocessing: Preprocessing::Helper,
        socket,
        interrupter: Interrupter::new(),
        started: Instant::now(),
        spool: Some(spool),
    };
    let _ = take_part(part, observer).map(|_| panic!("the moment did not come"));
}

fn connect(config: &SiteConfig, query: &Query, socket: UdpSocket) -> Mesh {
    let identity = Identity::load(&config.key).unwrap();
    let mut peers = Vec::new();
    let mut session_parties = Vec::new();
    let mut me = None;
    for (index, name) in (0..).zip(query.sites.iter().map(String::as_str).chain([HELPER])) {
        let id = PartyId::new(index);
        let Some(peer) = config.peers.iter().find(|peer| peer.name == name) else {
            me = Some(id);
            session_parties.push((name.to_owned(), vec![identity.public_key()]));
            continue;
        };
        let peer = reach(id, peer, config.listen.ip()).unwrap();
        session_parties.push((name.to_owned(), peer.keys.clone()));
        peers.push(peer);
    }
    let mesh = MeshConfig {
        id: me.expect("one of the parties is not its own peer"),
        name: config.id.clone(),
        reachable: true,
        identity,
        socket,
        peers,
        timeouts: Timeouts::default(),
        interrupter: Interrupter::new(),
        on_wait: Box::new(|_| {}),
    };
    let hello = Hello {
        build: env!("CARGO_PKG_VERSION").into(),
        query_hash: query.hash(),
        session_parties,
        mode: "semi-honest/helper".into(),
    };
    Mesh::connect(mesh, hello).unwrap()
}

/// What a site says about its data to each other site; a helper says nothing.
fn announcements(config: &SiteConfig, query: &Query) -> Vec<(PartyId, Vec<u8>)> {
    let Some(dataset) = config.datasets.first() else { return Vec::new() };
    let file = DataFile { path: &dataset.path, person_id: &[] };
    let schema = read_data(&[file], query, &|_, _| {}).unwrap().schema().encode();
    let others = (0..).zip(&query.sites).filter(|(_, name)| **name != config.id);
    others.map(|(index, _)| (PartyId::new(index), schema.clone())).collect()
}

struct Stop {
    moment: Moment,
}

impl Observer for Stop {
    fn waiting(&self, _: &Waiting) {}

    fn stalled(&self, _: &str) {}

    fn progress(&self, phase: Phase, done: u64, all: u64) {
        assert!(done <= all);
        if phase != Phase::Testing {
            return;
        }
        if done == 0 {
            if self.moment == Moment::Agreed {
                stay();
            }
            return;
        }
        if self.moment == Moment::Blocks {
            assert!(done < all, "one block is not enough");
            stay();
        }
        if done == all {
            stay();
        }
    }
}
