//! The one coefficient of many products: for ciphertexts of a few columns side by side, the sums of the coefficients that
//! each polynomial of bits selects.

use super::modulus::MODULI;
use super::ternary::{Small, Ternary};
use super::{DEGREE, LIMBS, wire};
use crate::kernels::subsets::{self, GROUP, LANES};
use std::ops::Deref;
use zeroize::Zeroizing;

/// Columns of a tile.
pub(super) const WIDTH: usize = LANES;

/// Polynomials of bits, group of rows by group of rows: for each group the byte of each polynomial.
pub(super) struct Subsets {
    count: usize,
    bytes: Zeroizing<Vec<u8>>,
}

impl Subsets {
    /// The first `rows` bits of each polynomial.
    pub(super) fn new(polynomials: impl ExactSizeIterator<Item: Deref<Target = Small>>, rows: usize) -> Self {
        let count = polynomials.len();
        let mut bytes = Zeroizing::new(vec![0; rows.div_ceil(GROUP) * count]);
        for (index, polynomial) in polynomials.enumerate() {
            let of_groups = polynomial.iter().flat_map(|word| word.to_le_bytes());
            for (row, byte) in bytes.chunks_exact_mut(count).zip(of_groups) {
                row[index] = byte;
            }
        }
        Self { count, bytes }
    }

    /// The coefficients +1 of all polynomials, and after them the coefficients -1.
    pub(super) fn of_ternary(polynomials: &[Ternary]) -> Self {
        let plus = polynomials.iter().map(|polynomial| &polynomial.plus);
        let minus = polynomials.iter().map(|polynomial| &polynomial.minus);
        Self::new(plus.chain(minus).collect::<Vec<&Small>>().into_iter(), DEGREE)
    }
}

/// Sums of a few columns: for each prime, and each polynomial of bits, those of the columns.
pub(super) type Sums = [Zeroizing<Vec<[u64; WIDTH]>>; LIMBS];

/// A few columns, and their sums so far.
pub(super) struct Tile {
    /// Ciphertexts that were read last, for each prime row by row.
    rows: [Vec<[u64; WIDTH]>; LIMBS],
    sums: Sums,
}

impl Tile {
    /// Sums of zero for `count` polynomials.
    pub(super) fn new(count: usize) -> Self {
        let sums = || Zeroizing::new(vec![[0; WIDTH]; count]);
        Self { rows: [const { Vec::new() }; LIMBS], sums: [sums(), sums()] }
    }

    /// Reads ciphertexts of up to [`WIDTH`] columns, one after another; `None` where a remainder is not canonical.
    pub(super) fn read(&mut self, bytes: &[u8], rows: usize) -> Option<()> {
        for limb in &mut self.rows {
            limb.truncate(rows);
            limb.resize(rows.next_multiple_of(GROUP), [0; WIDTH]);
        }
        let [low, high] = &mut self.rows;
        let mut canonical = true;
        for (lane, column) in bytes.chunks(rows * wire::BYTES).enumerate().take(WIDTH) {
            for ((low, high), bytes) in low.iter_mut().zip(high.iter_mut()).zip(column.as_chunks().0) {
                let limbs = wire::read(bytes);
                canonical &= wire::canonical(limbs);
                [low[lane], high[lane]] = limbs;
            }
        }
        canonical.then_some(())
    }

    /// Adds the coefficients that were read last and are selected.
    pub(super) fn add(&mut self, subsets: &Subsets) {
        for ((rows, sums), modulus) in self.rows.iter().zip(&mut self.sums).zip(MODULI) {
            subsets::add(rows, &subsets.bytes, sums);
            // A remainder and up to 4,096 more.
            sums.as_flattened_mut().iter_mut().for_each(|sum| *sum = modulus.reduce(*sum));
        }
    }

    /// Adds the coefficients that were read last, with the signs of ternary polynomials.
    pub(super) fn add_ternary(&mut self, subsets: &Subsets) {
        let mut selected = Zeroizing::new(vec![[0; WIDTH]; subsets.count]);
        for ((rows, sums), modulus) in self.rows.iter().zip(&mut self.sums).zip(MODULI) {
            selected.fill([0; WIDTH]);
            subsets::add(rows, &subsets.bytes, &mut selected);
            let (plus, minus) = selected.split_at(subsets.count / 2);
            for ((sums, plus), minus) in sums.iter_mut().zip(plus).zip(minus) {
                for ((sum, &plus), &minus) in sums.iter_mut().zip(plus).zip(minus) {
                    let difference = modulus.subtract(modulus.reduce(plus), modulus.reduce(minus));
                    *sum = modulus.add(*sum, difference);
                }
            }
        }
    }

    /// The sums so far.
    pub(super) fn into_sums(self) -> Sums {
        self.sums
    }
}
