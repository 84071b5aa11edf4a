//! One-time tables of 64 elements a word: row v of a table, at `rows[v * words ..]`, has entry v of every element's own
//! table. One row of each is chosen by an index in bit planes, or the rows are those of one function, moved up by as many
//! places as an index in bit planes says.

mod portable;

#[cfg(target_arch = "x86_64")]
mod x86;

use super::{Kernels, Level};

/// Words that are gone through together: whole registers, and of each row several lines of the cache, as rows a power
/// of two apart drive each other out of it.
const STRIP: usize = 32;

/// Sets each element of `out` to the entry of its table that its index says. `rows` has `2^index.len()` rows, and each
/// plane the length of `out`.
///
/// # Safety
/// The processor has the features of the level that the function is for.
pub(super) type Select = unsafe fn(rows: &[u64], index: &[&[u64]], out: &mut [u64]);

/// Sets row v of `rows` to `function[v - index]`, the difference taken modulo the length of the function, which is
/// `2^index.len()`. All planes have the same length.
///
/// # Safety
/// As [`Select`].
pub(super) type Rotate = unsafe fn(function: &[bool], index: &[&[u64]], rows: &mut [u64]);

/// The form of a level.
pub(super) fn at(level: Level) -> (Select, Rotate) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => (x86::select_avx2, x86::rotate_avx2),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => (x86::select_avx512, x86::rotate_avx512),
        _ => (portable::select, portable::rotate),
    }
}

/// For each element of `words` words, the entry of its table at its index; `None` where the lengths do not fit each other.
pub(crate) fn select(rows: &[u64], words: usize, index: &[&[u64]]) -> Option<Vec<u64>> {
    let length = height(index)?.checked_mul(words)?;
    let fits = index.iter().all(|plane| plane.len() == words) && rows.len() == length;
    fits.then(|| {
        let mut out = vec![0; words];
        // SAFETY: the widest form is one that the processor supports.
        unsafe { (Kernels::widest().select)(rows, index, &mut out) };
        out
    })
}

/// The rows `function[v - index]`, `words` words each, for every v; `None` where the lengths do not fit each other.
pub(crate) fn rotate(function: &[bool], words: usize, index: &[&[u64]]) -> Option<Vec<u64>> {
    let length = height(index)?.checked_mul(words)?;
    let fits = index.iter().all(|plane| plane.len() == words) && function.len() == height(index)?;
    fits.then(|| {
        let mut rows = vec![0; length];
        // SAFETY: as above.
        unsafe { (Kernels::widest().rotate)(function, index, &mut rows) };
        rows
    })
}

/// Entries of a table for an index of as many bits.
fn height(index: &[&[u64]]) -> Option<usize> {
    1usize.checked_shl(u32::try_from(index.len()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    fn value(index: &[&[u64]], element: usize) -> usize {
        let bit = |plane: &[u64]| (plane[element / 64] >> (element % 64) & 1) as usize;
        index.iter().enumerate().map(|(number, plane)| bit(plane) << number).sum()
    }

    #[test]
    fn every_form_selects_and_rotates_the_same() {
        for width in [0, 1, 2, 4, 5, 8] {
            for words in [0, 1, STRIP - 1, STRIP, STRIP + 1, 2 * STRIP + 5] {
                let height = 1 << width;
                let planes: Vec<Vec<u64>> = (0..width).map(|plane| random_words(plane, words)).collect();
                let index: Vec<&[u64]> = planes.iter().map(Vec::as_slice).collect();
                let rows = random_words(99, height * words);
                let function: Vec<bool> = random_words(98, height).iter().map(|word| word & 1 == 1).collect();

                let selected = select(&rows, words, &index).unwrap();
                let rotated = rotate(&function, words, &index).unwrap();
                for element in 0..64 * words {
                    let (word, bit) = (element / 64, element % 64);
                    let at = value(&index, element);
                    assert_eq!(selected[word] >> bit & 1, rows[at * words + word] >> bit & 1);
                    for v in 0..height {
                        let expected = function[(v + height - at) % height];
                        assert_eq!(rotated[v * words + word] >> bit & 1 == 1, expected);
                    }
                }
                for level in Level::supported() {
                    let kernels = Kernels::at(level);
                    let (mut out, mut moved) = (vec![1; words], vec![1; height * words]);
                    // SAFETY: the level is supported.
                    unsafe { (kernels.select)(&rows, &index, &mut out) };
                    assert_eq!(out, selected, "{level:?}");
                    // SAFETY: as above.
                    unsafe { (kernels.rotate)(&function, &index, &mut moved) };
                    assert_eq!(moved, rotated, "{level:?}");
                }
            }
        }
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let (plane, short) = (vec![0; 3], vec![0; 2]);
        assert!(select(&[0; 6], 3, &[&plane]).is_some());
        assert!(select(&[0; 6], 3, &[]).is_none());
        assert!(select(&[0; 5], 3, &[&plane]).is_none());
        assert!(select(&[0; 12], 3, &[&plane, &short]).is_none());
        assert!(rotate(&[true; 2], 3, &[&plane]).is_some());
        assert!(rotate(&[true; 2], 2, &[&plane]).is_none());
        assert!(rotate(&[true; 4], 3, &[&plane]).is_none());
        assert!(rotate(&[true; 4], 3, &[&plane, &short]).is_none());
    }
}
