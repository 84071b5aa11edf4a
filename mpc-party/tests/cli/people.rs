//! The size of the cohort: bounds, and sites without people.

use crate::support::cohort::People;
use crate::support::expected::{Rule, compare, released};
use crate::support::query::Query;
use crate::support::trial::Trial;

fn cohort() -> Vec<People> {
    [50, 60, 40].into_iter().enumerate().map(|(site, count)| People::some(site, count, 4, 0)).collect()
}

#[test]
fn the_bound_holds_for_all_sites_together() {
    Trial::new(&Query::of(3).population("people_bound = 150"), &cohort()).result();
    let crowded = Trial::new(&Query::of(3).population("people_bound = 149"), &cohort());
    crowded.fails(2, &["more people than people_bound = 149"]);
    // One site alone is above it: the site itself can say so.
    Trial::new(&Query::of(3).population("people_bound = 59"), &cohort())
        .fails(2, &["people_bound = 59", "site-b.csv:"]);
    Trial::new(&Query::of(3).population("people_bound = 1"), &cohort()).fails(2, &["people_bound = 1"]);
}

#[test]
fn a_small_cohort_is_refused_as_a_whole() {
    Trial::new(&Query::of(3).disclosure("min_people = 150"), &cohort()).result();
    let ended =
        Trial::new(&Query::of(3).disclosure("min_people = 151"), &cohort()).fails(3, &["min_people = 151"]);
    assert!(!ended.stderr.contains("150"), "the size of the cohort is not told: {}", ended.stderr);
    Trial::new(&Query::of(3).disclosure("min_people = 1000000"), &cohort())
        .fails(3, &["min_people = 1000000"]);
}

#[test]
fn a_site_without_people_takes_part_with_zeros_and_is_named() {
    let mut people = cohort();
    people[1].rows.clear();
    let rule = Rule { residual: None, ..Rule::default() };
    let trial = Trial::new(&Query::of(3).disclosure(rule.disclosure()), &people);
    let json = trial.result();
    compare(&json, &trial.csv(), &released(&people, &people[0].markers, rule), 6);
    assert!(json["pairs_released"].as_u64() > Some(0));
    let warnings = json["warnings"].to_string();
    assert!(warnings.contains("no people in the data of site-b:"), "{warnings}");
}

#[test]
fn a_federation_without_people_is_refused() {
    let people: Vec<People> = (0..2).map(|site| People::with_cells(site, [0; 4])).collect();
    Trial::new(&Query::of(2), &people).fails(3, &["min_people = 10"]);
}
