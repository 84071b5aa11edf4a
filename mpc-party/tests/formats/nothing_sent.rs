//! A site whose data have a fault sends nothing about them: the others, played by the test, hear only that it stops.

use crate::support::federation::{Federation, HELPER};
use crate::support::process::LIMIT;
use crate::support::query::Query;
use crate::tables::gzip;
use mpc_core::transport::PartyId;
use mpc_net::{Hello, Identity, Interrupter, Mesh, MeshConfig, NetError, Timeouts};
use mpc_party::query_file;
use mpc_party::reach::reach;
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

/// A party's links, with a hello that all accept.
fn connect(federation: &Federation, party: &str) -> Result<Mesh, NetError> {
    let config = federation.config(party);
    let query = query_file::read(&federation.path(party, "query.toml")).unwrap().query;
    let identity = Identity::load(&config.key).unwrap();
    let mut me = None;
    let mut peers = Vec::new();
    let mut session_parties = Vec::new();
    for (index, name) in (0..).zip(query.sites.iter().map(String::as_str).chain([HELPER])) {
        let id = PartyId::new(index);
        let key = match config.peers.iter().find(|peer| peer.name == name) {
            None => {
                me = Some(id);
                identity.public_key()
            }
            Some(peer) => {
                let peer = reach(id, peer, config.listen.ip()).unwrap();
                peers.push(peer.clone());
                peer.keys[0]
            }
        };
        session_parties.push((name.to_owned(), vec![key]));
    }
    let mesh = MeshConfig {
        id: me.unwrap(),
        name: party.to_owned(),
        reachable: true,
        identity,
        socket: UdpSocket::bind(config.listen).unwrap(),
        peers,
        timeouts: Timeouts { connect: LIMIT, ready: LIMIT, ..Timeouts::default() },
        interrupter: Interrupter::new(),
        on_wait: Box::new(|_| {}),
    };
    let hello = Hello {
        build: env!("CARGO_PKG_VERSION").into(),
        query_hash: query.hash(),
        session_parties,
        mode: "semi-honest/helper".into(),
    };
    Mesh::connect(mesh, hello)
}

/// Makes a file.
type Write<'a> = &'a dyn Fn(&Path);

/// What site-a hears of a site-b with this file: the error that ends its wait for site-b's data, and the bytes of all
/// messages that it got, which are two hellos and what site-b had to say. No bytes where site-b had stopped before
/// site-a's link to the helper was up.
fn heard_of(name: &str, write: Write) -> (String, Option<u64>) {
    let federation = federation();
    let path = federation.path("site-b", name);
    write(&path);
    federation.change("site-b", |config| config.datasets[0].path = path.clone());
    let mut program = federation.start("site-b");
    let heard = heard_by_site_a(&federation);
    let ended = program.wait(LIMIT);
    ended.failed(2, &[name]);
    assert!(federation.result_files("site-b").is_empty());
    heard
}

fn federation() -> Federation {
    let query = Query::of(2).markers("ids = [\"rs0\", \"rs1\"]");
    Federation::new(&query, &["unused".into(), "unused".into()])
}

/// The test plays site-a, which is ready, and the helper, which connects and then says nothing.
fn heard_by_site_a(federation: &Federation) -> (String, Option<u64>) {
    let heard = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mesh = connect(federation, HELPER);
            heard.wait();
            drop(mesh);
        });
        let result = match connect(federation, "site-a") {
            Err(error) => (error.to_string(), None),
            Ok(mesh) => {
                let ready = mesh.exchange_ready(Vec::new());
                (
                    ready.map_or_else(|error| error.to_string(), |_| "ready".into()),
                    Some(mesh.traffic().received),
                )
            }
        };
        heard.wait();
        result
    })
}

#[test]
fn the_others_hear_that_it_stops_and_nothing_else() {
    let text = |text: &'static str| move |path: &Path| std::fs::write(path, text).unwrap();
    let vcf = |path: &Path| std::fs::write(path, gzip(b"##fileformat=VCFv4.2\nrs0\n")).unwrap();
    let plink = |path: &Path| {
        std::fs::write(path, [0x6c, 0x1b, 1, 0]).unwrap();
        std::fs::write(path.with_extension("fam"), "f p 0 0 1 1\n").unwrap();
        std::fs::write(path.with_extension("bim"), "1 rs0 0 1 A C\n1 rs1 0 2 A C\n").unwrap();
    };
    let pipe = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    let cases: [(&str, Write); 6] = [
        ("b.csv", &text("id,rs0,rs1\np1,0,1\np2,0,x\n")),
        ("b.csv", &text("id,rs0,rs1\np1,0,1\np1,0,1\n")),
        ("b.vcf.gz", &vcf),
        ("b.bed", &plink),
        ("b.csv", &pipe),
        ("b.csv", &|_| {}),
    ];
    let mut bytes = Vec::new();
    for (name, write) in cases {
        let measured = (0..20).find_map(|_| {
            let (error, bytes) = heard_of(name, write);
            let stopped = "site-b: it ended the session: its configuration, data or disk is not usable";
            assert!(error.contains(stopped), "{name}: {error}");
            bytes
        });
        bytes.push(measured.expect("site-a's links are up before site-b stops, now and then"));
    }
    // Whatever the fault, the same bytes, so they hold nothing of the file.
    assert!(bytes.iter().all(|other| *other == bytes[0]), "{bytes:?}");

    // The measure sees an announcement: site-b with good data makes one, and then waits for the helper.
    let federation = federation();
    std::fs::write(federation.path("site-b", "data.csv"), "id,rs0,rs1\np1,0,1\np2,1,0\n").unwrap();
    federation.deadlines(|timeouts| timeouts.ready = Some(Duration::from_secs(2)));
    let mut program = federation.start("site-b");
    let (error, good) = heard_by_site_a(&federation);
    program.wait(LIMIT);
    assert!(good > Some(bytes[0]), "{good:?} bytes with an announcement, {} without: {error}", bytes[0]);
}
