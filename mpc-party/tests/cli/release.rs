//! The release rule at its edges: counts just at and just below a threshold, thresholds on both sides of the widest
//! truth table, and far beyond.

use crate::support::cohort::People;
use crate::support::expected::{Rule, compare, released};
use crate::support::query::Query;
use crate::support::trial::Trial;

/// Whether the one pair of sites with these cells is released; compared with the rule in the clear.
#[track_caller]
fn is_released(cells: &[[usize; 4]], rule: Rule) -> bool {
    let people: Vec<People> =
        cells.iter().enumerate().map(|(site, cells)| People::with_cells(site, *cells)).collect();
    let query = Query { more: rule.select(), ..Query::of(cells.len()).disclosure(rule.disclosure()) };
    let trial = Trial::new(&query, &people);
    let json = trial.result();
    let expected = released(&people, &people[0].markers, rule);
    compare(&json, &trial.csv(), &expected, 1);
    !expected.is_empty()
}

#[test]
fn the_pooled_threshold_is_exact() {
    let rule = Rule { residual: None, ..Rule::default() };
    assert!(is_released(&[[4, 30, 30, 30], [6, 30, 30, 30]], rule));
    assert!(!is_released(&[[3, 30, 30, 30], [6, 30, 30, 30]], rule));
    assert!(!is_released(&[[30, 30, 30, 9], [30, 30, 30, 0]], rule));
    assert!(!is_released(&[[30, 30, 30, 0], [30, 30, 30, 0]], rule));
    assert!(is_released(&[[30, 30, 30, 0], [30, 30, 30, 0]], Rule { zero: true, ..rule }));
    assert!(!is_released(&[[30, 30, 30, 1], [30, 30, 30, 0]], Rule { zero: true, ..rule }));
}

#[test]
fn the_residual_threshold_is_exact_for_every_site() {
    // Without the first site 5 remain, or 4.
    assert!(is_released(&[[9, 30, 30, 30], [3, 30, 30, 30], [2, 30, 30, 30]], Rule::default()));
    assert!(!is_released(&[[9, 30, 30, 30], [2, 30, 30, 30], [2, 30, 30, 30]], Rule::default()));
    assert!(!is_released(&[[2, 30, 30, 30], [9, 30, 30, 30], [2, 30, 30, 30]], Rule::default()));
    assert!(!is_released(&[[2, 30, 30, 30], [2, 30, 30, 30], [9, 30, 30, 30]], Rule::default()));
    // All of a cell at one site: the rest is zero.
    let alone = [[30, 30, 30, 30], [0, 30, 30, 30], [0, 30, 30, 30]];
    assert!(!is_released(&alone, Rule::default()));
    assert!(is_released(&alone, Rule { zero: true, ..Rule::default() }));
}

#[test]
fn thresholds_on_both_sides_of_the_widest_truth_table() {
    // The sum of the clamped counts of n sites needs 8 bits up to n k = 255.
    for (sites, min) in [(3, 85), (3, 86), (5, 51), (5, 52), (2, 127), (2, 128)] {
        for (zero, residual) in [(false, None), (true, None), (false, Some(min / 2)), (true, Some(min / 2))] {
            let rule = Rule {
                min: min as u64,
                zero,
                residual: residual.map(|least| least as u64),
                ..Rule::default()
            };
            let exact = |total: usize| -> Vec<[usize; 4]> {
                let part = |site| total / sites + usize::from(site < total % sites);
                (0..sites).map(|site| [part(site), min, min, min]).collect()
            };
            // Half of the minimum remains without one of two sites only if both have half.
            let exact_passes = residual.is_none_or(|least| min - min.div_ceil(sites) >= least);
            assert_eq!(is_released(&exact(min), rule), exact_passes, "{sites} sites, {rule:?}");
            assert!(!is_released(&exact(min - 1), rule), "{sites} sites, {rule:?}");
            assert_eq!(is_released(&exact(0), rule), zero, "{sites} sites, {rule:?}");
        }
    }
}

#[test]
fn residual_thresholds_on_both_sides_of_the_widest_truth_table() {
    // Four sites add up three clamped counts: 3 * 85 = 255.
    for least in [85, 86] {
        let rule = Rule { min: 1, residual: Some(least as u64), ..Rule::default() };
        let rest = |rest: usize| {
            let part = |site: usize| rest / 3 + usize::from(site < rest % 3);
            let plenty = [200; 3];
            let cells = |n11| [n11, plenty[0], plenty[1], plenty[2]];
            [cells(part(0)), cells(500), cells(part(1)), cells(part(2))]
        };
        assert!(is_released(&rest(least), rule));
        assert!(!is_released(&rest(least - 1), rule));
    }
}

#[test]
fn large_thresholds() {
    let cells = |n11| [[n11, 2000, 2000, 2000], [1400, 2000, 2000, 2000], [1500, 2000, 2000, 2000]];
    let rule = Rule { min: 4321, residual: Some(2500), ..Rule::default() };
    assert!(is_released(&cells(1421), rule));
    assert!(!is_released(&cells(1420), rule));
    let beyond = Rule { min: 1_000_000, residual: Some(1_000_000), ..Rule::default() };
    assert!(!is_released(&cells(1421), beyond));
    assert!(is_released(
        &[[0; 4], [0; 4], [40, 0, 0, 0]].map(|_| [0, 40, 40, 0]),
        Rule { min: 60, residual: Some(70), zero: true, ..Rule::default() }
    ));
}

#[test]
fn selection_is_exact_and_equality_passes() {
    // n11 = 30 and 20 expected: a lift of 1.5 exactly.
    let cells = [[15, 10, 10, 40], [15, 10, 10, 15]];
    let [n11, n10, n01, n00] = [0, 1, 2, 3].map(|cell| (cells[0][cell] + cells[1][cell]) as f64);
    let n = n11 + n10 + n01 + n00;
    assert_eq!(n11 * n / ((n11 + n10) * (n11 + n01)), 1.5);
    assert!(is_released(&cells, Rule { lift: Some(1500), ..Rule::default() }));
    assert!(!is_released(&cells, Rule { lift: Some(1501), ..Rule::default() }));
    // Chi-squared of a table with equal margins: 180 (60 * 60 - 30 * 30)^2 / 90^4 = 20.
    let even = [[30, 15, 15, 30], [30, 15, 15, 30]];
    assert!(is_released(&even, Rule { chi_squared: Some(20_000), ..Rule::default() }));
    assert!(!is_released(&even, Rule { chi_squared: Some(20_001), ..Rule::default() }));
    // As strong, but the other way round.
    let apart = [[15, 30, 30, 15], [15, 30, 30, 15]];
    assert!(!is_released(&apart, Rule { chi_squared: Some(1), ..Rule::default() }));
    assert!(is_released(&apart, Rule::default()));
}
