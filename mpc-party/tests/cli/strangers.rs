//! Wrong keys, wrong addresses, wrong queries, missing parties: all parties end in time, say why, and write nothing.

use crate::support::cohort::People;
use crate::support::federation::{Federation, HELPER};
use crate::support::process::{Ended, Running};
use crate::support::query::Query;
use mpc_net::Identity;
use mpc_party::config::PeerKey;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(4);
/// The deadline, a farewell, and a slow machine.
const DEADLINE: Duration = Duration::from_secs(12);

fn federation() -> Federation {
    let people: Vec<String> = (0..3).map(|site| People::some(site, 60, 4, 0).csv()).collect();
    let federation = Federation::new(&Query::of(3), &people);
    federation.deadlines(|timeouts| timeouts.connect = Some(CONNECT));
    federation
}

/// Waits for parties that must all fail in time and without files.
#[track_caller]
fn all_fail(federation: &Federation, running: Vec<(String, Running)>) -> Vec<(String, Ended)> {
    running
        .into_iter()
        .map(|(name, mut party)| {
            let ended = party.wait(DEADLINE);
            assert!(matches!(ended.code, Some(2 | 4)), "{name}: {ended:#?}");
            ended.failed(ended.code.unwrap(), &[]);
            assert!(federation.result_files(&name).is_empty(), "{name} left files");
            (name, ended)
        })
        .collect()
}

#[track_caller]
fn of<'a>(ended: &'a [(String, Ended)], party: &str) -> &'a Ended {
    &ended.iter().find(|(name, _)| name == party).expect("the party").1
}

fn fresh_key() -> PeerKey {
    Identity::generate().unwrap().public_key().into()
}

#[test]
fn a_peer_that_is_listed_with_a_wrong_key() {
    let federation = federation();
    federation.change_peer("site-a", "site-b", |peer| peer.keys = vec![fresh_key()]);
    let ended = all_fail(&federation, federation.start_all_but(&[]));
    assert!(ended.iter().all(|(_, ended)| ended.code == Some(4)), "{ended:#?}");
    assert!(["site-a", "site-b"].iter().any(|name| of(&ended, "site-c").stderr.contains(name)), "{ended:#?}");
    // The two may also hear first that the others saw the mismatch.
    assert!(of(&ended, "site-b").stderr.contains("site-a"), "{ended:#?}");
}

#[test]
fn a_party_with_a_key_that_nobody_lists() {
    let federation = federation();
    let key = federation.path("site-c", "identity.key");
    std::fs::remove_file(&key).unwrap();
    Identity::generate().unwrap().save(&key).unwrap();
    let ended = all_fail(&federation, federation.start_all_but(&[]));
    of(&ended, "site-c").failed(4, &["refused our key", "Send"]);
    for name in ["site-a", "site-b", HELPER] {
        of(&ended, name).lost("site-c");
    }
}

#[test]
fn a_stranger_at_a_peers_address() {
    let federation = federation();
    // For site-b the helper is someone else.
    federation.change_peer("site-b", HELPER, |peer| peer.keys = vec![fresh_key()]);
    let ended = all_fail(&federation, federation.start_all_but(&[]));
    of(&ended, "site-b").failed(4, &[HELPER]);
    for name in ["site-a", "site-c", HELPER] {
        of(&ended, name).lost("site-b");
    }
}

#[test]
fn swapped_keys() {
    let federation = federation();
    let config = federation.config("site-c");
    let keys = |name: &str| config.peers.iter().find(|peer| peer.name == name).unwrap().keys.clone();
    let (a, b) = (keys("site-a"), keys("site-b"));
    federation.change("site-c", |config| {
        for peer in &mut config.peers {
            match peer.name.as_str() {
                "site-a" => peer.keys = b.clone(),
                "site-b" => peer.keys = a.clone(),
                _ => {}
            }
        }
    });
    let ended = all_fail(&federation, federation.start_all_but(&[]));
    assert!(ended.iter().all(|(_, ended)| ended.code == Some(4)), "{ended:#?}");
    let said = &of(&ended, "site-c").stderr;
    assert!(["site-a", "site-b", HELPER].iter().any(|name| said.contains(name)), "{said}");
    for name in ["site-a", "site-b", HELPER] {
        assert!(of(&ended, name).stderr.contains("site-"), "{ended:#?}");
    }
}

