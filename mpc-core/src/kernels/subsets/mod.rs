//! Sums over subsets of rows, for many subsets of the same rows: a table of the 256 sums over subsets of eight rows serves
//! all of them (Arlazarov, Dinic, Kronrod, Faradzev 1970, "the four Russians").

mod portable;

#[cfg(target_arch = "x86_64")]
mod x86;

use super::{Kernels, Level};

/// Columns whose sums are formed side by side.
pub(crate) const LANES: usize = 8;

/// Rows of a table.
pub(crate) const GROUP: usize = 8;

/// Adds sums over subsets.
///
/// # Safety
/// The processor has the features of the level that the function is for.
pub(super) type Add = unsafe fn(&[[u64; LANES]], &[u8], &mut [[u64; LANES]]);

/// The form of a level.
pub(super) fn at(level: Level) -> Add {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 | Level::Avx512 => x86::avx2,
        _ => portable::add,
    }
}

/// To each sum the rows of its subset, modulo 2^64. Rows are taken in groups of [`GROUP`], and a shorter last group is left
/// out; for each group there is a byte for each sum, whose bit b says whether the group's row b is in the subset.
pub(crate) fn add(rows: &[[u64; LANES]], subsets: &[u8], sums: &mut [[u64; LANES]]) {
    // SAFETY: the widest form is one that the processor supports.
    unsafe { (Kernels::widest().subsets)(rows, subsets, sums) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    #[test]
    fn every_form_adds_the_rows_of_the_subsets() {
        for groups in [0, 1, 2, 3, 4, 5, 64] {
            for count in [0, 1, 2, 3, 130] {
                let rows = random_words(1, GROUP * groups * LANES);
                let rows = rows.as_chunks::<LANES>().0;
                let mut subsets: Vec<u8> =
                    random_words(2, groups * count).iter().map(|&word| word as u8).collect();
                subsets.iter_mut().step_by(7).for_each(|byte| *byte = 0xff);
                subsets.iter_mut().step_by(11).for_each(|byte| *byte = 0);
                let before = random_words(3, count * LANES);
                let before = before.as_chunks::<LANES>().0;
                let mut expected = before.to_vec();
                for (row, values) in rows.iter().enumerate() {
                    for (index, sum) in expected.iter_mut().enumerate() {
                        if subsets[row / GROUP * count + index] >> (row % GROUP) & 1 == 1 {
                            sum.iter_mut()
                                .zip(values)
                                .for_each(|(sum, value)| *sum = sum.wrapping_add(*value));
                        }
                    }
                }
                let mut sums = before.to_vec();
                add(rows, &subsets, &mut sums);
                assert_eq!(sums, expected, "{groups} groups, {count} sums");
                for level in Level::supported() {
                    let mut sums = before.to_vec();
                    // SAFETY: the level is supported.
                    unsafe { at(level)(rows, &subsets, &mut sums) };
                    assert_eq!(sums, expected, "{level:?}, {groups} groups, {count} sums");
                }
            }
        }
    }
}
