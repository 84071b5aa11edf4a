//! Numbers times numbers, in an order that keeps columns in the processor's caches: strips of rows, within those groups of right
//! columns that stay in the second-level cache, and for each the left columns, a few at a time. Threads share the left columns.
//!
//! Up to 16 bits a number is a signed number of 16 bits, whose products are right modulo 2^16, and an instruction adds two of
//! them at once. With 17 bits, `a = a0 + 2^16 a1` with a0 signed and a1 one bit, and
//!
//! ```text
//! a b = a0 b0 + 2^16 (a0 b1 + a1 b0)  modulo 2^17
//! ```
//!
//! in which only the lowest bits of a0 and b0 count in the brackets: an inner product of bits modulo 2. Above, 32 bits.

use crate::kernels::dots::{self, Columns, Products, SIDE};
use crate::kernels::planes::{NUMBERS, pack};
use crate::parallel::{cores, for_each};
use std::array::from_fn;
use std::ops::Range;
use zeroize::{Zeroize, Zeroizing};

/// Bits of a number that is taken as a signed one.
const HALF: u32 = i16::BITS;

/// Bytes of a strip of a column: those of a tile stay in the first-level cache.
const STRIP: usize = 4096;

/// Right columns whose strips, 192 KiB, stay in the second-level cache while left columns pass by.
const GROUP: usize = 48;

/// Most left columns that a thread takes at once: as many serve a group of right columns while it is in the cache.
const TAKEN: usize = 16 * SIDE;

/// Adds to `sums[i * right columns + j]` the product of column i of `left` and column j of `right`, over `rows` rows, modulo
/// 2^width, for a width up to 32. Numbers are below 2^width; the sums' bits above the width have no meaning.
pub(crate) fn add_products(width: u32, rows: usize, left: &[u32], right: &[u32], sums: &mut [u32]) {
    if rows == 0 {
        return;
    }
    if width > HALF + 1 {
        return tiles([left, right], rows, sums, dots::words);
    }
    let [first, second] = [left, right].map(|matrix| Zeroizing::new(halves(matrix, rows)));
    tiles([&first, &second], rows, sums, dots::halves);
    if width > HALF {
        let first = Zeroizing::new(outer_bits(left, rows, [0, 1]));
        let second = Zeroizing::new(outer_bits(right, rows, [1, 0]));
        let parities = |left: Columns<'_, u64>, right: &[Columns<'_, u64>], products: &mut [Products]| {
            dots::parities(left, right, products);
            products.as_flattened_mut().as_flattened_mut().iter_mut().for_each(|product| *product <<= HALF);
        };
        tiles([&first, &second], 2 * rows.div_ceil(NUMBERS), sums, parities);
    }
}

/// The low 16 bits, signed.
fn halves(matrix: &[u32], rows: usize) -> Vec<i16> {
    let mut halves = vec![0; matrix.len()];
    for_each(halves.chunks_mut(rows).zip(matrix.chunks(rows)), |(halves, numbers)| {
        halves.iter_mut().zip(numbers).for_each(|(half, number)| *half = (*number as u16).cast_signed());
    });
    halves
}

/// Of each column, the plane of the lowest bits of a0 and that of a1, in this order or the other.
fn outer_bits(matrix: &[u32], rows: usize, [low, high]: [usize; 2]) -> Vec<u64> {
    let words = rows.div_ceil(NUMBERS);
    let mut bits = vec![0; matrix.len() / rows * 2 * words];
    let columns = bits.chunks_exact_mut(2 * words).zip(matrix.chunks_exact(rows));
    for_each(columns, |(planes, column)| {
        for (word, numbers) in column.chunks(NUMBERS).enumerate() {
            let mut numbers: [u32; NUMBERS] = from_fn(|index| numbers.get(index).copied().unwrap_or(0));
            let (mut lowest, mut upper) = ([0], [0; 2]);
            pack(&numbers, u32::MAX, &mut lowest);
            numbers.iter_mut().for_each(|number| *number >>= HALF - 1);
            pack(&numbers, u32::MAX, &mut upper);
            numbers.zeroize();
            // Where a0 is negative, a1 is one more.
            planes[low * words + word] = lowest[0];
            planes[high * words + word] = upper[0] ^ upper[1];
        }
    });
    bits
}

/// Adds the products of all tiles.
fn tiles<T: Sync>(
    [left, right]: [&[T]; 2],
    rows: usize,
    sums: &mut [u32],
    multiply: impl Fn(Columns<'_, T>, &[Columns<'_, T>], &mut [Products]) + Sync,
) {
    let columns = right.len() / rows;
    // Enough parts for all threads to end at about the same time.
    let taken = (left.len() / rows).div_ceil(4 * cores()).next_multiple_of(SIDE).min(TAKEN);
    let work = sums.chunks_mut((taken * columns).max(1)).zip(left.chunks(taken.max(1) * rows));
    for_each(work, |(sums, left)| {
        let mut products = [Products::default(); GROUP / SIDE];
        for start in (0..rows).step_by(STRIP / size_of::<T>()) {
            let strip = start..rows.min(start + STRIP / size_of::<T>());
            for start in (0..columns).step_by(GROUP) {
                let group = start..columns.min(start + GROUP);
                let of_group: Vec<Columns<'_, T>> = tiles_of(right, rows, group.clone(), &strip).collect();
                let of_left = tiles_of(left, rows, 0..left.len() / rows, &strip);
                for (of_left, sums) in of_left.zip(sums.chunks_mut(SIDE * columns)) {
                    multiply(of_left, &of_group, &mut products);
                    // Where columns are repeated, there are fewer sums than products.
                    for (i, sums) in sums.chunks_mut(columns).enumerate() {
                        for (sums, products) in sums[group.clone()].chunks_mut(SIDE).zip(&products) {
                            let sums = sums.iter_mut().zip(products[i]);
                            sums.for_each(|(sum, product)| *sum = sum.wrapping_add(product));
                        }
                    }
                }
            }
        }
    });
}

/// A strip of a range of columns, a few at a time; the last is repeated where there are too few.
fn tiles_of<'a, T>(
    matrix: &'a [T],
    rows: usize,
    columns: Range<usize>,
    strip: &'a Range<usize>,
) -> impl Iterator<Item = Columns<'a, T>> {
    columns.clone().step_by(SIDE).map(move |first| {
        from_fn(|index| {
            let column = (first + index).min(columns.end - 1);
            &matrix[column * rows..][strip.clone()]
        })
    })
}
