//! Garbage, and strangers who never finish their handshakes, while an honest run goes on.

use crate::network::{Network, wait_for_all};
use crate::support::cohort::Numbers;
use crate::support::process::LIMIT;
use mpc_core::transport::PartyId;
use mpc_net::emulator::Conditions;
use mpc_net::{Identity, Interrupter, MeshConfig, PeerConfig, Timeouts};
use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Memory that a flood may cost a party.
const MOST_MORE: u64 = 64 << 20;

fn network() -> Network {
    Network::new(300, Conditions::default())
}

/// An honest run: how long it took, and the most memory that a site had in use.
#[track_caller]
fn honest(network: &Network) -> (Duration, u64) {
    let start = Instant::now();
    wait_for_all(network.federation.start_all_but(&[]), LIMIT);
    let time = start.elapsed();
    network.right("site-a");
    let json = std::fs::read(network.federation.path("site-a", "out").join("result.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    (time, json["cost"]["peak_memory"]["site-a"].as_u64().unwrap())
}

/// Sends what `make` makes to all targets, at a bounded pace, until told to stop.
fn flood(
    targets: &[SocketAddr],
    stop: &AtomicBool,
    sent: &AtomicU64,
    make: impl Fn(&mut Numbers, &mut Vec<u8>),
) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut numbers = Numbers(3);
    let mut bytes = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..20 {
            for target in targets {
                make(&mut numbers, &mut bytes);
                let _ = socket.send_to(&bytes, target);
                sent.fetch_add(1, Ordering::Relaxed);
            }
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The best of a few honest runs, with and without the flood: a loaded machine makes any single run slow.
#[track_caller]
fn at_most_doubles(what: &str, attack: impl Fn(&[SocketAddr], &AtomicBool, &AtomicU64) + Sync) {
    let network = network();
    let targets: Vec<SocketAddr> =
        network.federation.names().iter().map(|name| network.federation.config(name).listen).collect();
    let best = |runs: usize| {
        let runs: Vec<_> = (0..runs).map(|_| honest(&network)).collect();
        let time = runs.iter().map(|(time, _)| *time).min().unwrap();
        (time, runs.iter().map(|(_, memory)| *memory).max().unwrap())
    };
    let (calm, calm_memory) = best(3);
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let (flooded, memory) = std::thread::scope(|scope| {
        scope.spawn(|| attack(&targets, &stop, &sent));
        let flooded = best(3);
        stop.store(true, Ordering::Relaxed);
        flooded
    });
    println!(
        "{what}: {calm:?} alone, {flooded:?} with {} sent; {calm_memory} and {memory} bytes",
        sent.into_inner()
    );
    // A moment for the machine itself: two cores do the flood's work, too.
    assert!(flooded <= 2 * calm + Duration::from_secs(1), "{what}: {calm:?} alone, {flooded:?} flooded");
    assert!(memory <= calm_memory + MOST_MORE, "{what}: {calm_memory} and {memory} bytes");
}

#[test]
fn garbage_datagrams() {
    at_most_doubles("garbage", |targets, stop, sent| {
        flood(targets, stop, sent, |numbers, bytes| {
            let length = 1 + numbers.next() as usize % 1400;
            bytes.clear();
            bytes.resize_with(length, || numbers.next() as u8);
            // Half of them look like first packets of QUIC version 1.
            if numbers.next().is_multiple_of(2) && length > 20 {
                bytes[..6].copy_from_slice(&[0xc3, 0, 0, 0, 1, 8]);
            }
        });
    });
}

/// A thousand handshakes that are begun and never finished, again and again.
#[test]
fn half_open_handshakes() {
    let beginnings = beginnings(1_000);
    at_most_doubles("half-open handshakes", |targets, stop, sent| {
        let sockets: Vec<UdpSocket> = (0..100).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
        for (beginning, socket) in beginnings.iter().cycle().zip(sockets.iter().cycle()) {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            for target in targets {
                let _ = socket.send_to(beginning, target);
                sent.fetch_add(1, Ordering::Relaxed);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    });
}

/// First packets of so many handshakes, as parties send them to a peer that never answers.
fn beginnings(count: usize) -> Vec<Vec<u8>> {
    const PEERS: u8 = 16;
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    silent.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let address = silent.local_addr().unwrap();
    let diallers: Vec<_> = (0..16)
        .map(|_| {
            let peer = |id| PeerConfig {
                id: PartyId::new(id),
                name: format!("peer-{id}"),
                address: Some(address),
                keys: vec![Identity::generate().unwrap().public_key()],
                retired: Vec::new(),
            };
            let config = MeshConfig {
                id: PartyId::new(PEERS),
                name: "zzz".into(),
                reachable: true,
                identity: Identity::generate().unwrap(),
                socket: UdpSocket::bind("127.0.0.1:0").unwrap(),
                peers: (0..PEERS).map(peer).collect(),
                timeouts: Timeouts { connect: Duration::from_secs(20), ..Timeouts::default() },
                interrupter: Interrupter::new(),
                on_wait: Box::new(|_| {}),
            };
            let interrupter = config.interrupter.clone();
            (interrupter, std::thread::spawn(move || mpc_net::check(config, "0")))
        })
        .collect();
    // By the connection that they begin: the same one is begun again and again.
    let mut found = BTreeMap::new();
    let mut bytes = vec![0; 2000];
    let end = Instant::now() + LIMIT;
    while found.len() < count && Instant::now() < end {
        let Ok((length @ 1200.., _)) = silent.recv_from(&mut bytes) else { continue };
        let id = 6..6 + usize::from(bytes[5]);
        found.insert(bytes[id].to_vec(), bytes[..length].to_vec());
    }
    for (interrupter, dialler) in diallers {
        interrupter.interrupt();
        let _ = dialler.join().unwrap();
    }
    assert_eq!(found.len(), count);
    found.into_values().collect()
}
