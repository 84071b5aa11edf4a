//! All requested statistics of the released pairs.
//!
//! p-values, and with them the adjusted ones, need all pairs at once and are kept; the other statistics take nanoseconds
//! and are computed when a pair is looked at, so that a million pairs need 32 bytes each beyond their cells.

use super::ReleasedPair;
use super::adjust::adjust;
use crate::parallel::fill;
use crate::query::{Correction, Statistic};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is derived from one released table. `None` where it was not requested, or where its denominator is 0;
/// [`Derivation::reports`] tells which.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Derived {
    /// Expected n11 under independence.
    pub expected: Option<f64>,
    /// Observed over expected.
    pub lift: Option<f64>,
    /// Sample odds ratio.
    pub odds_ratio: Option<f64>,
    /// Pearson's chi-squared.
    pub chi_squared: Option<f64>,
    /// Its p.
    pub chi_squared_p: Option<f64>,
    /// Two-sided Fisher p.
    pub fisher_exact_p: Option<f64>,
    /// Adjusted p: of Fisher if reported, else of chi-squared.
    pub p_adjusted: Option<f64>,
    /// Squared phi.
    pub r2: Option<f64>,
}

/// Statistics of a list of released pairs.
pub struct Derivation<'a> {
    pairs: &'a [ReleasedPair],
    report: &'a BTreeSet<Statistic>,
    /// The p that is adjusted; empty where the report has none.
    p: Vec<Option<f64>>,
    adjusted: Vec<Option<f64>>,
}

/// Pairs a thread takes at once: about a millisecond of Fisher tests.
const CHUNK: usize = 512;

impl<'a> Derivation<'a> {
    /// Computes and adjusts the p-values, on all cores. `pairs_tested` counts withheld pairs too; `progress` gets the
    /// number of pairs done so far.
    pub fn new(
        pairs: &'a [ReleasedPair],
        report: &'a BTreeSet<Statistic>,
        correction: Correction,
        pairs_tested: u64,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Self {
        let done = AtomicU64::new(0);
        let all = |p: fn(&ReleasedPair) -> Option<f64>| {
            let mut values = vec![None; pairs.len()];
            fill(&mut values, CHUNK, |at| {
                if (at + 1).is_multiple_of(CHUNK) {
                    progress(done.fetch_add(CHUNK as u64, Ordering::Relaxed) + CHUNK as u64);
                }
                pairs.get(at).and_then(p)
            });
            values
        };
        let p = if report.contains(&Statistic::FisherExact) {
            all(|pair| Some(pair.table.fisher_exact_p()))
        } else if report.contains(&Statistic::ChiSquared) {
            all(|pair| pair.table.chi_squared_p())
        } else {
            Vec::new()
        };
        let adjusted = adjust(&p, pairs_tested, correction);
        Self { pairs, report, p, adjusted }
    }

    /// The pairs, in the order given.
    pub fn pairs(&self) -> &'a [ReleasedPair] {
        self.pairs
    }

    /// Whether a statistic was requested.
    pub fn reports(&self, statistic: Statistic) -> bool {
        self.report.contains(&statistic)
    }

    /// Whether there is an adjusted p.
    pub fn reports_adjusted(&self) -> bool {
        self.reports(Statistic::FisherExact) || self.reports(Statistic::ChiSquared)
    }

    /// The p that is adjusted, of the pair at this position.
    pub fn p(&self, at: usize) -> Option<f64> {
        self.p.get(at).copied().flatten()
    }

    /// The adjusted p of the pair at this position.
    pub fn adjusted(&self, at: usize) -> Option<f64> {
        self.adjusted.get(at).copied().flatten()
    }

    /// All requested statistics of the pair at this position.
    pub fn derived(&self, at: usize) -> Derived {
        let Some(ReleasedPair { table, .. }) = self.pairs.get(at) else {
            return Derived::default();
        };
        let p = self.p(at);
        let fisher = self.reports(Statistic::FisherExact);
        let if_reported = |statistic, value: &dyn Fn() -> Option<f64>| {
            if self.reports(statistic) { value() } else { None }
        };
        Derived {
            expected: if_reported(Statistic::Expected, &|| table.expected()),
            lift: if_reported(Statistic::Lift, &|| table.lift()),
            odds_ratio: if_reported(Statistic::OddsRatio, &|| table.odds_ratio()),
            chi_squared: if_reported(Statistic::ChiSquared, &|| table.chi_squared()),
            chi_squared_p: if_reported(Statistic::ChiSquared, &|| {
                if fisher { table.chi_squared_p() } else { p }
            }),
            fisher_exact_p: if fisher { p } else { None },
            p_adjusted: self.adjusted(at),
            r2: if_reported(Statistic::R2, &|| table.r2()),
        }
    }
}

