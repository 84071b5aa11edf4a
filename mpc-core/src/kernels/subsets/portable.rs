//! The loops of all forms; compiled for wider vectors they add up a row of lanes at once.

use super::{GROUP, LANES};

/// Groups whose tables are used in one pass over the sums: each sum is loaded and stored once for all of them, and the tables
/// stay in the innermost cache.
const TABLES: usize = 2;

type Table = [[u64; LANES]; 1 << GROUP];

#[inline(always)]
fn plus(a: [u64; LANES], b: &[u64; LANES]) -> [u64; LANES] {
    std::array::from_fn(|lane| a[lane].wrapping_add(b[lane]))
}

/// The sums over all subsets of the rows.
#[inline(always)]
fn fill(table: &mut Table, rows: &[[u64; LANES]; GROUP]) {
    table[0] = [0; LANES];
    for (bit, row) in rows.iter().enumerate() {
        let (without, with) = table.split_at_mut(1 << bit);
        for (with, without) in with.iter_mut().zip(without) {
            *with = plus(*without, row);
        }
    }
}

/// As [`super::add`].
#[inline(always)]
pub(super) fn add(rows: &[[u64; LANES]], subsets: &[u8], sums: &mut [[u64; LANES]]) {
    let count = sums.len();
    if count == 0 {
        return;
    }
    let mut tables = [[[0; LANES]; 1 << GROUP]; TABLES];
    let [first, second] = &mut tables;
    let (pairs, last) = rows.as_chunks::<GROUP>().0.as_chunks::<TABLES>();
    let mut subsets = subsets.chunks_exact(count);
    for [one, other] in pairs {
        let (Some(low), Some(high)) = (subsets.next(), subsets.next()) else { return };
        fill(first, one);
        fill(second, other);
        for ((sum, &low), &high) in sums.iter_mut().zip(low).zip(high) {
            *sum = plus(plus(*sum, &first[usize::from(low)]), &second[usize::from(high)]);
        }
    }
    for (rows, subsets) in last.iter().zip(subsets) {
        fill(first, rows);
        for (sum, &subset) in sums.iter_mut().zip(subsets) {
            *sum = plus(*sum, &first[usize::from(subset)]);
        }
    }
}
