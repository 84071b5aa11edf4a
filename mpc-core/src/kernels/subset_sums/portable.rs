//! The loops of all forms; compiled for wider vectors they add up several lanes at once.

use super::{GROUP, LANES, Row, TABLES};

type Table = [Row; 1 << GROUP];

#[inline(always)]
fn plus(a: Row, b: &Row) -> Row {
    std::array::from_fn(|lane| a[lane].wrapping_add(b[lane]))
}

/// The sums over all subsets of the rows.
#[inline(always)]
fn fill(table: &mut Table, rows: &[Row; GROUP]) {
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
pub(super) fn add(rows: &[Row], subsets: &[u8], sums: &mut [Row]) {
    let count = sums.len();
    if count == 0 {
        return;
    }
    let mut tables = [[[0; LANES]; 1 << GROUP]; TABLES];
    let passes = rows.as_chunks::<GROUP>().0.as_chunks::<TABLES>().0.iter();
    for (rows, subsets) in passes.zip(subsets.chunks_exact(TABLES * count)) {
        tables.iter_mut().zip(rows).for_each(|(table, rows)| fill(table, rows));
        let [first, second, third, fourth] = &tables;
        let (lower, upper) = subsets.split_at(2 * count);
        let ((one, two), (three, four)) = (lower.split_at(count), upper.split_at(count));
        let subsets = one.iter().zip(two).zip(three.iter().zip(four));
        for (sum, ((one, two), (three, four))) in sums.iter_mut().zip(subsets) {
            let lower = plus(first[usize::from(*one)], &second[usize::from(*two)]);
            let upper = plus(third[usize::from(*three)], &fourth[usize::from(*four)]);
            *sum = plus(*sum, &plus(lower, &upper));
        }
    }
}
