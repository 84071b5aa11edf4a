//! Clocks that are wrong, and clocks that jump: days of keys go by them, and nothing else.

use crate::network::Network;
use crate::support::process::{LIMIT, Running};
use mpc_net::emulator::Conditions;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

const DAY: i64 = 86_400;

/// Three sites and a helper whose calendars can be set.
struct Clocks {
    network: Network,
    shim: PathBuf,
}

impl Clocks {
    fn new() -> Self {
        let network =
            Network::new(250, Conditions { delay: Duration::from_millis(5), ..Conditions::default() });
        let shim = network.federation.path("site-a", "clock.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/clock.c");
        let built =
            Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&shim).arg(source).status();
        assert!(built.expect("a C compiler").success());
        Self { network, shim }
    }

    fn set(&self, party: &str, seconds: i64) {
        // In one step, so that no half-written number is read.
        let [new, path] = ["clock.new", "clock"].map(|file| self.network.federation.path(party, file));
        std::fs::write(&new, seconds.to_string()).unwrap();
        std::fs::rename(new, path).unwrap();
    }

    /// A command of this party, by its own clock.
    fn command(&self, party: &str, mut command: Command) -> Running {
        command
            .env("LD_PRELOAD", &self.shim)
            .env("CLOCK_OFF_BY", self.network.federation.path(party, "clock"));
        Running::start(party, &mut command)
    }

    fn start(&self) -> Vec<(String, Running)> {
        let federation = &self.network.federation;
        let start = |name: &String| (name.clone(), self.command(name, federation.command(name)));
        federation.names().iter().map(start).collect()
    }
}

#[test]
fn clocks_far_apart_do_not_matter_to_a_run() {
    let clocks = Clocks::new();
    clocks.set("site-a", 400 * DAY);
    clocks.set("site-b", -400 * DAY);
    clocks.network.all_done(clocks.start(), LIMIT);
}

#[test]
fn a_clock_that_jumps_moves_no_deadline() {
    let clocks = Clocks::new();
    let mut running = clocks.start();
    running[0].1.wait_for("testing");
    // To and fro while they compute.
    for seconds in [3600, -3600, 400 * DAY, -400 * DAY] {
        clocks.set("site-a", seconds);
        clocks.set("helper", -seconds);
        std::thread::sleep(Duration::from_millis(20));
    }
    clocks.network.all_done(running, LIMIT);

    // A peer that falls silent is missed neither sooner nor later.
    let mut running = clocks.start();
    running[0].1.wait_for("testing");
    running[1].1.signal("STOP");
    let start = Instant::now();
    clocks.set("site-a", 400 * DAY);
    clocks.set("site-c", -400 * DAY);
    for (name, mut party) in running.into_iter().filter(|(name, _)| name != "site-b") {
        let ended = party.wait(Duration::from_secs(18));
        if !clocks.network.done_or_lost(&name, &ended, "site-b") {
            assert!(start.elapsed() > Duration::from_secs(2), "{name}: {:?}", start.elapsed());
        }
    }
}

#[test]
fn the_last_day_of_a_key_is_told_with_ones_own_date() {
    let clocks = Clocks::new();
    let federation = &clocks.network.federation;
    federation.deadlines(|timeouts| timeouts.connect = Some(Duration::from_secs(2)));
    let today = mpc_party::config::Date::today();
    federation.change_peer("site-a", "site-b", |peer| peer.keys[0].not_after = Some(today));
    clocks.set("site-a", DAY);
    let mut party = clocks.command("site-a", federation.command("site-a"));
    party.wait(LIMIT).failed(2, &["site-b", &format!("expired on {today}; this machine's clock says ")]);
}

#[test]
fn a_check_tells_how_far_clocks_are_apart() {
    let clocks = Clocks::new();
    let federation = &clocks.network.federation;
    clocks.set("site-a", -20 * 60);
    let check = |name: &String| {
        let mut command = Command::new(crate::support::process::PROGRAM);
        command.arg("check").arg("--config").arg(federation.path(name, "site.toml"));
        clocks.command(name, command)
    };
    let mut all: Vec<Running> = federation.names().iter().map(check).collect();
    let ended: Vec<_> = all.iter_mut().map(|party| party.wait(LIMIT)).collect();
    for (at, side) in [(0, "ahead of"), (1, "behind")] {
        let spoken = ended[at].stdout.lines().filter(|line| line.contains(&format!(" s {side} ours")));
        assert!(spoken.clone().count() >= 1, "{:#?}", ended[at]);
        for line in spoken {
            let seconds = line.split_once("its clock is ").unwrap().1.split_once(" s ").unwrap().0;
            assert!((1195..=1205).contains(&seconds.parse::<u64>().unwrap()), "{line}");
        }
    }
}
