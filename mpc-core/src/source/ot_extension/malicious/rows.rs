//! The hash of rows in the check of choices: `h(X) = X_B + sum over j < B of z^(j + 1) X_j` over GF(2^128).

use crate::kernels::cipher::{BLOCKS, LANES, Row};
use crate::kernels::field::{Sum, multiply, multiply_add};
use zeroize::{Zeroize, Zeroizing};

/// Words of an element.
const ELEMENT: usize = LANES / BLOCKS;

/// Words of additional transfers: one element.
pub(super) const ADDITIONAL: usize = ELEMENT;

/// Words of an extension, the additional ones last: whole elements.
pub(super) const fn extended(words: usize) -> usize {
    words.next_multiple_of(ELEMENT) + ADDITIONAL
}

/// Hashes of rows that come in tiles. Wiped when dropped.
pub(super) struct RowHash {
    challenge: u128,
    power: u128,
    /// Number of the last element.
    last: usize,
    sums: Zeroizing<Vec<Sum>>,
}

impl RowHash {
    /// Of `rows` rows of `words` words each, as many as [`extended`] says.
    pub(super) fn new(challenge: [u8; 16], rows: usize, words: usize) -> Self {
        let sums = Zeroizing::new(vec![Sum::default(); rows]);
        let last = (words / ELEMENT).saturating_sub(1);
        Self { challenge: u128::from_le_bytes(challenge), power: 1, last, sums }
    }

    /// Adds the next tile, which begins at this word. What rows hold beyond their last word counts for nothing.
    pub(super) fn add(&mut self, word: usize, rows: &[Row]) {
        let mut factors = [0; BLOCKS];
        for (number, factor) in (word / ELEMENT..).zip(&mut factors) {
            if number < self.last {
                self.power = multiply(self.power, self.challenge);
                *factor = self.power;
            } else if number == self.last {
                *factor = 1;
            }
        }
        multiply_add(rows, &factors, &mut self.sums);
    }

    /// The hash of each row.
    pub(super) fn finish(self) -> Zeroizing<Vec<u128>> {
        Zeroizing::new(self.sums.iter().map(Sum::reduce).collect())
    }
}

impl Drop for RowHash {
    fn drop(&mut self) {
        self.power.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    fn hash(challenge: u128, words: &[u64]) -> u128 {
        let mut hash = RowHash::new(challenge.to_le_bytes(), 2, words.len());
        for (start, tile) in (0..).step_by(LANES).zip(words.chunks(LANES)) {
            // Garbage beyond the end.
            let mut row = [u64::MAX; LANES];
            row[..tile.len()].copy_from_slice(tile);
            hash.add(start, &[[7; LANES], row]);
        }
        hash.finish()[1]
    }

    #[test]
    fn it_is_the_polynomial() {
        let challenge = 0x1234_5678_9abc_def0_1357_9bdf_0246_8ace << 1;
        for count in [2, 4, 6, 8, 10, 16, 18, 40] {
            let words = random_words(3, count);
            let mut elements: Vec<u128> = words
                .as_chunks::<2>()
                .0
                .iter()
                .map(|two| u128::from(two[1]) << 64 | u128::from(two[0]))
                .collect();
            let last = elements.pop().unwrap();
            // Horner's rule, from the highest power down.
            let sum = elements.iter().rev().fold(0, |sum, element| multiply(sum ^ element, challenge));
            assert_eq!(hash(challenge, &words), sum ^ last, "{count} words");
            assert_eq!(hash(0, &words), last);
        }
    }

    #[test]
    fn there_is_always_a_whole_additional_element() {
        assert_eq!([0, 1, 2, 3, 7, 8].map(extended), [2, 4, 4, 6, 10, 10]);
    }
}
