//! Products of matrices, added up over rows: `A^T B` for numbers with numbers ([`add_products`]) and for numbers with bits
//! ([`add_subset_sums`]). Matrices are kept column after column.

mod products;
mod subset_sums;

pub(crate) use products::add_products;
pub(crate) use subset_sums::add_subset_sums;

use super::Bits;
use super::packed::{packed_len, unpack_words};
use crate::random::Prg;
use std::ops::Range;
use zeroize::Zeroizing;

/// The next numbers of a stream, each of `width` bits without a gap.
pub(crate) fn random(width: u32, numbers: usize, prg: &mut Prg) -> Zeroizing<Vec<u32>> {
    let mut drawn = Zeroizing::new(vec![0; numbers]);
    // Few enough to stay in the innermost cache, and as many as take whole blocks of the stream.
    let mut bytes = Zeroizing::new([0; DRAWN * size_of::<u32>()]);
    for drawn in drawn.chunks_mut(DRAWN) {
        let bytes = &mut bytes[..packed_len(width, drawn.len())];
        prg.fill_bytes(bytes);
        unpack_words(width, bytes, drawn);
    }
    drawn
}

/// Numbers that are drawn at once.
const DRAWN: usize = 1024;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;
    use crate::test_world::random_words;

    const COLUMNS: [[usize; 2]; 6] = [[1, 1], [3, 3], [4, 2], [13, 49], [17, 50], [1, 130]];

    #[test]
    fn products_are_those_of_each_row() {
        for width in [1, 2, 15, 16, 17, 18, 31, 32] {
            for rows in [0, 1, 15, 63, 64, 65, 1023, 2049, 4100] {
                for [left, right] in COLUMNS {
                    let mut prg = Prg::new(Seed::from_bytes([rows as u8; 32]));
                    let a = random(width, rows * left, &mut prg);
                    let b = random(width, rows * right, &mut prg);
                    let before = random(32, left * right, &mut prg);
                    let mut sums = before.clone();
                    add_products(width, rows, &a, &b, &mut sums);
                    for (index, (sum, before)) in sums.iter().zip(&*before).enumerate() {
                        let column =
                            |matrix: &'_ [u32], column: usize| matrix[column * rows..][..rows].to_vec();
                        let (a, b) = (column(&a, index / right), column(&b, index % right));
                        let products = a.iter().zip(&b).map(|(a, b)| a.wrapping_mul(*b));
                        let expected = products.fold(*before, u32::wrapping_add);
                        assert_eq!((sum ^ expected) << (32 - width), 0, "{width} bits, {rows} rows");
                    }
                }
            }
        }
    }

    #[test]
    fn subset_sums_are_those_of_each_row() {
        for rows in [0, 1, 31, 32, 33, 63, 64, 65, 1000] {
            for [left, right] in COLUMNS {
                let mut prg = Prg::new(Seed::from_bytes([rows as u8; 32]));
                let a = random(32, rows * left, &mut prg);
                let before = random(32, left * right, &mut prg);
                let words = random_words(7, right * rows.div_ceil(64));
                let bits: Vec<&[u64]> = match rows {
                    0 => vec![&[]; right],
                    _ => words.chunks_exact(rows.div_ceil(64)).collect(),
                };
                let mut sums = before.clone();
                add_subset_sums(rows, &a, &bits, &mut sums);
                for (index, (sum, before)) in sums.iter().zip(&*before).enumerate() {
                    let numbers = &a[index / right * rows..][..rows];
                    let bits = bits[index % right];
                    let chosen =
                        numbers.iter().enumerate().filter(|(row, _)| bits[row / 64] >> (row % 64) & 1 == 1);
                    let expected = chosen.fold(*before, |sum, (_, number)| sum.wrapping_add(*number));
                    assert_eq!(*sum, expected, "{rows} rows, {left} times {right} columns");
                }
            }
        }
    }
}
