//! Statistics of 2x2 tables: counting at one site, and what is derived in the clear from released cells.

pub mod adjust;
mod chi_squared;
pub mod cohort;
pub mod counting;
pub mod derive;
#[cfg(any(test, feature = "test-util"))]
pub mod derive_all;
mod fisher;
mod hypergeometric;
pub mod pairs;
mod popcount;
mod ratios;
#[cfg(test)]
mod testing;

/// Cells of a 2x2 table over two markers a and b: `n11` people carry both, `n10` only a, `n01` only b, `n00` neither.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Table2x2 {
    /// Carriers of both.
    pub n11: u64,
    /// Carriers of the first only.
    pub n10: u64,
    /// Carriers of the second only.
    pub n01: u64,
    /// Carriers of neither.
    pub n00: u64,
}

impl Table2x2 {
    /// The table of cells in the order n11, n10, n01, n00.
    pub fn of_cells([n11, n10, n01, n00]: &[u32; 4]) -> Self {
        let [n11, n10, n01, n00] = [n11, n10, n01, n00].map(|&cell| cell.into());
        Self { n11, n10, n01, n00 }
    }
}

/// A pair whose cells were released, by its markers' positions in the query's panel (`a` before `b`).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct ReleasedPair {
    /// Panel position of the first marker.
    pub a: u32,
    /// Panel position of the second marker.
    pub b: u32,
    /// The pooled cells.
    pub table: Table2x2,
}
