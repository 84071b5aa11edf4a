//! Vertical queries: the same people, different markers at each site.

use super::support::cohort::{Numbers, People};
use super::support::expected::{Rule, compare, released};
use super::support::process::{PROGRAM, run};
use super::support::query::{Query, name};
use super::support::trial::Trial;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

/// Markers of each site of a trial, and its people by number.
struct Sites {
    /// Everyone's calls of everything.
    all: People,
    /// The sites of each marker.
    owners: Vec<usize>,
    /// The numbers of each site's people, in the order of its file.
    people: Vec<Vec<usize>>,
}

impl Sites {
    /// Everyone is at each site but for one in seven, in an order of the site's own.
    fn some(people: usize, owners: &[usize], sites: usize, missing: u64) -> Self {
        let all = People::some(3, people, owners.len(), missing);
        let of_site = |site: usize| {
            let mut numbers = Numbers(site as u64 + 77);
            let mut held: Vec<(u64, usize)> = (0..people)
                .map(|person| (numbers.next(), person))
                .filter(|(number, _)| number % 7 != 0)
                .collect();
            held.sort_unstable();
            held.into_iter().map(|(_, person)| person).collect()
        };
        Self { all, owners: owners.to_vec(), people: (0..sites).map(of_site).collect() }
    }

    /// A site's file of these of its markers.
    fn csv(&self, site: usize, markers: &[usize]) -> String {
        let rows = self.people[site].iter().map(|&person| {
            let (id, calls) = &self.all.rows[person];
            (id.clone(), markers.iter().map(|&marker| calls[marker]).collect())
        });
        let markers = markers.iter().map(|&marker| self.all.markers[marker].clone());
        People { markers: markers.collect(), rows: rows.collect() }.csv()
    }

    fn markers_of(&self, site: usize) -> Vec<usize> {
        (0..self.owners.len()).filter(|&marker| self.owners[marker] == site).collect()
    }

    fn trial(&self, query: &Query) -> Trial {
        let texts: Vec<String> =
            (0..self.people.len()).map(|site| self.csv(site, &self.markers_of(site))).collect();
        Trial::of_texts(query, &texts)
    }

    /// The people at all sites, with all markers.
    fn everywhere(&self) -> People {
        let at_all = |person: &usize| self.people.iter().all(|people| people.contains(person));
        let rows = (0..self.all.rows.len()).filter(at_all).map(|person| self.all.rows[person].clone());
        People { markers: self.all.markers.clone(), rows: rows.collect() }
    }

    /// The panel of a query for all markers: site by site.
    fn panel(&self) -> Vec<String> {
        let mut order: Vec<usize> = (0..self.owners.len()).collect();
        order.sort_by_key(|&marker| self.owners[marker]);
        order.into_iter().map(|marker| self.all.markers[marker].clone()).collect()
    }

    #[track_caller]
    fn check(&self, trial: &Trial, json: &Value, rule: Rule, across: bool) {
        let panel = self.panel();
        let mut expected = released(&[self.everywhere()], &panel, Rule { residual: None, ..rule });
        let owner = |name: &String| {
            let marker = self.all.markers.iter().position(|marker| marker == name);
            self.owners[marker.unwrap()]
        };
        let mut tested = panel.len() * (panel.len() - 1) / 2;
        if across {
            let same =
                |site: usize| self.markers_of(site).len() * (self.markers_of(site).len().max(1) - 1) / 2;
            tested -= (0..self.people.len()).map(same).sum::<usize>();
            expected.retain(|pair| owner(&pair.a) != owner(&pair.b));
            // The number of tests counts in the adjustment, so that column is left to other tests.
            expected.iter_mut().for_each(|pair| pair.numbers.retain(|(name, _)| *name != "p_adjusted"));
        }
        assert!(!expected.is_empty() && expected.len() < tested, "{} of {tested}", expected.len());
        compare(json, &trial.csv(), &expected, tested);
        assert_eq!(json["security"]["residual_protects_against_sites"], 0);
        assert_eq!(json["disclosure"]["leave_one_out"], false);
        let learned = json["learned"].to_string();
        assert!(learned.contains("leave_one_out has no meaning here"), "{learned}");
        assert!(learned.contains("Linking by "), "{learned}");
    }
}

fn query(sites: usize, markers: &str, more: &str) -> Query {
    Query {
        partition: "vertical",
        more: more.into(),
        ..Query::of(sites)
            .markers(format!("all = true\n{markers}"))
            .disclosure("owners_may_receive = true\nmin_cell_count = 40")
    }
}

/// The rule of [`query`].
fn rule() -> Rule {
    Rule { min: 40, ..Rule::default() }
}

