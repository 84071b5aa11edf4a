//! Fisher's exact test of a 2x2 table, two-sided.
//!
//! `p = sum of P(k) over all tables k with the same margins and P(k) <= P(observed) (1 + 1e-7)`, the convention of R's
//! `fisher.test` (after R. A. Fisher, *Statistical Methods for Research Workers*, 5th edition, section 21.02); the
//! factor makes tables that are equally likely in exact arithmetic count as such. A table whose margins allow
//! no other has p = 1.
//!
//! The density is unimodal, so the sum is two tails. Each starts from a density in relative terms
//! ([`Hypergeometric`]) and proceeds by the exact ratio of neighbouring tables until the rest cannot change the sum; the far
//! tail's start is found by Newton's method on `ln P`, which is concave. Where the tables between the tails
//! are fewer than those in them, they are summed instead and p is the complement, kept only if p >= 0.05 so that the
//! subtraction costs at most a factor of 20 in rounding. All terms are positive: p is within 1e-12 relative for
//! p >= 1e-300, for up to 2^31 people. Below about 1e-305 it fades to 0.
//! Logarithms and exponentials are `libm`'s, so that every machine computes the same bits.

use super::Table2x2;
use super::hypergeometric::Hypergeometric;
use super::ratios::product;
use libm::{exp, log};

/// Tables are as extreme as the observed one up to this relative difference of their densities.
const TIE: f64 = 1e-7;

/// `ln(1 + TIE)`.
const LN_TIE: f64 = TIE - TIE * TIE / 2.0;

/// A tail ends where the rest of it is below this part of the sum.
const NEGLIGIBLE: f64 = 1e-18;

/// Complements below this are thrown away.
const LEAST_COMPLEMENT: f64 = 0.05;

impl Table2x2 {
    /// Fisher's exact test, two-sided: between 0 and 1, never NaN.
    pub fn fisher_exact_p(&self) -> f64 {
        let p = match self.towards_mode() {
            Some(table) => tails(table),
            None => 1.0,
        };
        p.clamp(0.0, 1.0)
    }

    /// The same table with columns exchanged where needed, so that density grows with `n11`; `None` at a mode, where every
    /// table is at most as likely. Tables with a margin of 0 or n are alone with their margins, hence modes.
    fn towards_mode(&self) -> Option<Table2x2> {
        let exchanged = Table2x2 { n11: self.n10, n10: self.n11, n01: self.n00, n00: self.n01 };
        [*self, exchanged].into_iter().find(Table2x2::grows)
    }

    /// Whether the table with one more in `n11` is more likely.
    fn grows(&self) -> bool {
        product(self.n10, self.n01) > product(self.n11 + 1, self.n00 + 1)
    }

    /// The table with the same margins and `steps` more in `n11`.
    fn up(&self, steps: u64) -> Table2x2 {
        Table2x2 {
            n11: self.n11 + steps,
            n10: self.n10.saturating_sub(steps),
            n01: self.n01.saturating_sub(steps),
            n00: self.n00 + steps,
        }
    }

    /// Tables with the same margins and a larger `n11`.
    fn above(&self) -> u64 {
        self.n10.min(self.n01)
    }

    /// Tables with the same margins and a smaller `n11`.
    fn below(&self) -> u64 {
        self.n11.min(self.n00)
    }

    /// Density of the table one up over that of this one.
    fn ratio_up(&self) -> f64 {
        (self.n10 as f64 * self.n01 as f64) / ((self.n11 + 1) as f64 * (self.n00 + 1) as f64)
    }

    /// Density of the table one down over that of this one.
    fn ratio_down(&self) -> f64 {
        (self.n11 as f64 * self.n00 as f64) / ((self.n10 + 1) as f64 * (self.n01 + 1) as f64)
    }
}

