//! The release rule as tests over small numbers.
//!
//! A pair is released if for each of its four pooled cells x the sum passes `x >= min_cell_count`, and, with
//! leave-one-out, for each site i the rest passes `x - own_i(x) >= residual_min_count`; zero passes too where the query
//! allows it.
//!
//! **Clamping.** A site need not bring its whole count to a test. With `y_i = min(x_i, k)`:
//! `sum y_i >= k` exactly when `sum x_i >= k`. If some `x_i >= k`, then `y_i = k` and both hold; otherwise `y = x`. And
//! `sum y_i = 0` exactly when `sum x_i = 0`, as k >= 1. The sum of m clamped numbers is at most m k, so the test needs
//! `ceil(log2(m k + 1))` bits, whatever the number of people. A site that lies can count too much to any test whatever
//! the device; clamped inputs are used among semi-honest parties only.
//!
//! **Dropped tests.** Add up the n leave-one-out tests of a cell without zeros: `(n - 1) x >= n r`, so x is at least
//! `ceil(n r / (n - 1))`; where that reaches the minimum, the pooled test says nothing new. With zeros allowed, some rest
//! may be zero; then the whole x is one site's, which is the rest of every other site, hence zero or at least r.

use crate::algebra::bits_for;
use crate::correlation::TruthTable;
use crate::protocol::private_table::PrivateTable;
use crate::query::Disclosure;

/// Cells of a 2x2 table.
pub const CELLS: usize = 4;

/// The release rule among a number of sites.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct ReleaseRule {
    sites: usize,
    disclosure: Disclosure,
}

/// The test that a sum of private counts is at least `least`, or zero where that passes.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    least: u32,
    zero_passes: bool,
    contributors: usize,
}

impl ReleaseRule {
    /// The rule of a query among `sites` sites, at least two.
    pub fn new(sites: usize, disclosure: Disclosure) -> Self {
        Self { sites, disclosure }
    }

    /// Number of sites.
    pub fn sites(&self) -> usize {
        self.sites
    }

    /// The test of each pooled cell; `None` where the leave-one-out tests imply it.
    pub fn pooled(&self) -> Option<Threshold> {
        let minimum = self.disclosure.min_cell_count;
        let implied = self.disclosure.residual_min_count.is_some_and(|residual| {
            let (sites, residual) = (self.sites as u64, u64::from(residual));
            let least =
                if self.disclosure.allow_zero { residual } else { (sites * residual).div_ceil(sites - 1) };
            least >= u64::from(minimum)
        });
        (!implied).then_some(self.threshold(minimum, self.sites))
    }

    /// The test of each cell without one site's own part, for each site; `None` where it is not asked for.
    pub fn residual(&self) -> Option<Threshold> {
        self.disclosure.residual_min_count.map(|residual| self.threshold(residual, self.sites - 1))
    }

    /// All tests of a cell as one function of the sites' counts, each clamped to [`Self::largest`]: as that is no less than
    /// any threshold, every sum reaches a threshold, or is zero, exactly when the sum of the whole counts does. `None` for
    /// too many sites or too large a threshold.
    pub fn private_table(&self) -> Option<PrivateTable> {
        let (pooled, residual) = (self.pooled(), self.residual());
        PrivateTable::new(self.sites, self.largest() as usize + 1, |held| {
            let sum: u64 = held.iter().copied().map(u64::from).sum();
            pooled.is_none_or(|test| test.passes(sum))
                && residual.is_none_or(|test| held.iter().all(|&own| test.passes(sum - u64::from(own))))
        })
    }

    /// The largest of its thresholds.
    pub fn largest(&self) -> u32 {
        [self.pooled(), self.residual()].into_iter().flatten().map(|test| test.least()).max().unwrap_or(0)
    }

    fn threshold(&self, least: u32, contributors: usize) -> Threshold {
        Threshold { least, zero_passes: self.disclosure.allow_zero, contributors }
    }

    /// Number of tests a pair goes through.
    pub fn tests(&self) -> usize {
        let pooled = usize::from(self.pooled().is_some());
        let residual = if self.residual().is_some() { self.sites } else { 0 };
        CELLS * (pooled + residual)
    }
}

impl Threshold {
    /// What a site brings to the test of its count.
    pub fn clamp(&self, count: u32) -> u64 {
        count.min(self.least).into()
    }

