//! `mpc-party check`: what is well, what is not, what to do, and the exit code.

use crate::support::cohort::People;
use crate::support::federation::{Federation, HELPER};
use crate::support::process::{Ended, LIMIT, PROGRAM, Running};
use crate::support::query::Query;
use mpc_net::Identity;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

fn federation() -> Federation {
    let people: Vec<String> = (0..3).map(|site| People::some(site, 30, 4, 0).csv()).collect();
    Federation::new(&Query::of(3), &people)
}

fn start(federation: &Federation, party: &str) -> Running {
    let mut command = Command::new(PROGRAM);
    command.arg("check").arg("--config").arg(federation.path(party, "site.toml"));
    Running::start(party, &mut command)
}

/// All parties check at the same time.
fn check_all(federation: &Federation) -> Vec<(String, Ended)> {
    let running: Vec<_> =
        federation.names().iter().map(|name| (name.clone(), start(federation, name))).collect();
    running.into_iter().map(|(name, mut party)| (name, party.wait(LIMIT))).collect()
}

/// The line about one thing.
#[track_caller]
fn line<'a>(ended: &'a Ended, mark: &str, what: &str) -> &'a str {
    let start = format!("{mark}  {what} ");
    ended
        .stdout
        .lines()
        .find(|line| line.starts_with(&start))
        .unwrap_or_else(|| panic!("no {start:?} in {ended:#?}"))
}

#[test]
fn all_is_well() {
    let federation = federation();
    for (name, ended) in check_all(&federation) {
        ended.done();
        for what in ["configuration", "key", "own line", "clock", "port"] {
            line(&ended, "ok  ", what);
        }
        for other in federation.names().iter().filter(|other| **other != name) {
            assert!(line(&ended, "ok  ", other).contains("its key is right"));
        }
        assert_eq!(ended.stdout.lines().any(|line| line.starts_with("ok    data")), name != HELPER);
        // What was read is not told.
        assert!(!ended.stdout.contains("p-0") && !ended.stdout.contains("30 "), "{ended:#?}");
    }
    // And then a run.
    for (_, mut party) in federation.start_all_but(&[]) {
        party.wait(LIMIT).done();
    }
}

#[test]
fn what_is_wrong_here_is_found_without_the_others() {
    let federation = federation();
    federation.deadlines(|timeouts| timeouts.connect = Some(Duration::from_secs(1)));
    let file = |name: &str| federation.path("site-a", name);
    std::fs::set_permissions(file("identity.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(file("data.csv"), "person,rs0\np-1,0,1\n").unwrap();
    let taken = std::net::UdpSocket::bind(federation.config("site-a").listen).unwrap();
    let ended = start(&federation, "site-a").wait(LIMIT);
    ended.failed(2, &["3 of these"]);
    assert!(line(&ended, "FAIL", "key").contains("chmod 600"));
    assert!(line(&ended, "FAIL", "data").contains("data.csv:2"));
    assert!(line(&ended, "FAIL", "port").contains("network.listen"));
    drop(taken);

    std::fs::write(file("site.toml"), "[node]\n").unwrap();
    start(&federation, "site-a").wait(LIMIT).failed(2, &["site.toml", "node.id is missing"]);
}

#[test]
fn only_links_missing_is_another_exit_code() {
    let federation = federation();
    federation.deadlines(|timeouts| timeouts.connect = Some(Duration::from_secs(4)));
    federation.change_peer("site-a", "site-c", |peer| {
        peer.keys = vec![Identity::generate().unwrap().public_key().into()]
    });
    let ended = check_all(&federation);
    let of = |name: &str| &ended.iter().find(|(other, _)| other == name).unwrap().1;
    of("site-b").done();
    of("site-a").failed(4, &[]);
    assert!(line(of("site-a"), "FAIL", "site-c").contains("which is not listed"));
    assert!(line(of("site-c"), "FAIL", "site-a").contains("refused our key"));
    line(of("site-a"), "ok  ", "site-b");

    let mut alone = start(&federation, "site-b");
    let ended = alone.wait(LIMIT);
    ended.failed(4, &[]);
    assert!(line(&ended, "FAIL", "site-c").contains("at the same time"));
}

#[test]
fn a_run_answers_checks_and_goes_on() {
    let federation = federation();
    // site-c checks while the others wait for it to run.
    let mut running = federation.start_all_but(&["site-c"]);
    running[0].1.wait_for("waiting for site-c to connect");
    start(&federation, "site-c").wait(LIMIT).done();
    running.push(("site-c".into(), federation.start("site-c")));
    for (_, mut party) in running {
        party.wait(LIMIT).done();
    }
}

#[test]
fn keys_that_expire_are_spoken_of_in_time() {
    let federation = federation();
    federation.deadlines(|timeouts| timeouts.connect = Some(Duration::from_secs(1)));
    let path = federation.path("site-a", "site.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    // Days from now in the calendar's own words.
    let day = |days: u64| {
        let date =
            Command::new("date").args(["-u", "-d", &format!("{days} days"), "+%Y-%m-%d"]).output().unwrap();
        String::from_utf8(date.stdout).unwrap().trim().to_owned()
    };
    let with = |terms: &str| {
        let text = text.replacen("name = \"site-b\"\n", &format!("name = \"site-b\"\n{terms}\n"), 1);
        std::fs::write(&path, text).unwrap();
        start(&federation, "site-a").wait(LIMIT)
    };
    let soon = day(20);
    assert!(line(&with(&format!("not_after = {soon}")), "warn", "site-b").contains(&soon));
    assert!(!with(&format!("not_after = {}", day(40))).stdout.contains("expires on"));
    for (terms, word) in [("not_after = 2020-01-31", "expired on 2020-01-31"), ("revoked = true", "revoked")]
    {
        let ended = with(terms);
        ended.failed(2, &[]);
        assert!(line(&ended, "FAIL", "site-b").contains(word), "{ended:#?}");
        // A run says the same before it sends anything.
        federation.start("site-a").wait(LIMIT).failed(2, &["site-b", word, "present line"]);
    }
}