/// The sum of both tails for a table below the mode. Weights are relative to the observed density.
fn tails(observed: Table2x2) -> f64 {
    let Some((edge, edge_weight)) = near_edge(observed) else {
        return 1.0;
    };
    let density = Hypergeometric::with_margins_of(&observed);
    let observed_ln = density.ln_density(&observed);
    let far = far_edge(&density, edge, observed_ln + LN_TIE);

    let between = far.steps.saturating_sub(1);
    let outside = edge.below().saturating_add(edge.above().saturating_sub(between));
    if between < outside && (between as f64) < 3.5 * deviation(&observed) {
        let start = edge_weight * edge.ratio_up();
        let inside = start * (1.0 + Series::upwards(&edge.up(1)).sum(between.saturating_sub(1)));
        let p = 1.0 - exp(observed_ln) * inside;
        if p >= LEAST_COMPLEMENT {
            return p;
        }
    }
    let near_sum = edge_weight * (1.0 + Series::downwards(&edge).sum(edge.below()));
    let far_sum = if far.steps > edge.above() {
        0.0
    } else {
        let start = edge.up(far.steps);
        exp(far.excess + LN_TIE) * (1.0 + Series::upwards(&start).sum(start.above()))
    };
    exp(observed_ln) * (near_sum + far_sum)
}

/// Standard deviation of `n11`, roughly.
fn deviation(table: &Table2x2) -> f64 {
    let n = table.n() as f64;
    let a = table.carriers_a() as f64 * (table.noncarriers_a() as f64 / n);
    let b = table.carriers_b() as f64 * (table.noncarriers_b() as f64 / n);
    (a * b / n).sqrt()
}

/// The innermost table on the observed side that counts as extreme, with its density relative to the observed one; `None`
/// where that reaches the mode, so that every table counts. In cohorts of millions, neighbours near the mode differ
/// by less than [`TIE`]; elsewhere this is the observed table itself.
fn near_edge(observed: Table2x2) -> Option<(Table2x2, f64)> {
    let (mut edge, mut weight) = (observed, 1.0);
    loop {
        let next = weight * edge.ratio_up();
        if next > 1.0 + TIE {
            return Some((edge, weight));
        }
        (edge, weight) = (edge.up(1), next);
        if !edge.grows() {
            return None;
        }
    }
}

/// Where the far tail starts.
struct FarEdge {
    /// Steps up from the near edge; beyond the last table if there is no far tail.
    steps: u64,
    /// `ln P` there, minus the threshold: at most 0.
    excess: f64,
}

/// The first table past the mode with `ln P <= threshold`. `ln P` is concave and exceeds the threshold between the edges, so the
/// bracket always holds a sign change; a Newton step that leaves it, or too many of them, is replaced by bisection.
fn far_edge(density: &Hypergeometric, near: Table2x2, threshold: f64) -> FarEdge {
    // Steps at which the density is known to be above the threshold, and known not to be.
    let (mut inside, mut outside) = (1, near.above() + 1);
    let mut guess = reflection(&near);
    for round in 0.. {
        if outside - inside <= 1 {
            break;
        }
        guess = guess.clamp(inside + 1, outside - 1);
        let table = near.up(guess);
        let excess = density.ln_density(&table) - threshold;
        let slope = if excess > 0.0 { log(table.ratio_up()) } else { -log(table.ratio_down()) };
        let newton = -excess / slope;
        // Close enough to walk; only past the mode, where the slope is negative.
        if slope < 0.0 && newton.abs() < 4.0 {
            return walk(near, guess, excess);
        }
        if excess > 0.0 {
            inside = guess
        } else {
            outside = guess
        }
        guess = if slope < 0.0 && round < 12 {
            guess.saturating_add_signed(newton.round() as i64)
        } else {
            inside + (outside - inside) / 2
        };
    }
    let excess = if outside > near.above() {
        f64::NEG_INFINITY
    } else {
        density.ln_density(&near.up(outside)) - threshold
    };
    FarEdge { steps: outside, excess }
}

