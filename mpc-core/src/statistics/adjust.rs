//! Adjustment of p-values for many tests.
//!
//! `m` is the number of pairs *tested*. Pairs that were withheld, and released pairs whose p is undefined (chi-squared with a
//! margin of 0 or n), count in `m` as if their p were 1, and have no adjusted p.
//!
//! * Benjamini-Hochberg (Y. Benjamini and Y. Hochberg, *Controlling the False Discovery Rate*, J. R. Statist. Soc. B 57,
//!   1995, section 3.1): with p ascending, `q(i) = min over j >= i of min(1, p(j) m / j)`. Withheld pairs rank last
//!   and contribute `min(1, 1 m / m) = 1`, which the outer minimum already holds.
//! * Bonferroni: `min(1, p m)`.

use crate::query::Correction;
use std::cmp::Ordering;

/// Benjamini-Hochberg over p-values that come one by one from the largest to the least, wherever they are kept.
///
/// Equal p-values get equal adjusted ones: the last rank among them has the least quotient and comes first.
#[derive(Clone, Debug)]
pub struct StepUp {
    tested: f64,
    rank: u64,
    least: f64,
}

impl StepUp {
    /// For this many p-values out of this many tests, which are at least as many.
    pub fn new(values: u64, tested: u64) -> Self {
        Self { tested: tested as f64, rank: values, least: 1.0 }
    }

    /// The adjusted value of the next smaller p.
    pub fn adjust(&mut self, p: f64) -> f64 {
        self.least = self.least.min(p * self.tested / self.rank as f64);
        self.rank = self.rank.saturating_sub(1);
        self.least
    }
}

/// Adjusted p-values in the order of `p`; `None` stays `None`. `tested` counts all pairs, not only those in `p`.
pub fn adjust(p: &[Option<f64>], tested: u64, correction: Correction) -> Vec<Option<f64>> {
    // A caller who counts fewer tests than there are p-values may not make them look stronger.
    let tested = tested.max(p.len() as u64);
    match correction {
        Correction::Bonferroni => p.iter().map(|p| p.map(|p| (p * tested as f64).min(1.0))).collect(),
        Correction::BenjaminiHochberg => benjamini_hochberg(p, tested),
    }
}

fn benjamini_hochberg(p: &[Option<f64>], tested: u64) -> Vec<Option<f64>> {
    let mut ascending: Vec<(f64, usize)> =
        p.iter().enumerate().filter_map(|(at, p)| p.map(|p| (p, at))).collect();
    ascending.sort_unstable_by(|x, y| x.partial_cmp(y).unwrap_or(Ordering::Equal));
    let mut adjusted = vec![None; p.len()];
    let mut step_up = StepUp::new(ascending.len() as u64, tested);
    for (p, at) in ascending.into_iter().rev() {
        let least = step_up.adjust(p);
        if let Some(adjusted) = adjusted.get_mut(at) {
            *adjusted = Some(least);
        }
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use Correction::{BenjaminiHochberg, Bonferroni};
    use proptest::prelude::*;

    #[test]
    fn the_fifteen_tests_of_benjamini_and_hochberg() {
        // Section 4.1 of the paper: four of fifteen are rejected at 0.05.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0,
        ];
        let adjusted = adjust(&p.map(Some), 15, BenjaminiHochberg);
        assert_eq!(adjusted.iter().flatten().filter(|&&q| q <= 0.05).count(), 4);
        // As R's p.adjust prints them.
        let truth =
            [0.0015, 0.003, 0.0095, 0.035_625, 0.0603, 0.063_857_142_857, 0.063_857_142_857, 0.0645, 0.0765];
        for (q, truth) in adjusted.into_iter().flatten().zip(truth) {
            assert!((q - truth).abs() < 1e-12, "{q} {truth}");
        }
    }

    #[test]
    fn withheld_and_undefined_count_as_one() {
        let p = [Some(0.03), None, Some(0.01)];
        assert_eq!(adjust(&p, 100, BenjaminiHochberg), [Some(1.0), None, Some(1.0)]);
        assert_eq!(adjust(&p, 4, BenjaminiHochberg), [Some(0.06), None, Some(0.04)]);
        assert_eq!(adjust(&p, 4, Bonferroni), [Some(0.12), None, Some(0.04)]);
        assert_eq!(adjust(&p, 50, Bonferroni), [Some(1.0), None, Some(0.5)]);
    }

    #[test]
    fn nothing_to_adjust() {
        assert_eq!(adjust(&[], 7, BenjaminiHochberg), []);
        assert_eq!(adjust(&[None], 7, Bonferroni), [None]);
    }

    proptest! {
        #[test]
        fn equals_the_definition(
            p in proptest::collection::vec(proptest::option::weighted(0.8, 0.0..=1.0f64), 0..40),
            withheld in 0u64..40,
        ) {
            let tested = p.len() as u64 + withheld;
            let mut all: Vec<f64> = p.iter().map(|p| p.unwrap_or(1.0)).collect();
            all.resize(tested as usize, 1.0);
            all.sort_by(f64::total_cmp);
            for (p, q) in p.iter().zip(adjust(&p, tested, BenjaminiHochberg)) {
                // Over every test, withheld ones as p = 1.
                let truth = p.map(|p| {
                    let quotients = all.iter().enumerate().filter(|&(_, other)| *other >= p);
                    quotients.map(|(at, p)| p * tested as f64 / (at + 1) as f64).fold(1.0, f64::min)
                });
                prop_assert_eq!(q, truth);
            }
        }
    }
}
