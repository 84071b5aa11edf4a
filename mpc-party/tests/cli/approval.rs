//! What an operator is told before anything is sent, and that a terminal is asked.

use crate::support::cohort::People;
use crate::support::federation::Federation;
use crate::support::process::{Ended, LIMIT, Running};
use crate::support::query::Query;
use nix::pty::openpty;
use std::fs::File;
use std::io::Write;
use std::net::UdpSocket;
use std::process::Stdio;
use std::time::Duration;

fn federation(query: &Query) -> Federation {
    let people: Vec<String> = (0..3).map(|site| People::some(site, 60, 4, 0).csv()).collect();
    Federation::new(query, &people)
}

/// Runs one party on a terminal, alone, with an answer typed ahead.
fn alone_on_terminal(federation: &Federation, party: &str, more: &[&str], answer: &str) -> Ended {
    let terminal = openpty(None, None).unwrap();
    let mut keyboard = File::from(terminal.master);
    keyboard.write_all(answer.as_bytes()).unwrap();
    let mut command = federation.command(party);
    command.args(more);
    Running::start_with(party, &mut command, Stdio::from(terminal.slave)).wait(LIMIT)
}

#[test]
fn whoever_says_no_sends_nothing_and_keeps_the_older_result() {
    let federation = federation(&Query::of(3));
    // Whoever listens where site-a should be hears nothing.
    let silent = UdpSocket::bind(federation.config("site-a").listen).unwrap();
    let older = federation.path("site-b", "out");
    std::fs::create_dir(&older).unwrap();
    std::fs::write(older.join("result.json"), "older").unwrap();
    silent.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    for answer in ["no\n", "\n", "\u{4}", "ja\n"] {
        let ended = alone_on_terminal(&federation, "site-b", &[], answer);
        ended.failed(3, &["not approved here; nothing was sent"]);
        for text in ["What it reveals:", "What it costs", "Take part?", "The helper: the query"] {
            assert!(ended.stderr.contains(text), "no {text}: {ended:#?}");
        }
        // A quiet run asks as well.
        alone_on_terminal(&federation, "site-b", &["--quiet"], answer).failed(3, &["not approved"]);
    }
    assert!(silent.recv_from(&mut [0; 2000]).is_err(), "a packet was sent");
    assert_eq!(std::fs::read(older.join("result.json")).unwrap(), b"older");
}

#[test]
fn whoever_says_yes_takes_part() {
    let federation = federation(&Query::of(3));
    federation.deadlines(|timeouts| timeouts.connect = Some(Duration::from_secs(1)));
    alone_on_terminal(&federation, "site-b", &[], "yes\n").failed(4, &["did not"]);
    let unasked = alone_on_terminal(&federation, "site-b", &["--yes"], "");
    unasked.failed(4, &["did not"]);
    assert!(
        unasked.stderr.contains("What it reveals:") && !unasked.stderr.contains("Take part?"),
        "{unasked:#?}"
    );
}

#[test]
fn without_a_terminal_it_is_told_and_not_asked() {
    for markers in ["all = true", "ids = [\"rs0\", \"rs1\", \"rs2\"]"] {
        let federation = federation(&Query::of(3).markers(markers));
        for (name, mut party) in federation.start_all_but(&[]) {
            let ended = party.wait(LIMIT);
            ended.done();
            let text = &ended.stderr;
            assert!(text.contains("What it reveals:") && !text.contains("Take part?"), "{name}: {text}");
            let cost =
                if markers.starts_with("all") { "1000 markers: the helper sends" } else { "make 3 pairs" };
            assert!(text.contains(cost), "{name}: {text}");
        }
    }
}

#[test]
fn quiet_means_quiet() {
    let federation = federation(&Query::of(3));
    let names = federation.names().to_vec();
    let start = |name: &String| (name.clone(), Running::start(name, federation.command(name).arg("--quiet")));
    let running: Vec<_> = names.iter().map(start).collect();
    for (name, mut party) in running {
        let ended = party.wait(LIMIT);
        ended.done();
        assert!(ended.stderr.is_empty() && ended.stdout.is_empty(), "{name}: {ended:#?}");
    }
}

#[test]
fn what_a_query_means_is_said_without_taking_part() {
    let federation = federation(&Query::of(3));
    // Nobody else is there, and nothing is read but configuration and query.
    std::fs::remove_file(federation.path("site-a", "data.csv")).unwrap();
    let ended = Running::start("site-a", federation.command("site-a").arg("--dry-run")).wait(LIMIT);
    ended.done();
    for text in ["What it reveals", "What it costs", "Query hash"] {
        assert!(ended.stdout.contains(text), "{ended:#?}");
    }
    assert!(federation.result_files("site-a").is_empty());
}
