//! The twin of all other forms, and the loop that POPCNT speeds up.

/// Counts of R rows with C columns.
#[inline(always)]
pub(super) fn tile<const R: usize, const C: usize>(rows: [&[u64]; R], columns: [&[u64]; C]) -> [[u64; C]; R] {
    rows.map(|row| columns.map(|column| common(row, column)))
}

#[inline(always)]
fn common(x: &[u64], y: &[u64]) -> u64 {
    x.iter().zip(y).map(|(x, y)| u64::from((x & y).count_ones())).sum()
}
