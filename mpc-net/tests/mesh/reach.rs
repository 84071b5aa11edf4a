//! Parties that cannot be reached, parties with several keys, and IPv6.

use crate::support::*;
use mpc_net::{Hello, MeshConfig, Retired};
use std::net::UdpSocket;
use std::time::Duration;

/// Nobody can dial the party.
fn hide(configs: &mut [(MeshConfig, Hello)], party: usize) {
    let name = configs[party].0.name.clone();
    configs[party].0.reachable = false;
    for (config, _) in configs.iter_mut().filter(|(config, _)| config.name != name) {
        peer(config, &name).address = None;
    }
}

#[test]
fn a_party_without_an_open_port_dials_everyone() {
    // The first name would dial nobody, the last everybody.
    for hidden in 0..3 {
        let mut configs = configs(3);
        hide(&mut configs, hidden);
        let meshes = meshes(configs);
        let (a, b) = (meshes[0].transport(), meshes[2].transport());
        send(&a, 2, 1, b"both ways").unwrap();
        assert_eq!(receive(&b, 0, 1, 9).unwrap(), b"both ways");
        send(&b, 0, 2, b"and back").unwrap();
        assert_eq!(receive(&a, 2, 2, 8).unwrap(), b"and back");
        close_all(meshes);
    }
}

#[test]
fn two_parties_without_an_open_port_are_told_that_no_link_is_possible() {
    let mut configs = configs(3);
    hide(&mut configs, 0);
    hide(&mut configs, 1);
    let results = connect_all(configs.drain(..2).collect());
    for (result, other) in results.iter().zip(["hospital-b", "hospital-a"]) {
        let error = text(result);
        assert!(error.contains(&format!("neither this party nor {other} can be reached")), "{error}");
    }
}

#[test]
fn lists_that_differ_about_who_can_be_reached_are_named() {
    // hospital-a cannot be reached and dials; hospital-b has an old line of it, and dials as well.
    let mut configs = configs(2);
    configs[0].0.reachable = false;
    configs[1].0.timeouts.connect = Duration::from_secs(2);
    let gone = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    configs[1].0.peers[0].address = Some(gone);
    let results = connect_all(configs);
    let error = text(&results[0]);
    assert!(error.starts_with("hospital-b does not expect us to connect"), "{error}");
    assert!(error.contains("our line without an address"), "{error}");
}

#[test]
fn a_party_changes_its_key_while_some_know_only_the_old_one() {
    let mut configs = configs(3);
    let old = configs[1].0.identity.public_key();
    let next = key();
    // hospital-a knows both keys and lists the next one first; hospital-c has not heard of it yet.
    peer(&mut configs[0].0, "hospital-b").keys = vec![next, old];
    configs[0].1.session_parties[1].1 = vec![next, old];
    let meshes = meshes(configs);
    // What counts is what was proved.
    assert!(meshes[0].keys().contains(&(id(1), old)));
    close_all(meshes);
}

#[test]
fn expired_and_revoked_keys_open_no_door() {
    for (why, word) in [(Retired::Expired, "expired"), (Retired::Revoked, "revoked")] {
        // The dialer's key is retired at the party that answers ...
        let mut first = configs(2);
        let dialer = first[1].0.identity.public_key();
        first[0].0.peers[0].keys = vec![key()];
        first[0].0.peers[0].retired = vec![(dialer, why)];
        first[0].0.timeouts.connect = Duration::from_secs(2);
        let results = connect_all(first);
        let error = text(&results[1]);
        assert!(error.starts_with(&format!("hospital-a refused our key: it is {word}")), "{error}");
        let error = text(&results[0]);
        assert!(error.contains(&format!("called with a key of hospital-b that is {word}")), "{error}");

        // ... or the key of the party that answers at the dialer.
        let mut second = configs(2);
        let answers = second[0].0.identity.public_key();
        second[1].0.peers[0].keys = vec![key()];
        second[1].0.peers[0].retired = vec![(answers, why)];
        second[0].0.timeouts.connect = Duration::from_secs(2);
        let error = text(&connect_all(second)[1]);
        assert!(error.contains(&format!("has a key of hospital-a that is {word}")), "{error}");
    }
}

#[test]
fn a_peer_with_no_key_left_is_refused_before_anything_is_sent() {
    let mut configs = configs(2);
    let only = std::mem::take(&mut configs[1].0.peers[0].keys);
    configs[1].0.peers[0].retired = vec![(only[0], Retired::Expired)];
    let (config, hello) = configs.swap_remove(1);
    let error = mpc_net::Mesh::connect(config, hello).err().unwrap();
    assert_eq!(error.class(), mpc_net::ErrorClass::Configuration);
    assert!(error.to_string().starts_with("the key of hospital-a is expired"), "{error}");
}

#[test]
fn links_over_ipv6() {
    // A socket for both families, and one for IPv6 alone.
    for (address, dialled) in [("[::1]:0", "[::1]"), ("[::]:0", "[::1]"), ("[::]:0", "127.0.0.1")] {
        let Ok(socket) = UdpSocket::bind(address) else {
            return println!("skipped: this machine has no IPv6 on loopback");
        };
        let mut configs = configs(2);
        let port = socket.local_addr().unwrap().port();
        configs[0].0.socket = socket;
        configs[1].0.peers[0].address = Some(format!("{dialled}:{port}").parse().unwrap());
        if dialled == "[::1]" {
            configs[1].0.socket = UdpSocket::bind("[::]:0").unwrap();
        }
        let meshes = meshes(configs);
        let (a, b) = (meshes[0].transport(), meshes[1].transport());
        send(&a, 1, 1, b"six").unwrap();
        assert_eq!(receive(&b, 0, 1, 3).unwrap(), b"six");
        close_all(meshes);
    }
}
