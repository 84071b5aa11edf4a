//! Sums of rows of numbers over many subsets: a table of the 256 sums over subsets of eight rows serves all of them
//! (Arlazarov, Dinic, Kronrod, Faradzev 1970, "the four Russians").

mod portable;

#[cfg(target_arch = "x86_64")]
mod x86;

use super::{Kernels, Level};

/// Numbers of a row, added up side by side: a line of the cache.
pub(crate) const LANES: usize = 16;

/// Rows of a table.
pub(crate) const GROUP: usize = 8;

/// Tables that are used in one pass over the sums: each sum is loaded and stored once for all of them, and they stay in the
/// second-level cache.
pub(crate) const TABLES: usize = 4;

/// One row.
pub(crate) type Row = [u32; LANES];

/// Adds sums over subsets.
///
/// # Safety
/// The processor has the features of the level that the function is for.
pub(super) type Add = unsafe fn(&[Row], &[u8], &mut [Row]);

/// The form of a level.
pub(super) fn at(level: Level) -> Add {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => x86::avx2,
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => x86::avx512,
        _ => portable::add,
    }
}

/// Adds to each sum the rows of its subset, modulo 2^32. Rows are taken [`GROUP`] times [`TABLES`] at once, and fewer at the
/// end are left out; for each group there is a byte for each sum, whose bit b says whether the group's row b is in the subset.
pub(crate) fn add(rows: &[Row], subsets: &[u8], sums: &mut [Row]) {
    // SAFETY: the widest form is one that the processor supports.
    unsafe { (Kernels::widest().subset_sums)(rows, subsets, sums) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    fn random_rows(seed: u8, rows: usize) -> Vec<Row> {
        let words: Vec<u32> = random_words(seed, rows * LANES).iter().map(|&word| word as u32).collect();
        words.as_chunks().0.to_vec()
    }

    #[test]
    fn every_form_adds_the_rows_of_the_subsets() {
        for groups in [0, TABLES, 2 * TABLES, 16 * TABLES] {
            for count in [0, 1, 2, 3, 130] {
                let rows = random_rows(1, GROUP * groups);
                let mut subsets: Vec<u8> =
                    random_words(2, groups * count).iter().map(|&word| word as u8).collect();
                subsets.iter_mut().step_by(7).for_each(|byte| *byte = 0xff);
                subsets.iter_mut().step_by(11).for_each(|byte| *byte = 0);
                let before = random_rows(3, count);
                let mut expected = before.clone();
                for (row, numbers) in rows.iter().enumerate() {
                    for (index, sum) in expected.iter_mut().enumerate() {
                        if subsets[row / GROUP * count + index] >> (row % GROUP) & 1 == 1 {
                            sum.iter_mut()
                                .zip(numbers)
                                .for_each(|(sum, number)| *sum = sum.wrapping_add(*number));
                        }
                    }
                }
                let mut sums = before.clone();
                add(&rows, &subsets, &mut sums);
                assert_eq!(sums, expected, "{groups} groups, {count} sums");
                for level in Level::supported() {
                    let mut sums = before.clone();
                    // SAFETY: the level is supported.
                    unsafe { at(level)(&rows, &subsets, &mut sums) };
                    assert_eq!(sums, expected, "{level:?}, {groups} groups, {count} sums");
                }
            }
        }
    }
}
