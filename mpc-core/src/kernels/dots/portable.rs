//! The twin of all other forms.

use super::{Columns, Products};

/// Sets the products of each tile to what `one` makes of two columns.
fn tiles<T>(
    rows: usize,
    left: Columns<'_, T>,
    right: &[Columns<'_, T>],
    products: &mut [Products],
    one: impl Fn(&[T], &[T]) -> u32,
) {
    for (products, right) in products.iter_mut().zip(right) {
        *products = left.map(|left| right.map(|right| one(&left[..rows], &right[..rows])));
    }
}

pub(super) fn words(
    rows: usize,
    left: Columns<'_, u32>,
    right: &[Columns<'_, u32>],
    products: &mut [Products],
) {
    tiles(rows, left, right, products, words_of);
}

pub(super) fn halves(
    rows: usize,
    left: Columns<'_, i16>,
    right: &[Columns<'_, i16>],
    products: &mut [Products],
) {
    tiles(rows, left, right, products, halves_of);
}

pub(super) fn parities(
    rows: usize,
    left: Columns<'_, u64>,
    right: &[Columns<'_, u64>],
    products: &mut [Products],
) {
    tiles(rows, left, right, products, parities_of);
}

pub(super) fn words_of(left: &[u32], right: &[u32]) -> u32 {
    left.iter().zip(right).fold(0, |sum, (a, b)| sum.wrapping_add(a.wrapping_mul(*b)))
}

pub(super) fn halves_of(left: &[i16], right: &[i16]) -> u32 {
    let products = left.iter().zip(right).map(|(a, b)| i32::from(*a) * i32::from(*b));
    products.fold(0, i32::wrapping_add).cast_unsigned()
}

pub(super) fn parities_of(left: &[u64], right: &[u64]) -> u32 {
    left.iter().zip(right).fold(0, |sum, (a, b)| sum ^ a & b).count_ones() % 2
}
