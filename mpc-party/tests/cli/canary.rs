//! What is printed holds nothing of any person, any site's counts or any key, whether a run succeeds or fails.

use crate::support::cohort::{Numbers, People};
use crate::support::federation::{Federation, HELPER};
use crate::support::process::{Ended, LIMIT, run};
use crate::support::query::Query;
use crate::support::trial::Trial;

/// Person ids that occur nowhere else.
fn marked(sites: usize) -> Vec<People> {
    let mut people: Vec<People> = (0..sites).map(|site| People::some(site, 70, 5, 20)).collect();
    for (site, people) in people.iter_mut().enumerate() {
        let mut numbers = Numbers(99 + site as u64);
        for (id, _) in &mut people.rows {
            *id = format!("NHS{:016}", numbers.next() % 10_000_000_000_000_000);
        }
    }
    people
}

#[track_caller]
fn clean(ended: &Ended, people: &[People], secrets: &[String]) {
    for text in [&ended.stdout, &ended.stderr] {
        assert!(!text.contains("NHS"), "a person's id: {text}");
        for id in people.iter().flat_map(|site| &site.rows).map(|(id, _)| id.trim_start_matches("NHS")) {
            assert!(!text.contains(id), "a person's id: {text}");
        }
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        for word in ["mpc-identity-v1", "PRIVATE"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
}

#[test]
fn runs_that_succeed() {
    let people = marked(3);
    let trial = Trial::new(&Query::of(3), &people);
    let ended = run(&mut trial.command());
    ended.done();
    clean(&ended, &people, &[]);
    for file in ["result.json", "result.csv"] {
        let text = std::fs::read_to_string(trial.out().join(file)).unwrap();
        assert!(!text.contains("NHS"), "{file}");
    }
    let dry = run(trial.command().arg("--dry-run"));
    clean(&dry, &people, &[]);
    for count in ["70", "210"] {
        assert!(!dry.stdout.contains(count), "the size of a cohort: {}", dry.stdout);
    }
}

#[test]
fn withheld_pairs_leave_no_trace() {
    // The only pair has a cell of 7, which is too small.
    let people: Vec<People> =
        (0..3).map(|site| People::with_cells(site, [777, 888, 999, [3, 2, 2][site]])).collect();
    let trial = Trial::new(&Query::of(3), &people);
    let ended = run(&mut trial.command());
    ended.done();
    let json = trial.json();
    assert_eq!(json["pairs_released"], 0);
    let pooled = [777 * 3, 888 * 3, 999 * 3, 777 + 888 + 999 + 3, 777 + 888 + 999 + 2];
    for count in pooled.iter().chain(&[777, 888, 999]).map(ToString::to_string) {
        assert!(!ended.stdout.contains(&count) && !ended.stderr.contains(&count), "{count}: {ended:?}");
    }
}

#[test]
fn runs_that_fail() {
    let people = marked(3);
    let queries = [
        Query::of(3).disclosure("min_people = 211"),
        Query::of(3).population("people_bound = 209"),
        Query::of(3).markers("ids = [\"rs0\", \"rs77\"]"),
    ];
    for query in queries {
        let ended = run(&mut Trial::new(&query, &people).command());
        assert_ne!(ended.code, Some(0));
        clean(&ended, &people, &["210".to_owned(), "70 people".to_owned()]);
    }
    for (fault, secret) in [(",7654", "7654"), (",1,1,1,1,1,1,1", ""), ("", "")] {
        let mut texts: Vec<String> = people.iter().map(People::csv).collect();
        let row = texts[1].lines().nth(20).unwrap().to_owned();
        let id = row.split(',').next().unwrap();
        // A wrong value, a row of another length, a person named twice.
        let bad = match fault {
            "" => format!("{row}\n{row}"),
            _ => format!("{id}{fault}{}", if secret.is_empty() { "" } else { ",0,0,0,0" }),
        };
        texts[1] = texts[1].replace(&row, &bad);
        let ended = run(&mut Trial::of_texts(&Query::of(3), &texts).command());
        ended.failed(2, &["site-b.csv:2"]);
        let secrets: Vec<String> =
            [secret].iter().filter(|text| !text.is_empty()).map(|&text| text.to_owned()).collect();
        clean(&ended, &people, &secrets);
    }
}

#[test]
fn separate_parties() {
    let people = marked(3);
    let federation = Federation::new(&Query::of(3), &people.iter().map(People::csv).collect::<Vec<_>>());
    let secrets: Vec<String> = federation
        .names()
        .iter()
        .map(|name| {
            let key = std::fs::read_to_string(federation.path(name, "identity.key")).unwrap();
            key.split_whitespace().last().unwrap().to_owned()
        })
        .collect();
    assert!(secrets.iter().all(|secret| secret.len() == 52));
    for (_, mut running) in federation.start_all_but(&[]) {
        let ended = running.wait(LIMIT);
        ended.done();
        clean(&ended, &people, &secrets);
    }
    // A party that everybody turns away prints keys, its own public one among them.
    let stranger = mpc_net::Identity::generate().unwrap().public_key();
    federation.change_peer("site-a", "site-b", |peer| peer.keys = vec![stranger.into()]);
    for (name, mut running) in federation.start_all_but(&[]) {
        let ended = running.wait(LIMIT);
        assert_ne!(ended.code, Some(0), "{name}: {ended:#?}");
        clean(&ended, &people, &secrets);
    }
    assert!(federation.result_files(HELPER).is_empty());
}
