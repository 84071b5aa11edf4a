//! The folder of results: both files or none.

use crate::support::cohort::People;
use crate::support::process::{Running, run};
use crate::support::query::Query;
use crate::support::trial::{Trial, files_in};
use std::os::unix::fs::PermissionsExt;

fn trial(query: &Query) -> Trial {
    let people: Vec<People> = (0..query.sites.len()).map(|site| People::some(site, 80, 4, 0)).collect();
    Trial::new(query, &people)
}

#[test]
fn folders_are_made_and_older_results_replaced() {
    let trial = trial(&Query::of(2));
    let deep = trial.out().join("a/b");
    let run_there = || run(trial.command().args(["--quiet", "--out"]).arg(&deep)).code;
    // A repeated --out is a usage error, so the folder is given once.
    assert_eq!(run_there(), Some(2));

    std::fs::create_dir_all(trial.out()).unwrap();
    std::fs::write(trial.out().join("notes.txt"), "kept").unwrap();
    for name in ["result.json", "result.csv", ".result-1.unfinished"] {
        std::fs::write(trial.out().join(name), "of an earlier run").unwrap();
    }
    assert!(trial.result()["pairs_released"].as_u64() > Some(0));
    assert_eq!(files_in(&trial.out()), ["notes.txt", "result.csv", "result.json"]);
    assert!(trial.csv().len() > 1);
}

#[test]
fn parents_are_made() {
    let mut trial = trial(&Query::of(2));
    let out = trial.path("x/y/z");
    let sites = std::mem::take(&mut trial.sites);
    let mut command = std::process::Command::new(crate::support::process::PROGRAM);
    command.arg("local").arg(trial.path("query.toml")).arg("--out").arg(&out).arg("--quiet");
    for (name, path) in sites {
        command.arg("--site").arg(format!("{name}={}", path.display()));
    }
    run(&mut command).done();
    assert_eq!(files_in(&out), ["result.csv", "result.json"]);
}

#[test]
fn after_any_failure_not_even_older_results_are_there() {
    let bad_data = Query::of(2).markers("ids = [\"rs0\", \"nowhere\"]");
    let refused = Query::of(2).disclosure("min_people = 161");
    let crowded = Query::of(2).population("people_bound = 159");
    for (query, code) in [(bad_data, 2), (refused, 3), (crowded, 2)] {
        let trial = trial(&Query::of(2));
        trial.result();
        trial.ask(&query);
        trial.fails(code, &[]);
    }
}

#[test]
fn a_folder_in_use_is_refused_and_left_alone() {
    let trial = trial(&Query::of(2));
    std::fs::create_dir(trial.out()).unwrap();
    let lock = std::fs::File::create(trial.out().join(".result.lock")).unwrap();
    lock.lock().unwrap();
    std::fs::write(trial.out().join("result.json"), "of the other run").unwrap();
    trial.run().failed(2, &["another run", "out"]);
    assert_eq!(std::fs::read(trial.out().join("result.json")).unwrap(), b"of the other run");
    drop(lock);
    // A lock file whose owner is gone keeps nobody out.
    trial.result();
}

#[test]
fn two_runs_at_once_never_mix() {
    let query = Query::of(2);
    let trial = trial(&query);
    let mut both = [1, 2].map(|at| Running::start(&format!("run {at}"), trial.command().arg("--quiet")));
    let ended = both.each_mut().map(|run| run.wait(crate::support::process::LIMIT));
    let done = ended.iter().filter(|ended| ended.code == Some(0)).count();
    assert!(done >= 1, "{ended:#?}");
    for ended in ended.iter().filter(|ended| ended.code != Some(0)) {
        ended.failed(2, &["another run"]);
    }
    assert_eq!(files_in(&trial.out()), ["result.csv", "result.json"]);
    assert_eq!(trial.json()["pairs"].as_array().unwrap().len() + 1, trial.csv().len());
}

#[test]
fn folders_that_cannot_be_used_are_named() {
    let trial = trial(&Query::of(2));
    std::fs::write(trial.out(), "a file").unwrap();
    trial.run().failed(2, &["out"]);

    std::fs::remove_file(trial.out()).unwrap();
    std::fs::create_dir(trial.out()).unwrap();
    // A folder in the place of a file cannot be replaced by it.
    std::fs::create_dir(trial.out().join("result.json")).unwrap();
    trial.run().failed(2, &["result.json"]);
    assert_eq!(files_in(&trial.out()), ["result.json"]);
}

#[test]
fn results_can_be_read_by_whom_the_user_lets() {
    let trial = trial(&Query::of(2));
    trial.result();
    let mode = |name: &str| std::fs::metadata(trial.out().join(name)).unwrap().permissions().mode() & 0o777;
    let plain = trial.path("plain");
    std::fs::write(&plain, "").unwrap();
    let usual = std::fs::metadata(plain).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("result.json"), mode("result.csv")), (usual, usual));
}

#[test]
fn quiet_is_quiet_and_otherwise_the_terminal_says_what_happened() {
    let trial = trial(&Query::of(2));
    trial.result();
    let ended = run(&mut trial.command());
    ended.done();
    for text in [
        "6 pairs tested",
        "What each party could learn",
        "oblivious transfer",
        "Cost:",
        "rounds",
        "two sites",
    ] {
        assert!(ended.stdout.contains(text), "no {text:?}: {}", ended.stdout);
    }
    assert!(ended.stderr.contains("testing 6 pairs"), "{}", ended.stderr);
    assert!(ended.stderr.contains("warning: two sites"), "{}", ended.stderr);
}
