//! Parties that come back, and parties that exist twice.

use crate::network::Network;
use crate::support::process::{LIMIT, Running};
use mpc_net::emulator::Conditions;
use std::net::UdpSocket;
use std::time::Duration;

const MARKERS: usize = 250;

fn network() -> Network {
    Network::new(MARKERS, Conditions { delay: Duration::from_millis(5), ..Conditions::default() })
}

#[test]
fn a_party_that_starts_again_does_not_enter_the_old_session() {
    let network = network();
    network.federation.deadlines(|timeouts| timeouts.connect = Some(Duration::from_secs(6)));
    let mut running = network.federation.start_all_but(&[]);
    running[1].1.wait_for("testing");
    running[1].1.kill();
    // At once, while the others still take the dead one for alive.
    let mut again = network.federation.start("site-b");
    for (name, mut other) in running.drain(..).filter(|(name, _)| name != "site-b") {
        let ended = other.wait(Duration::from_secs(25));
        network.done_or_lost(&name, &ended, "site-b");
    }
    let ended = again.wait(Duration::from_secs(25));
    ended.failed(4, &[]);
    assert!(network.federation.result_files("site-b").is_empty());
    // All together, it works.
    network.all_done(network.federation.start_all_but(&[]), LIMIT);
}

#[test]
fn a_second_process_with_the_same_key_stays_outside() {
    let network = network();
    network.federation.deadlines(|timeouts| timeouts.connect = Some(Duration::from_secs(4)));
    let mut running = network.federation.start_all_but(&[]);
    running[0].1.wait_for("testing");
    // The same configuration and key on another port: a copied machine.
    let other_port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let first = network.federation.config("site-c");
    network.federation.change("site-c", |config| config.listen = other_port);
    let mut command = network.federation.command("site-c");
    let mut twin =
        Running::start("twin", command.args(["--out"]).arg(network.federation.path("site-c", "twin")));
    let ended = twin.wait(Duration::from_secs(25));
    assert!(matches!(ended.code, Some(2 | 4)), "{ended:#?}");
    network.federation.change("site-c", |config| *config = first);
    network.all_done(running, LIMIT);
}

#[test]
fn a_party_that_was_asleep_learns_that_it_was_dropped() {
    let network = network();
    let mut running = network.federation.start_all_but(&[]);
    running[1].1.wait_for("testing");
    running[1].1.signal("STOP");
    let mut asleep = running.remove(1).1;
    for (name, mut other) in running {
        let ended = other.wait(Duration::from_secs(20));
        network.done_or_lost(&name, &ended, "site-b");
    }
    asleep.signal("CONT");
    let ended = asleep.wait(Duration::from_secs(20));
    ended.failed(4, &[]);
    assert!(network.federation.result_files("site-b").is_empty());
}
