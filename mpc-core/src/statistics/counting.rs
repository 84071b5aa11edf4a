//! Counting the four cells of every pair at one site, in the clear and on its own data.
//!
//! With carrier bits x and missing bits u (x is 0 where u is 1), `n11 = |xa & xb|`. Where missing calls count as
//! noncarriers, the margins are each marker's carriers and n is the number of people. Where a person with a missing
//! call is left out of the pair, `n1. = |xa| - |xa & ub|`, `n.1 = |xb| - |xb & ua|` and
//! `n = people - |ua| - |ub| + |ua & ub|`. The other cells follow by subtraction.
//!
//! Columns are taken in tiles of markers and of people that fit the processor's second-level cache together, so that each
//! word read from memory serves [`TILE`] pairs.

use super::cohort::{Cohort, Column};
use super::pairs::{pair_count, rows_in};
use super::popcount::count_common;
use crate::query::MissingRule;
use std::ops::Range;

/// Markers on each side of a tile.
const TILE: u32 = 16;

/// Words of a column in a tile: 2 * TILE * 8 KiB together.
const TILE_WORDS: usize = 1024;

/// The four cells of consecutive pairs, one element a pair.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
            // Looking up a person costs about twice a word of two bitmaps in step.
            few if few <= column.missing().len() / 2 => LeftOut::Few(bits(column.missing())),
            _ => LeftOut::Many,
        };
        let carriers = column.carrier().iter().map(|word| word.count_ones()).sum();
        Self { column, carriers, missing, people_left_out }
    }

    /// Bits of a bitmap at people with a missing call here.
    fn left_out_of(&self, bitmap: &[u64]) -> u32 {
        match &self.people_left_out {
            LeftOut::Nobody => 0,
            LeftOut::Few(people) => {
                let bit =
                    |&(word, bit): &(u32, u32)| bitmap.get(word as usize).map_or(0, |bits| (bits >> bit) & 1);
                people.iter().map(bit).sum::<u64>() as u32
            }
            LeftOut::Many => count_common(self.column.missing(), bitmap),
        }
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

    /// The cells of the pairs with these numbers (see [`super::pairs`]), in order. Numbers beyond the last pair have none.
    pub fn count(&self, range: Range<u64>) -> Cells {
        let n11 = self.count_both(range.clone());
        let mut cells = Cells {
            n10: Vec::with_capacity(n11.len()),
            n01: Vec::with_capacity(n11.len()),
            n00: Vec::with_capacity(n11.len()),
            n11,
        };
        let pairs = rows_in(range, self.marker_count()).flat_map(|(a, others)| self.pairs_of(a, others));
        for ((a, b), &n11) in pairs.zip(&cells.n11) {
            let [n10, n01, n00] = self.other_cells(a, b, n11);
            cells.n10.push(n10);
            cells.n01.push(n01);
            cells.n00.push(n00);
        }
        cells
    }

    /// Number of markers.
    pub fn marker_count(&self) -> u32 {
        self.markers.len() as u32
    }

    /// The markers at positions within the panel; the caller's ranges come from [`rows_in`].
    fn markers_in(&self, range: Range<u32>) -> &[Marker<'a>] {
        self.markers.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    fn pairs_of(&self, a: u32, others: Range<u32>) -> impl Iterator<Item = (&Marker<'a>, &Marker<'a>)> {
        let first = self.markers_in(a..a + 1).first();
        first
            .into_iter()
            .flat_map(move |first| self.markers_in(others.clone()).iter().map(move |b| (first, b)))
    }

    /// n10, n01, n00 of a pair.
    fn other_cells(&self, a: &Marker, b: &Marker, n11: u32) -> [u32; 3] {
        let carriers_a = a.carriers - b.left_out_of(a.column.carrier());
        let carriers_b = b.carriers - a.left_out_of(b.column.carrier());
        // Bits missing in both are walked in the marker that lists them, if either does.
        let missing_in_both = match (&a.people_left_out, &b.people_left_out) {
            (LeftOut::Nobody, _) | (_, LeftOut::Nobody) => 0,
            (LeftOut::Few(_), _) => a.left_out_of(b.column.missing()),
            _ => b.left_out_of(a.column.missing()),
        };
        let people = self.cohort.people as u32 - (a.missing + b.missing - missing_in_both);
        [carriers_a - n11, carriers_b - n11, people - (carriers_a + carriers_b - n11)]
    }

    /// n11 of every pair of a range.
    fn count_both(&self, range: Range<u64>) -> Vec<u32> {
        let mut rows: Vec<Row> = Vec::new();
        let mut length = 0;
        for (a, others) in rows_in(range, self.marker_count()) {
            let start = length;
            length += others.len();
            rows.push(Row { a, others, start });
        }
        let mut both = vec![0; length];
        for rows in rows.chunks(TILE as usize) {
            self.count_rows(rows, &mut both);
        }
        both
    }

    fn count_rows(&self, rows: &[Row], both: &mut [u32]) {
        let first = rows.iter().map(|row| row.others.start).min().unwrap_or(0);
        let end = rows.iter().map(|row| row.others.end).max().unwrap_or(0);
        let words = self.cohort.people.div_ceil(64);
        for tile_start in (first..end).step_by(TILE as usize) {
            let tile_end = end.min(tile_start + TILE);
            for word_start in (0..words).step_by(TILE_WORDS) {
                let words = word_start..words.min(word_start + TILE_WORDS);
                for row in rows {
                    let others = row.others.start.max(tile_start)..row.others.end.min(tile_end);
                    self.count_row(row, others, &words, both);
                }
            }
        }
    }

    /// Adds the bits that one marker's words have in common with each of some others'.
    fn count_row(&self, row: &Row, others: Range<u32>, words: &Range<usize>, both: &mut [u32]) {
        if others.is_empty() {
            return;
        }
        let out = row.start + (others.start - row.others.start) as usize;
        let counts = both.get_mut(out..out + others.len()).unwrap_or_default();
        for ((a, b), count) in self.pairs_of(row.a, others).zip(counts) {
            let part = |marker: &Marker<'a>| marker.column.carrier().get(words.clone()).unwrap_or_default();
            *count += count_common(part(a), part(b));
        }
    }
}

/// One row of a range of pairs: a first marker, its second markers, and where its counts start.
struct Row {
    a: u32,
    others: Range<u32>,
    start: usize,
}

#[cfg(test)]
mod tests {
    use super::super::pairs::pairs_in;
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
            assert_eq!(counter.count(range.clone()), oracle(calls, rule, range.clone()), "{rule:?} {people}");
        }
    }

    /// Calls by a fixed recurrence; one in `missing` is missing, and markers 0, 3, 6, ... have none.
    fn calls(markers: usize, people: usize, missing: u64) -> Calls {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        (0..markers)
            .map(|marker| {
                let mut call = || {
                    let complete = next() % missing != 0 || marker % 3 == 0;
                    complete.then(|| (next() % 3).saturating_sub(marker as u64 % 2) as u8)
                };
                (0..people).map(|_| call()).collect()
            })
            .collect()
    }

    #[test]
    fn people_around_word_and_tile_boundaries() {
        for people in [0, 1, 63, 64, 65, 127, 128, 1000, 64 * TILE_WORDS - 1, 64 * TILE_WORDS + 65] {
            // Common, rare and single missing calls: bitmaps and lists of words.
            for missing in [2, 1000, people as u64 + 1] {
                check(&calls(4, people, missing), people, 0..6);
            }
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
