//! Results against the same computation in the clear.

use crate::support::cohort::People;
use crate::support::expected::{Rule, compare, released};
use crate::support::query::{Query, name};
use crate::support::trial::Trial;
use serde_json::{Value, json};

/// Runs a query over all markers of these people, and compares. Returns the result.
#[track_caller]
fn check(people: &[People], rule: Rule, change: impl Fn(&mut Query)) -> Value {
    let mut query = Query::of(people.len())
        .markers(format!("all = true\n{}", rule.markers()))
        .disclosure(rule.disclosure());
    if rule.bonferroni {
        query.statistics = "correction = \"bonferroni\"".into();
    }
    query.more = rule.select();
    change(&mut query);
    let trial = Trial::new(&query, people);
    let json = trial.result();
    let panel = &people[0].markers;
    let expected = released(people, panel, rule);
    compare(&json, &trial.csv(), &expected, panel.len() * (panel.len() - 1) / 2);
    json
}

#[test]
fn a_helper_changes_who_is_trusted_and_nothing_else() {
    for (sites, lift) in [(2, None), (3, None), (3, Some(1_500)), (5, None)] {
        let people = cohort(sites, 60, 5);
        let rule = Rule { lift, min: 5, residual: Some(2), ..Rule::default() };
        let mut query = Query::of(sites).markers("all = true").disclosure(rule.disclosure());
        query.more = rule.select();
        let trial = Trial::new(&query, &people);
        let (without, rows) = (trial.result(), trial.csv());
        let with = trial.result_with_helper();
        assert_eq!(trial.csv(), rows, "{sites} sites");
        assert!(rows.len() > 10, "{sites} sites release {} pairs", rows.len() - 1);
        let of = |result: &Value| {
            let senders = result["cost"]["bytes_sent"].as_object().unwrap();
            (result["security"]["preprocessing"].clone(), senders.contains_key("helper"), senders.len())
        };
        assert_eq!(of(&without), (json!("ot"), false, sites));
        assert_eq!(of(&with), (json!("helper"), true, sites + 1));
    }
}

fn cohort(sites: usize, people: usize, missing: u64) -> Vec<People> {
    (0..sites).map(|site| People::some(site, people + 17 * site, 21, missing)).collect()
}

fn count(result: &Value) -> u64 {
    result["pairs_released"].as_u64().unwrap()
}

