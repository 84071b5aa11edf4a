//! What a site that owns columns could do with exact counts of them against another site's column: attacks that work, and
//! that the program refuses to make possible unless the query says so.
#![allow(clippy::print_stdout, reason = "how many people are exposed")]

use super::support::cohort::{Numbers, People};
use super::support::query::{Query, name};
use super::support::trial::Trial;
use serde_json::Value;

const PEOPLE: usize = 60;

/// The attacker's columns and the victim's one column, of the same people.
struct Attack {
    own: Vec<Vec<bool>>,
    secret: Vec<bool>,
}

impl Attack {
    fn file(prefix: &str, columns: &[Vec<bool>]) -> String {
        let markers = (0..columns.len()).map(|column| format!("{prefix}{column}")).collect();
        let calls = |person: usize| columns.iter().map(|column| Some(u8::from(column[person]))).collect();
        let rows = (0..PEOPLE).map(|person| (format!("p{person}"), calls(person))).collect();
        People { markers, rows }.csv()
    }

    fn trial(&self, disclosure: &str) -> Trial {
        let query = Query {
            partition: "vertical",
            recipients: vec![name(0)],
            ..Query::of(2)
                .markers("all = true\npairs = \"across-sites\"")
                .disclosure(format!("min_cell_count = 5\n{disclosure}"))
        };
        let victim = std::slice::from_ref(&self.secret);
        Trial::of_texts(&query, &[Self::file("own", &self.own), Self::file("secret", victim)])
    }

    /// The count that each of the attacker's columns has with the victim's, where it was released.
    fn counts(json: &Value) -> Vec<(usize, f64)> {
        let count = |pair: &Value| {
            let column = pair["a"].as_str().unwrap().strip_prefix("own").unwrap().parse().unwrap();
            (column, pair["n11"].as_f64().unwrap())
        };
        json["pairs"].as_array().unwrap().iter().map(count).collect()
    }
}

fn random_column(numbers: &mut Numbers) -> Vec<bool> {
    (0..PEOPLE).map(|_| numbers.next() >> 17 & 1 == 1).collect()
}

/// A column, and beside it one for each person, in which only that person is changed.
fn differing_in_one() -> Attack {
    let mut numbers = Numbers(5);
    let base = random_column(&mut numbers);
    let changed = |person: usize| {
        let mut column = base.clone();
        column[person] = !column[person];
        column
    };
    let own = std::iter::once(base.clone()).chain((0..PEOPLE).map(changed)).collect();
    Attack { own, secret: random_column(&mut numbers) }
}

/// Random columns, fewer than there are people.
fn many_columns() -> Attack {
    let mut numbers = Numbers(9);
    let own = (0..50).map(|_| random_column(&mut numbers)).collect();
    Attack { own, secret: random_column(&mut numbers) }
}

#[test]
fn attacks_are_refused_by_default() {
    for attack in [differing_in_one(), many_columns()] {
        attack.trial("").fails(2, &["site-a", "its own marker", "owners_may_receive"]);
    }
}

#[test]
fn two_own_columns_that_differ_in_one_person_show_that_persons_record() {
    let attack = differing_in_one();
    let json = attack.trial("owners_may_receive = true").result();
    let counts = Attack::counts(&json);
    let (_, base) = counts.iter().find(|(column, _)| *column == 0).unwrap();
    let exposed = counts.iter().filter(|(column, count)| {
        column.checked_sub(1).is_some_and(|person| (count != base) == attack.secret[person])
    });
    let exposed = exposed.count();
    println!("{exposed} of {PEOPLE} people's records are exposed by differences");
    assert_eq!(exposed, PEOPLE);
    let warnings = json["warnings"].to_string();
    assert!(warnings.contains("owners_may_receive = true"), "{warnings}");
}

/// Of all columns with values from 0 to 1 one is sought that has the released counts, by projected gradient descent: a
/// relaxation of the victim's column such as linear programming solves.
#[test]
fn fewer_own_columns_than_people_show_nearly_everybodys_record() {
    let attack = many_columns();
    let json = attack.trial("owners_may_receive = true").result();
    let counts = Attack::counts(&json);
    let mut guess = vec![0.5; PEOPLE];
    for _ in 0..50_000 {
        let mut gradient = vec![0.0; PEOPLE];
        for (column, count) in &counts {
            let carriers = || attack.own[*column].iter().enumerate().filter(|(_, carries)| **carries);
            let excess = carriers().map(|(person, _)| guess[person]).sum::<f64>() - count;
            carriers().for_each(|(person, _)| gradient[person] += excess);
        }
        for (guess, gradient) in guess.iter_mut().zip(gradient) {
            *guess = (*guess - gradient / 1_200.0f64).clamp(0.0, 1.0);
        }
    }
    let exposed = guess.iter().zip(&attack.secret).filter(|(guess, secret)| (**guess > 0.5) == **secret);
    let exposed = exposed.count();
    println!("{exposed} of {PEOPLE} people's records are exposed by {} columns", counts.len());
    assert!(exposed * 20 >= PEOPLE * 19, "{exposed} of {PEOPLE}");
    let warnings = json["warnings"].to_string();
    let counted =
        format!("site-a has exact counts of 50 columns of its own against 1 of others over {PEOPLE} people");
    assert!(warnings.contains(&counted) && warnings.contains("linear programming"), "{warnings}");
}

#[test]
fn few_columns_on_both_sides_carry_no_warning_of_linear_programming() {
    for (columns, warned) in [(PEOPLE / 20, false), (PEOPLE / 20 + 1, true)] {
        let mut attack = many_columns();
        attack.own.truncate(columns);
        let warnings = attack.trial("owners_may_receive = true").result()["warnings"].to_string();
        assert_eq!(warnings.contains("linear programming"), warned, "{columns}: {warnings}");
    }
}

#[test]
fn whoever_receives_is_told_to_whom_not_to_give_the_counts() {
    let attack = many_columns();
    let query = Query {
        partition: "vertical",
        recipients: vec![name(2)],
        ..Query::of(3).markers("all = true\npairs = \"across-sites\"").disclosure("min_cell_count = 5")
    };
    let victim = std::slice::from_ref(&attack.secret);
    let registry = Attack::file("none", &[]);
    let files = [Attack::file("own", &attack.own), Attack::file("secret", victim), registry];
    let json = Trial::of_texts(&query, &files).result();
    let warnings = json["warnings"].to_string();
    let told = format!(
        "site-a knows 50 of the columns, more than a twentieth of {PEOPLE} people. Do not give it these counts"
    );
    assert!(warnings.contains(&told), "{warnings}");
    assert!(!warnings.contains("site-b knows"), "{warnings}");
}
