//! The twin of all other forms: halves of words are swapped with halves of others, then quarters, and so on (Warren,
//! Hacker's Delight, section 7-3).

use super::{Row, SIDE};

pub(super) fn transpose(half: &mut [Row; SIDE]) {
    let mut mask = u64::MAX;
    for step in (0..6).rev() {
        let distance = 1 << step;
        mask ^= mask << distance;
        for block in half.chunks_exact_mut(2 * distance) {
            let (upper, lower) = block.split_at_mut(distance);
            for (upper, lower) in upper.as_flattened_mut().iter_mut().zip(lower.as_flattened_mut()) {
                let swapped = (*upper >> distance ^ *lower) & mask;
                *lower ^= swapped;
                *upper ^= swapped << distance;
            }
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