#[test]
fn two_to_five_sites() {
    for (sites, people) in [(2, 140), (3, 80), (4, 50), (5, 30)] {
        let result = check(&cohort(sites, people, 0), Rule::default(), |_| {});
        assert!((20..210).contains(&count(&result)), "{sites} sites release {}", count(&result));
        let names: Vec<String> = (0..sites).map(name).collect();
        assert_eq!(result["parties"], json!(names));
        let security = json!({ "adversary": "semi-honest", "preprocessing": "ot",
            "shares_hidden_from": sites - 1, "residual_protects_against_sites": 1 });
        assert_eq!(result["security"], security);
        let senders = result["cost"]["bytes_sent"].as_object().unwrap();
        assert_eq!(senders.len(), sites);
        assert!(senders.values().all(|bytes| bytes.as_u64() > Some(0)), "{senders:?}");
        let seconds = result["cost"]["seconds"].as_object().unwrap();
        assert!(["connect", "preprocessing", "online"].iter().all(|phase| seconds[*phase].is_f64()));
        assert!(result["cost"]["rounds"].as_u64() > Some(0));
        let hash = result["query"]["hash"].as_str().unwrap();
        assert!(hash.len() == 64 && hash.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')), "{hash}");
        assert_eq!((&result["schema"], &result["query"]["title"]), (&json!(1), &json!("A test")));
    }
}

#[test]
fn both_encodings_and_both_missing_rules() {
    let people = cohort(3, 200, 11);
    let mut counts = Vec::new();
    for homozygous in [false, true] {
        for pairwise in [false, true] {
            let result = check(&people, Rule { homozygous, pairwise, min: 6, ..Rule::default() }, |_| {});
            counts.push(count(&result));
            let warned = result["warnings"].to_string().contains("pairwise-complete");
            assert_eq!(warned, pairwise, "{}", result["warnings"]);
        }
    }
    assert!(counts.iter().all(|&count| count > 0) && counts[0] != counts[2], "{counts:?}");
}

#[test]
fn zeros_and_single_sites() {
    let people = cohort(3, 120, 0);
    let strict = check(&people, Rule::default(), |_| {});
    let alone = check(&people, Rule { residual: None, ..Rule::default() }, |_| {});
    let zeros = check(&people, Rule { zero: true, ..Rule::default() }, |_| {});
    let all = check(&people, Rule { min: 1, residual: None, zero: true, ..Rule::default() }, |_| {});
    assert!(count(&strict) < count(&alone) && count(&alone) < count(&all));
    assert!(count(&strict) <= count(&zeros) && count(&all) == 210);
    assert_eq!(alone["security"]["residual_protects_against_sites"], 0);
    assert_eq!(alone["disclosure"]["leave_one_out"], false);
    for (result, text) in
        [(&alone, "leave_one_out = false"), (&zeros, "allow_zero = true"), (&all, "min_cell_count = 1")]
    {
        assert!(result["warnings"].to_string().contains(text), "no {text}: {}", result["warnings"]);
    }
    assert!(!strict["warnings"].to_string().contains("allow_zero"));
}

#[test]
fn selected_pairs_only() {
    let people = cohort(3, 150, 0);
    let all = check(&people, Rule::default(), |_| {});
    let lift = check(&people, Rule { lift: Some(1250), ..Rule::default() }, |_| {});
    let chi = check(&people, Rule { chi_squared: Some(3841), ..Rule::default() }, |_| {});
    let both = check(&people, Rule { lift: Some(1250), chi_squared: Some(3841), ..Rule::default() }, |_| {});
    assert!(0 < count(&both) && count(&both) < count(&lift).min(count(&chi)), "{both}");
    assert!(count(&lift).max(count(&chi)) < count(&all));
    let none = check(&people, Rule { chi_squared: Some(999_999_999), ..Rule::default() }, |_| {});
    assert_eq!(count(&none), 0);
}

#[test]
fn undefined_numbers_are_null() {
    // A marker that everybody carries, one that nobody carries, and two that are never apart.
    let mut people = cohort(2, 40, 0);
    for site in &mut people {
        for (_, calls) in &mut site.rows {
            calls.truncate(5);
            calls[0] = Some(1);
            calls[1] = Some(0);
            calls[3] = calls[2];
        }
        site.markers.truncate(5);
    }
    let rule = Rule { min: 1, residual: None, zero: true, ..Rule::default() };
    let result = check(&people, rule, |_| {});
    let nulls =
        |name: &str| result["pairs"].as_array().unwrap().iter().filter(|pair| pair[name].is_null()).count();
    assert!(nulls("lift") > 0 && nulls("chi_squared") > 0 && nulls("odds_ratio") > 0 && nulls("r2") > 0);
    assert_eq!(nulls("fisher_exact_p"), 0);
}

#[test]
fn corrections_count_withheld_pairs() {
    let people = cohort(3, 150, 0);
    let hochberg = check(&people, Rule::default(), |_| {});
    let bonferroni = check(&people, Rule { bonferroni: true, ..Rule::default() }, |_| {});
    let below_one = |result: &Value| {
        let pairs = result["pairs"].as_array().unwrap().clone();
        pairs.iter().filter(|pair| pair["p_adjusted"].as_f64() < Some(1.0)).count()
    };
    assert!(below_one(&bonferroni) > 0 && below_one(&bonferroni) < below_one(&hochberg));
}

#[test]
fn only_what_was_asked_for_is_reported() {
    let people = cohort(2, 100, 0);
    let always = ["a", "b", "n11", "n10", "n01", "n00", "n"];
    for (report, more) in [
        ("[]", &[][..]),
        ("[\"lift\"]", &["lift"]),
        ("[\"r2\", \"expected\"]", &["expected", "r2"]),
        ("[\"chi_squared\"]", &["chi_squared", "chi_squared_p", "p_adjusted"]),
        ("[\"fisher_exact\"]", &["fisher_exact_p", "p_adjusted"]),
        (
            "[\"fisher_exact\", \"chi_squared\"]",
            &["chi_squared", "chi_squared_p", "fisher_exact_p", "p_adjusted"],
        ),
    ] {
        let query = Query { statistics: format!("report = {report}"), ..Query::of(2) };
        let trial = Trial::new(&query, &people);
        trial.result();
        let names: Vec<&str> = always.iter().chain(more).copied().collect();
        assert_eq!(trial.csv()[0], names, "{report}");
    }
    // Without Fisher's test the adjusted p is that of chi-squared.
    let query = Query {
        statistics: "report = [\"chi_squared\"]\ncorrection = \"bonferroni\"".into(),
        ..Query::of(2)
    };
    let result = Trial::new(&query, &people).result();
    for pair in result["pairs"].as_array().unwrap() {
        let p = pair["chi_squared_p"].as_f64().unwrap();
        let adjusted = (p * 210.0).min(1.0);
        assert!((pair["p_adjusted"].as_f64().unwrap() - adjusted).abs() <= 1e-12 * adjusted, "{pair}");
    }
}

#[test]
fn any_recipients_get_the_same_result() {
    let people = cohort(3, 130, 0);
    let mut results = Vec::new();
    for recipients in [&[0][..], &[2], &[1, 2], &[2, 0], &[0, 1, 2]] {
        let result = check(&people, Rule::default(), |query| {
            query.recipients = recipients.iter().map(|&site| name(site)).collect();
        });
        results.push(result["pairs"].clone());
    }
    assert!(results.iter().all(|pairs| *pairs == results[0]));
}

#[test]
fn nothing_released_is_a_result_too() {
    let rule = Rule { min: 1_000_000, ..Rule::default() };
    let people = cohort(3, 50, 0);
    let result = check(&people, rule, |_| {});
    assert_eq!((&result["pairs"], &result["pairs_released"]), (&json!([]), &json!(0)));
}
