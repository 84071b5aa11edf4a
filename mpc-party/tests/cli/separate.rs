//! Parties that are started one by one with configurations of their own.

use crate::support::cohort::People;
use crate::support::expected::{Rule, compare, released};
use crate::support::federation::{Federation, HELPER};
use crate::support::process::{Ended, LIMIT};
use crate::support::query::Query;

fn people(sites: usize) -> Vec<People> {
    (0..sites).map(|site| People::some(site, 120, 8, 0)).collect()
}

fn federation(query: &Query) -> Federation {
    Federation::new(query, &csv_of(people(query.sites.len())))
}

fn csv_of(people: Vec<People>) -> Vec<String> {
    people.iter().map(People::csv).collect()
}

/// Runs all parties to their ends, all of which must be good.
#[track_caller]
fn succeed(federation: &Federation) -> Vec<(String, Ended)> {
    let running = federation.start_all_but(&[]);
    let ended: Vec<_> = running.into_iter().map(|(name, mut party)| (name, party.wait(LIMIT))).collect();
    for (name, ended) in &ended {
        assert_eq!(ended.code, Some(0), "{name}: {ended:#?}");
    }
    ended
}

#[track_caller]
fn result(federation: &Federation, party: &str) -> serde_json::Value {
    let read = |file: &str| std::fs::read(federation.path(party, "out").join(file)).expect(file);
    let json = serde_json::from_slice(&read("result.json")).unwrap();
    let rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(read("result.csv").as_slice())
        .into_records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect::<Vec<Vec<String>>>();
    let sites = federation.names().iter().filter(|name| *name != HELPER).count();
    let people = people(sites);
    compare(&json, &rows, &released(&people, &people[0].markers, Rule::default()), 28);
    json
}

#[test]
fn recipients_have_the_result_and_nobody_else_has_a_file() {
    let mut query = Query::of(3);
    query.recipients = vec!["site-b".into()];
    let federation = federation(&query);
    let ended = succeed(&federation);
    assert_eq!(federation.result_files("site-b"), ["result.csv", "result.json"]);
    result(&federation, "site-b");
    for party in ["site-a", "site-c", HELPER] {
        assert!(!federation.path(party, "out").exists(), "{party} writes nothing");
    }
    for (name, ended) in ended {
        let is_told = ended.stderr.contains("not a recipient");
        assert_eq!(is_told, name == "site-a" || name == "site-c", "{name}: {ended:#?}");
        assert_eq!(ended.stdout.is_empty(), name != "site-b", "{name}: {ended:#?}");
    }
}

#[test]
fn two_and_three_sites_agree() {
    for (sites, helper) in [(2, true), (3, true), (2, false), (3, false)] {
        let query = Query::of(sites);
        let federation = match helper {
            true => federation(&query),
            false => Federation::without_helper(&query, &csv_of(people(sites))),
        };
        succeed(&federation);
        let names = federation.names().iter().filter(|name| *name != HELPER);
        let pairs: Vec<_> = names.map(|name| result(&federation, name)["pairs"].clone()).collect();
        assert!(pairs.iter().all(|other| *other == pairs[0]) && !pairs[0].as_array().unwrap().is_empty());
        // Again, over the older result.
        succeed(&federation);
    }
}

#[test]
fn refusals_that_all_find_at_once() {
    for (query, code, text) in [
        (Query::of(3).disclosure("min_people = 361"), 3, "min_people = 361"),
        (Query::of(3).population("people_bound = 359"), 2, "people_bound = 359"),
        (Query::of(3).markers("ids = [\"rs0\", \"rs99\"]"), 2, "\"rs99\""),
    ] {
        let federation = federation(&query);
        for (name, mut party) in federation.start_all_but(&[]) {
            let ended = party.wait(LIMIT);
            if name != HELPER {
                ended.failed(code, &[text]);
            }
            assert_ne!(ended.code, Some(5), "{name}: {ended:#?}");
            assert!(federation.result_files(&name).is_empty());
        }
    }
}

#[test]
fn a_fault_in_one_sites_data_stays_there() {
    let federation = federation(&Query::of(3));
    std::fs::write(federation.path("site-b", "data.csv"), "id,rs0\np-77,SECRET\n").unwrap();
    for (name, mut party) in federation.start_all_but(&[]) {
        let ended = party.wait(LIMIT);
        match name.as_str() {
            "site-b" => ended.failed(2, &["data.csv:2", "\"rs0\""]),
            _ => {
                ended.lost("site-b");
                assert!(!ended.stderr.contains("rs0"), "{ended:#?}");
            }
        }
        assert!(!ended.stderr.contains("SECRET") && !ended.stderr.contains("p-77"));
        assert!(federation.result_files(&name).is_empty());
    }
}

#[test]
fn people_are_identified_by_as_many_columns_everywhere() {
    let query = Query { partition: "vertical", ..Query::of(3) }
        .markers("all = true")
        .disclosure("owners_may_receive = true");
    let federation = federation(&query);
    federation.change("site-b", |config| config.datasets[0].person_id = vec!["person".into(), "rs0".into()]);
    for (_, mut party) in federation.start_all_but(&[]).into_iter().filter(|(name, _)| name != HELPER) {
        party.wait(LIMIT).failed(2, &["site-a identifies people by 1 column(s), site-b by 2", "person_id"]);
    }
}

#[test]
fn people_can_be_named_in_any_column() {
    let federation = federation(&Query::of(3).markers("all = true\nexclude = [\"note\"]"));
    let people = people(3);
    let text: String = people[1]
        .csv()
        .lines()
        .enumerate()
        .map(|(at, line)| if at == 0 { format!("note,{line}\n") } else { format!("7,{line}\n") })
        .collect();
    std::fs::write(federation.path("site-b", "data.csv"), text).unwrap();
    federation.change("site-b", |config| config.datasets[0].person_id = vec!["person".into()]);
    succeed(&federation);
    result(&federation, "site-a");
}
