//! Numbering of marker pairs in panel order: (0,1), (0,2), ..., (1,2), ...
//!
//! Row `a` holds the pairs (a, a+1) to (a, m-1) and starts at `a (2m - a - 1) / 2`.

use std::ops::Range;

/// Number of pairs of `markers` markers.
pub fn pair_count(markers: u32) -> u64 {
    row_start(markers, markers)
}

/// Number of the pair (a, b), where a < b < markers.
pub fn pair_index(a: u32, b: u32, markers: u32) -> u64 {
    row_start(a, markers) + u64::from(b) - u64::from(a) - 1
}

/// The pair with this number; `None` where there are not that many.
pub fn pair_at(index: u64, markers: u32) -> Option<(u32, u32)> {
    if index >= pair_count(markers) {
        return None;
    }
    // The last row that starts at or before the index, by bisection: exact, and rare enough not to matter.
    let (mut a, mut beyond) = (0, markers);
    while beyond - a > 1 {
        let middle = a + (beyond - a) / 2;
        if row_start(middle, markers) <= index { a = middle } else { beyond = middle }
    }
    let offset = u32::try_from(index - row_start(a, markers)).ok()?;
    Some((a, a + 1 + offset))
}

/// The pairs of a range of numbers, in order; numbers beyond the last pair have none.
pub fn pairs_in(range: Range<u64>, markers: u32) -> impl Iterator<Item = (u32, u32)> {
    rows_in(range, markers).flat_map(|(a, others)| others.map(move |b| (a, b)))
}

/// The rows that a range of pair numbers touches, each with its range of second markers.
pub(super) fn rows_in(range: Range<u64>, markers: u32) -> impl Iterator<Item = (u32, Range<u32>)> {
    let mut next = range.start;
    let end = range.end.min(pair_count(markers));
    std::iter::from_fn(move || {
        let (a, first) = if next < end { pair_at(next, markers)? } else { return None };
        let row_end = row_start(a + 1, markers).min(end);
        let length = u32::try_from(row_end - next).ok()?;
        next = row_end;
        Some((a, first..first + length))
    })
}

/// Number of the first pair of row `a`, and of the first beyond it for the last row.
fn row_start(a: u32, markers: u32) -> u64 {
    let (a, markers) = (u64::from(a), u64::from(markers));
    // For no marker at all, 2m - a - 1 would be below 0, and so it is not asked.
    if a == 0 { 0 } else { a * (2 * markers - a - 1) / 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_up_in_panel_order() {
        for markers in 0..12 {
            let mut index = 0;
            for a in 0..markers {
                for b in a + 1..markers {
                    assert_eq!(pair_index(a, b, markers), index);
                    assert_eq!(pair_at(index, markers), Some((a, b)));
                    index += 1;
                }
            }
            assert_eq!(pair_count(markers), index);
            assert_eq!(pair_at(index, markers), None);
        }
    }

    #[test]
    fn the_largest_panel() {
        let markers = 20_000;
        assert_eq!(pair_count(markers), 199_990_000);
        for index in [0, 19_998, 19_999, 123_456_789, 199_989_998, 199_989_999] {
            let (a, b) = pair_at(index, markers).unwrap();
            assert_eq!(pair_index(a, b, markers), index);
        }
        assert_eq!(pair_at(199_989_999, markers), Some((19_998, 19_999)));
        assert_eq!(pair_count(u32::MAX), u64::from(u32::MAX) * u64::from(u32::MAX - 1) / 2);
    }

    #[test]
    fn every_range_lists_its_pairs() {
        let markers = 7;
        let all: Vec<_> = pairs_in(0..pair_count(markers), markers).collect();
        assert_eq!(all.len(), 21);
        for start in 0..=21 {
            for end in start..=21 {
                assert!(pairs_in(start as u64..end as u64, markers).eq(all[start..end].iter().copied()));
            }
        }
        assert_eq!(pairs_in(20..99, markers).count(), 1);
        assert_eq!(pairs_in(0..5, 0).count(), 0);
        assert_eq!(pairs_in(0..5, 1).count(), 0);
    }
}
