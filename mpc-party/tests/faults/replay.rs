//! Whoever recorded the network: plays it again, and searches it.

use crate::network::Network;
use crate::support::cohort::People;
use crate::support::process::LIMIT;
use crate::support::secrets::{Secrets, found};
use mpc_net::emulator::Conditions;
use std::net::UdpSocket;
use std::time::Duration;

fn network() -> Network {
    Network::new(20, Conditions { delay: Duration::from_millis(2), ..Conditions::default() })
}

#[test]
fn a_recorded_session_played_again_changes_nothing() {
    let network = network();
    network.emulator.keep();
    network.all_done(network.federation.start_all_but(&[]), LIMIT);
    let recorded = network.emulator.kept();
    assert!(recorded.len() > 100, "{}", recorded.len());

    // Into the waiting party, before the others come, and then while they compute.
    let mut running = vec![("site-a".to_owned(), network.federation.start("site-a"))];
    running[0].1.wait_for("What it costs");
    let attacker = UdpSocket::bind("127.0.0.1:0").unwrap();
    let play = || {
        for (to, bytes) in &recorded {
            // Some went to relays and parties that are not there.
            let _ = attacker.send_to(bytes, to);
        }
    };
    play();
    running.extend(network.federation.start_all_but(&["site-a"]));
    for _ in 0..3 {
        play();
        std::thread::sleep(Duration::from_millis(50));
    }
    network.all_done(running, LIMIT);
}

#[test]
fn nothing_secret_is_on_the_wire() {
    let network = network();
    network.emulator.keep();
    network.all_done(network.federation.start_all_but(&[]), LIMIT);
    let recorded: Vec<u8> = network.emulator.kept().into_iter().flat_map(|(_, bytes)| bytes).collect();
    let people: Vec<People> = (0..3).map(|site| People::some(site, 60, 20, 0)).collect();
    let secrets = Secrets::of(&network.federation, &people);
    assert!(recorded.len() > 50_000, "{}", recorded.len());
    let keys =
        |found: Vec<String>| found.into_iter().filter(|what| what.starts_with("key")).collect::<Vec<_>>();
    assert_eq!(keys(found(&secrets, &recorded)), Vec::<String>::new());
    // Names of parties and markers, which any listener would like to know.
    for text in ["site-a", "site-b", "helper", "rs0", "rs1", "p-0-"] {
        assert!(memchr::memmem::find(&recorded, text.as_bytes()).is_none(), "{text}");
    }
    let mut leaked = recorded;
    leaked.extend_from_slice(&secrets.forms().next().unwrap().1[0]);
    assert_eq!(keys(found(&secrets, &leaked)).len(), 1);
}
