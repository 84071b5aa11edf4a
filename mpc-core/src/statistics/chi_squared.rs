//! Pearson's chi-squared of a 2x2 table, without continuity correction, its p-value, and squared phi.
//!
//! `r2 = (n11*n00 - n10*n01)^2 / (n1. * n0. * n.1 * n.0)`, `chi_squared = n * r2`, and with one degree of freedom
//! `p = erfc(sqrt(chi_squared / 2))` (Agresti, *Categorical Data Analysis*, 3rd edition, section 3.2).
//!
//! The determinant and the margin products are exact integers, each rounded once: `r2` and `chi_squared` are within 1e-15
//! relative. The tail behaves as `exp(-chi_squared / 2)`, so at p = 1e-300 that error grows by 690: p is within
//! 1e-12 relative (`libm::erfc` itself is within one unit in the last place). All three are `None` where a margin is
//! 0, that is, where everybody or nobody carries a marker.

use super::Table2x2;
use super::ratios::product;

impl Table2x2 {
    /// Squared phi coefficient, between 0 and 1.
    pub fn r2(&self) -> Option<f64> {
        let determinant = product(self.n11, self.n00).abs_diff(product(self.n10, self.n01)) as f64;
        let margins_a = product(self.carriers_a(), self.noncarriers_a()) as f64;
        let margins_b = product(self.carriers_b(), self.noncarriers_b()) as f64;
        let denominator = margins_a * margins_b;
        (denominator > 0.0).then(|| (determinant * determinant / denominator).min(1.0))
    }

    /// Pearson's statistic.
    pub fn chi_squared(&self) -> Option<f64> {
        Some(self.n() as f64 * self.r2()?)
    }

    /// Probability of a statistic at least as large under independence, in the large-sample limit.
    pub fn chi_squared_p(&self) -> Option<f64> {
        Some(libm::erfc((self.chi_squared()? / 2.0).sqrt()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{VECTORS, assert_close, table};

    #[test]
    fn known_answers() {
        for (cells, chi_squared, p, _) in VECTORS {
            let table = table(cells);
            assert_close(table.chi_squared().unwrap(), chi_squared, 1e-15);
            assert_close(table.chi_squared_p().unwrap(), p, 1e-12);
            assert_close(table.r2().unwrap(), chi_squared / table.n() as f64, 1e-15);
        }
    }

    #[test]
    fn a_margin_of_nobody_or_everybody_is_none() {
        for cells in [[0, 0, 0, 0], [0, 0, 4, 6], [0, 4, 0, 6], [4, 6, 0, 0], [4, 0, 6, 0], [7, 0, 0, 0]] {
            let table = table(cells);
            assert_eq!(
                (table.r2(), table.chi_squared(), table.chi_squared_p()),
                (None, None, None),
                "{cells:?}"
            );
        }
    }

    #[test]
    fn perfect_association_is_exactly_one() {
        let n = (1u64 << 31) - 1;
        for carriers in [1, 3, 1000, n / 3, n - 1] {
            assert_eq!(table([carriers, 0, 0, n - carriers]).r2(), Some(1.0));
            assert_eq!(table([0, carriers, n - carriers, 0]).r2(), Some(1.0));
        }
        assert_eq!(table([1 << 30, 0, 0, 1 << 30]).chi_squared_p(), Some(0.0), "underflow, not NaN");
        assert_eq!(table([5, 5, 5, 5]).chi_squared_p(), Some(1.0));
    }
}
