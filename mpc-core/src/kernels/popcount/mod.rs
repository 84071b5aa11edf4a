//! Bits that bitmaps have in common: `|x AND y|` for every x of some rows and every y of some columns. Each vector
//! that is loaded serves a whole row or column of the tile.

mod portable;

#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "x86_64")]
mod x86;

use super::{Kernels, Level};

/// Bitmaps on each side of a tile: 16 counts stay in registers, and a load serves 4 of them.
pub(crate) const SIDE: usize = 4;

/// Counts of [`SIDE`] rows with [`SIDE`] columns.
///
/// # Safety
/// The processor has the features of the level that the function is for. All bitmaps have the same length.
pub(super) type Tile = unsafe fn([&[u64]; SIDE], [&[u64]; SIDE]) -> [[u64; SIDE]; SIDE];

/// Counts of one row with [`SIDE`] columns.
///
/// # Safety
/// As [`Tile`].
pub(super) type Row = unsafe fn([&[u64]; 1], [&[u64]; SIDE]) -> [[u64; SIDE]; 1];

/// The form of a level.
pub(super) fn at(level: Level) -> (Tile, Row) {
    match level {
        Level::Portable => (portable::tile, portable::tile),
        #[cfg(target_arch = "x86_64")]
        Level::Popcnt => (x86::popcnt, x86::popcnt),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => (x86::avx2, x86::avx2),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => (x86::avx512, x86::avx512),
        #[cfg(target_arch = "aarch64")]
        Level::Neon => (neon::tile, neon::tile),
    }
}

/// Up to the length of the shortest bitmap.
fn cut<'a, const R: usize, const C: usize>(
    rows: [&'a [u64]; R],
    columns: [&'a [u64]; C],
) -> ([&'a [u64]; R], [&'a [u64]; C]) {
    let words = rows.iter().chain(&columns).map(|bitmap| bitmap.len()).min().unwrap_or(0);
    (rows.map(|row| &row[..words]), columns.map(|column| &column[..words]))
}

/// The number of bits that each row and each column have in common, up to the length of the shortest bitmap.
pub(crate) fn tile(rows: [&[u64]; SIDE], columns: [&[u64]; SIDE]) -> [[u64; SIDE]; SIDE] {
    let (rows, columns) = cut(rows, columns);
    // SAFETY: the widest form is one that the processor supports, and all bitmaps were cut to one length.
    unsafe { (Kernels::widest().tile)(rows, columns) }
}

/// As [`tile`], for a single row.
pub(crate) fn row(row: &[u64], columns: [&[u64]; SIDE]) -> [u64; SIDE] {
    let (row, columns) = cut([row], columns);
    // SAFETY: as above.
    let [counts] = unsafe { (Kernels::widest().row)(row, columns) };
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    fn check(bitmaps: &[Vec<u64>; 2 * SIDE]) {
        let [rows, columns] =
            [0, SIDE].map(|start| std::array::from_fn(|index| bitmaps[start + index].as_slice()));
        let one = |x: &[u64], y: &[u64]| x.iter().zip(y).map(|(x, y)| u64::from((x & y).count_ones())).sum();
        let expected: [[u64; SIDE]; SIDE] = rows.map(|row| columns.map(|column| one(row, column)));
        assert_eq!(tile(rows, columns), expected);
        assert_eq!(row(rows[1], columns), expected[1]);
        for level in Level::supported() {
            let kernels = Kernels::at(level);
            // SAFETY: the level is supported, and the callers' bitmaps have one length.
            let counts = unsafe { (kernels.tile)(rows, columns) };
            assert_eq!(counts, expected, "{level:?}, {} words", rows[0].len());
            // SAFETY: as above.
            let counts = unsafe { (kernels.row)([rows[0]], columns) };
            assert_eq!(counts, [expected[0]], "{level:?}, {} words", rows[0].len());
        }
    }

    #[test]
    fn every_form_counts_the_same() {
        let around = |words: usize| words.saturating_sub(1)..words + 2;
        // Around the words of every vector, and around the 31 vectors after which byte counters are emptied.
        for words in (0..40).chain(around(62)).chain(around(124)).chain(around(248)).chain([1000]) {
            check(&std::array::from_fn(|seed| random_words(seed as u8, words)));
            check(&std::array::from_fn(|_| vec![u64::MAX; words]));
            check(&std::array::from_fn(|_| vec![0; words]));
        }
    }

    #[test]
    fn every_word_counts_and_longer_bitmaps_are_cut() {
        for words in 1..40 {
            for word in 0..words {
                let mut bitmaps: [Vec<u64>; 2 * SIDE] = std::array::from_fn(|_| vec![0; words]);
                bitmaps.iter_mut().for_each(|bitmap| bitmap[word] = 1 << (word % 64));
                check(&bitmaps);
            }
        }
        let (long, short) = (vec![u64::MAX; 9], vec![u64::MAX; 5]);
        assert_eq!(row(&long, [&long, &short, &long, &long]), [320; SIDE]);
    }
}
