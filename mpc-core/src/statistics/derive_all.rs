//! The statistics of pairs that fit in memory, for tests.

use super::ReleasedPair;
use super::adjust::adjust;
use super::derive::{Derivation, Derived};
use crate::query::{Correction, Statistic};
use std::collections::BTreeSet;

/// All requested statistics of every pair, in the order given. `pairs_tested` counts withheld pairs too.
pub fn derive_all(
    pairs: &[ReleasedPair],
    report: &BTreeSet<Statistic>,
    correction: Correction,
    pairs_tested: u64,
) -> Vec<Derived> {
    let derivation = Derivation::new(report);
    let p: Vec<Option<f64>> = pairs.iter().map(|pair| derivation.p(&pair.table)).collect();
    let adjusted = adjust(&p, pairs_tested, correction);
    let derived = |((pair, p), adjusted): ((&ReleasedPair, &Option<f64>), Option<f64>)| {
        derivation.derived(&pair.table, *p, adjusted)
    };
    pairs.iter().zip(&p).zip(adjusted).map(derived).collect()
}
