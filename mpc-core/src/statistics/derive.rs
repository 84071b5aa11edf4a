//! All requested statistics of the released pairs.
//!
//! Adjusting p-values needs those of all pairs at once. The other statistics take nanoseconds and are computed when a pair
//! is looked at, so that who has more pairs than fit in memory needs to keep the p-values only.

use super::Table2x2;
use crate::query::Statistic;
use std::collections::BTreeSet;

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

/// Which statistics are derived of each released pair.
#[derive(Copy, Clone, Debug)]
pub struct Derivation<'a> {
    report: &'a BTreeSet<Statistic>,
}

impl<'a> Derivation<'a> {
    /// Of the statistics that a query asks for.
    pub fn new(report: &'a BTreeSet<Statistic>) -> Self {
        Self { report }
    }

    /// Whether a statistic was requested.
    pub fn reports(&self, statistic: Statistic) -> bool {
        self.report.contains(&statistic)
    }

    /// Whether there is an adjusted p.
    pub fn reports_adjusted(&self) -> bool {
        self.reports(Statistic::FisherExact) || self.reports(Statistic::ChiSquared)
    }

    /// The p of a table that is to be adjusted: of Fisher if reported, else of chi-squared. It takes microseconds, and is
    /// what [`adjust`](super::adjust) needs of all pairs.
    pub fn p(&self, table: &Table2x2) -> Option<f64> {
        if self.reports(Statistic::FisherExact) {
            Some(table.fisher_exact_p())
        } else if self.reports(Statistic::ChiSquared) {
            table.chi_squared_p()
        } else {
            None
        }
    }

    /// All requested statistics of a table, of which this is the p, and the adjusted one.
    pub fn derived(&self, table: &Table2x2, p: Option<f64>, adjusted: Option<f64>) -> Derived {
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
            p_adjusted: adjusted,
            r2: if_reported(Statistic::R2, &|| table.r2()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ReleasedPair;
    use super::super::derive_all::derive_all;
    use super::super::testing::table;
    use super::*;
    use crate::query::Correction;

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
