//! Delay, loss, overtaking, repetition: slower, and right.

use crate::network::Network;
use mpc_net::emulator::Conditions;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);

fn wide() -> Conditions {
    Conditions { delay: Duration::from_millis(10), ..Conditions::default() }
}

#[track_caller]
fn right_under(conditions: Conditions) {
    let network = Network::new(30, conditions);
    network.federation.deadlines(|timeouts| {
        // A lossy handshake needs several attempts, a lost tail several timers.
        timeouts.connect = Some(Duration::from_secs(60));
        timeouts.receive = Some(Duration::from_secs(60));
        timeouts.idle = Some(Duration::from_secs(20));
    });
    let running = network.federation.start_all_but(&[]);
    network.all_done(running, LIMIT);
    println!("{conditions:?}: {:?}", network.emulator.count());
}

#[test]
fn datagrams_that_get_lost() {
    for loss in [0.01, 0.05] {
        right_under(Conditions { loss, ..wide() });
    }
}

#[test]
fn datagrams_that_overtake_each_other_and_come_twice() {
    right_under(Conditions { jitter: Duration::from_millis(20), repeated: 0.2, ..wide() });
}

#[test]
fn a_narrow_line() {
    right_under(Conditions { rate: Some(10_000_000), delay: Duration::from_millis(50), ..wide() });
}

#[test]
#[ignore = "takes minutes"]
fn a_fifth_of_all_datagrams_lost_on_a_line_that_wavers() {
    let delay = Duration::from_millis(70);
    right_under(Conditions {
        loss: 0.2,
        delay,
        jitter: Duration::from_millis(60),
        rate: Some(10_000_000),
        ..wide()
    });
}

#[test]
fn a_short_cut_heals_and_the_run_goes_on() {
    let network = Network::new(30, wide());
    network.federation.deadlines(|timeouts| timeouts.idle = Some(Duration::from_secs(20)));
    let running = network.federation.start_all_but(&[]);
    for _ in 0..4 {
        std::thread::sleep(Duration::from_millis(150));
        network.isolate("site-b");
        std::thread::sleep(Duration::from_millis(700));
        network.emulator.heal();
    }
    network.all_done(running, LIMIT);
}

#[test]
fn a_cut_of_one_direction_ends_all_by_name() {
    let network = Network::new(600, wide());
    let mut running = network.federation.start_all_but(&[]);
    running[0].1.wait_for("testing");
    // site-b hears everything and is heard by nobody.
    for other in ["site-a", "site-c", "helper"] {
        network.emulator.cut("site-b", other);
    }
    for (name, mut party) in running {
        let ended = party.wait(Duration::from_secs(30));
        // Who is not heard may be told by those who miss it, or find that nobody answers.
        if name == "site-b" {
            ended.failed(4, &[]);
        } else {
            network.done_or_lost(&name, &ended, "site-b");
        }
    }
    // The network is well again, and so is the next run.
    network.emulator.heal();
    network.all_done(network.federation.start_all_but(&[]), LIMIT);
}
