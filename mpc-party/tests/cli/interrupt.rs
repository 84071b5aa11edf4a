//! Ctrl-C: at one party it ends all parties at once; at `local` nothing is left behind.

use crate::support::cohort::People;
use crate::support::federation::{Federation, HELPER};
use crate::support::process::Running;
use crate::support::query::Query;
use crate::support::trial::Trial;
use std::time::Duration;

/// What "at once" may take on a slow and busy machine: less than any deadline that could end a party instead.
const AT_ONCE: Duration = Duration::from_secs(12);

/// Several seconds of work.
const MARKERS: usize = 2500;

fn people() -> Vec<People> {
    (0..3).map(|site| People::some(site, 40, MARKERS, 0)).collect()
}

fn patient(federation: &Federation) {
    federation.deadlines(|timeouts| timeouts.idle = Some(Duration::from_secs(30)));
}

#[test]
fn at_one_party_while_computing() {
    let federation = Federation::new(&Query::of(3), &people().iter().map(People::csv).collect::<Vec<_>>());
    patient(&federation);
    let mut running = federation.start_all_but(&[]);
    running[1].1.wait_for("testing");
    running[1].1.signal("INT");
    for (name, party) in &mut running {
        let ended = party.wait(AT_ONCE);
        match name.as_str() {
            "site-b" => ended.failed(4, &["stopped on request"]),
            _ => ended.lost("site-b"),
        }
        assert!(federation.result_files(name).is_empty(), "{name} left files");
    }
}

#[test]
fn at_the_helper_while_computing() {
    let federation = Federation::new(&Query::of(3), &people().iter().map(People::csv).collect::<Vec<_>>());
    patient(&federation);
    let mut running = federation.start_all_but(&[]);
    running[0].1.wait_for("testing");
    running[3].1.signal("TERM");
    for (name, party) in &mut running {
        let ended = party.wait(AT_ONCE);
        match name.as_str() {
            HELPER => ended.failed(4, &["stopped on request"]),
            _ => ended.lost(HELPER),
        }
        assert!(federation.result_files(name).is_empty(), "{name} left files");
    }
}

#[test]
fn at_one_party_while_connecting() {
    let texts: Vec<String> = (0..3).map(|site| People::some(site, 40, 4, 0).csv()).collect();
    let federation = Federation::new(&Query::of(3), &texts);
    patient(&federation);
    let mut running = federation.start_all_but(&["site-c"]);
    running[1].1.wait_for("waiting for site-c to connect");
    running[1].1.signal("INT");
    for (name, party) in &mut running {
        let ended = party.wait(AT_ONCE);
        match name.as_str() {
            "site-b" => ended.failed(4, &["stopped on request"]),
            _ => ended.lost("site-b"),
        }
        assert!(federation.result_files(name).is_empty(), "{name} left files");
    }
}

#[test]
fn at_local_while_computing() {
    let trial = Trial::new(&Query::of(3), &people());
    for signal in ["INT", "TERM"] {
        let mut local = Running::start("local", &mut trial.command());
        local.wait_for("testing");
        local.signal(signal);
        local.wait(AT_ONCE).failed(4, &["stopped on request"]);
        trial.no_result();
        trial.left_nothing_behind();
    }
}

#[test]
fn at_local_at_any_time() {
    let trial = Trial::new(&Query::of(3), &people());
    let mut stopped = 0;
    for wait in [2, 4, 6, 8, 10, 12, 15, 18, 22, 30, 50, 90, 150, 300, 600] {
        let mut local = Running::start("local", trial.command().arg("--quiet"));
        std::thread::sleep(Duration::from_millis(wait));
        local.signal("INT");
        let ended = local.wait(AT_ONCE);
        // No code: the signal came before the program could take it, so nothing was begun.
        if ended.code.is_some() {
            ended.failed(4, &["stopped on request"]);
            stopped += 1;
        }
        trial.no_result();
        trial.left_nothing_behind();
    }
    assert!(stopped > 3, "{stopped}");
}
