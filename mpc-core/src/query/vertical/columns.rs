//! A site's own columns in the rows that all sites have in common.

use super::Layout;
use crate::algebra::{Bits, Ring};
use crate::protocol::bit_products::Matrix;
use crate::statistics::cohort::Cohort;
use std::ops::Range;
use zeroize::{Zeroize, Zeroizing};

/// The columns of one site, of a bit for each row: zero where the site does not have the person.
pub struct Columns {
    rows: usize,
    /// The membership is the last one.
    columns: Vec<Vec<u64>>,
}

impl Drop for Columns {
    fn drop(&mut self) {
        self.columns.iter_mut().for_each(|column| column.as_mut_slice().zeroize());
    }
}

impl Columns {
    /// The columns of a cohort over `rows` rows, with each person's row, if they have one: the carriers of each marker, then
    /// the people observed at each, if the layout has them.
    pub fn new(cohort: &Cohort, rows: usize, places: &[Option<u32>], layout: &Layout) -> Self {
        let empty = vec![0; Bits::words_for(rows)];
        let place = |column: &mut Vec<u64>, bit: &dyn Fn(usize) -> bool| {
            for (person, row) in places.iter().enumerate() {
                let word = row.and_then(|row| Some((row % 64, column.get_mut(row as usize / 64)?)));
                if let Some((at, word)) = word {
                    *word |= u64::from(bit(person)) << at;
                }
            }
        };
        let get = |words: &[u64], person: usize| {
            words.get(person / 64).is_some_and(|word| word >> (person % 64) & 1 == 1)
        };
        let column = |bit: &dyn Fn(usize) -> bool| {
            let mut column = empty.clone();
            place(&mut column, bit);
            column
        };
        let carriers = cohort.columns.iter().map(|marker| column(&|person| get(marker.carrier(), person)));
        let mut columns: Vec<Vec<u64>> = carriers.collect();
        if layout.observed() {
            let observed =
                cohort.columns.iter().map(|marker| column(&|person| !get(marker.missing(), person)));
            columns.extend(observed);
        }
        columns.push(column(&|_| true));
        Self { rows, columns }
    }

    /// Rows in common.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Columns, with the membership.
    pub(super) fn count(&self) -> usize {
        self.columns.len()
    }

    /// Of some rows, which are this site's people.
    pub(super) fn membership(&self, rows: &Range<usize>) -> &[u64] {
        self.columns.last().and_then(|column| column.get(words_of(rows))).unwrap_or_default()
    }

    /// Some rows of the first columns, one column after another: what this site evaluates with. The membership comes last.
    pub(super) fn evaluated(&self, rows: &Range<usize>, columns: usize) -> Zeroizing<Bits> {
        let of_column = |column: &Vec<u64>| column.get(words_of(rows)).unwrap_or_default().to_vec();
        let words = self.columns.iter().take(columns).flat_map(of_column);
        Zeroizing::new(Bits::from_words(words.collect()))
    }

    /// Some rows of the first columns as numbers: what this site holds. The membership comes last.
    pub(super) fn held(&self, rows: &Range<usize>, matrix: Matrix) -> Ring<u32> {
        let mut numbers = Vec::with_capacity(matrix.shape().len);
        for column in self.columns.iter().take(matrix.columns) {
            let bit = |row: usize| column.get(row / 64).map_or(0, |word| (word >> (row % 64) & 1) as u32);
            numbers.extend(rows.clone().map(bit));
        }
        Ring::new(matrix.width, numbers)
    }
}

/// The words of rows that begin at a word's first.
fn words_of(rows: &Range<usize>) -> Range<usize> {
    rows.start / 64..Bits::words_for(rows.end)
}
