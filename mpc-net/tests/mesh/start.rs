//! Bringing up the links, hellos, and readiness.

use crate::support::*;
use mpc_net::{ErrorClass, Mesh, NetError};
use std::net::UdpSocket;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

#[test]
fn parties_that_start_together_connect_at_once() {
    for count in [2, 3, 4] {
        let start = Instant::now();
        let meshes = meshes(configs(count));
        println!("{count} parties together: {:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_secs(5));
        close_all(meshes);
    }
}

#[test]
fn parties_that_start_one_after_another_connect_quickly() {
    let mut configs = configs(4);
    // Whoever is late has no socket yet either, so the first packets to it are lost.
    let addresses: Vec<_> = configs.iter().map(|(config, _)| config.socket.local_addr().unwrap()).collect();
    for (config, _) in &mut configs {
        config.socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    }
    let start = Instant::now();
    let numbered = configs.into_iter().enumerate().collect();
    let results = on_threads(numbered, |(i, (mut config, hello))| {
        // The first to start are those that dial.
        std::thread::sleep(Duration::from_millis(50 * (3 - i as u64)));
        config.socket = UdpSocket::bind(addresses[i]).unwrap();
        Mesh::connect(config, hello).unwrap()
    });
    println!(
        "4 parties, 50 ms apart: {:?} after the last started",
        start.elapsed() - Duration::from_millis(150)
    );
    assert!(start.elapsed() < Duration::from_secs(5));
    close_all(results);
}

#[test]
fn announcements_reach_the_party_they_are_for() {
    let meshes = meshes(configs(3));
    let numbered = meshes.iter().enumerate().collect();
    let heard = on_threads(numbered, |(i, mesh)| {
        let mine = (0..3).filter(|&j| j != i && (i, j) != (2, 0));
        mesh.exchange_ready(mine.map(|j| (id(j), vec![(10 * i + j) as u8; 1 + (i << 20)])).collect()).unwrap()
    });
    // Party 2 announced nothing to party 0: it is ready all the same.
    assert_eq!(heard[0], [(id(1), vec![10; 1 + (1 << 20)]), (id(2), vec![])]);
    assert_eq!(heard[1], [(id(0), vec![1; 1]), (id(2), vec![21; 1 + (2 << 20)])]);
    assert_eq!(heard[2], [(id(0), vec![2; 1]), (id(1), vec![12; 1 + (1 << 20)])]);
    let traffic = meshes[2].traffic();
    assert!(traffic.sent > 2 << 20 && traffic.udp_sent > traffic.sent, "{traffic:?}");
    assert!(traffic.received > 1 << 20 && traffic.udp_received > traffic.received, "{traffic:?}");
    close_all(meshes);
}

#[test]
fn the_largest_announcement_passes_and_a_larger_one_does_not() {
    let meshes = meshes(configs(2));
    let largest = vec![7; mpc_net::MAX_ANNOUNCEMENT_BYTES];
    let too_large = meshes[0].exchange_ready(vec![(id(1), [largest.as_slice(), &[7]].concat())]);
    assert_eq!(too_large.unwrap_err().class(), ErrorClass::Internal);
    let stranger = meshes[0].exchange_ready(vec![(id(9), vec![])]);
    assert_eq!(stranger.unwrap_err().class(), ErrorClass::Internal);
    let numbered = meshes.iter().enumerate().collect();
    let heard =
        on_threads(numbered, |(i, mesh)| mesh.exchange_ready(vec![(id(1 - i), largest.clone())]).unwrap());
    assert!(heard[0][0].1 == largest && heard[1][0].1 == largest);
    let again = meshes[0].exchange_ready(vec![]);
    assert_eq!(again.unwrap_err().class(), ErrorClass::Internal);
    close_all(meshes);
}

#[test]
fn a_peer_that_is_never_ready_is_named() {
    let mut configs = configs(3);
    for (config, _) in &mut configs {
        config.timeouts.ready = Duration::from_secs(1);
    }
    let meshes = meshes(configs);
    let start = Instant::now();
    let errors = on_threads(vec![&meshes[0], &meshes[1]], |mesh| mesh.exchange_ready(vec![]).unwrap_err());
    assert!(start.elapsed() < Duration::from_secs(3));
    for error in errors {
        assert!(error.to_string().starts_with("hospital-c: no answer within 1 s"), "{error}");
        assert_eq!(error.class(), ErrorClass::Aborted);
    }
}

#[test]
fn each_difference_in_the_hello_is_named_on_both_sides() {
    type Change = fn(&mut mpc_net::Hello);
    let cases: [(&str, Change); 3] = [
        ("query", |hello| hello.query_hash[0] ^= 1),
        ("list of participants", |hello| hello.session_parties.swap(0, 1)),
        ("mode", |hello| hello.mode = "malicious/ot".into()),
    ];
    for (what, change) in cases {
        let mut configs = configs(2);
        change(&mut configs[1].1);
        configs[1].1.build = "0.2.0".into();
        let start = Instant::now();
        let results = connect_all(configs);
        assert!(start.elapsed() < Duration::from_secs(5), "{what} took {:?}", start.elapsed());
        for (result, other) in results.iter().zip(["hospital-b", "hospital-a"]) {
            let error = text(result);
            assert!(error.starts_with(&format!("{other} has another {what}. Here: ")), "{error}");
            assert!(error.contains("build 0.1.0") && error.contains("build 0.2.0"), "{error}");
        }
    }
}

#[test]
fn a_third_party_hears_of_a_disagreement_without_being_blamed() {
    let mut configs = configs(3);
    configs[2].1.mode = "malicious/ot".into();
    let results = connect_all(configs);
    for result in &results {
        assert!(result.is_err());
    }
    assert!(text(&results[0]).contains("hospital-c"), "{}", text(&results[0]));
    assert!(text(&results[1]).contains("hospital-c"), "{}", text(&results[1]));
}

#[test]
fn a_party_that_starts_a_moment_later_still_hears_of_a_disagreement() {
    let mut configs = configs(3);
    configs[2].1.mode = "malicious/ot".into();
    let start = Instant::now();
    let numbered = configs.into_iter().enumerate().collect();
    let results = on_threads(numbered, |(i, (config, hello))| {
        if i == 0 {
            std::thread::sleep(Duration::from_millis(200));
        }
        Mesh::connect(config, hello)
    });
    for result in &results[..2] {
        assert!(text(result).contains("hospital-c"), "{}", text(result));
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn a_party_that_is_not_started_is_named_by_both_kinds_of_waiting() {
    for absent in [0, 2] {
        let mut configs = configs(3);
        for (config, _) in &mut configs {
            config.timeouts.connect = Duration::from_secs(1);
        }
        let (_silent, _) = configs.remove(absent);
        let name = &names(3)[absent];
        let start = Instant::now();
        for result in connect_all(configs) {
            let error = text(&result);
            assert!(error.contains(name), "{error}");
        }
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn a_long_wait_says_for_whom() {
    let mut configs = configs(2);
    configs[0].0.timeouts.connect = Duration::from_secs(6);
    let (said, heard) = channel();
    configs[0].0.on_wait = Box::new(move |waiting| said.send(waiting).unwrap());
    let (config, hello) = configs.swap_remove(0);
    assert!(matches!(Mesh::connect(config, hello), Err(NetError::NotDialled { .. })));
    let waiting = heard.recv().unwrap();
    assert_eq!(waiting.peers, ["hospital-b"]);
    assert_eq!(waiting.elapsed.as_secs(), 5);
}

#[test]
fn configurations_that_cannot_work_are_refused_at_once() {
    type Change = fn(&mut mpc_net::MeshConfig);
    let cases: [Change; 13] = [
        |config| config.peers.clear(),
        |config| config.name = "Hospital A".into(),
        |config| config.name = "hospital-b".into(),
        |config| config.peers[0].name = "hospital-c".into(),
        |config| config.peers[0].name = "\u{1b}[2J".into(),
        |config| config.peers[0].id = id(0),
        |config| config.peers[0].id = id(2),
        |config| config.peers[0].keys.clear(),
        |config| config.peers[0].keys.push(config.identity.public_key()),
        |config| config.peers[0].keys = config.peers[1].keys.clone(),
        |config| config.peers[0].address.as_mut().unwrap().set_port(0),
        |config| config.timeouts.idle = config.timeouts.keep_alive,
        |config| config.timeouts.receive = Duration::ZERO,
    ];
    for (number, change) in cases.into_iter().enumerate() {
        let (mut config, hello) = configs(3).swap_remove(0);
        change(&mut config);
        let error = Mesh::connect(config, hello).err().unwrap_or_else(|| panic!("case {number} connected"));
        assert_eq!(error.class(), ErrorClass::Configuration, "case {number}: {error}");
    }
}
