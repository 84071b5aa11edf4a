//! Bits in common for many pairs of bitmaps, in an order that keeps them in the processor's caches: strips of words, within
//! those groups of columns that stay in the first-level cache, and for each the rows, four at a time.

use crate::kernels::popcount::{SIDE, row, tile};
use std::ops::Range;

/// Words of a bitmap that are gone through at once: 2 KiB.
pub(super) const STRIP: usize = 256;

/// Columns whose strips, 32 KiB, stay in the first-level cache while rows pass by.
const COLUMNS: usize = 16;

/// One row of a range of pairs: a first marker, its second markers, and where its counts start.
pub(super) struct Row {
    pub(super) a: usize,
    pub(super) others: Range<usize>,
    pub(super) start: usize,
}

impl Row {
    /// Where the count with column `b` stands.
    fn place(&self, b: usize) -> Option<usize> {
        self.others.contains(&b).then(|| self.start + (b - self.others.start))
    }
}

/// Adds to the count of each pair of the rows the bits that `first` of its first and `second` of its second marker have in
/// common. Where one of the two is missing, the count is left as it is.
pub(super) fn count_common(
    rows: &[Row],
    first: &[Option<&[u64]>],
    second: &[Option<&[u64]>],
    counts: &mut [u32],
) {
    let present = |row: &&Row| first.get(row.a).copied().flatten().is_some() && !row.others.is_empty();
    let rows: Vec<&Row> = rows.iter().filter(present).collect();
    let start = rows.iter().map(|row| row.others.start).min().unwrap_or(0);
    let end = rows.iter().map(|row| row.others.end).max().unwrap_or(0);
    let columns: Vec<usize> = (start..end).filter(|&b| second.get(b).is_some_and(Option::is_some)).collect();
    let words = rows.iter().filter_map(|row| bitmap(first, row.a)).map(<[u64]>::len).max().unwrap_or(0);
    for strip in (0..words).step_by(STRIP) {
        let strip = strip..strip + STRIP;
        for columns in columns.chunks(COLUMNS) {
            for rows in rows.chunks(SIDE) {
                columns
                    .chunks(SIDE)
                    .for_each(|columns| count_tile(rows, columns, first, second, &strip, counts));
            }
        }
    }
}

/// The bitmap of a marker; empty where it has none.
fn bitmap<'a>(bitmaps: &[Option<&'a [u64]>], marker: usize) -> Option<&'a [u64]> {
    bitmaps.get(marker).copied().flatten()
}

/// The words of a strip of a marker's bitmap.
fn part<'a>(bitmaps: &[Option<&'a [u64]>], marker: usize, strip: &Range<usize>) -> &'a [u64] {
    let bitmap = bitmap(bitmaps, marker).unwrap_or_default();
    bitmap.get(strip.start..bitmap.len().min(strip.end)).unwrap_or_default()
}

/// Counts a strip of at most [`SIDE`] rows and columns.
fn count_tile(
    rows: &[&Row],
    columns: &[usize],
    first: &[Option<&[u64]>],
    second: &[Option<&[u64]>],
    strip: &Range<usize>,
    counts: &mut [u32],
) {
    let in_row = |row: &&Row| columns.iter().any(|&b| row.others.contains(&b));
    let Some(&last) = columns.last() else { return };
    if !rows.iter().any(in_row) {
        return;
    }
    // A last tile of fewer columns repeats one.
    let columns: [usize; SIDE] = std::array::from_fn(|c| columns.get(c).copied().unwrap_or(last));
    let bitmaps = columns.map(|b| part(second, b, strip));
    let mut add = |row: &Row, common: [u64; SIDE]| {
        for (c, (&b, common)) in columns.iter().zip(common).enumerate() {
            let repeated = c > 0 && columns[c - 1] == b;
            if let Some(count) = row.place(b).filter(|_| !repeated).and_then(|place| counts.get_mut(place)) {
                // A site's people are below 2^31, so the sum fits.
                *count += common as u32;
            }
        }
    };
    if let Ok(rows) = <[&Row; SIDE]>::try_from(rows) {
        let common = tile(rows.map(|row| part(first, row.a, strip)), bitmaps);
        rows.into_iter().zip(common).for_each(|(row, common)| add(row, common));
    } else {
        rows.iter().for_each(|one| add(one, row(part(first, one.a, strip), bitmaps)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    #[test]
    fn agrees_with_one_pair_after_another() {
        for words in [0, 1, 3, STRIP - 1, STRIP, STRIP + 1, 3 * STRIP] {
            let bitmaps: Vec<Vec<u64>> = (0..23).map(|seed| random_words(seed, words)).collect();
            // Some markers have none.
            let side = |every: usize| -> Vec<Option<&[u64]>> {
                let has = |marker: usize| marker % every != 1;
                bitmaps
                    .iter()
                    .enumerate()
                    .map(|(marker, words)| has(marker).then_some(words.as_slice()))
                    .collect()
            };
            for (first, second) in [(side(99), side(99)), (side(2), side(5)), (side(4), side(3))] {
                let mut rows = Vec::new();
                let mut start = 0;
                for (a, others) in
                    [(3, 0..0), (0, 20..23), (1, 2..23), (2, 3..4), (4, 5..23), (5, 6..12), (7, 8..9)]
                {
                    rows.push(Row { a, others: others.clone(), start });
                    start += others.len();
                }
                let mut counts = vec![7; start];
                count_common(&rows, &first, &second, &mut counts);
                for row in &rows {
                    for b in row.others.clone() {
                        let common = match (first[row.a], second[b]) {
                            (Some(x), Some(y)) => x.iter().zip(y).map(|(x, y)| (x & y).count_ones()).sum(),
                            _ => 0,
                        };
                        assert_eq!(counts[row.start + b - row.others.start], 7 + common);
                    }
                }
            }
        }
    }
}
