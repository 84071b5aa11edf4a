//! Margins and ratios of a 2x2 table: expected count, lift, odds ratio.
//!
//! With `n1. = n11 + n10`, `n.1 = n11 + n01` and `n` the sum of the cells (Agresti, *Categorical Data Analysis*, 3rd
//! edition, section 2.2):
//!
//! * expected `n1. * n.1 / n`
//! * lift `n11 * n / (n1. * n.1)`
//! * odds ratio `n11 * n00 / (n10 * n01)`, the sample odds ratio, without any continuity correction
//!
//! Products are taken in 128-bit integers and rounded once, so each ratio is within two units in the last place. A
//! quantity whose denominator is 0 is `None`.

use super::Table2x2;

impl Table2x2 {
    /// Number of people.
    pub fn n(&self) -> u64 {
        self.n11.saturating_add(self.n10).saturating_add(self.n01).saturating_add(self.n00)
    }

    /// Carriers of the first marker.
    pub fn carriers_a(&self) -> u64 {
        self.n11.saturating_add(self.n10)
    }

    /// Carriers of the second marker.
    pub fn carriers_b(&self) -> u64 {
        self.n11.saturating_add(self.n01)
    }

    /// People who do not carry the first marker.
    pub fn noncarriers_a(&self) -> u64 {
        self.n01.saturating_add(self.n00)
    }

    /// People who do not carry the second marker.
    pub fn noncarriers_b(&self) -> u64 {
        self.n10.saturating_add(self.n00)
    }

    /// Carriers of both, were the markers independent; `None` for a table without people.
    pub fn expected(&self) -> Option<f64> {
        quotient(product(self.carriers_a(), self.carriers_b()), self.n().into())
    }

    /// Observed over expected; `None` where a marker has no carrier.
    pub fn lift(&self) -> Option<f64> {
        quotient(product(self.n11, self.n()), product(self.carriers_a(), self.carriers_b()))
    }

    /// Sample odds ratio; `None` where `n10 * n01` is 0, also when the numerator is 0 too.
    pub fn odds_ratio(&self) -> Option<f64> {
        quotient(product(self.n11, self.n00), product(self.n10, self.n01))
    }
}

/// Exact product.
pub(super) fn product(x: u64, y: u64) -> u128 {
    u128::from(x) * u128::from(y)
}

fn quotient(numerator: u128, denominator: u128) -> Option<f64> {
    (denominator != 0).then(|| numerator as f64 / denominator as f64)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, table};

    #[test]
    fn known_answers() {
        for (cells, expected, lift, odds_ratio) in [
            ([30, 70, 50, 850], 8.0, 3.75, 51.0 / 7.0),
            ([3, 17, 5, 975], 0.16, 18.75, 34.411_764_705_882_35),
            ([0, 12, 9, 379], 0.27, 0.0, 0.0),
        ] {
            let table = table(cells);
            assert_close(table.expected().unwrap(), expected, 1e-15);
            assert_close(table.lift().unwrap(), lift, 1e-15);
            assert_close(table.odds_ratio().unwrap(), odds_ratio, 1e-15);
        }
    }

    #[test]
    fn a_zero_denominator_is_none() {
        let empty = table([0, 0, 0, 0]);
        assert_eq!((empty.expected(), empty.lift(), empty.odds_ratio()), (None, None, None));
        let no_carrier_of_a = table([0, 0, 5, 5]);
        assert_eq!(no_carrier_of_a.expected(), Some(0.0));
        assert_eq!(no_carrier_of_a.lift(), None);
        assert_eq!(no_carrier_of_a.odds_ratio(), None);
        assert_eq!(table([5, 0, 3, 9]).odds_ratio(), None, "infinite");
        assert_eq!(table([0, 0, 3, 9]).odds_ratio(), None, "0 / 0");
        assert_eq!(table([0, 2, 3, 9]).odds_ratio(), Some(0.0));
        assert_eq!(table([4, 2, 3, 0]).odds_ratio(), Some(0.0));
    }

    #[test]
    fn products_beyond_two_to_the_53_are_exact() {
        let n = (1u64 << 31) - 1;
        let half = table([n / 2, 1, 1, n / 2 - 1]);
        assert_eq!(half.n(), n);
        // (n/2 + 1)^2 / n in exact rationals.
        assert_close(half.expected().unwrap(), 536_870_912.25, 1e-15);
        assert_close(half.odds_ratio().unwrap(), 1_152_921_502_459_363_329.0 - 1_073_741_823.0, 1e-15);
    }
}
