//! Data files with faults: the place is named, the value never.

use crate::support::cohort::People;
use crate::support::query::Query;
use crate::support::trial::Trial;

const GOOD: &str = "id,rs0,rs1,extra\np1,0,1,x\np2,1,1,y\np3,2,0,z\n";

/// The second of three sites has this file; the run must fail and name the place.
#[track_caller]
fn refused(markers: &str, text: &str, texts: &[&str]) {
    let trial = Trial::of_texts(&Query::of(3).markers(markers), &[GOOD, text, GOOD]);
    let ended = trial.fails(2, texts);
    for secret in ["SECRET", "p-77", "9.75"] {
        assert!(!ended.stderr.contains(secret), "{secret} in {}", ended.stderr);
    }
}

const LISTED: &str = "ids = [\"rs0\", \"rs1\"]";

#[test]
fn values_other_than_dosages() {
    refused(LISTED, "id,rs0,rs1\np1,0,1\np-77,9.75,1\n", &["site-b.csv:3", "\"rs0\"", "field 2"]);
    refused(LISTED, "id,rs0,rs1\np1,0,1\np-77,1,SECRET\n", &["site-b.csv:3", "\"rs1\"", "field 3"]);
    refused(LISTED, "id,rs0,rs1\np1,0, 1\n", &["site-b.csv:2", "\"rs1\"", "space"]);
    refused(LISTED, "id,rs0,rs1\np1,-1,1\n", &["site-b.csv:2", "\"rs0\""]);
    refused("all = true", "id,rs0,rs1,extra\np1,0,1,SECRET\n", &["site-b.csv:2", "\"extra\"", "exclude"]);
}

#[test]
fn people_named_twice_or_not_at_all() {
    refused(LISTED, "id,rs0,rs1\np-77,0,1\np2,0,0\np-77,1,1\n", &["site-b.csv:4", "line 2"]);
    refused(LISTED, "id,rs0,rs1\np1,0,1\n,1,1\n", &["site-b.csv:3", "person id is empty"]);
}

#[test]
fn columns_and_rows_that_do_not_fit() {
    refused(LISTED, "id,rs0,rs1\np1,0,1\np-77,0\n", &["site-b.csv:3", "2 fields", "3"]);
    refused(LISTED, "id,rs0,rs1\np1,0,1,1\n", &["site-b.csv:2", "4 fields"]);
    refused(LISTED, "id,rs0,rs0\np1,0,1\n", &["site-b.csv:1", "\"rs0\""]);
    refused(LISTED, "id,rs0,rs1\np1,\"0,1\n", &["site-b.csv:2", "never closed"]);
    refused(LISTED, "", &["site-b.csv", "empty"]);
    refused(LISTED, "p-77,0,1\np2,1,1\n", &["site-b.csv:1"]);
}

#[test]
fn files_that_are_not_there() {
    let mut trial = Trial::of_texts(&Query::of(3).markers(LISTED), &[GOOD, GOOD, GOOD]);
    trial.sites[2].1 = trial.path("nowhere.csv");
    trial.fails(2, &["nowhere.csv"]);
    trial.sites[2].1 = trial.path("tmp");
    trial.fails(2, &["tmp"]);
    trial.sites[2].1 = trial.path("unknown.format");
    trial.fails(2, &["unknown.format", ".csv"]);
}

#[test]
fn several_sites_with_faults() {
    let bad = "id,rs0,rs1\np1,7,1\n";
    let trial = Trial::of_texts(&Query::of(3).markers(LISTED), &[GOOD, bad, bad]);
    trial.fails(2, &["site-b.csv:2", "site-c.csv:2"]);
}

#[test]
fn spellings_that_mean_the_same() {
    let people: Vec<People> = (0..2).map(|site| People::some(site, 100, 4, 9)).collect();
    let query = Query::of(2).disclosure("min_cell_count = 1\nallow_zero = true\nleave_one_out = false");
    let plain = Trial::new(&query, &people).result();
    let windows = |people: &People| format!("\u{feff}{}", people.csv().replace('\n', "\r\n"));
    let quoted = |people: &People| {
        let line =
            |line: &str| line.split(',').map(|field| format!("\"{field}\"")).collect::<Vec<_>>().join(",");
        people.csv().lines().map(line).collect::<Vec<_>>().join("\n")
    };
    let other = Trial::of_texts(&query, &[windows(&people[0]), quoted(&people[1])]).result();
    assert_eq!(plain["pairs"], other["pairs"]);
    assert_eq!(plain["pairs_released"], 6);
}

#[test]
fn marker_names_with_commas_and_quotes() {
    let mut people: Vec<People> = (0..2).map(|site| People::some(site, 200, 4, 0)).collect();
    let names = ["AKAP6,NPAS3(D)", "say \"hi\"", "new\u{202e}line", "plain"];
    for site in &mut people {
        site.markers = names.map(str::to_owned).to_vec();
    }
    let rule = crate::support::expected::Rule { min: 1, residual: None, zero: true, ..Default::default() };
    let trial = Trial::new(&Query::of(2).disclosure(rule.disclosure()), &people);
    let json = trial.result();
    let expected = crate::support::expected::released(&people, &people[0].markers, rule);
    crate::support::expected::compare(&json, &trial.csv(), &expected, 6);
}
