//! Counting the four cells of every pair at one site, in the clear and on its own data.
//!
//! With carrier bits x and missing bits u (x is 0 where u is 1), `n11 = |xa & xb|`. Where missing calls count as
//! noncarriers, the margins are each marker's carriers and n is the number of people. Where a person with a missing
//! call is left out of the pair, `n1. = |xa| - |xa & ub|`, `n.1 = |xb| - |xb & ua|` and
//! `n = people - |ua| - |ub| + |ua & ub|`. The other cells follow by subtraction.
//!
//! The bits in common are counted for tiles of pairs of bitmaps (`popcount`), on all cores where it is worth it.

use super::cohort::{Cohort, Column};
use super::pairs::{pair_count, rows_in};
use super::popcount::{Row, count_common};
use crate::parallel;
use crate::query::MissingRule;
use std::ops::Range;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// One site's four cells of consecutive pairs, one element a pair. They are the site's own data, so they are never printed,
/// and wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Cells {
    /// Carriers of both.
    pub n11: Vec<u32>,
    /// Carriers of the first only.
    pub n10: Vec<u32>,
    /// Carriers of the second only.
    pub n01: Vec<u32>,
    /// Carriers of neither.
    pub n00: Vec<u32>,
}

/// Counts pairs of one site's cohort. Shared between threads, each of which counts its own range.
pub struct Counter<'a> {
    cohort: &'a Cohort,
    markers: Vec<Marker<'a>>,
}

/// A column with what is known before pairs are looked at.
struct Marker<'a> {
    column: &'a Column,
    carriers: u32,
    missing: u32,
    people_left_out: LeftOut,
}

/// How a marker's missing bits are kept.
enum LeftOut {
    /// The marker takes nobody out of a pair.
    Nobody,
    /// These people, each as its word and the position of its bit.
    Few(Vec<(u32, u32)>),
    /// The column's own bitmap.
    Many,
}

/// The set bits of a bitmap, each as its word and its position there.
fn bits(bitmap: &[u64]) -> Vec<(u32, u32)> {
    let mut bits = Vec::new();
    for (&word, at) in bitmap.iter().zip(0..) {
        let mut rest = word;
        while rest != 0 {
            bits.push((at, rest.trailing_zeros()));
            rest &= rest - 1;
        }
    }
    bits
}

impl<'a> Marker<'a> {
    fn new(column: &'a Column, rule: MissingRule) -> Self {
        let missing = match rule {
            MissingRule::AsNoncarrier => 0,
            MissingRule::PairwiseComplete => column.missing_calls() as u32,
        };
        let people_left_out = match missing as usize {
            0 => LeftOut::Nobody,
            // Looking up a person, most often a miss of the cache, costs as much as some hundred words in step.
            few if few <= column.missing().len() / 128 => LeftOut::Few(bits(column.missing())),
            _ => LeftOut::Many,
        };
        let carriers = column.carrier().iter().map(|word| word.count_ones()).sum();
        Self { column, carriers, missing, people_left_out }
    }

    /// Bits of a bitmap at the people listed here, if they are.
    fn listed_in(&self, bitmap: &[u64]) -> u32 {
        let LeftOut::Few(people) = &self.people_left_out else { return 0 };
        let bit = |&(word, bit): &(u32, u32)| bitmap.get(word as usize).map_or(0, |bits| (bits >> bit) & 1);
        people.iter().map(bit).sum::<u64>() as u32
    }

    /// The missing bits, if they are kept as a bitmap.
    fn bitmap_left_out(&self) -> Option<&'a [u64]> {
        matches!(self.people_left_out, LeftOut::Many).then(|| self.column.missing())
    }

    fn carrier(&self) -> Option<&'a [u64]> {
        Some(self.column.carrier())
    }
}

impl<'a> Counter<'a> {
    /// Prepares to count.
    pub fn new(cohort: &'a Cohort, rule: MissingRule) -> Self {
        let markers = cohort.columns.iter().map(|column| Marker::new(column, rule)).collect();
        Self { cohort, markers }
    }

    /// Number of all pairs.
    pub fn pairs(&self) -> u64 {
        pair_count(self.marker_count())
    }

    /// Number of markers.
    pub fn marker_count(&self) -> u32 {
        self.markers.len() as u32
    }

