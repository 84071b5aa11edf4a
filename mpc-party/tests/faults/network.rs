//! A federation whose links go through the emulator.

use crate::support::cohort::People;
use crate::support::expected::{Pair, Rule, compare, released};
use crate::support::federation::{Federation, HELPER};
use crate::support::process::{Ended, Running};
use crate::support::query::Query;
use mpc_net::emulator::{Conditions, Emulator};
use std::net::Ipv4Addr;
use std::sync::OnceLock;
use std::time::Duration;

/// Longest life of an emulated network: longer than any test waits.
const LIFE: Duration = Duration::from_secs(600);

/// Parties, people, and what lies between.
pub(crate) struct Network {
    pub(crate) federation: Federation,
    pub(crate) emulator: Emulator,
    people: Vec<People>,
    expected: OnceLock<Vec<Pair>>,
}

impl Network {
    pub(crate) fn new(markers: usize, conditions: Conditions) -> Self {
        let query = Query::of(3);
        let people: Vec<People> = (0..3).map(|site| People::some(site, 60, markers, 0)).collect();
        let data: Vec<String> = people.iter().map(People::csv).collect();
        // A link of the emulator must not take the port of a party that has not started yet.
        let mut federation = Federation::holding_ports(&query, &data);
        let emulator = Emulator::new(Ipv4Addr::LOCALHOST.into(), conditions, LIFE, 7);
        let names = federation.names().to_vec();
        for dialler in &names {
            // Of two parties, the later name dials.
            for dialled in names.iter().filter(|dialled| *dialled < dialler) {
                let target = federation.config(dialled).listen;
                let relay = emulator.link(dialler, dialled, target).unwrap();
                federation.change_peer(dialler, dialled, |peer| peer.address = Some(relay.to_string()));
            }
        }
        federation.let_ports_go();
        Self { federation, emulator, people, expected: OnceLock::new() }
    }

    /// Cuts a party off from all others.
    pub(crate) fn isolate(&self, party: &str) {
        for other in self.federation.names().iter().filter(|other| *other != party) {
            self.emulator.cut(party, other);
            self.emulator.cut(other, party);
        }
    }

    /// Waits for all, which must be done, and checks their results.
    #[track_caller]
    pub(crate) fn all_done(&self, running: Vec<(String, Running)>, limit: Duration) {
        let names: Vec<String> = running.iter().map(|(name, _)| name.clone()).collect();
        wait_for_all(running, limit);
        names.iter().for_each(|name| self.right(name));
    }

    /// Checks a party's result against the plain computation.
    #[track_caller]
    pub(crate) fn right(&self, party: &str) {
        if party == HELPER {
            return assert!(self.federation.result_files(party).is_empty());
        }
        let read = |file: &str| std::fs::read(self.federation.path(party, "out").join(file)).expect(file);
        let json = serde_json::from_slice(&read("result.json")).unwrap();
        let rows = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(read("result.csv").as_slice())
            .into_records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect())
            .collect::<Vec<Vec<String>>>();
        let markers = &self.people[0].markers;
        let pairs = markers.len() * (markers.len() - 1) / 2;
        let expected = self.expected.get_or_init(|| released(&self.people, markers, Rule::default()));
        compare(&json, &rows, expected, pairs);
    }

    /// A party ended in one of the two good ways: done with the right result, or aborted with a name and no files.
    /// Whether it was done.
    #[track_caller]
    pub(crate) fn done_or_lost(&self, name: &str, ended: &Ended, lost: &str) -> bool {
        if ended.code == Some(0) {
            self.right(name);
            return true;
        }
        ended.lost(lost);
        assert!(self.federation.result_files(name).is_empty(), "{name} left files");
        false
    }
}

/// Waits for parties, all of which must be done.
#[track_caller]
pub(crate) fn wait_for_all(running: Vec<(String, Running)>, limit: Duration) {
    for (name, mut party) in running {
        let ended = party.wait(limit);
        assert_eq!(ended.code, Some(0), "{name}: {ended:#?}");
    }
}
