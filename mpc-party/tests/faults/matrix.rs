//! Every party killed, stopped, cut off, or cut off for a while, in every phase of a run.

use crate::network::Network;
use crate::support::federation::HELPER;
use crate::support::process::Running;
use mpc_net::emulator::Conditions;
use mpc_party::config::{Log, LogFormat, LogLevel};
use std::time::{Duration, Instant};

/// Silence after which a peer counts as lost, as `Federation` sets it.
const IDLE: Duration = Duration::from_millis(2500);

/// What the survivors may take beyond that.
const GRACE: Duration = Duration::from_secs(15);

/// What happens to a party.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Fate {
    Killed,
    Stopped,
    CutOff,
    /// Longer than silence is tolerated.
    CutOffAndHealed,
    /// Shorter than that.
    CutOffForAMoment,
}

const FATES: [Fate; 5] =
    [Fate::Killed, Fate::Stopped, Fate::CutOff, Fate::CutOffAndHealed, Fate::CutOffForAMoment];

/// Lines of a party's own log, in the order in which they come.
const PHASES: [&str; 6] = [
    "connecting",
    "link is up",
    "has loaded its data",
    "agreed",
    "all pairs are decided",
    "everything is delivered",
];

struct Cell {
    party: &'static str,
    fate: Fate,
    phase: &'static str,
    /// After the phase began.
    delay: Duration,
}

impl Cell {
    /// Whether all survivors were done in spite of it. Everything that must not be ends the test here.
    #[track_caller]
    fn run(&self) -> bool {
        let Self { party, fate, phase, delay } = *self;
        let network =
            Network::new(250, Conditions { delay: Duration::from_millis(5), ..Conditions::default() });
        network.federation.change(party, |config| {
            config.log = Some(Log { level: LogLevel::Info, format: LogFormat::Human, file: None });
        });
        let mut running = network.federation.start_all_but(&[]);
        let place = running.iter().position(|(name, _)| name == party).unwrap();
        running[place].1.wait_for(phase);
        std::thread::sleep(delay);
        let victim = &mut running[place].1;
        let mut limit = IDLE + GRACE;
        match fate {
            Fate::Killed => victim.kill(),
            Fate::Stopped => victim.signal("STOP"),
            Fate::CutOff => network.isolate(party),
            Fate::CutOffAndHealed => {
                network.isolate(party);
                std::thread::sleep(2 * IDLE);
                network.emulator.heal();
                limit -= 2 * IDLE;
            }
            Fate::CutOffForAMoment => {
                network.isolate(party);
                std::thread::sleep(IDLE / 5);
                network.emulator.heal();
                // All is well, or it was at the worst moment of the handshakes; then connecting may take its time.
                limit += Duration::from_secs(20);
            }
        }
        // Whoever is not connected yet waits for everyone until the time for that is over.
        let is_early = ["connecting", "link is up"].contains(&phase);
        if is_early {
            limit += Duration::from_secs(20);
        }
        let start = Instant::now();
        let mut all_done = true;
        let (mut victim, others): (Vec<_>, Vec<_>) = running.into_iter().partition(|(name, _)| name == party);
        for (name, mut other) in others {
            let left = limit.saturating_sub(start.elapsed()).max(Duration::from_millis(1));
            let ended = other.wait(left);
            all_done &= network.done_or_lost(&name, &ended, party);
        }
        let (name, mut victim) = victim.remove(0);
        self.ends(&network, &name, &mut victim, limit);
        all_done
    }

    /// The party itself, if it lives, ends in good order as well.
    #[track_caller]
    fn ends(&self, network: &Network, name: &str, victim: &mut Running, limit: Duration) {
        match self.fate {
            Fate::Killed => return,
            // It wakes up and finds that the others are gone.
            Fate::Stopped => victim.signal("CONT"),
            _ => network.emulator.heal(),
        }
        let ended = victim.wait(limit + Duration::from_secs(20));
        match ended.code {
            Some(0) => network.right(name),
            _ => {
                ended.failed(4, &[]);
                assert!(network.federation.result_files(name).is_empty(), "{name} left files");
            }
        }
    }
}

#[track_caller]
fn run(cells: impl Iterator<Item = Cell>) {
    let mut results = Vec::new();
    for cell in cells {
        let start = Instant::now();
        let done = cell.run();
        let Cell { party, fate, phase, delay } = cell;
        let how = if done { "done all the same" } else { "ended by name" };
        println!("{party} {fate:?} {delay:?} after \"{phase}\": {how}, {:?}", start.elapsed());
        results.push(done);
    }
    println!("{} cells: no wrong result, no hang", results.len());
    assert!(!results.is_empty());
}

/// One cell of each kind of fate, in different phases.
#[test]
fn a_sample() {
    let sample = [
        ("site-a", Fate::Killed, "agreed"),
        ("site-c", Fate::Stopped, "has loaded its data"),
        ("site-b", Fate::CutOff, "agreed"),
        (HELPER, Fate::CutOffAndHealed, "link is up"),
        ("site-b", Fate::CutOffForAMoment, "agreed"),
    ];
    run(sample.into_iter().map(|(party, fate, phase)| Cell {
        party,
        fate,
        phase,
        delay: Duration::from_millis(20),
    }));
}

/// All of them. `FAULTS=n` takes every n-th cell.
#[test]
#[ignore = "takes most of an hour"]
fn every_party_and_fate_and_phase() {
    let every = std::env::var("FAULTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let delays = [0, 40].map(Duration::from_millis);
    let cells = ["site-a", "site-b", "site-c", HELPER].into_iter().flat_map(|party| {
        FATES.into_iter().flat_map(move |fate| {
            PHASES.into_iter().flat_map(move |phase| {
                delays.into_iter().map(move |delay| Cell { party, fate, phase, delay })
            })
        })
    });
    // A helper decides nothing, so it has fewer phases.
    let exists =
        |cell: &Cell| cell.party != HELPER || !["agreed", "all pairs are decided"].contains(&cell.phase);
    run(cells.filter(exists).step_by(every));
}
