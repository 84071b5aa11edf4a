//! The twin of all other forms, which are this one compiled for their registers: halves of words are swapped with halves
//! of others, then quarters, and so on (Warren, Hacker's Delight, section 7-3). Eight rows are at hand for three such
//! steps.

use super::{LANES, Row, SIDE};

/// Rows at hand.
const GROUP: usize = 8;

/// Moves between rows whose numbers differ by `DISTANCE`; `rows[j]` and `rows[j + apart]` are such.
#[inline(always)]
fn swap<const DISTANCE: u32, const V: usize>(rows: &mut [[u64; V]; GROUP], apart: usize) {
    let mask = u64::MAX / ((1 << DISTANCE) + 1);
    for block in rows.chunks_exact_mut(2 * apart) {
        let (upper, lower) = block.split_at_mut(apart);
        for (upper, lower) in upper.iter_mut().zip(lower) {
            for (upper, lower) in upper.iter_mut().zip(lower) {
                let swapped = (*upper >> DISTANCE ^ *lower) & mask;
                *lower ^= swapped;
                *upper ^= swapped << DISTANCE;
            }
        }
    }
}

/// By vectors of `V` words.
#[inline(always)]
pub(super) fn transpose<const V: usize>(half: &mut [Row; SIDE]) {
    for start in (0..LANES).step_by(V) {
        let mut group = |rows: [usize; GROUP], swaps: fn(&mut [[u64; V]; GROUP])| {
            let mut at_hand = rows.map(|row| std::array::from_fn(|lane| half[row][start + lane]));
            swaps(&mut at_hand);
            for (row, words) in rows.into_iter().zip(at_hand) {
                half[row][start..][..V].copy_from_slice(&words);
            }
        };
        for first in 0..GROUP {
            group(std::array::from_fn(|index| first + GROUP * index), |rows| {
                swap::<32, V>(rows, 4);
                swap::<16, V>(rows, 2);
                swap::<8, V>(rows, 1);
            });
        }
        for first in (0..SIDE).step_by(GROUP) {
            group(std::array::from_fn(|index| first + index), |rows| {
                swap::<4, V>(rows, 4);
                swap::<2, V>(rows, 2);
                swap::<1, V>(rows, 1);
            });
        }
    }
}

#[inline(always)]
pub(super) fn low(columns: &[Row; SIDE], rows: &mut [Row]) {
    for (bit, row) in (0..u64::BITS).zip(rows) {
        *row = columns.iter().fold(Row::default(), |row, column| {
            // From the highest bit down, a place for each column.
            std::array::from_fn(|lane| row[lane] >> 1 | column[lane] << (63 - bit) & 1 << 63)
        });
    }
}
