//! The log: what it tells, in which form, and that nothing secret is in it at any level.

use crate::support::cohort::{Numbers, People};
use crate::support::federation::Federation;
use crate::support::process::LIMIT;
use crate::support::query::Query;
use crate::support::secrets::{Secrets, found};
use mpc_party::config::{Log, LogFormat, LogLevel};
use std::os::unix::fs::PermissionsExt;

fn federation() -> (Federation, Vec<People>) {
    let people: Vec<People> = (0..3).map(marked).collect();
    (Federation::new(&Query::of(3), &people.iter().map(People::csv).collect::<Vec<_>>()), people)
}

/// People whose ids occur nowhere else.
fn marked(site: usize) -> People {
    let mut people = People::some(site, 7001 + site, 6, 0);
    let mut numbers = Numbers(99 + site as u64);
    for (id, _) in &mut people.rows {
        *id = format!("NHS{:016}", numbers.next() % 10_000_000_000_000_000);
    }
    people
}

fn log_at(federation: &Federation, level: LogLevel, format: LogFormat) {
    for name in federation.names() {
        let file = Some(federation.path(name, "run.log"));
        federation.change(name, |config| config.log = Some(Log { level, format, file }));
    }
}

fn logs(federation: &Federation) -> Vec<(String, String)> {
    let read =
        |name: &String| (name.clone(), std::fs::read_to_string(federation.path(name, "run.log")).unwrap());
    federation.names().iter().map(read).collect()
}

#[track_caller]
fn run_all(federation: &Federation) {
    for (_, mut party) in federation.start_all_but(&[]) {
        party.wait(LIMIT).done();
    }
}

#[test]
fn each_phase_has_a_line_for_people_or_for_programs() {
    let (federation, _) = federation();
    log_at(&federation, LogLevel::Info, LogFormat::Human);
    run_all(&federation);
    for (name, text) in logs(&federation) {
        for phase in ["connecting", "link is up", "everything is delivered", "done"] {
            assert!(text.contains(phase), "{name}: {text}");
        }
        let mode = std::fs::metadata(federation.path(&name, "run.log")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::remove_file(federation.path(&name, "run.log")).unwrap();
    }
    log_at(&federation, LogLevel::Debug, LogFormat::Json);
    run_all(&federation);
    for (name, text) in logs(&federation) {
        assert!(text.lines().count() > 5, "{name}: {text}");
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(line["timestamp"].is_string() && line["level"].is_string() && line["fields"].is_object());
        }
    }
}

#[test]
fn what_ended_a_run_is_in_the_log() {
    let (federation, _) = federation();
    log_at(&federation, LogLevel::Error, LogFormat::Human);
    std::fs::write(federation.path("site-a", "data.csv"), "person,rs0\np-1,0,1\n").unwrap();
    for (_, mut party) in federation.start_all_but(&[]) {
        assert_ne!(party.wait(LIMIT).code, Some(0));
    }
    let logs = logs(&federation);
    assert!(logs[0].1.contains("data.csv:2") && logs[0].1.contains("code=2"), "{}", logs[0].1);
    assert!(logs[1].1.contains("site-a") && logs[1].1.contains("code=4"), "{}", logs[1].1);
}

#[test]
fn nothing_secret_is_in_a_trace() {
    let (federation, people) = federation();
    for format in [LogFormat::Human, LogFormat::Json] {
        log_at(&federation, LogLevel::Trace, format);
        run_all(&federation);
    }
    let secrets = Secrets::of(&federation, &people);
    for (name, text) in logs(&federation) {
        assert!(text.contains("received") || text.contains("sent"), "{name}: a trace has every message");
        assert_eq!(found(&secrets, text.as_bytes()), Vec::<String>::new(), "{name}");
    }
    // The search finds what it looks for, in every form in which it could have leaked.
    let (_, clean) = logs(&federation).remove(0);
    for (what, forms) in secrets.forms() {
        for form in forms {
            let mut leaked = clean.clone().into_bytes();
            leaked.splice(clean.len() / 2..clean.len() / 2, form.iter().copied());
            assert_eq!(found(&secrets, &leaked), std::slice::from_ref(what), "{what}");
        }
    }
}

#[test]
fn no_memory_is_written_to_disk() {
    let (federation, _) = federation();
    let mut running = federation.start("site-a");
    running.wait_for("What it costs");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let numbers: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(numbers, ["0", "0"], "{core}");
    running.signal("ABRT");
    assert_eq!(running.wait(LIMIT).code, None);
}
