//! The pairs for which the evidence is strongest.

use super::in_order::in_order;
use super::{Report, TestedPair};
use std::cmp::Ordering;
use std::io;
use std::ops::Range;

/// Pairs a thread looks at at once.
const CHUNK: u64 = 2048;

/// Chunks whose strongest pairs are compared at once.
const WAVE: usize = 128;

/// Strength of the evidence for a pair; the strongest come first in order.
struct Strength {
    tested: TestedPair,
    association: f64,
    at: u64,
}

impl Strength {
    fn of(tested: TestedPair, at: u64) -> Self {
        let association = tested.pair.table.lift().map_or(0.0, |lift| lift.ln().abs());
        Self { tested, association, at }
    }

    /// By adjusted p, then p (adjustment makes many equal), then distance of the lift from 1, then panel order. A pair
    /// without a p follows those with one.
    fn order(&self, other: &Self) -> Ordering {
        let value = |value: Option<f64>| value.unwrap_or(f64::INFINITY);
        let (one, two) = (&self.tested, &other.tested);
        value(one.adjusted)
            .total_cmp(&value(two.adjusted))
            .then(value(one.p).total_cmp(&value(two.p)))
            .then(other.association.total_cmp(&self.association))
            .then(self.at.cmp(&other.at))
    }
}

/// The `count` strongest pairs, the strongest first.
pub(super) fn strongest_pairs(report: &Report, count: usize) -> io::Result<Vec<TestedPair>> {
    let strongest_of = |range: Range<u64>| {
        let pairs = report.read(range.clone())?;
        let mut found = pairs.into_iter().zip(range).map(|(pair, at)| Strength::of(pair, at)).collect();
        keep(&mut found, count);
        Ok::<_, io::Error>(found)
    };
    let mut strongest = Vec::new();
    in_order(report.results.pairs.len(), CHUNK, WAVE, strongest_of, |found| {
        strongest.extend(found);
        keep(&mut strongest, count);
        Ok(())
    })?;
    strongest.sort_unstable_by(Strength::order);
    Ok(strongest.into_iter().map(|strength| strength.tested).collect())
}

/// Leaves the `count` strongest, in any order.
fn keep(all: &mut Vec<Strength>, count: usize) {
    if count < all.len() {
        all.select_nth_unstable_by(count, Strength::order);
        all.truncate(count);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Example, random_pairs};
    use super::*;
    use mpc_core::query::Statistic;

    fn positions(example: &Example, count: usize) -> Vec<(u32, u32)> {
        let shown = example.with_report(|report| strongest_pairs(report, count).unwrap());
        shown.iter().map(|tested| (tested.pair.a, tested.pair.b)).collect()
    }

    #[test]
    fn without_p_the_strongest_association_leads() {
        let mut example = Example::new();
        example.statistics = [Statistic::Lift].into();
        // Lifts: 3.75, 18.75, 0, none, 1.
        assert_eq!(positions(&example, 10), [(0, 3), (0, 2), (0, 1), (1, 2), (2, 3)]);
        assert_eq!(positions(&example, 2), [(0, 3), (0, 2)]);
        assert!(positions(&example, 0).is_empty());
    }

    #[test]
    fn they_are_the_first_of_all_in_order() {
        let mut example = Example::new();
        for statistics in [&[Statistic::ChiSquared][..], &[]] {
            example.statistics = statistics.iter().copied().collect();
            example.pairs = random_pairs(300_000);
            example.with_report(|report| {
                let all = report.read(0..300_000).unwrap();
                let mut all: Vec<Strength> =
                    all.into_iter().zip(0..).map(|(tested, at)| Strength::of(tested, at)).collect();
                all.sort_by(Strength::order);
                for count in [1, 10, 5000] {
                    let shown = strongest_pairs(report, count).unwrap();
                    let truth = all.iter().take(count).map(|strength| strength.tested.pair);
                    assert!(shown.into_iter().map(|tested| tested.pair).eq(truth));
                }
            });
        }
    }
}