#[test]
fn swapped_addresses() {
    let federation = federation();
    let config = federation.config("site-c");
    let address = |name: &str| config.peers.iter().find(|peer| peer.name == name).unwrap().address.clone();
    federation.change_peer("site-c", "site-a", |peer| peer.address = address("site-b"));
    federation.change_peer("site-c", "site-b", |peer| peer.address = address("site-a"));
    let ended = all_fail(&federation, federation.start_all_but(&[]));
    of(&ended, "site-c").failed(4, &["site-a", "site-b", "Correct the addresses"]);
    for name in ["site-a", "site-b", HELPER] {
        of(&ended, name).lost("site-c");
    }
}

#[test]
fn a_missing_party_is_named_when_the_time_is_up() {
    for missing in ["site-a", "site-c", HELPER] {
        let federation = federation();
        let running = federation.start_all_but(&[missing]);
        for (_, ended) in all_fail(&federation, running) {
            ended.lost(missing);
        }
    }
}

#[test]
fn a_different_query_at_one_site() {
    for (other, text) in [
        (Query::of(3).disclosure("min_cell_count = 11"), "query"),
        (Query::of(3).population("people_bound = 999999"), "query"),
        (Query { recipients: vec!["site-b".into()], ..Query::of(3) }, "query"),
    ] {
        let federation = federation();
        federation.ask("site-b", &other);
        let ended = all_fail(&federation, federation.start_all_but(&[]));
        let own = &of(&ended, "site-b").stderr;
        assert!(
            own.contains(text) && ["site-a", "site-c", HELPER].iter().any(|name| own.contains(name)),
            "{own}"
        );
        for name in ["site-a", "site-c", HELPER] {
            of(&ended, name).lost("site-b");
        }
    }
}

#[test]
fn sites_in_another_order_are_another_query() {
    let federation = federation();
    let mut other = Query::of(3);
    other.sites.swap(0, 1);
    federation.ask("site-c", &other);
    let ended = all_fail(&federation, federation.start_all_but(&[]));
    for name in ["site-a", "site-b", HELPER] {
        of(&ended, name).lost("site-c");
    }
}

#[test]
fn configurations_that_cannot_work_end_at_once() {
    type Change = fn(&Federation);
    let cases: [(Change, &[&str]); 5] = [
        (
            |federation| {
                federation.change("site-a", |config| config.peers.retain(|peer| peer.name != "site-c"))
            },
            &["site-c", "[[peer]]"],
        ),
        (
            |federation| {
                federation.change("site-a", |config| config.peers.retain(|peer| peer.name != HELPER))
            },
            &["helper", "[[peer]]"],
        ),
        (
            |federation| {
                let own = Identity::load(&federation.path("site-a", "identity.key")).unwrap().public_key();
                federation.change_peer("site-a", "site-b", |peer| peer.keys = vec![own.into()]);
            },
            &["site-b", "own key"],
        ),
        (
            |federation| {
                let mode = std::fs::Permissions::from_mode(0o644);
                std::fs::set_permissions(federation.path("site-a", "identity.key"), mode).unwrap();
            },
            &["identity.key", "chmod 600"],
        ),
        (|federation| federation.change("site-a", |config| config.datasets.clear()), &["[[dataset]]"]),
    ];
    for (change, texts) in cases {
        let federation = federation();
        change(&federation);
        let ended = federation.start("site-a").wait(DEADLINE);
        ended.failed(2, texts);
        assert!(federation.result_files("site-a").is_empty());
    }
}

#[test]
fn a_port_in_use_is_named() {
    let federation = federation();
    let address = federation.config("site-a").listen;
    let _taken = std::net::UdpSocket::bind(address).unwrap();
    federation.start("site-a").wait(DEADLINE).failed(2, &[&address.to_string(), "network.listen"]);
}
