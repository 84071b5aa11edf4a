//! Rows to columns: eight matrices of 64 x 64 bits at once, matrix l in words l of the rows.

mod portable;

#[cfg(target_arch = "x86_64")]
mod x86;

use super::cipher::{LANES, Row};
use super::{Kernels, Level};

/// Rows, and columns, of a matrix.
pub(crate) const SIDE: usize = 64;

/// Rows that are at hand for three steps.
const GROUP: usize = 8;

/// Transposes all matrices.
///
/// # Safety
/// The processor has the features of the level that the function is for.
pub(super) type Transpose = unsafe fn(&mut [Row; SIDE]);

/// The first rows of the transposed matrices.
///
/// # Safety
/// As [`Transpose`].
pub(super) type Low = unsafe fn(columns: &[Row; SIDE], rows: &mut [Row]);

/// The form of a level.
pub(super) fn at(level: Level) -> (Transpose, Low) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => (x86::transpose_avx2, x86::low_avx2),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => (x86::transpose_avx512, x86::low_avx512),
        _ => (portable::transpose, portable::low),
    }
}

/// Transposes all matrices: afterwards bit i of word l of row b is what bit b of word l of row i was.
pub(crate) fn transpose(half: &mut [Row; SIDE]) {
    // SAFETY: the widest form is one that the processor supports.
    unsafe { (Kernels::widest().transpose)(half) }
}

/// The first rows of what [`transpose`] makes of `columns`: quicker than all 64 for a few.
pub(crate) fn low(columns: &[Row; SIDE], rows: &mut [Row]) {
    // SAFETY: as above.
    unsafe { (Kernels::widest().low)(columns, rows) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    #[test]
    fn every_form_turns_rows_to_columns() {
        let mut matrices: [Row; SIDE] = [[0; LANES]; SIDE];
        matrices.as_flattened_mut().copy_from_slice(&random_words(1, SIDE * LANES));
        let check = |transposed: &[Row]| {
            for (b, row) in transposed.iter().enumerate() {
                for (l, word) in row.iter().enumerate() {
                    for (i, before) in matrices.iter().enumerate() {
                        assert_eq!(word >> i & 1, before[l] >> b & 1);
                    }
                }
            }
        };
        let mut transposed = matrices;
        transpose(&mut transposed);
        check(&transposed);
        for level in Level::supported() {
            let kernels = Kernels::at(level);
            let mut transposed = matrices;
            // SAFETY: the level is supported.
            unsafe { (kernels.transpose)(&mut transposed) };
            check(&transposed);
            for count in [0, 1, 2, 7, 64] {
                let mut rows = vec![[7; LANES]; count];
                // SAFETY: as above.
                unsafe { (kernels.low)(&matrices, &mut rows) };
                check(&rows);
            }
        }
        let mut rows = [[7; LANES]; 3];
        low(&matrices, &mut rows);
        check(&rows);
    }
}
