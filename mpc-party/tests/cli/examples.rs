//! The shipped examples, by their shipped queries.

use crate::support::cohort::People;
use crate::support::expected::{Pair, Rule, compare, number, released};
use crate::support::process::{Ended, PROGRAM, run};
use crate::support::query::Query;
use crate::support::trial::Trial;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const HOSPITALS: [&str; 3] = ["hospital-a", "hospital-b", "hospital-c"];

fn folder(example: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example)
}

fn people(example: &str, exclude: &[&str]) -> Vec<People> {
    let site = |name: &str| {
        let mut reader = csv::Reader::from_path(folder(example).join(format!("{name}.csv"))).unwrap();
        let header = reader.headers().unwrap().clone();
        let markers: Vec<usize> = (1..header.len()).filter(|&at| !exclude.contains(&&header[at])).collect();
        let rows = reader.records().map(|row| {
            let row = row.unwrap();
            (row[0].to_owned(), markers.iter().map(|&at| Some(row[at].parse().unwrap())).collect())
        });
        People { rows: rows.collect(), markers: markers.iter().map(|&at| header[at].to_owned()).collect() }
    };
    HOSPITALS.into_iter().map(site).collect()
}

/// Runs one of an example's queries with other lines in place of the lines of some keys.
fn run_example(example: &str, query: &str, change: &[(&str, &str)], out: &TempDir) -> Ended {
    let shipped = std::fs::read_to_string(folder(example).join(query)).unwrap();
    let line = |line: &str| {
        let changed =
            change.iter().find(|(key, _)| line.split('=').next().is_some_and(|name| name.trim() == *key));
        changed.map_or(line, |(_, line)| line).to_owned()
    };
    let text = shipped.lines().map(line).collect::<Vec<_>>().join("\n");
    assert_eq!(text != shipped.trim_end(), !change.is_empty(), "the query has the keys to change");
    let mut command = Command::new(PROGRAM);
    if query == "query-selected.toml" {
        // Products of 107 bits take minutes without a helper in a build for tests.
        command.args(["local", "--preprocessing", "helper"]);
    } else {
        command.arg("local");
    }
    let query = out.path().join("query.toml");
    std::fs::write(&query, text).unwrap();
    command.arg(query).arg("--out").arg(out.path().join("out"));
    for name in HOSPITALS {
        command
            .arg("--site")
            .arg(format!("{name}={}", folder(example).join(format!("{name}.csv")).display()));
    }
    run(&mut command)
}

/// Compares the result of an example's `query.toml` with the plain computation. Returns what is released.
#[track_caller]
fn check(example: &str, change: &[(&str, &str)], rule: Rule, count: usize) -> Vec<Pair> {
    check_query(example, "query.toml", change, rule, count)
}

/// The same for one of its other queries.
#[track_caller]
fn check_query(example: &str, query: &str, change: &[(&str, &str)], rule: Rule, count: usize) -> Vec<Pair> {
    let exclude: &[&str] = if example == "genomes" { &["sex", "case"] } else { &[] };
    let people = people(example, exclude);
    let out = tempfile::tempdir().unwrap();
    let ended = run_example(example, query, change, &out);
    ended.done();
    let json = serde_json::from_slice(&std::fs::read(out.path().join("out/result.json")).unwrap()).unwrap();
    let rows =
        csv::ReaderBuilder::new().has_headers(false).from_path(out.path().join("out/result.csv")).unwrap();
    let rows: Vec<Vec<String>> =
        rows.into_records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let panel = &people[0].markers;
    let expected = released(&people, panel, rule);
    compare(&json, &rows, &expected, panel.len() * (panel.len() - 1) / 2);
    assert_eq!(expected.len(), count);
    assert!(ended.stdout.contains(&format!("{count} released")), "{}", ended.stdout);
    expected
}

#[test]
fn genomes_as_shipped() {
    check("genomes", &[], Rule::default(), 2086);
}

#[test]
fn genomes_selected() {
    let rule = Rule { lift: Some(1500), chi_squared: Some(3841), ..Rule::default() };
    check_query("genomes", "query-selected.toml", &[], rule, 92);
}

