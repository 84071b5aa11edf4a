//! The product of one site's matrix of numbers, transposed, with another site's columns of bits, shared between the two: from
//! ring learning with errors ([`lattice`](crate::lattice)), or by transfers where that sends less, which is so where rows or
//! columns are few.

use crate::algebra::{Bits, Ring};
use crate::correlation::Demand;
use crate::error::Result;
use crate::lattice::product::{self as lattice, MAX_ERROR_PROBABILITY};
use crate::protocol::bit_products::{self, Matrix};
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::source::ot::Field;
use crate::step::Step;
use crate::transport::{Lane, PartyId};
use zeroize::Zeroizing;

/// Most products of a query, for the probability that one of them is wrong.
const PRODUCTS: f64 = 4096.0;

/// A product, and how it is computed.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Product {
    pub(super) matrix: Matrix,
    /// Columns of bits at the evaluator.
    pub(super) columns: usize,
    pub(super) route: Route,
}

/// How a product is computed.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// A transfer for each bit, whose payload is a row of numbers.
    Transfers,
    /// Encrypted numbers, added up where a bit is set.
    Lattice,
}

impl Product {
    /// The product of these, by the route that sends less.
    pub(super) fn new(matrix: Matrix, columns: usize) -> Self {
        let product = Self { matrix, columns, route: Route::Lattice };
        let shape = product.shape();
        let right = shape.is_supported() && shape.error_probability() * PRODUCTS <= MAX_ERROR_PROBABILITY;
        let cheaper = product.lattice_bytes() < columns as u64 * bit_products::bytes(matrix, Field::Bits4);
        Self { route: if right && cheaper { Route::Lattice } else { Route::Transfers }, ..product }
    }

    fn shape(&self) -> lattice::Shape {
        let Matrix { rows, columns, width } = self.matrix;
        lattice::Shape { rows, numbers: columns, bits: self.columns, width }
    }

    fn lattice_bytes(&self) -> u64 {
        let cost = self.shape().cost();
        cost.holder + cost.evaluator
    }

    /// What [`Self::hold`] and [`Self::evaluate`] at `step` ask for.
    pub(super) fn demand(&self, out: &mut Demand, step: &Step, lane: Lane) {
        if self.route == Route::Transfers {
            for column in 0..self.columns {
                bit_products::demand(out, &step.then_nth("column", column), lane, self.matrix);
            }
        }
    }

    /// Bytes that the two sites send beside what is asked for.
    pub(super) fn bytes(&self) -> u64 {
        match self.route {
            Route::Transfers => 0,
            Route::Lattice => self.lattice_bytes(),
        }
    }

    /// At the holder of the numbers: its share, the columns of bits changing fastest.
    ///
    /// # Errors
    /// Those of the protocols used.
    pub(super) async fn hold(
        &self,
        ctx: &Context<SemiHonest>,
        evaluator: PartyId,
        numbers: &Ring<u32>,
    ) -> Result<Ring<u32>> {
        if self.route == Route::Lattice {
            return lattice::hold(ctx, evaluator, self.shape(), numbers).await;
        }
        let mut sums = Zeroizing::new(Vec::with_capacity(self.columns));
        for column in 0..self.columns {
            let step = ctx.narrow_nth("column", column);
            let share = bit_products::hold(&step, evaluator, self.matrix, numbers).await?;
            sums.push(column_sums(self.matrix, &Zeroizing::new(share)));
        }
        Ok(self.interleaved(&sums))
    }

    /// At the evaluator: its share.
    ///
    /// # Errors
    /// Those of the protocols used.
    pub(super) async fn evaluate(
        &self,
        ctx: &Context<SemiHonest>,
        holder: PartyId,
        columns: &[Vec<u64>],
    ) -> Result<Ring<u32>> {
        if self.route == Route::Lattice {
            let bits = Zeroizing::new(Bits::from_words(columns.concat()));
            return lattice::evaluate(ctx, holder, self.shape(), &bits).await;
        }
        let mut sums = Zeroizing::new(Vec::with_capacity(columns.len()));
        for (column, bits) in columns.iter().enumerate() {
            let step = ctx.narrow_nth("column", column);
            let share = bit_products::choose(&step, holder, self.matrix, bits).await?;
            sums.push(column_sums(self.matrix, &Zeroizing::new(share)));
        }
        Ok(self.interleaved(&sums))
    }

    /// The sums of each column of bits, rearranged so that the columns of bits change fastest.
    fn interleaved(&self, sums: &[Ring<u32>]) -> Ring<u32> {
        let of_column = |at: usize| sums.iter().map(move |sums| sums.values().get(at).copied().unwrap_or(0));
        Ring::new(self.matrix.width, (0..self.matrix.columns).flat_map(of_column).collect())
    }
}

/// The sum of each column.
pub(super) fn column_sums(matrix: Matrix, numbers: &Ring<u32>) -> Ring<u32> {
    let mut sums = numbers.run_sums(matrix.rows.max(1)).values().to_vec();
    sums.resize(matrix.columns, 0);
    Ring::new(matrix.width, sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_route_follows_from_the_sizes() {
        let route = |rows, numbers, bits, width| {
            Product::new(Matrix { rows, columns: numbers, width }, bits).route
        };
        assert_eq!(route(100, 3, 1, 8), Route::Transfers);
        assert_eq!(route(2_504, 41, 40, 13), Route::Lattice);
        assert_eq!(route(100_000, 1_000, 1_000, 18), Route::Lattice);
        assert_eq!(route(1 << 25, 100, 100, 26), Route::Transfers, "more rows than a lattice product has");
    }
}