const FILES: [(&[usize], usize); 3] =
    [(&[0, 1, 1, 0, 1], 2), (&[2, 0, 1, 2, 0, 0], 3), (&[3, 0, 0, 3, 1], 5)];

#[test]
fn tables_equal_the_clear() {
    for (owners, count) in FILES {
        let sites = Sites::some(300 * count, owners, count, 0);
        let trial = sites.trial(&query(count, "", ""));
        let json = trial.result();
        sites.check(&trial, &json, rule(), false);
        assert_eq!(json["security"]["preprocessing"], "ot");
        let json = trial.result_with_helper();
        sites.check(&trial, &json, rule(), false);
    }
}

#[test]
fn both_ways_to_link_and_both_rules_for_missing_calls() {
    let (owners, count) = FILES[1];
    let sites = Sites::some(1_000, owners, count, 12);
    for method in ["union", "intersection"] {
        for pairwise in [false, true] {
            for pairs in ["all", "across-sites"] {
                let rule = Rule { pairwise, ..rule() };
                let markers = format!("{}\npairs = {pairs:?}", rule.markers());
                let linkage = format!("[linkage]\nmethod = {method:?}\nnormalisation = \"id-v1\"");
                let trial = sites.trial(&query(count, &markers, &linkage));
                sites.check(&trial, &trial.result(), rule, pairs != "all");
            }
        }
    }
}

#[test]
fn dummies_count_nowhere() {
    let (owners, count) = FILES[1];
    let sites = Sites::some(1_000, owners, count, 12);
    let rule = Rule { pairwise: true, ..rule() };
    let trial = sites.trial(&query(count, &rule.markers(), "[linkage]\ndummies = 700"));
    sites.check(&trial, &trial.result(), rule, false);
    let json = trial.result_with_helper();
    sites.check(&trial, &json, rule, false);
    assert!(json["learned"].to_string().contains("700 dummies"), "{}", json["learned"]);
}

#[test]
fn selected_conditions_and_zeros() {
    let (owners, count) = FILES[1];
    let sites = Sites::some(400, owners, count, 0);
    let rule = Rule { lift: Some(1_050), chi_squared: Some(200), zero: true, min: 20, ..Rule::default() };
    let disclosure = "owners_may_receive = true\nmin_cell_count = 20\nallow_zero = true";
    let query = query(count, "", &rule.select()).disclosure(disclosure);
    let trial = sites.trial(&query);
    sites.check(&trial, &trial.result(), rule, false);
}

#[test]
fn files_of_a_site_are_joined_on_the_id() {
    let (owners, count) = FILES[0];
    let sites = Sites::some(400, owners, count, 0);
    let mut trial = sites.trial(&query(count, "", ""));
    // The second site's markers in two files, the second of them in another order.
    let own = sites.markers_of(1);
    std::fs::write(&trial.sites[1].1, sites.csv(1, &own[..1])).unwrap();
    let more = trial.path("more.csv");
    let text = sites.csv(1, &own[1..]);
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    std::fs::write(&more, lines.join("\n") + "\n").unwrap();
    trial.sites.push((name(1), more.clone()));
    sites.check(&trial, &trial.result(), rule(), false);

    // A marker in two files of a site.
    std::fs::write(&more, sites.csv(1, &own)).unwrap();
    trial.fails(2, &["more.csv", "site-b.csv", &sites.all.markers[own[0]], "too"]);
}

#[test]
fn owners_of_markers() {
    let (owners, count) = FILES[1];
    let sites = Sites::some(100, owners, count, 0);
    let trial = sites.trial(&query(count, "", "").disclosure(""));
    trial.fails(2, &["site-a", "its own marker", "owners_may_receive"]);

    // A marker of another site too.
    std::fs::write(&trial.sites[1].1, sites.csv(1, &[2, 0])).unwrap();
    trial.ask(&query(count, "", ""));
    trial.fails(2, &["rs0", "both site-b and site-c"]);

    let query = Query { markers: "ids = [\"rs4\", \"rs9\"]".into(), ..query(count, "", "") };
    trial.ask(&query);
    trial.fails(2, &["rs9", "unknown at every site"]);

    let across = Query { markers: "ids = [\"rs4\", \"rs5\"]\npairs = \"across-sites\"".into(), ..query };
    trial.ask(&across);
    trial.fails(2, &["site-a holds all queried markers"]);
}

#[test]
fn recipients_without_markers_need_no_leave() {
    let (owners, count) = FILES[0];
    let sites = Sites::some(600, owners, count + 1, 0);
    let mut query = query(3, "", "").disclosure("min_cell_count = 40");
    query.recipients = vec![name(2)];
    let trial = sites.trial(&query);
    let json = trial.result();
    sites.check(&trial, &json, rule(), false);
    assert_eq!(json["warnings"], serde_json::json!([]));
}