/// All people of the example, dealt to two, three and five sites, without a helper.
#[test]
#[ignore = "products of 107 bits: cargo test --release --locked -p mpc-party --test cli -- --ignored --nocapture selected_without"]
fn genomes_selected_without_a_helper() {
    let hospitals = people("genomes", &["sex", "case"]);
    let markers = &hospitals[0].markers;
    let rows: Vec<_> = hospitals.iter().flat_map(|hospital| &hospital.rows).collect();
    let rule = Rule { lift: Some(1500), chi_squared: Some(3841), ..Rule::default() };
    for sites in [2, 3, 5] {
        let dealt = |site| People {
            markers: markers.clone(),
            rows: rows.iter().skip(site).step_by(sites).map(|&row| row.clone()).collect(),
        };
        let people: Vec<People> = (0..sites).map(dealt).collect();
        let query = Query { more: rule.select(), ..Query::of(sites).disclosure(rule.disclosure()) };
        let trial = Trial::new(&query, &people);
        let json = trial.result();
        let expected = released(&people, markers, rule);
        compare(&json, &trial.csv(), &expected, 7140);
        assert!(expected.len() > 10, "{}", expected.len());
        let sent = json["cost"]["bytes_sent"].as_object().unwrap();
        let sent: u64 = sent.values().map(|bytes| bytes.as_u64().unwrap()).sum();
        println!(
            "{sites} sites: {} released, {} bytes a pair and site",
            expected.len(),
            sent / 7140 / sites as u64
        );
    }
}

#[test]
fn genomes_without_leave_one_out() {
    let rule = Rule { residual: None, ..Rule::default() };
    check("genomes", &[("leave_one_out", "leave_one_out = false")], rule, 3907);
}

#[test]
fn genomes_with_zeros() {
    let rule = Rule { zero: true, ..Rule::default() };
    check("genomes", &[("min_cell_count", "min_cell_count = 10\nallow_zero = true")], rule, 2599);
}

#[test]
fn genomes_homozygous() {
    let rule = Rule { homozygous: true, ..Rule::default() };
    check("genomes", &[("encoding", "encoding = \"homozygous-alt\"")], rule, 714);
}

#[test]
fn genomes_all() {
    let rule = Rule { min: 1, residual: None, zero: true, ..Rule::default() };
    let change = [
        ("min_cell_count", "min_cell_count = 1\nallow_zero = true"),
        ("leave_one_out", "leave_one_out = false"),
    ];
    check("genomes", &change, rule, 7140);
}

fn lift(pairs: &[Pair], a: &str, b: &str) -> f64 {
    let pair = pairs.iter().find(|pair| pair.a == a && pair.b == b).expect("the pair is released");
    number(pair, "lift").unwrap()
}

#[test]
fn glioblastoma_as_shipped() {
    let pairs = check("glioblastoma", &[], Rule::default(), 50);
    // Amplified CDK4 and deleted CDKN2A are two ways to the same end, and exclude each other.
    assert!(lift(&pairs, "CDK4(A)", "CDKN2A(D)") < 0.5);
    // Three patients have amplified MDM2 without CDK4: too few for the shipped rule.
    assert!(!pairs.iter().any(|pair| pair.a == "CDK4(A)" && pair.b == "MDM2(A)"));
}

#[test]
fn glioblastoma_with_zeros() {
    let rule = Rule { zero: true, ..Rule::default() };
    check("glioblastoma", &[("min_cell_count", "min_cell_count = 10\nallow_zero = true")], rule, 655);
}

#[test]
fn glioblastoma_under_a_looser_rule() {
    let rule = Rule { min: 3, residual: Some(1), ..Rule::default() };
    let pairs = check_query("glioblastoma", "query-looser.toml", &[], rule, 1530);
    // Neighbours on chromosome 12, amplified together.
    assert!(lift(&pairs, "CDK4(A)", "MDM2(A)") > 4.0);
    assert!(lift(&pairs, "CDK4(A)", "CDKN2A(D)") < 0.5);
}