    /// Whether a sum of clamped counts passes.
    pub fn passes(&self, sum: u64) -> bool {
        sum >= self.least.into() || self.zero_passes && sum == 0
    }

    /// Bits that the sum of clamped counts needs.
    pub fn width(&self) -> u32 {
        bits_for(self.contributors as u64 * u64::from(self.least))
    }

    /// Number of sites whose counts are added up.
    pub fn contributors(&self) -> usize {
        self.contributors
    }

    /// The least count that passes.
    pub fn least(&self) -> u32 {
        self.least
    }

    /// Whether zero passes.
    pub fn zero_passes(&self) -> bool {
        self.zero_passes
    }

    /// The test as a truth table; `None` where the sum is too wide for one.
    pub fn table(&self) -> Option<TruthTable> {
        TruthTable::new(self.width(), |sum| self.passes(sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(sites: usize, min: u32, residual: Option<u32>, allow_zero: bool) -> ReleaseRule {
        let disclosure =
            Disclosure { min_cell_count: min, allow_zero, residual_min_count: residual, min_people: 1 };
        ReleaseRule::new(sites, disclosure)
    }

    /// All ways in which `sites` sites can hold 0 ..= most each.
    fn holdings(sites: usize, most: u32) -> Vec<Vec<u32>> {
        (0..sites).fold(vec![Vec::new()], |all, _| {
            all.iter().flat_map(|held| (0..=most).map(|count| [held.as_slice(), &[count]].concat())).collect()
        })
    }

    #[test]
    fn clamped_tests_decide_the_rule_exhaustively() {
        for (sites, most) in [(2, 8), (3, 6), (4, 4)] {
            let holdings = holdings(sites, most);
            for min in 1..=5 {
                for residual in [None, Some(1), Some(2), Some(3), Some(5)] {
                    for allow_zero in [false, true] {
                        let rule = rule(sites, min, residual, allow_zero);
                        let ok = |sum: u32, least: u32| sum >= least || allow_zero && sum == 0;
                        for held in &holdings {
                            let total: u32 = held.iter().sum();
                            let expected = ok(total, min)
                                && residual.is_none_or(|least| held.iter().all(|own| ok(total - own, least)));
                            let clamped = |test: Threshold, without: Option<usize>| {
                                let parts =
                                    held.iter().enumerate().filter(|&(site, _)| Some(site) != without);
                                test.passes(parts.map(|(_, &count)| test.clamp(count)).sum())
                            };
                            let decided = rule.pooled().is_none_or(|test| clamped(test, None))
                                && rule
                                    .residual()
                                    .is_none_or(|test| (0..sites).all(|site| clamped(test, Some(site))));
                            assert_eq!(decided, expected, "{held:?} under {rule:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn one_table_decides_all_tests_of_a_cell() {
        use crate::transport::PartyId;
        for (sites, most) in [(2, 9), (3, 7)] {
            let order: Vec<PartyId> = (0..sites as u8).map(PartyId::new).collect();
            for min in 1..=5 {
                for residual in [None, Some(1), Some(2), Some(3), Some(5)] {
                    for allow_zero in [false, true] {
                        let rule = rule(sites, min, residual, allow_zero);
                        let table = rule.private_table().unwrap();
                        let ok = |sum: u32, least: u32| sum >= least || allow_zero && sum == 0;
                        for held in holdings(sites, most) {
                            let total: u32 = held.iter().sum();
                            let expected = ok(total, min)
                                && residual.is_none_or(|least| held.iter().all(|own| ok(total - own, least)));
                            let clamped: Vec<usize> =
                                held.iter().map(|&own| own.min(rule.largest()) as usize).collect();
                            assert_eq!(table.value(&order, &clamped), expected, "{held:?} under {rule:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn widths_and_dropped_tests() {
        let default = rule(3, 10, Some(5), false);
        assert_eq!(default.pooled().map(|test| test.width()), Some(5));
        assert_eq!(default.residual().map(|test| test.width()), Some(4));
        assert_eq!(default.tests(), 16);
        // 3 sites: x >= ceil(3 * 7 / 2) = 11.
        assert_eq!(rule(3, 11, Some(7), false).pooled(), None);
        assert!(rule(3, 12, Some(7), false).pooled().is_some());
        assert!(rule(3, 11, Some(7), true).pooled().is_some());
        assert_eq!(rule(2, 10, Some(5), false).tests(), 8);
    }
}
