//! A disk on which a recipient cannot keep what is released, and what stays on it after a crash.

use crate::support::cohort::People;
use crate::support::federation::{Federation, HELPER};
use crate::support::process::{LIMIT, Running, run};
use crate::support::query::Query;
use crate::support::trial::{Trial, files_in};
use std::process::Command;

/// Enough pairs for more than [`FULL`].
const MARKERS: usize = 100;

/// As if the disk were full: no file grows beyond so many blocks of 512 bytes, which is more than a configuration needs.
const FULL: u32 = 16;

/// Room for all cells, and not for the results.
const FULL_LATER: u32 = 1024;

fn people() -> Vec<People> {
    (0..3).map(|site| People::some(site, 120, MARKERS, 0)).collect()
}

/// The same command where no file has more than so many blocks.
fn on_a_disk_of(blocks: u32, command: &Command) -> Command {
    let mut full = Command::new("sh");
    let limited = format!("ulimit -f {blocks}; trap '' XFSZ; exec \"$0\" \"$@\"");
    full.arg("-c").arg(limited).arg(command.get_program()).args(command.get_args());
    full.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    full
}

#[test]
fn a_recipient_whose_disk_is_full_ends_all_and_says_what_to_do() {
    let people: Vec<String> = people().iter().map(People::csv).collect();
    let federation = Federation::new(&Query::of(3), &people);
    let mut full = Running::start("site-b", &mut on_a_disk_of(FULL, &federation.command("site-b")));
    let others = federation.start_all_but(&["site-b"]);
    let folder = federation.path("site-b", "out");
    full.wait(LIMIT).failed(2, &[folder.to_str().unwrap(), "cannot write", "free space"]);
    let mut told = 0;
    for (name, mut other) in others {
        let ended = other.wait(LIMIT);
        // A helper may have dealt all before.
        if !(name == HELPER && ended.code == Some(0)) {
            ended.lost("site-b");
            told += usize::from(ended.stderr.contains("its configuration, data or disk is not usable"));
        }
    }
    assert!(told > 0, "the others know why");
    for site in ["site-a", "site-b", "site-c"] {
        assert!(federation.result_files(site).is_empty(), "{site} left files");
    }
}

#[test]
fn a_local_federation_on_a_full_disk() {
    let trial = Trial::new(&Query::of(3), &people());
    assert!(trial.result()["pairs_released"].as_u64() > Some(1000), "more than fit");
    let ended = run(on_a_disk_of(FULL, &trial.command()).arg("--quiet"));
    ended.failed(2, &[trial.out().to_str().unwrap(), "cannot write", "free space"]);
    trial.no_result();
    trial.left_nothing_behind();
}

#[test]
fn a_disk_that_is_full_when_the_results_are_written() {
    let trial = Trial::new(&Query::of(3), &people());
    let ended = run(on_a_disk_of(FULL_LATER, &trial.command()).arg("--quiet"));
    ended.failed(2, &[trial.out().to_str().unwrap(), "result.json: cannot write", "free space"]);
    trial.no_result();
    trial.left_nothing_behind();
}

#[test]
fn what_is_released_never_has_a_name() {
    let people: Vec<People> = (0..3).map(|site| People::some(site, 40, 2500, 0)).collect();
    let trial = Trial::new(&Query::of(3), &people);
    let mut local = Running::start("local", &mut trial.command());
    local.wait_for("testing");
    assert_eq!(files_in(&trial.out()), [".result.lock"]);
    local.kill();
    // Nothing but what the next run takes over.
    assert_eq!(files_in(&trial.out()), [".result.lock"]);
}
