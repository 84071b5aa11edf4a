//! Logarithm of the hypergeometric density, accurate in relative terms for every table of up to 2^31 people.
//!
//! Among tables with given margins, `P = n1.! n0.! n.1! n.0! / (n! n11! n10! n01! n00!)`. As in Loader's saddle-point
//! form (C. Loader, *Fast and Accurate Computation of Binomial Probabilities*, 2000, sections 2 to 4), each
//! factorial is `x! = sqrt(2 pi x) (x/e)^x exp(stirling_error(x))`, and the powers combine to one deviance a cell,
//! `D(x, m) = x ln(x/m) + m - x` with `m` the cell's expected count. Loader's density divides three binomials whose
//! common probability is rounded; here the four deviances are taken directly. All are positive, and the
//! distance `x - m` is the same exact rational `(n11*n00 - n10*n01) / n` in all four cells but for its sign, so
//! nothing cancels: the error of `ln P` is a few units in the last place of `ln P`, below 1e-12 at P = 1e-300.

use super::Table2x2;
use super::ratios::product;
use libm::log;
use std::f64::consts::TAU;

/// Hypergeometric distribution of tables with fixed margins, none of them 0.
pub(super) struct Hypergeometric {
    n: f64,
    /// Expected n11, n10, n01, n00.
    expected: [f64; 4],
    /// The part of `ln P` that depends on the margins alone.
    margins: f64,
}

impl Hypergeometric {
    /// The distribution of tables with the same margins as `table`.
    pub(super) fn with_margins_of(table: &Table2x2) -> Self {
        let (a, not_a) = (table.carriers_a(), table.noncarriers_a());
        let (b, not_b) = (table.carriers_b(), table.noncarriers_b());
        let n = table.n();
        let share = |x, y| product(x, y) as f64 / n as f64;
        let corrections =
            [a, not_a, b, not_b].into_iter().map(stirling_error).sum::<f64>() - stirling_error(n);
        let roots = TAU * TAU * TAU * (a as f64 * not_a as f64) * (b as f64 * not_b as f64) / n as f64;
        Self {
            n: n as f64,
            expected: [share(a, b), share(a, not_b), share(not_a, b), share(not_a, not_b)],
            margins: corrections + 0.5 * log(roots),
        }
    }

    /// `ln P` of a table with these margins.
    pub(super) fn ln_density(&self, table: &Table2x2) -> f64 {
        let (concordant, discordant) = (product(table.n11, table.n00), product(table.n10, table.n01));
        let size = concordant.abs_diff(discordant) as f64 / self.n;
        let distance = if concordant >= discordant { size } else { -size };
        let cells = [table.n11, table.n10, table.n01, table.n00];
        let distances = [distance, -distance, -distance, distance];
        let mut sum = 0.0;
        let mut roots = 1.0;
        for ((&cell, expected), distance) in cells.iter().zip(self.expected).zip(distances) {
            sum += stirling_error(cell) + deviance(cell as f64, expected, distance);
            // 0! has no root to take away.
            roots *= if cell == 0 { 1.0 } else { TAU * cell as f64 };
        }
        self.margins - sum - 0.5 * log(roots)
    }
}

/// `x ln(x/m) + m - x`, where `distance` is `x - m`, known better than the difference of the two.
fn deviance(x: f64, m: f64, distance: f64) -> f64 {
    if x == 0.0 {
        return m;
    }
    let v = distance / (x + m);
    if v.abs() >= 0.3 {
        return x * log(x / m) - distance;
    }
    // ln(x/m) = 2 artanh(v); the first term of the series absorbs `m - x` (Loader, section 4).
    let square = v * v;
    let mut sum = distance * v;
    let mut power = 2.0 * x * v;
    let mut odd = 3.0;
    loop {
        power *= square;
        let next = sum + power / odd;
        if next == sum {
            return sum;
        }
        sum = next;
        odd += 2.0;
    }
}

/// `ln(x!) - ln(sqrt(2 pi x) (x/e)^x)` for x = 1 to 15; by convention 0 at x = 0, whose factorial takes no root.
const SMALL: [f64; 16] = [
    0.0,
    0.08106146679532726,
    0.0413406959554093,
    0.02767792568499834,
    0.020790672103765093,
    0.016644691189821193,
    0.013876128823070748,
    0.01189670994589177,
    0.010411265261972096,
    0.009255462182712733,
    0.00833056343336287,
    0.007573675487951841,
    0.00694284010720953,
    0.006408994188004207,
    0.0059513701127588475,
    0.005554733551962801,
];

/// The error of Stirling's formula; beyond the table its asymptotic series, whose first neglected term is below 1.1e-16.
fn stirling_error(x: u64) -> f64 {
    if let Some(&error) = usize::try_from(x).ok().and_then(|x| SMALL.get(x)) {
        return error;
    }
    let inverse = 1.0 / x as f64;
    let square = inverse * inverse;
    let mut sum = 1.0 / 1188.0;
    for coefficient in [-1.0 / 1680.0, 1.0 / 1260.0, -1.0 / 360.0, 1.0 / 12.0] {
        sum = sum * square + coefficient;
    }
    sum * inverse
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, table};
    use super::*;

    /// Exact binomial coefficient.
    fn choose(n: u64, k: u64) -> u128 {
        (0..k).fold(1, |value, i| value * u128::from(n - i) / u128::from(i + 1))
    }

    #[test]
    fn equals_exact_binomials() {
        for (n, a, b) in [(2u64, 1u64, 1u64), (30, 15, 15), (30, 3, 29), (60, 20, 31), (60, 59, 30)] {
            let lowest = (a + b).saturating_sub(n);
            for k in lowest..=a.min(b) {
                let cells = table([k, a - k, b - k, n + k - a - b]);
                let exact = choose(a, k) as f64 * choose(n - a, b - k) as f64 / choose(n, b) as f64;
                let density = Hypergeometric::with_margins_of(&cells).ln_density(&cells).exp();
                assert_close(density, exact, 2e-14);
            }
        }
    }

    #[test]
    fn series_meets_table() {
        // stirling_error(15) by the series, against the table's own value.
        let x = 15.0f64;
        let series = 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3)) + 1.0 / (1260.0 * x.powi(5))
            - 1.0 / (1680.0 * x.powi(7))
            + 1.0 / (1188.0 * x.powi(9));
        assert_close(series, stirling_error(15), 1e-13);
        assert_close(stirling_error(16), 0.005_207_655_919_609_640_4, 1e-13);
    }
}
