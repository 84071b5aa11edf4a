//! A party that is killed, or no longer answers, ends the others in time, by name, and without files: in every phase.

use crate::stand_in::{Moment, REACHED, start};
use crate::support::cohort::{Numbers, People};
use crate::support::federation::{Federation, HELPER};
use crate::support::process::{LIMIT, Running};
use crate::support::query::Query;
use crate::support::trial::Trial;
use std::time::{Duration, Instant};

/// Idle time, a farewell, and a slow machine.
const DEADLINE: Duration = Duration::from_secs(10);

/// Enough pairs for several blocks.
const MARKERS: usize = 600;

fn federation(markers: usize) -> Federation {
    let people: Vec<String> = (0..3).map(|site| People::some(site, 40, markers, 0).csv()).collect();
    Federation::new(&Query::of(3), &people)
}

/// The others lose a party at a moment. What the helper has left to do then may be nothing.
fn lose(party: &str, moment: Moment, lose: impl Fn(&mut Running)) {
    let federation = federation(MARKERS);
    let mut stand_in = start(&federation, party, moment);
    let others = federation.start_all_but(&[party]);
    stand_in.wait_for(REACHED);
    lose(&mut stand_in);
    for (name, mut other) in others {
        let ended = other.wait(DEADLINE);
        let dealt = name == HELPER && !matches!(moment, Moment::Connected | Moment::Ready);
        if !(dealt && ended.code == Some(0)) {
            ended.lost(party);
        }
        assert!(federation.result_files(&name).is_empty(), "{moment:?}: {name} left files");
    }
}

#[test]
fn a_killed_site() {
    for moment in Moment::AT_A_SITE {
        lose("site-b", moment, Running::kill);
    }
}

#[test]
fn a_site_that_stands_still() {
    for moment in Moment::AT_A_SITE {
        lose("site-b", moment, |party| party.signal("STOP"));
    }
}

#[test]
fn a_helper_that_is_killed_or_stands_still() {
    for moment in Moment::AT_THE_HELPER {
        lose(HELPER, moment, Running::kill);
        lose(HELPER, moment, |party| party.signal("STOP"));
    }
}

#[test]
fn a_site_that_lives_but_says_nothing() {
    for (moment, deadline) in
        [(Moment::Connected, "ready"), (Moment::Ready, "receive"), (Moment::Blocks, "receive")]
    {
        let federation = federation(MARKERS);
        federation.deadlines(|timeouts| match deadline {
            "ready" => timeouts.ready = Some(Duration::from_secs(3)),
            _ => timeouts.receive = Some(Duration::from_secs(3)),
        });
        let mut stand_in = start(&federation, "site-b", moment);
        let others = federation.start_all_but(&["site-b"]);
        stand_in.wait_for(REACHED);
        for (name, mut other) in others {
            let ended = other.wait(DEADLINE);
            if !(name == HELPER && ended.code == Some(0)) {
                ended.lost("site-b");
            }
            assert!(federation.result_files(&name).is_empty());
        }
    }
}

#[test]
fn a_wait_at_a_step_is_reported_while_it_lasts() {
    let federation = federation(MARKERS);
    let mut stand_in = start(&federation, "site-b", Moment::Agreed);
    let mut others = federation.start_all_but(&["site-b"]);
    stand_in.wait_for(REACHED);
    // The helper waits for nobody: it deals and ends.
    let sites = &mut others[..2];
    for (_, site) in &mut *sites {
        site.wait_for("waiting for site-b at step /people/");
    }
    stand_in.kill();
    for (_, other) in sites {
        other.wait(DEADLINE).lost("site-b");
    }
}

#[test]
fn a_site_killed_while_the_others_still_connect() {
    let federation = federation(4);
    let mut running = federation.start_all_but(&[HELPER]);
    // Whether its links are up already or not, it is the first that is missing.
    std::thread::sleep(Duration::from_secs(1));
    running.remove(1).1.kill();
    for (name, mut other) in running {
        let ended = other.wait(Duration::from_secs(25));
        ended.lost("site-b");
        assert!(federation.result_files(&name).is_empty());
    }
}

#[test]
fn a_site_killed_at_any_time() {
    let federation = federation(MARKERS);
    let mut numbers = Numbers(5);
    for step in 0..10 {
        let running = federation.start_all_but(&[]);
        let mut others = Vec::new();
        for (name, mut party) in running {
            if name == "site-b" {
                // From before it listens until after its end.
                std::thread::sleep(Duration::from_millis(step * 120 + numbers.next() % 120));
                party.kill();
            } else {
                others.push((name, party));
            }
        }
        for (name, mut other) in others {
            let ended = other.wait(Duration::from_secs(30));
            let files = federation.result_files(&name);
            if ended.code == Some(0) {
                assert_eq!(files.len(), if name == HELPER { 0 } else { 2 }, "{name}: {files:?}");
            } else {
                ended.lost("site-b");
                assert_eq!(files, Vec::<String>::new());
            }
        }
    }
}

#[test]
fn a_party_of_a_local_federation_that_is_killed() {
    let people: Vec<People> = (0..3).map(|site| People::some(site, 40, 2500, 0)).collect();
    let trial = Trial::new(&Query::of(3), &people);
    for party in ["site-b", HELPER] {
        let mut local = Running::start("local", trial.command().args(["--preprocessing", "helper"]));
        local.wait_for("testing");
        let id = trial.process_of(party).expect("the party runs");
        signal("KILL", id);
        let ended = local.wait(LIMIT);
        ended.failed(4, &[party, "signal: 9"]);
        trial.no_result();
        trial.left_nothing_behind();
    }
}

#[test]
fn a_local_federation_whose_command_is_killed() {
    let people: Vec<People> = (0..3).map(|site| People::some(site, 40, 2500, 0)).collect();
    let trial = Trial::new(&Query::of(3), &people);
    let mut local = Running::start("local", &mut trial.command());
    local.wait_for("testing");
    // The others wait for this one, for longer than the test does.
    let id = trial.process_of("site-b").expect("the party runs");
    signal("STOP", id);
    local.kill();
    // Less than the idle time, which would end them as well.
    let end = Instant::now() + Duration::from_secs(7);
    while ["site-a", "site-c", HELPER].iter().any(|party| trial.process_of(party).is_some()) {
        assert!(Instant::now() < end, "parties are left behind");
        std::thread::sleep(Duration::from_millis(20));
    }
    signal("KILL", id);
}

fn signal(signal: &str, process: u32) {
    let sent =
        std::process::Command::new("kill").args([&format!("-{signal}"), &process.to_string()]).status();
    assert!(sent.unwrap().success());
}
