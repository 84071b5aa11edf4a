//! Who may speak, and as whom.

use crate::support::*;
use mpc_net::{Hello, MeshConfig, NetError};
use std::time::{Duration, Instant};

/// Connects two parties of which the second dials, and returns both outcomes.
fn pair(change: impl FnOnce(&mut [(MeshConfig, Hello)])) -> (String, String) {
    let mut configs = configs(2);
    configs[0].0.timeouts.connect = Duration::from_secs(2);
    change(&mut configs);
    let results = connect_all(configs);
    (text(&results[0]), text(&results[1]))
}

#[test]
fn a_dialer_whose_key_is_not_listed_is_refused() {
    let start = Instant::now();
    let (accepts, dials) = pair(|configs| configs[0].0.peers[0].keys = vec![key()]);
    assert!(dials.starts_with("hospital-a refused our key"), "{dials}");
    assert!(accepts.starts_with("hospital-b did not connect"), "{accepts}");
    assert!(accepts.contains("which is not listed"), "{accepts}");
    assert!(start.elapsed() < Duration::from_secs(6));
}

#[test]
fn a_key_that_was_removed_no_longer_opens_the_door() {
    // Any listed key will do while a party changes its key ...
    let (accepts, dials) = pair(|configs| configs[0].0.peers[0].keys.insert(0, key()));
    assert_eq!((accepts.as_str(), dials.as_str()), ("connected", "connected"));
    // ... and with the old one gone from the list, the old one is refused.
    let (_, dials) = pair(|configs| {
        configs[0].0.peers[0].keys.insert(0, key());
        configs[0].0.peers[0].keys.pop();
    });
    assert!(dials.starts_with("hospital-a refused our key"), "{dials}");
}

#[test]
fn an_unknown_machine_at_the_address_is_refused() {
    let (_, dials) = pair(|configs| configs[1].0.peers[0].keys = vec![key()]);
    assert!(dials.contains("which is not listed for hospital-a"), "{dials}");
}

#[test]
fn another_known_party_at_the_address_is_named() {
    let mut configs = configs(3);
    let a = configs[0].0.socket.local_addr().unwrap();
    let b = configs[1].0.socket.local_addr().unwrap();
    for (config, _) in &mut configs {
        config.timeouts.connect = Duration::from_secs(3);
    }
    // hospital-c dials both others, and has their addresses the wrong way round.
    peer(&mut configs[2].0, "hospital-a").address = Some(b);
    peer(&mut configs[2].0, "hospital-b").address = Some(a);
    let results = connect_all(configs);
    let expected = [
        format!(
            "The machine at {b} is hospital-b, not hospital-a. Correct the addresses in the configuration."
        ),
        format!(
            "The machine at {a} is hospital-a, not hospital-b. Correct the addresses in the configuration."
        ),
    ];
    assert!(expected.contains(&text(&results[2])), "{}", text(&results[2]));
}

#[test]
fn a_party_that_the_other_does_not_list_is_refused() {
    let mut configs = configs(3);
    configs[0].0.peers.retain(|peer| peer.name != "hospital-c");
    configs[0].0.timeouts.connect = Duration::from_secs(3);
    let results = connect_all(configs);
    assert!(text(&results[2]).starts_with("hospital-a refused our key"), "{}", text(&results[2]));
}

#[test]
fn a_known_party_that_should_wait_to_be_dialled_is_refused() {
    // Each takes itself for the later name, so both dial.
    let (one, other) = pair(|configs| {
        configs[0].0.name = "hospital-x".into();
    });
    assert!(
        one == "hospital-b does not expect us to connect: it dials us itself. Compare the names in both configurations; if this \
             machine cannot be reached, hospital-b needs our line without an address."
            || other.starts_with("hospital-a does not expect us"),
        "{one} / {other}"
    );
}

#[test]
fn two_machines_with_one_key_are_noticed() {
    // Party 0 accepts; the twin is a second process with party 1's key.
    let first = configs(2);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("identity.key");
    first[1].0.identity.save(&path).unwrap();
    let (mut twin, twin_hello) = configs(2).swap_remove(1);
    twin.identity = mpc_net::Identity::load(&path).unwrap();
    twin.peers = first[1].0.peers.clone();
    twin.timeouts.connect = Duration::from_secs(1);
    let hello = first[1].1.clone();
    let meshes = meshes(first);
    let error = mpc_net::Mesh::connect(twin, Hello { build: twin_hello.build, ..hello }).err().unwrap();
    assert!(matches!(error, NetError::NoAnswer { .. }), "{error}");
    assert!(error.to_string().contains("started twice"), "{error}");
    // The first connection is none the worse for it.
    let (a, b) = (meshes[0].transport(), meshes[1].transport());
    send(&a, 1, 1, b"still here").unwrap();
    assert_eq!(receive(&b, 0, 1, 10).unwrap(), b"still here");
    close_all(meshes);
}