/// From a table past the mode, by exact ratios to the first one whose excess is not positive.
fn walk(near: Table2x2, mut steps: u64, mut excess: f64) -> FarEdge {
    if excess > 0.0 {
        // Ends at the latest beyond the last table, where the ratio is 0 and its logarithm minus infinity.
        while excess > 0.0 {
            excess += log(near.up(steps).ratio_up());
            steps += 1;
        }
        return FarEdge { steps, excess };
    }
    while steps > 1 {
        let before = excess + log(near.up(steps).ratio_down());
        if before > 0.0 {
            break;
        }
        excess = before;
        steps -= 1;
    }
    FarEdge { steps, excess }
}

/// Steps from a table below the mean to its mirror image above: where the far tail would start, were the density symmetric.
fn reflection(near: &Table2x2) -> u64 {
    let shortfall = product(near.n10, near.n01).saturating_sub(product(near.n11, near.n00)) as f64;
    (2.0 * shortfall / near.n() as f64).round() as u64
}

/// The series `sum over j of (product of the first j ratios)` of neighbouring densities, where the i-th ratio is
/// `(x - i)(y - i) / ((u + i)(v + i))`, i from 0. Whole numbers below 2^53 in floating point.
struct Series {
    x: f64,
    y: f64,
    u: f64,
    v: f64,
}

/// Ratios taken at once: independent divisions, which the processor overlaps.
const LANES: usize = 8;

impl Series {
    fn upwards(table: &Table2x2) -> Self {
        Self {
            x: table.n10 as f64,
            y: table.n01 as f64,
            u: (table.n11 + 1) as f64,
            v: (table.n00 + 1) as f64,
        }
    }

    fn downwards(table: &Table2x2) -> Self {
        Self {
            x: table.n11 as f64,
            y: table.n00 as f64,
            u: (table.n10 + 1) as f64,
            v: (table.n01 + 1) as f64,
        }
    }

    fn ratio(&self, i: f64) -> f64 {
        ((self.x - i) * (self.y - i)) / ((self.u + i) * (self.v + i))
    }