    /// The cells of the pairs with these numbers (see [`super::pairs`]), in order. Numbers beyond the last pair have none.
    pub fn count(&self, range: Range<u64>) -> Cells {
        let pairs = range.start..range.end.min(self.pairs()).max(range.start);
        let length = (pairs.end - pairs.start) as usize;
        let mut cells =
            Cells { n11: vec![0; length], n10: vec![0; length], n01: vec![0; length], n00: vec![0; length] };
        // More parts than cores, as other work may hold one of them up.
        let parts = if self.work(length) < LEAST_WORK { 1 } else { 2 * parallel::cores() };
        let part = length.div_ceil(parts).max(1);
        let parts: Vec<_> = cells
            .n11
            .chunks_mut(part)
            .zip(cells.n10.chunks_mut(part))
            .zip(cells.n01.chunks_mut(part))
            .zip(cells.n00.chunks_mut(part))
            .zip((pairs.start..).step_by(part))
            .map(|((((n11, n10), n01), n00), start)| (start, [n11, n10, n01, n00]))
            .collect();
        parallel::for_each(parts.into_iter(), |(start, cells)| self.count_part(start, cells));
        cells
    }

    /// About how many words of two bitmaps are gone through for this many pairs.
    fn work(&self, pairs: usize) -> usize {
        let products = match self.markers.iter().any(|marker| marker.bitmap_left_out().is_some()) {
            true => 4,
            false => 1,
        };
        pairs * self.cohort.people.div_ceil(64) * products
    }

    /// Fills in the cells of consecutive pairs, from the one with number `start` on.
    fn count_part(&self, start: u64, cells: [&mut [u32]; 4]) {
        let [n11, n10, n01, n00] = cells;
        let mut rows = Vec::new();
        let mut length = 0;
        for (a, others) in rows_in(start..start + n11.len() as u64, self.marker_count()) {
            rows.push(Row {
                a: a as usize,
                others: others.start as usize..others.end as usize,
                start: length,
            });
            length += others.len();
        }
        // Until the end, n10 and n01 hold the carriers of one marker among people whom the other leaves out, and n00
        // the people whom both leave out.
        self.count_bitmaps(&rows, Marker::carrier, Marker::carrier, n11);
        self.count_bitmaps(&rows, Marker::carrier, Marker::bitmap_left_out, n10);
        self.count_bitmaps(&rows, Marker::bitmap_left_out, Marker::carrier, n01);
        self.count_bitmaps(&rows, Marker::bitmap_left_out, Marker::bitmap_left_out, n00);

        let mut counts = n11.iter().zip(n10).zip(n01).zip(n00);
        for row in &rows {
            let Some(a) = self.markers.get(row.a) else { return };
            let others = self.markers.get(row.others.clone()).unwrap_or_default();
            for (b, (((&n11, n10), n01), n00)) in others.iter().zip(&mut counts) {
                let carriers_a = a.carriers - (*n10 + b.listed_in(a.column.carrier()));
                let carriers_b = b.carriers - (*n01 + a.listed_in(b.column.carrier()));
                let missing_in_both = *n00 + missing_in_both_lists(a, b);
                let people = self.cohort.people as u32 - (a.missing + b.missing - missing_in_both);
                (*n10, *n01) = (carriers_a - n11, carriers_b - n11);
                *n00 = people - (carriers_a + carriers_b - n11);
            }
        }
    }

