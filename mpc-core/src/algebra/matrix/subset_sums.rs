//! Numbers times bits: sums over subsets of rows, by tables that serve all columns of bits. Threads share the columns of numbers.

use crate::kernels::subset_sums::{GROUP, LANES, Row, TABLES, add};
use crate::parallel::for_each;
use zeroize::Zeroizing;

/// Adds to `sums[i * bit columns + j]` the numbers of column i of `left` in the rows where column j of `bits` is set, modulo
/// 2^32. The columns of bits have whole words, of which what is beyond the last row does not count.
pub(crate) fn add_subset_sums(rows: usize, left: &[u32], bits: &[&[u64]], sums: &mut [u32]) {
    let columns = bits.len();
    if rows == 0 || columns == 0 {
        return;
    }
    let padded = rows.next_multiple_of(GROUP * TABLES);
    let subsets = Zeroizing::new(subsets(padded / GROUP, bits));
    let work = sums.chunks_mut(LANES * columns).zip(left.chunks(LANES * rows));
    for_each(work, |(sums, left)| {
        let mut lanes = Zeroizing::new(vec![Row::default(); padded]);
        for (lane, column) in left.chunks_exact(rows).enumerate() {
            lanes.iter_mut().zip(column).for_each(|(row, number)| row[lane] = *number);
        }
        let mut of_subsets = Zeroizing::new(vec![Row::default(); columns]);
        add(&lanes, &subsets, &mut of_subsets);
        for (lane, sums) in sums.chunks_mut(columns).enumerate() {
            sums.iter_mut().zip(&*of_subsets).for_each(|(sum, row)| *sum = sum.wrapping_add(row[lane]));
        }
    });
}

/// For each group of rows a byte of each column.
fn subsets(groups: usize, bits: &[&[u64]]) -> Vec<u8> {
    let mut subsets = vec![0; groups * bits.len()];
    for (index, column) in bits.iter().enumerate() {
        let mut bytes = column.iter().flat_map(|word| word.to_le_bytes());
        let of_column = subsets.iter_mut().skip(index).step_by(bits.len());
        of_column.zip(&mut bytes).for_each(|(subset, byte)| *subset = byte);
    }
    subsets
}