    /// The sum of the first `terms` terms, or as many as matter.
    fn sum(&self, terms: u64) -> f64 {
        let (mut sum, mut weight, mut i) = (0.0, 1.0, 0.0);
        let mut left = terms;
        while left >= LANES as u64 {
            let ratios: [f64; LANES] = std::array::from_fn(|lane| self.ratio(i + lane as f64));
            let (mut part, mut chain, mut last) = (0.0, 1.0, 1.0);
            for ratio in ratios {
                chain *= ratio;
                part += chain;
                last = ratio;
            }
            sum += weight * part;
            weight *= chain;
            // Ratios fall, so the rest is below a geometric series with the last one.
            if weight * last <= NEGLIGIBLE * sum * (1.0 - last) {
                return sum;
            }
            i += LANES as f64;
            left -= LANES as u64;
        }
        for _ in 0..left {
            weight *= self.ratio(i);
            sum += weight;
            i += 1.0;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{VECTORS, assert_close, table};
    use super::*;
    use proptest::prelude::*;
    use statrs::distribution::{Discrete, Hypergeometric as Oracle};

    /// Exact binomial coefficient.
    fn choose(n: u64, k: u64) -> u128 {
        (0..k).fold(1, |value, i| value * u128::from(n - i) / u128::from(i + 1))
    }

    /// The definition in whole numbers, `1e7 P(k) <= (1e7 + 1) P(observed)`.
    fn exact(observed: &Table2x2) -> f64 {
        let (a, b, n) = (observed.carriers_a(), observed.carriers_b(), observed.n());
        let ways = |k| choose(a, k) * choose(n - a, b - k);
        let limit = ways(observed.n11) * 10_000_001;
        let tables = (a + b).saturating_sub(n)..=a.min(b);
        let extreme: u128 = tables.map(ways).filter(|ways| ways * 10_000_000 <= limit).sum();
        extreme as f64 / choose(n, b) as f64
    }

    #[test]
    fn every_table_of_up_to_30_people() {
        let mut tables = 0;
        for n11 in 0..=30 {
            for n10 in 0..=30 - n11 {
                for n01 in 0..=30 - n11 - n10 {
                    for n00 in 0..=30 - n11 - n10 - n01 {
                        let table = table([n11, n10, n01, n00]);
                        assert_close(table.fisher_exact_p(), exact(&table), 3e-14);
                        tables += 1;
                    }
                }
            }
        }
        assert_eq!(tables, 46_376);
    }

    #[test]
    fn known_answers() {
        for (cells, _, _, p) in VECTORS {
            assert_close(table(cells).fisher_exact_p(), p, 1e-12);
        }
    }

    #[test]
    fn equally_likely_tables_count_on_both_sides() {
        // With a marker carried by half, k and its mirror image are exactly equally likely.
        for half in [5, 50, 5000, 500_000, 1 << 30] {
            let b = half / 2 + 1;
            for k in [b / 4, b / 3, b * 9 / 20] {
                let low = table([k, half - k, b - k, half + k - b]);
                let high = table([b - k, half + k - b, k, half - k]);
                assert_close(low.fisher_exact_p(), high.fisher_exact_p(), 1e-12);
                let one_side = one_sided(&low);
                if low.grows() && 2.0 * one_side > 1e-290 {
                    assert_close(low.fisher_exact_p(), 2.0 * one_side, 1e-12);
                }
            }
        }
    }

    /// The lower tail alone.
    fn one_sided(table: &Table2x2) -> f64 {
        let density = Hypergeometric::with_margins_of(table).ln_density(table).exp();
        density * (1.0 + Series::downwards(table).sum(table.below()))
    }

    #[test]
    fn a_single_possible_table_is_certain() {
        for cells in [[0, 0, 0, 0], [0, 0, 4, 6], [0, 4, 0, 6], [4, 6, 0, 0], [4, 0, 6, 0], [7, 0, 0, 0]] {
            assert_eq!(table(cells).fisher_exact_p(), 1.0, "{cells:?}");
        }
    }

    #[test]
    fn vanishing_p_is_zero_and_never_nan() {
        let n = (1u64 << 31) - 1;
        for cells in [[1 << 30, 0, 0, n >> 1], [0, 1 << 30, n >> 1, 0], [1_000_000, 5, 7, 1_000_000]] {
            assert_eq!(table(cells).fisher_exact_p(), 0.0);
        }
        assert_close(table([1, 0, 0, n - 1]).fisher_exact_p(), 1.0 / n as f64, 1e-14);
    }

    /// All tables by statrs' density.
    fn oracle(table: &Table2x2) -> f64 {
        let (a, b, n) = (table.carriers_a(), table.carriers_b(), table.n());
        let distribution = Oracle::new(n, a, b).unwrap();
        let density = |k| distribution.ln_pmf(k).exp();
        let limit = density(table.n11) * (1.0 + TIE);
        let tables = (a + b).saturating_sub(n)..=a.min(b);
        tables.map(density).filter(|&p| p <= limit).sum()
    }

    proptest! {
        #[test]
        fn agrees_with_statrs(n11 in 0u64..300, n10 in 0u64..300, n01 in 0u64..300, n00 in 0u64..3000) {
            let table = table([n11, n10, n01, n00]);
            let (p, truth) = (table.fisher_exact_p(), oracle(&table));
            // statrs' factorials carry about 1e-12 of their logarithms; subnormal numbers have few digits.
            prop_assert!((p - truth).abs() <= 1e-9 * truth + 1e-300, "{p:e} {truth:e}");
        }

        #[test]
        fn symmetric_and_within_bounds(n11 in 0u64..5000, n10 in 0u64..5000, n01 in 0u64..5000, n00 in 0u64..500_000) {
            let p = table([n11, n10, n01, n00]).fisher_exact_p();
            prop_assert!((0.0..=1.0).contains(&p));
            for same in [[n11, n01, n10, n00], [n00, n10, n01, n11], [n10, n11, n00, n01]] {
                let other = table(same).fisher_exact_p();
                prop_assert!((p - other).abs() <= 1e-12 * p, "{p:e} {other:e}");
            }
        }
    }
}
