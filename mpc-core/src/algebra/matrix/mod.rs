//! Products of matrices, added up over rows: `A^T B` modulo 2^32, for numbers with numbers and for numbers with bits.
//! Matrices are kept column after column.

use super::Bits;
use super::packed::{packed_len, unpack_words};
use crate::random::Prg;
use std::ops::Range;
use zeroize::Zeroizing;

/// Adds to `sums[i * right columns + j]` the product of column i of `left` and column j of `right`, over `rows` rows.
pub(crate) fn add_products(rows: usize, left: &[u32], right: &[u32], sums: &mut [u32]) {
    let rows = rows.max(1);
    let columns = right.len() / rows;
    for (column, sums) in left.chunks_exact(rows).zip(sums.chunks_mut(columns.max(1))) {
        for (sum, other) in sums.iter_mut().zip(right.chunks_exact(rows)) {
            let products = column.iter().zip(other).map(|(a, b)| a.wrapping_mul(*b));
            *sum = products.fold(*sum, u32::wrapping_add);
        }
    }
}

/// Adds to `sums[i * bit columns + j]` the numbers of column i of `left` in the rows where column j of `bits` is set.
pub(crate) fn add_subset_sums(rows: usize, left: &[u32], bits: &[&[u64]], sums: &mut [u32]) {
    for (column, sums) in left.chunks_exact(rows.max(1)).zip(sums.chunks_mut(bits.len().max(1))) {
        for (sum, bits) in sums.iter_mut().zip(bits) {
            for (numbers, word) in column.chunks(64).zip(bits.iter()) {
                for (bit, number) in numbers.iter().enumerate() {
                    *sum = sum.wrapping_add(number & 0u32.wrapping_sub((word >> bit & 1) as u32));
                }
            }
        }
    }
}

/// The next numbers of a stream, each of `width` bits without a gap.
pub(crate) fn random(width: u32, numbers: usize, prg: &mut Prg) -> Zeroizing<Vec<u32>> {
    let mut bytes = Zeroizing::new(vec![0; packed_len(width, numbers)]);
    prg.fill_bytes(&mut bytes);
    let mut drawn = Zeroizing::new(vec![0; numbers]);
    unpack_words(width, &bytes, &mut drawn);
    drawn
}

/// Some rows of the columns of a matrix with `all` rows.
pub(crate) fn rows(matrix: &[u32], all: usize, rows: &Range<usize>) -> Zeroizing<Vec<u32>> {
    let columns = matrix.chunks_exact(all.max(1));
    let mut part = Zeroizing::new(Vec::with_capacity(columns.len() * rows.len()));
    columns.filter_map(|column| column.get(rows.clone())).for_each(|column| part.extend_from_slice(column));
    part
}

/// Some rows of the columns of a matrix of bits with `all` rows. The first is the first of a word.
pub(crate) fn bit_rows<'a>(matrix: &'a Bits, all: usize, rows: &Range<usize>) -> Vec<&'a [u64]> {
    let words = rows.start / 64..rows.end.div_ceil(64);
    let columns = matrix.words().chunks_exact(Bits::words_for(all).max(1));
    columns.filter_map(|column| column.get(words.clone())).collect()
}

/// Bits as numbers.
pub(crate) fn numbers(rows: usize, columns: &[&[u64]]) -> Zeroizing<Vec<u32>> {
    let mut numbers = Zeroizing::new(Vec::with_capacity(columns.len() * rows));
    for column in columns {
        let mut left = rows;
        for word in *column {
            let count = left.min(64);
            numbers.extend((0..count).map(|bit| (word >> bit & 1) as u32));
            left -= count;
        }
    }
    numbers
}

/// Subtracts modulo 2^width.
pub(crate) fn subtract(width: u32, from: &mut [u32], numbers: &[u32]) {
    let mask = u32::MAX >> (u32::BITS - width.clamp(1, u32::BITS));
    for (from, number) in from.iter_mut().zip(numbers) {
        *from = from.wrapping_sub(*number) & mask;
    }
}
