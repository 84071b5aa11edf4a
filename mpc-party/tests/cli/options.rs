//! The command line of `local`: sites, modes, dry runs.

use crate::support::cohort::People;
use crate::support::process::{PROGRAM, run};
use crate::support::query::Query;
use crate::support::trial::{Trial, files_in};
use std::process::Command;

fn trial(query: &Query) -> Trial {
    let sites = query.sites.len();
    Trial::new(query, &(0..sites).map(|site| People::some(site, 60, 4, 0)).collect::<Vec<_>>())
}

#[test]
fn usage_errors_exit_with_2_and_help_with_0() {
    for (arguments, code) in [
        (&["local"][..], 2),
        (&["local", "query.toml", "--out", "x"], 2),
        (&["local", "query.toml", "--out", "x", "--site", "no-path"], 2),
        (&["local", "query.toml", "--site", "a=a.csv"], 2),
        (&["nonsense"], 2),
        (&[], 2),
        (&["run", "--config", "c"], 2),
        (&["--help"], 0),
        (&["local", "--help"], 0),
        (&["run", "--help"], 0),
        (&["bench", "--help"], 0),
        (&["--version"], 0),
    ] {
        let ended = run(Command::new(PROGRAM).args(arguments));
        assert_eq!(ended.code, Some(code), "{arguments:?}: {ended:#?}");
        let (said, silent) =
            if code == 0 { (&ended.stdout, &ended.stderr) } else { (&ended.stderr, &ended.stdout) };
        assert!(!said.is_empty() && silent.is_empty(), "{arguments:?}: {ended:#?}");
    }
}

#[test]
fn sites_are_those_of_the_query() {
    let mut trial = trial(&Query::of(3));
    let last = trial.sites.pop().unwrap();
    trial.fails(2, &["\"site-c\"", "has no data", "--site site-c=PATH"]);

    trial.sites.push(("site-x".into(), last.1.clone()));
    trial.fails(2, &["\"site-x\"", "site-a, site-b, site-c"]);

    trial.sites.pop();
    trial.sites.extend([last.clone(), last.clone()]);
    trial.fails(2, &["\"site-c\"", "twice"]);

    // Their order on the command line does not matter.
    trial.sites.pop();
    trial.sites.reverse();
    assert_eq!(trial.result()["parties"], serde_json::json!(["site-a", "site-b", "site-c"]));
}

#[test]
fn what_is_not_built_is_named() {
    let horizontal = trial(&Query::of(3));
    let ended = run(horizontal.command().args(["--security", "malicious"]));
    ended.failed(2, &["--security", "malicious", "not built yet"]);
    horizontal.no_result();
    for (option, value) in
        [("--preprocessing", "ot"), ("--preprocessing", "helper"), ("--security", "semi-honest")]
    {
        run(horizontal.command().args([option, value, "--dry-run"])).done();
    }
}

#[test]
fn query_files_are_checked_and_leave_no_earlier_result() {
    let trial = trial(&Query::of(3));
    std::fs::create_dir(trial.out()).unwrap();
    for (query, texts) in [
        (Query::of(3).disclosure("min_cel_count = 9"), ["query.toml:", "min_cell_count"]),
        (Query::of(3).markers("all = true\nids = [\"rs0\"]"), ["query.toml:", "more than one"]),
        (Query { recipients: Vec::new(), ..Query::of(3) }, ["query.toml:", "recipients is empty"]),
        (Query { recipients: vec!["site-z".into()], ..Query::of(3) }, ["query.toml:", "site-z"]),
        (Query::of(3).disclosure("min_cell_count = 0"), ["query.toml:", "out of range"]),
        (Query::of(3).disclosure("min_cell_count = 1000001"), ["query.toml:", "out of range"]),
    ] {
        trial.ask(&query);
        std::fs::write(trial.out().join("result.json"), "of an earlier run").unwrap();
        trial.fails(2, &texts);
    }
    std::fs::remove_file(trial.path("query.toml")).unwrap();
    trial.fails(2, &["query.toml"]);
}

#[test]
fn a_dry_run_tells_the_plan_and_does_nothing() {
    let trial = trial(&Query::of(3));
    let ended = run(trial.command().arg("--dry-run"));
    ended.done();
    for text in ["4 markers make 6 pairs", "What it reveals", "What it costs", "site-a, site-b, site-c"] {
        assert!(ended.stdout.contains(text), "no {text:?}: {}", ended.stdout);
    }
    assert!(
        ended.stdout.contains("oblivious transfer") && !ended.stdout.contains("helper"),
        "{}",
        ended.stdout
    );
    let with_helper = run(trial.command().args(["--dry-run", "--preprocessing", "helper"])).stdout;
    assert!(
        with_helper.contains("the helper sends") && with_helper.contains("The helper: "),
        "{with_helper}"
    );
    assert!(!trial.out().exists(), "a dry run writes nothing");
    trial.left_nothing_behind();

    // An earlier result stays.
    trial.result();
    let before = files_in(&trial.out());
    run(trial.command().arg("--dry-run")).done();
    assert_eq!((files_in(&trial.out()), before.len()), (before.clone(), 2));
}

#[test]
fn a_dry_run_finds_what_a_run_would_find() {
    let unknown = trial(&Query::of(3).markers("ids = [\"rs0\", \"rs9\"]"));
    let crowded = trial(&Query::of(3).population("people_bound = 179"));
    let full = trial(&Query::of(3).population("people_bound = 180"));
    run(unknown.command().arg("--dry-run")).failed(2, &["\"rs9\"", "site-a"]);
    run(crowded.command().arg("--dry-run")).failed(2, &["people_bound = 179"]);
    run(full.command().arg("--dry-run")).done();
}
