//! Which markers a query is about, and in which order.

use crate::support::cohort::People;
use crate::support::expected::{Rule, compare, released};
use crate::support::query::Query;
use crate::support::trial::Trial;

fn cohort() -> Vec<People> {
    (0..3).map(|site| People::some(site, 90, 7, 0)).collect()
}

/// Runs the query, whose panel must turn out as given.
#[track_caller]
fn check(markers: &str, people: &[People], panel: &[&str]) {
    let trial = Trial::new(&Query::of(3).markers(markers), people);
    check_trial(&trial, people, panel);
}

#[track_caller]
fn check_trial(trial: &Trial, people: &[People], panel: &[&str]) {
    let panel: Vec<String> = panel.iter().map(|&id| id.to_owned()).collect();
    let json = trial.result();
    let expected = released(people, &panel, Rule::default());
    assert!(!expected.is_empty());
    compare(&json, &trial.csv(), &expected, panel.len() * (panel.len() - 1) / 2);
}

#[test]
fn listed_markers_keep_the_order_of_the_list() {
    check("ids = [\"rs6\", \"rs0\", \"rs2\", \"rs4\"]", &cohort(), &["rs6", "rs0", "rs2", "rs4"]);
    let excluded = "ids = [\"rs6\", \"rs0\", \"rs2\", \"rs4\"]\nexclude = [\"rs0\", \"elsewhere\"]";
    check(excluded, &cohort(), &["rs6", "rs2", "rs4"]);
}

#[test]
fn all_means_common_markers_in_the_order_of_the_first_named_site() {
    let mut people = cohort();
    people[0] = people[0].reordered(&[4, 2, 6, 0, 1]);
    people[1] = people[1].reordered(&[0, 1, 2, 3, 4, 6, 5]);
    people[2] = people[2].reordered(&[6, 5, 4, 3, 2, 0]);
    check("all = true", &people, &["rs4", "rs2", "rs6", "rs0"]);
    check("all = true\nexclude = [\"rs6\"]", &people, &["rs4", "rs2", "rs0"]);

    // The first site is that of the query, not of the command line.
    let mut trial = Trial::new(&Query::of(3), &people);
    trial.sites.reverse();
    check_trial(&trial, &people, &["rs4", "rs2", "rs6", "rs0"]);

    let one_in_common = [people[0].reordered(&[0]), people[1].clone(), people[2].clone()];
    Trial::new(&Query::of(3), &one_in_common).fails(2, &["1 marker(s) in common"]);
}

#[test]
fn a_panel_file_is_taken_literally() {
    let mut people = cohort();
    let names = ["plain", "with,comma", "with\"quote", "# with hash", "ärztlich"];
    for site in &mut people {
        *site = site.reordered(&[0, 2, 4, 6, 1]);
        site.markers = names.map(str::to_owned).to_vec();
    }
    let trial = Trial::new(&Query::of(3).markers("file = \"panel.txt\""), &people);
    let text = "\u{feff}with\"quote\r\n\r\nwith,comma\r\n# with hash\nplain\n\närztlich";
    std::fs::write(trial.path("panel.txt"), text).unwrap();
    check_trial(&trial, &people, &["with\"quote", "with,comma", "# with hash", "plain", "ärztlich"]);

    std::fs::write(trial.path("panel.txt"), "plain\nwith,comma\nplain\n").unwrap();
    trial.fails(2, &["panel.txt:3", "\"plain\"", "line 1"]);
    std::fs::remove_file(trial.path("panel.txt")).unwrap();
    trial.fails(2, &["panel.txt"]);
}

#[test]
fn ids_that_a_site_lacks_are_named_with_the_site() {
    let mut people = cohort();
    people[1] = people[1].reordered(&[0, 1, 2, 4, 5, 6]);
    let trial = Trial::new(&Query::of(3).markers("ids = [\"rs0\", \"rs3\", \"rs4\"]"), &people);
    let ended = trial.fails(2, &["\"rs3\"", "site-b"]);
    assert!(!ended.stderr.contains("site-a") && !ended.stderr.contains("rs4"), "{}", ended.stderr);
    let everywhere = Trial::new(&Query::of(3).markers("ids = [\"rs0\", \"RS1\"]"), &people);
    everywhere.fails(2, &["\"RS1\"", "site-a", "site-b", "site-c"]);
    Trial::new(&Query::of(3).markers("ids = [\"rs0\", \"rs1\", \"rs0\"]"), &people)
        .fails(2, &["query.toml:", "\"rs0\"", "twice"]);
}