#[test]
fn too_few_people_in_common_open_nothing() {
    let (owners, count) = FILES[0];
    let mut sites = Sites::some(200, owners, count, 0);
    // One person in common, and nobody.
    for first_of_other in [99, 100] {
        sites.people = vec![(0..100).collect(), (first_of_other..200).collect()];
        let trial = sites.trial(&query(count, "", ""));
        for linkage in ["method = \"union\"", "method = \"intersection\"", "dummies = 500"] {
            trial.ask(&query(count, "", &format!("[linkage]\n{linkage}")));
            trial.fails(3, &["fewer than min_people = 10", "are at all sites"]);
            let told = run(trial.command().arg("--dry-run"));
            told.done();
            assert!(told.stdout.contains("a run would end with exit code 3"), "{told:#?}");
            let multiplies = told.stdout.contains("Columns are multiplied by oblivious transfers.");
            assert_eq!(multiplies, first_of_other == 99 || !linkage.contains("intersection"), "{told:#?}");
            // A helper is told that there is nothing to deal.
            let helped = run(trial.command().args(["--quiet", "--preprocessing", "helper"]));
            helped.failed(3, &["fewer than min_people = 10"]);
            trial.no_result();
        }
    }
}

#[test]
fn ids_that_are_the_same_when_normalised_are_refused_with_their_lines() {
    let (owners, count) = FILES[0];
    let sites = Sites::some(50, owners, count, 0);
    let trial = sites.trial(&query(count, "", ""));
    let mut text = sites.csv(0, &sites.markers_of(0));
    let second = text.lines().nth(2).unwrap().to_uppercase();
    text.push_str(&format!(" {second}\n"));
    std::fs::write(&trial.sites[0].1, &text).unwrap();
    let line = text.lines().count();
    trial.fails(2, &[&format!("site-a.csv:{line}"), "same person id as in line 3"]);
}

/// Enough people and markers that products come from lattices rather than from transfers.
#[test]
fn many_people_and_markers() {
    let owners: Vec<usize> = (0..120).map(|marker| marker % 2).collect();
    let sites = Sites::some(2_000, &owners, 2, 0);
    let trial = sites.trial(&query(2, "pairs = \"across-sites\"", ""));
    sites.check(&trial, &trial.result(), rule(), true);
}

/// The shipped example, with its people joined in the clear.
#[test]
fn example_as_shipped() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/vertical");
    let sites = ["hospital-a", "hospital-b", "hospital-c"];
    let mut markers = Vec::new();
    let mut people: HashMap<String, Vec<Vec<Option<u8>>>> = HashMap::new();
    for site in sites {
        let mut reader = csv::Reader::from_path(folder.join(format!("{site}.csv"))).unwrap();
        markers.push(reader.headers().unwrap().iter().skip(1).map(str::to_owned).collect::<Vec<_>>());
        for row in reader.records() {
            let row = row.unwrap();
            let calls = row.iter().skip(1).map(|call| Some(call.parse().unwrap())).collect();
            people.entry(row[0].to_owned()).or_default().push(calls);
        }
    }
    let rows = people.into_iter().filter(|(_, calls)| calls.len() == sites.len());
    let everywhere =
        People { markers: markers.concat(), rows: rows.map(|(id, calls)| (id, calls.concat())).collect() };
    assert_eq!(everywhere.rows.len(), 1_513);
    let panel = markers[..2].concat();
    let mut expected = released(&[everywhere], &panel, Rule { residual: None, ..Rule::default() });
    expected.retain(|pair| markers[0].contains(&pair.a) != markers[0].contains(&pair.b));
    expected.iter_mut().for_each(|pair| pair.numbers.retain(|(name, _)| *name != "p_adjusted"));
    assert_eq!(expected.len(), 766);

    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new(PROGRAM);
    command.arg("local").arg(folder.join("query.toml")).arg("--quiet").arg("--out").arg(out.path());
    for site in sites {
        command.arg("--site").arg(format!("{site}={}", folder.join(format!("{site}.csv")).display()));
    }
    run(&mut command).done();
    let json = serde_json::from_slice(&std::fs::read(out.path().join("result.json")).unwrap()).unwrap();
    let rows = csv::ReaderBuilder::new().has_headers(false).from_path(out.path().join("result.csv"));
    let rows: Vec<Vec<String>> =
        rows.unwrap().into_records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    compare(&json, &rows, &expected, 1_600);
}
