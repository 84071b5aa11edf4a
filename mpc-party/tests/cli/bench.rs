//! `bench`: every piece of work has a rate, on the terminal and as JSON.

use crate::support::process::{Ended, PROGRAM, run};
use serde_json::Value;
use std::process::Command;

/// What is measured, in order.
const WORK: [&str; 19] = [
    "and",
    "and_all",
    "table_lookup",
    "sum_at_least",
    "multiply",
    "inner_products",
    "square",
    "negative",
    "less_than_public",
    "less_than",
    "equal",
    "to_bits",
    "bits_to_ring",
    "random_bits",
    "from_bits",
    "truncate",
    "widen",
    "choose",
    "open",
];

fn bench(arguments: &[&str]) -> Ended {
    run(Command::new(PROGRAM).arg("bench").args(arguments))
}

#[test]
fn the_table_has_every_row_and_says_what_it_means() {
    let ended = bench(&["--seconds", "0.001", "--sites", "2"]);
    ended.done();
    let said = ended.stdout;
    for text in [
        "2 sites",
        "oblivious transfer",
        "semi-honest",
        "Included",
        "base transfers",
        "kernels",
        "share this machine",
    ] {
        assert!(said.contains(text), "no {text:?}: {said}");
    }
    let rows = said.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(' '));
    let rows: Vec<&str> = rows.map(|(name, _)| name).skip(1).collect();
    assert_eq!(rows, WORK, "{said}");
}

#[test]
fn json_has_rates_and_bytes_of_every_row() {
    for (sites, preprocessing) in [(3, "ot"), (2, "helper")] {
        let arguments = ["--json", "--seconds", "0.001", "--preprocessing", preprocessing];
        let ended = bench(&[&arguments[..], &["--sites", &sites.to_string()]].concat());
        ended.done();
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(report["schema"], 1);
        assert_eq!(report["sites"], sites);
        assert_eq!(report["preprocessing"], preprocessing);
        assert_eq!(report["security"], "semi-honest");
        assert!(report["set_up"]["site_bytes"].as_f64().unwrap() > 0.0, "{report}");
        let rows = report["rows"].as_array().unwrap();
        let names: Vec<&str> = rows.iter().map(|row| row["work"].as_str().unwrap()).collect();
        assert_eq!(names, WORK);
        for row in rows {
            let number = |name: &str| row[name].as_f64().unwrap_or(0.0);
            assert!(number("per_second") > 0.0 && number("seconds") > 0.0, "{row}");
            assert_eq!(row.get("helper_bytes_per_item").is_some(), preprocessing == "helper", "{row}");
            // What a helper deals may need nothing of the sites.
            assert!(number("site_bytes_per_item") + number("helper_bytes_per_item") > 0.0, "{row}");
            assert!(row["rounds"].is_u64() && !row["item"].as_str().unwrap().is_empty(), "{row}");
        }
    }
}

#[test]
fn what_cannot_be_measured_is_refused() {
    for (arguments, said) in [
        (["--sites", "1"], "2..=5"),
        (["--sites", "9"], "2..=5"),
        (["--seconds", "0"], "0.001 to 600"),
        (["--preprocessing", "none"], "helper"),
    ] {
        bench(&arguments).failed(2, &[said]);
    }
}
