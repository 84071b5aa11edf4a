//! Inner products of columns: of numbers of 32 bits, of signed numbers of 16 bits, and of bits, each of some columns with each
//! of some others, so that a vector that is loaded serves a whole row or column of the tile.

mod portable;

#[cfg(target_arch = "x86_64")]
mod x86;

use super::{Kernels, Level};

/// Columns on each side of a tile: what is added up stays in 16 registers, beside what is loaded.
pub(crate) const SIDE: usize = 3;

/// The products of a tile.
pub(crate) type Products = [[u32; SIDE]; SIDE];

/// Inner products modulo 2^32; for bits, modulo 2.
///
/// # Safety
/// The processor has the features of the level that the function is for. All columns have the number of rows that comes first.
type Dot<T> = unsafe fn(usize, Columns<'_, T>, &[Columns<'_, T>], &mut [Products]);

/// One form of each.
pub(super) struct Dots {
    words: Dot<u32>,
    halves: Dot<i16>,
    parities: Dot<u64>,
}

/// The form of a level.
pub(super) fn at(level: Level) -> Dots {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 | Level::Avx512 => {
            Dots { words: x86::words, halves: x86::halves, parities: x86::parities }
        }
        _ => Dots { words: portable::words, halves: portable::halves, parities: portable::parities },
    }
}

/// Columns of a tile.
pub(crate) type Columns<'a, T> = [&'a [T]; SIDE];

/// The length of the shortest column.
fn rows<T>(left: &Columns<'_, T>, right: &[Columns<'_, T>]) -> usize {
    left.iter().chain(right.as_flattened()).map(|column| column.len()).min().unwrap_or(0)
}

/// Inner products of numbers, modulo 2^32: of a few columns with each few on the right, up to the shortest.
pub(crate) fn words(left: Columns<'_, u32>, right: &[Columns<'_, u32>], products: &mut [Products]) {
    // SAFETY: the widest form is one that the processor supports, and all columns are as long as the shortest.
    unsafe { (Kernels::widest().dots.words)(rows(&left, right), left, right, products) }
}

/// As [`words`], of signed numbers of 16 bits.
pub(crate) fn halves(left: Columns<'_, i16>, right: &[Columns<'_, i16>], products: &mut [Products]) {
    // SAFETY: as above.
    unsafe { (Kernels::widest().dots.halves)(rows(&left, right), left, right, products) }
}

/// As [`words`], of bits, modulo 2.
pub(crate) fn parities(left: Columns<'_, u64>, right: &[Columns<'_, u64>], products: &mut [Products]) {
    // SAFETY: as above.
    unsafe { (Kernels::widest().dots.parities)(rows(&left, right), left, right, products) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;
    use std::array::from_fn;

    const TILES: usize = 2;

    type All<T> = [Vec<T>; (1 + TILES) * SIDE];

    /// Of all forms, and the one that is used.
    fn check<T: Copy>(
        columns: &All<T>,
        used: fn(Columns<'_, T>, &[Columns<'_, T>], &mut [Products]),
        form: impl Fn(&Dots) -> Dot<T>,
        one: impl Fn(&[T], &[T]) -> u32,
    ) {
        let of = |tile: usize| -> Columns<'_, T> { from_fn(|index| columns[tile * SIDE + index].as_slice()) };
        let (left, right) = (of(0), [of(1), of(2)]);
        let expected: [Products; TILES] =
            right.map(|right| left.map(|left| right.map(|right| one(left, right))));
        let mut products = [[[7; SIDE]; SIDE]; TILES];
        used(left, &right, &mut products);
        assert_eq!(products, expected);
        for level in Level::supported() {
            let mut products = [[[7; SIDE]; SIDE]; TILES];
            // SAFETY: the level is supported, and the columns have this length.
            unsafe { form(&at(level))(left[0].len(), left, &right, &mut products) };
            assert_eq!(products, expected, "{level:?}, {} rows", left[0].len());
        }
    }

    /// Random numbers, the largest, and the least.
    fn columns<T: Copy>(rows: usize, of: impl Fn(u64) -> T) -> [All<T>; 3] {
        let column = |seed| random_words(seed, rows).into_iter().map(&of).collect();
        let same = |word| from_fn(|_| vec![of(word); rows]);
        [from_fn(|seed| column(seed as u8)), same(u64::MAX), same(1 << 15)]
    }

    #[test]
    fn every_form_adds_up_the_same_products() {
        for rows in (0..40).chain([63, 64, 65, 127, 1000]) {
            for columns in columns(rows, |word| word as u32) {
                check(
                    &columns,
                    words,
                    |dots| dots.words,
                    |a, b| a.iter().zip(b).fold(0, |sum: u32, (a, b)| sum.wrapping_add(a.wrapping_mul(*b))),
                );
            }
            for columns in columns(rows, |word| word as i16) {
                check(
                    &columns,
                    halves,
                    |dots| dots.halves,
                    |a, b| a.iter().zip(b).map(|(a, b)| i64::from(*a) * i64::from(*b)).sum::<i64>() as u32,
                );
            }
            for columns in columns(rows, |word| word) {
                check(
                    &columns,
                    parities,
                    |dots| dots.parities,
                    |a, b| a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum::<u32>() % 2,
                );
            }
        }
    }
}
