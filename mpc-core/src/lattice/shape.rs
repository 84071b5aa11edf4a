//! Sizes of a product, what it costs, and how likely a wrong result is.

use super::modulus::MODULI;
use super::noise::ERROR_BITS;
use super::wire::BYTES;
use super::{COLUMNS, DEGREE};
use crate::algebra::{Bits, RingShape};
use crate::error::{Error, Result};
use std::ops::Range;

/// Sizes of a product, known to both sites.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows, up to 2^24.
    pub rows: usize,
    /// Columns of numbers, which the holder has.
    pub numbers: usize,
    /// Columns of bits, which the evaluator has, up to 2^16.
    pub bits: usize,
    /// Bits of a number and of a result, 1 to 32.
    pub width: u32,
}

/// What a product costs.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Bytes that the holder sends.
    pub holder: u64,
    /// Bytes that the evaluator sends.
    pub evaluator: u64,
    /// Messages that wait for each other.
    pub rounds: u64,
}

/// All products of a query together may be wrong somewhere with this probability, 2^-40.
pub const MAX_ERROR_PROBABILITY: f64 = 1.0 / (1u64 << 40) as f64;

/// Probability with which the errors of a result exceed their bound: 2^-80.
const TAIL: f64 = MAX_ERROR_PROBABILITY * MAX_ERROR_PROBABILITY;

impl Shape {
    /// Whether a product of this shape can be computed at all. Its results still have to be right often enough:
    /// [`Self::error_probability`].
    pub fn is_supported(&self) -> bool {
        self.rows <= DEGREE * DEGREE && self.bits <= 1 << 16 && (1..=u32::BITS).contains(&self.width)
    }

    /// What the errors of a result exceed with probability 2^-80 at most.
    pub(super) fn error_bound(&self) -> f64 {
        let terms = (self.rows + 2 * DEGREE) as f64;
        // Hoeffding's inequality, for ERROR_BITS independent bits a term; and half for each rounded number.
        (terms * f64::from(ERROR_BITS) * (2.0 / TAIL).ln() / 2.0).sqrt() + self.rows as f64 / 2.0
    }

    /// A bound for the probability that some result of this product is wrong. The derivation is in `docs/protocols.md`.
    pub fn error_probability(&self) -> f64 {
        let q: f64 = MODULI.iter().map(|modulus| modulus.prime() as f64).product();
        let straddles = (1u64 << self.width) as f64 * (self.error_bound() + 1.0) / q;
        self.numbers as f64 * self.bits as f64 * (straddles + TAIL)
    }

    /// Bytes and rounds, exactly as sent.
    pub fn cost(&self) -> Cost {
        if self.is_empty() {
            return Cost { holder: 0, evaluator: 0, rounds: 0 };
        }
        let [rows, numbers, bits, degree, bytes] =
            [self.rows, self.numbers, self.bits, DEGREE, BYTES].map(|size| size as u64);
        Cost {
            holder: bytes * numbers * (rows + degree),
            evaluator: bytes * bits * (degree + numbers),
            rounds: 2,
        }
    }

    /// Whether there is no result.
    pub(super) fn is_empty(&self) -> bool {
        self.numbers == 0 || self.bits == 0
    }

    pub(super) fn check(&self) -> Result<()> {
        if !self.is_supported() {
            return Err(Error::Internal("a lattice product of an unsupported shape"));
        }
        if self.error_probability() > MAX_ERROR_PROBABILITY {
            return Err(Error::Internal("a lattice product whose results could be wrong"));
        }
        Ok(())
    }

    /// Blocks of rows, each of a polynomial's length but the last.
    pub(super) fn blocks(&self) -> impl ExactSizeIterator<Item = Range<usize>> + Clone + use<> {
        let rows = self.rows;
        (0..rows.div_ceil(DEGREE)).map(move |block| block * DEGREE..rows.min((block + 1) * DEGREE))
    }

    /// The columns of numbers, message by message.
    pub(super) fn number_columns(&self) -> impl ExactSizeIterator<Item = Range<usize>> + Clone + use<> {
        messages(self.numbers)
    }

    /// The columns of bits, message by message.
    pub(super) fn bit_columns(&self) -> impl ExactSizeIterator<Item = Range<usize>> + Clone + use<> {
        messages(self.bits)
    }

    /// Words of a column of bits.
    pub(super) fn column_words(&self) -> usize {
        Bits::words_for(self.rows)
    }

    /// Shape of the result.
    pub(super) fn result(&self) -> RingShape {
        RingShape { width: self.width, len: self.numbers * self.bits }
    }
}

fn messages(columns: usize) -> impl ExactSizeIterator<Item = Range<usize>> + Clone {
    (0..columns.div_ceil(COLUMNS)).map(move |message| message * COLUMNS..columns.min((message + 1) * COLUMNS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_results_are_improbable_for_the_sizes_in_use_and_refused_for_larger_ones() {
        let shape = |rows, columns, width| Shape { rows, numbers: columns, bits: columns, width };
        for (rows, columns, width) in
            [(1_000, 10_000, 10), (100_000, 10_000, 17), (1_000_000, 1_000, 20), (1 << 24, 100, 25)]
        {
            assert_eq!(shape(rows, columns, width).check(), Ok(()), "{rows} rows, {columns} columns");
        }
        assert!(shape(1_000_000, 20_000, 32).check().is_err());
        assert!(shape(1 << 24, 1, 25).check().is_ok());
        assert!(shape((1 << 24) + 1, 1, 25).check().is_err());
        assert!(shape(1, 1, 0).check().is_err() && shape(1, 1, 33).check().is_err());
    }
}
