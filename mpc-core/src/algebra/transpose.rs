//! Numbers to bit planes.

/// Swaps rows and columns of 64 x 64 bits: afterwards bit `i` of word `b` is what bit `b` of word `i` was. Halves of
/// words are swapped with halves of others, then quarters, and so on (Warren, Hacker's Delight, section 7-3).
pub(crate) fn transpose(rows: &mut [u64; 64]) {
    let mut mask = u64::MAX;
    for level in (0..6).rev() {
        let distance = 1 << level;
        mask ^= mask << distance;
        for block in rows.chunks_exact_mut(2 * distance) {
            let (upper, lower) = block.split_at_mut(distance);
            for (upper, lower) in upper.iter_mut().zip(lower) {
                let swapped = (*upper >> distance ^ *lower) & mask;
                *lower ^= swapped;
                *upper ^= swapped << distance;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    #[test]
    fn rows_become_columns() {
        let rows: [u64; 64] = random_words(1, 64).try_into().unwrap();
        let mut columns = rows;
        transpose(&mut columns);
        for (i, row) in rows.iter().enumerate() {
            for (b, column) in columns.iter().enumerate() {
                assert_eq!(row >> b & 1, column >> i & 1);
            }
        }
    }
}
