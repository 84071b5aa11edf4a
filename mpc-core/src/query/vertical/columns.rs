//! A site's own columns in the rows that all sites have in common.

use super::Layout;
use crate::algebra::{Bits, Ring};
use crate::protocol::bit_products::Matrix;
use crate::statistics::cohort::Cohort;
use zeroize::Zeroize;

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

    /// Which rows are this site's people.
    pub(super) fn membership(&self) -> &[u64] {
        self.columns.last().map_or(&[], Vec::as_slice)
    }

    /// The columns that this site evaluates with; the membership comes last.
    pub(super) fn evaluated(&self) -> &[Vec<u64>] {
        &self.columns
    }

    /// Some of the columns that this site holds, as numbers; the membership comes last.
    pub(super) fn held(&self, first: usize, matrix: Matrix) -> Ring<u32> {
        let mut numbers = Vec::with_capacity(matrix.shape().len);
        for column in self.columns.iter().skip(first).take(matrix.columns) {
            let bit = |row: usize| column.get(row / 64).map_or(0, |word| (word >> (row % 64) & 1) as u32);
            numbers.extend((0..matrix.rows).map(bit));
        }
        Ring::new(matrix.width, numbers)
    }
}