/// All requested statistics of every pair, in the order given. [`Derivation`] does the same in less memory.
pub fn derive_all(
    pairs: &[ReleasedPair],
    report: &BTreeSet<Statistic>,
    correction: Correction,
    pairs_tested: u64,
) -> Vec<Derived> {
    let derivation = Derivation::new(pairs, report, correction, pairs_tested, &|_| {});
    let mut all = vec![Derived::default(); pairs.len()];
    fill(&mut all, CHUNK, |at| derivation.derived(at));
    all
}

#[cfg(test)]
mod tests {
    use super::super::testing::table;
    use super::*;

    const EVERYTHING: [Statistic; 7] = [
        Statistic::N11,
        Statistic::Expected,
        Statistic::Lift,
        Statistic::OddsRatio,
        Statistic::ChiSquared,
        Statistic::FisherExact,
        Statistic::R2,
    ];

    fn pairs() -> Vec<ReleasedPair> {
        [[30, 70, 50, 850], [3, 17, 5, 975], [0, 12, 9, 379], [4, 6, 0, 0]]
            .into_iter()
            .zip(1..)
            .map(|(cells, b)| ReleasedPair { a: 0, b, table: table(cells) })
            .collect()
    }

    fn derive(report: &[Statistic]) -> Vec<Derived> {
        derive_all(&pairs(), &report.iter().copied().collect(), Correction::Bonferroni, 10)
    }

    #[test]
    fn everything_is_what_the_table_says() {
        let derived = derive(&EVERYTHING);
        assert_eq!(derived.len(), 4);
        for (pair, derived) in pairs().iter().zip(derived) {
            let table = pair.table;
            assert_eq!(
                derived,
                Derived {
                    expected: table.expected(),
                    lift: table.lift(),
                    odds_ratio: table.odds_ratio(),
                    chi_squared: table.chi_squared(),
                    chi_squared_p: table.chi_squared_p(),
                    fisher_exact_p: Some(table.fisher_exact_p()),
                    p_adjusted: Some((table.fisher_exact_p() * 10.0).min(1.0)),
                    r2: table.r2(),
                }
            );
        }
    }

    #[test]
    fn only_what_was_requested() {
        assert_eq!(derive(&[]), [Derived::default(); 4]);
        assert_eq!(derive(&[Statistic::N11]), [Derived::default(); 4]);
        for derived in derive(&[Statistic::Lift]) {
            assert_eq!(derived, Derived { lift: derived.lift, ..Derived::default() });
            assert!(derived.lift.is_some());
        }
    }

    #[test]
    fn chi_squared_is_adjusted_where_fisher_is_not_reported() {
        let derived = derive(&[Statistic::ChiSquared]);
        for (pair, derived) in pairs().iter().zip(&derived) {
            assert_eq!(derived.chi_squared_p, pair.table.chi_squared_p());
            assert_eq!(derived.p_adjusted, derived.chi_squared_p.map(|p| (p * 10.0).min(1.0)));
            assert_eq!(derived.fisher_exact_p, None);
        }
        assert_eq!(derived.last(), Some(&Derived::default()), "a margin is n");
    }

    /// Not a measurement: debug builds of a loaded machine pass it easily.
    #[test]
    fn many_pairs_are_quick() {
        let pairs: Vec<_> = (0..20_000)
            .map(|i| {
                let n11 = 900 + i % 200;
                ReleasedPair { a: 0, b: 1, table: table([n11, 10_000 - n11, 10_000 - n11, 80_000 + n11]) }
            })
            .collect();
        let start = std::time::Instant::now();
        let report = EVERYTHING.into_iter().collect();
        let derived = derive_all(&pairs, &report, Correction::BenjaminiHochberg, 50_000);
        assert!(start.elapsed().as_secs() < 10);
        assert!(derived.iter().all(|derived| derived.p_adjusted >= derived.fisher_exact_p));
    }
}
