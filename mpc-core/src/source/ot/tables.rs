//! One-time tables from one random digit: the table is linear in the digit's one-hot row, `T[v]` is the sum of `f(v - r)` times
//! row r. The digit's number is the mask.
//!
//! Both are zero-shared: no sum of rows of the table is public then, whatever f is.

use super::OtSource;
use super::digits::Form;
use crate::algebra::{Bits, Planes};
use crate::correlation::{Place, TruthTable};
use crate::error::Result;
use zeroize::Zeroizing;

impl OtSource {
    /// This site's mask and table.
    pub(super) async fn make_tables(
        &self,
        place: &Place,
        function: &TruthTable,
        words: usize,
    ) -> Result<(Planes, Bits)> {
        let mut digits = self.make_digits(place, Form::table(function.width()), words).await?;
        let mut table = Bits::from_words(moved(function.values(), digits.rows.words(), words));
        let mut mask = std::mem::take(&mut *digits.numbers);
        self.zero_share(place, "mask", &mut mask)?;
        self.zero_share(place, "table", &mut table)?;
        Ok((mask, table))
    }
}

/// Row v: the sum of the one-hot rows r with `f(v - r)`. From row to row only those terms change at which f does.
fn moved(function: &[bool], one_hot: &[u64], words: usize) -> Vec<u64> {
    let height = function.len();
    let row = |index: usize| &one_hot[index % height * words..][..words];
    let before = |value: usize| (value + height - 1) % height;
    let changes: Vec<usize> =
        (0..height).filter(|&value| function[value] != function[before(value)]).collect();

    let mut sum = Zeroizing::new(vec![0; words]);
    let mut table = Vec::with_capacity(one_hot.len());
    let first: Vec<usize> = (0..height).filter(|&value| function[value]).collect();
    for v in 0..height {
        for value in if v == 0 { &first } else { &changes } {
            sum.iter_mut().zip(row(v + height - value)).for_each(|(sum, word)| *sum ^= word);
        }
        table.extend_from_slice(&sum);
    }
    table
}