    /// Counts the bits that one bitmap of the first and one of the second marker have in common; pairs that lack one keep
    /// their count.
    fn count_bitmaps(
        &self,
        rows: &[Row],
        of_first: impl Fn(&Marker<'a>) -> Option<&'a [u64]>,
        of_second: impl Fn(&Marker<'a>) -> Option<&'a [u64]>,
        counts: &mut [u32],
    ) {
        let first: Vec<_> = self.markers.iter().map(of_first).collect();
        let second: Vec<_> = self.markers.iter().map(of_second).collect();
        count_common(rows, &first, &second, counts);
    }
}

/// People whom both leave out, where at least one of the markers lists its own.
fn missing_in_both_lists(a: &Marker<'_>, b: &Marker<'_>) -> u32 {
    match (&a.people_left_out, &b.people_left_out) {
        (LeftOut::Nobody, _) | (_, LeftOut::Nobody) => 0,
        (LeftOut::Few(_), _) => a.listed_in(b.column.missing()),
        _ => b.listed_in(a.column.missing()),
    }
}

/// Words of two bitmaps that take about a millisecond. Below that, threads cost more than they save.
const LEAST_WORK: usize = 1 << 24;

#[cfg(test)]
mod tests {
    use super::super::pairs::pairs_in;
    use super::super::popcount::STRIP;
    use super::*;
    use crate::query::Encoding;
    use proptest::prelude::*;

    type Calls = Vec<Vec<Option<u8>>>;

    fn cohort(calls: &Calls, people: usize) -> Cohort {
        let column = |calls: &Vec<Option<u8>>| {
            let mut column = Column::default();
            calls.iter().for_each(|&call| column.push(call, Encoding::Carrier));
            column
        };
        let ids = (0..calls.len()).map(|marker| format!("m{marker}")).collect();
        Cohort { ids, columns: calls.iter().map(column).collect(), people }
    }

    /// Person by person.
    fn oracle(calls: &Calls, rule: MissingRule, range: Range<u64>) -> Cells {
        let mut cells = Cells::default();
        for (a, b) in pairs_in(range, calls.len() as u32) {
            let mut count = [0; 4];
            for (a, b) in calls[a as usize].iter().zip(&calls[b as usize]) {
                if rule == MissingRule::PairwiseComplete && (a.is_none() || b.is_none()) {
                    continue;
                }
                let carries = |call: &Option<u8>| call.is_some_and(|dosage| dosage > 0);
                count[2 * usize::from(!carries(a)) + usize::from(!carries(b))] += 1;
            }
            cells.n11.push(count[0]);
            cells.n10.push(count[1]);
            cells.n01.push(count[2]);
            cells.n00.push(count[3]);
        }
        cells
    }

    fn check(calls: &Calls, people: usize, range: Range<u64>) {
        let cohort = cohort(calls, people);
        for rule in [MissingRule::AsNoncarrier, MissingRule::PairwiseComplete] {
            let counter = Counter::new(&cohort, rule);
            assert_eq!(counter.pairs(), pair_count(calls.len() as u32));
            let (counted, expected) = (counter.count(range.clone()), oracle(calls, rule, range.clone()));
            assert!(counted == expected, "{rule:?}, {people} people, pairs {range:?}");
        }
    }

    /// Calls by a fixed recurrence; one in `missing` is missing, a twentieth of that in markers 2, 5, 8, ..., and markers
    /// 0, 3, 6, ... have none.
    fn calls(markers: usize, people: usize, missing: u64) -> Calls {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        (0..markers)
            .map(|marker| {
                let mut call = || {
                    let missing = if marker % 3 == 2 { 20 * missing } else { missing };
                    let complete = next() % missing != 0 || marker % 3 == 0;
                    complete.then(|| (next() % 3).saturating_sub(marker as u64 % 2) as u8)
                };
                (0..people).map(|_| call()).collect()
            })
            .collect()
    }

    #[test]
    fn people_around_word_and_tile_boundaries() {
        for people in [0, 1, 63, 64, 65, 127, 128, 1000, 64 * STRIP - 1, 64 * STRIP + 65] {
            // Common, rare and single missing calls: bitmaps and lists of words.
            for missing in [2, 1000, people as u64 + 1] {
                check(&calls(4, people, missing), people, 0..6);
            }
        }
    }

    #[test]
    fn lists_bitmaps_and_neither_in_one_panel() {
        let people = 64 * 2048 + 65;
        let calls = calls(8, people, 1000);
        let cohort = cohort(&calls, people);
        let counter = Counter::new(&cohort, MissingRule::PairwiseComplete);
        let kinds = |kind: fn(&LeftOut) -> bool| {
            counter.markers.iter().filter(|marker| kind(&marker.people_left_out)).count()
        };
        assert_eq!(kinds(|kind| matches!(kind, LeftOut::Nobody)), 3);
        assert_eq!(kinds(|kind| matches!(kind, LeftOut::Few(_))), 2);
        assert_eq!(kinds(|kind| matches!(kind, LeftOut::Many)), 3);
        check(&calls, people, 0..28);
    }

    #[test]
    fn ranges_large_enough_for_all_cores() {
        let people = 64 * 3000;
        let calls = calls(120, 100, 9);
        let mut cohort = cohort(&calls, 100);
        // The other people carry nothing and miss nothing: each cell but the last is that of the first 100.
        for column in &mut cohort.columns {
            (100..people).for_each(|_| column.push(Some(0), Encoding::Carrier));
        }
        cohort.people = people;
        for rule in [MissingRule::AsNoncarrier, MissingRule::PairwiseComplete] {
            let counter = Counter::new(&cohort, rule);
            assert!(counter.work(7140) > LEAST_WORK);
            let mut expected = oracle(&calls, rule, 0..7140);
            expected.n00.iter_mut().for_each(|count| *count += people as u32 - 100);
            assert!(counter.count(0..7140) == expected, "{rule:?}");
        }
    }

    #[test]
    fn markers_around_tile_boundaries() {
        for markers in [0, 1, 2, 15, 16, 17, 33, 40] {
            let pairs = pair_count(markers as u32);
            let calls = calls(markers, 70, 5);
            for range in [0..pairs, 0..pairs / 2, pairs / 3..pairs, pairs / 3..pairs / 2, pairs..pairs + 5] {
                check(&calls, 70, range);
            }
        }
    }

    proptest! {
        #[test]
        fn any_calls_and_any_range(
            calls in (0usize..9, 0usize..150).prop_flat_map(|(markers, people)| {
                let call = proptest::option::weighted(0.9, 0u8..3);
                proptest::collection::vec(proptest::collection::vec(call, people), markers)
            }),
            start in 0u64..40,
            length in 0u64..40,
        ) {
            let people = calls.first().map_or(0, Vec::len);
            check(&calls, people, start..start + length);
        }
    }
}
