//! The product of one site's matrix of numbers, transposed, with another site's columns of bits, shared between the two: with
//! a helper by its matrix triples ([`matrix_product`]); without one from ring learning with errors
//! ([`lattice`](crate::lattice)), or by transfers where that sends less, which is so where rows or columns are few.

use crate::algebra::{Bits, Ring, RingShape};
use crate::correlation::{Demand, MatrixShape};
use crate::error::Result;
use crate::lattice::product::{self as lattice, MAX_ERROR_PROBABILITY};
use crate::protocol::bit_products::{self, Matrix};
use crate::protocol::matrix_product;
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::source::Preprocessing;
use crate::source::ot::Field;
use crate::step::Step;
use crate::transport::{Lane, PartyId};
use std::ops::Range;
use zeroize::Zeroizing;

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
    /// Both matrices under masks whose product the helper deals.
    Triples,
}

impl Route {
    /// For people.
    pub(super) const fn description(self) -> &'static str {
        match self {
            Self::Transfers => "oblivious transfers",
            Self::Lattice => "lattice encryption",
            Self::Triples => "matrix triples of the helper",
        }
    }
}

impl Product {
    /// The product of these; without a helper by the route that sends less. Of so many alike, all are right but with the
    /// probability that is allowed for a query.
    pub(super) fn new(preprocessing: Preprocessing, matrix: Matrix, columns: usize, alike: usize) -> Self {
        if preprocessing == Preprocessing::Helper {
            return Self { matrix, columns, route: Route::Triples };
        }
        let product = Self { matrix, columns, route: Route::Lattice };
        let shape = product.shape();
        let right = shape.is_supported() && shape.error_probability() * alike as f64 <= MAX_ERROR_PROBABILITY;
        let cheaper = product.lattice_bytes() < columns as u64 * transfer_bytes(matrix);
        Self { route: if right && cheaper { Route::Lattice } else { Route::Transfers }, ..product }
    }

    fn shape(&self) -> lattice::Shape {
        let Matrix { rows, columns, width } = self.matrix;
        lattice::Shape { rows, numbers: columns, bits: self.columns, width }
    }

    fn triples(&self) -> MatrixShape {
        let Matrix { rows, columns, width } = self.matrix;
        MatrixShape { rows, numbers: columns, bits: self.columns, width }
    }

    /// The shape of the products.
    pub(super) fn sums(&self) -> RingShape {
        RingShape { width: self.matrix.width, len: self.matrix.columns * self.columns }
    }

    fn lattice_bytes(&self) -> u64 {
        let cost = self.shape().cost();
        cost.holder + cost.evaluator
    }

    /// What [`Self::hold`] and [`Self::evaluate`] at `step` ask for.
    pub(super) fn demand(&self, out: &mut Demand, step: &Step, lane: Lane, sites: [PartyId; 2]) {
        match self.route {
            Route::Transfers => {
                for column in 0..self.columns {
                    let step = step.then_nth("column", column);
                    bit_products::demand(out, &step, lane, sites, self.matrix);
                }
            }
            Route::Lattice => {}
            Route::Triples => matrix_product::demand(out, step, lane, sites, self.triples()),
        }
    }

    /// Bytes that the two sites send beside what is asked for.
    pub(super) fn bytes(&self) -> u64 {
        match self.route {
            Route::Transfers | Route::Triples => 0,
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
        match self.route {
            Route::Transfers => {}
            Route::Lattice => return lattice::hold(ctx, evaluator, self.shape(), numbers).await,
            Route::Triples => return matrix_product::hold(ctx, evaluator, self.triples(), numbers).await,
        }
        let mut sums = Zeroizing::new(Vec::with_capacity(self.columns));
        for column in 0..self.columns {
            let step = ctx.narrow_nth("column", column);
            let share = bit_products::hold(&step, evaluator, self.matrix, numbers).await?;
            sums.push(column_sums(self.matrix, &Zeroizing::new(share)));
        }
        Ok(self.interleaved(&sums))
    }

    /// At the evaluator: its share. Its columns of bits come one after another, each in whole words.
    ///
    /// # Errors
    /// Those of the protocols used.
    pub(super) async fn evaluate(
        &self,
        ctx: &Context<SemiHonest>,
        holder: PartyId,
        columns: &Bits,
    ) -> Result<Ring<u32>> {
        match self.route {
            Route::Transfers => {}
            Route::Lattice => return lattice::evaluate(ctx, holder, self.shape(), columns).await,
            Route::Triples => return matrix_product::evaluate(ctx, holder, self.triples(), columns).await,
        }
        let mut sums = Zeroizing::new(Vec::with_capacity(self.columns));
        let words = Bits::words_for(self.matrix.rows).max(1);
        for (column, bits) in columns.words().chunks(words).enumerate() {
            let step = ctx.narrow_nth("column", column);
            let share = bit_products::choose(&step, holder, self.matrix, bits).await?;
            sums.push(column_sums(self.matrix, &Zeroizing::new(share)));
        }
        Ok(self.interleaved(&sums))
    }

    /// Where one site has both: the whole product.
    pub(super) fn local(&self, numbers: &Ring<u32>, columns: &Bits) -> Ring<u32> {
        matrix_product::local(self.triples(), numbers, columns)
    }

    /// The sums of each column of bits, rearranged so that the columns of bits change fastest.
    fn interleaved(&self, sums: &[Ring<u32>]) -> Ring<u32> {
        let of_column = |at: usize| sums.iter().map(move |sums| sums.values().get(at).copied().unwrap_or(0));
        Ring::new(self.matrix.width, (0..self.matrix.columns).flat_map(of_column).collect())
    }
}

/// What chooser and holder send for the products with one column of bits, all they need for transfers included.
fn transfer_bytes(matrix: Matrix) -> u64 {
    let of_block = |words: Range<usize>| {
        Field::Bits4.corrections_len(words.len()) + 8 * matrix.pad_width() * words.len()
    };
    matrix.blocks().map(of_block).sum::<usize>() as u64
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
    use crate::algebra::Vector;
    use crate::test_world::{Parties, TestWorld};

    #[test]
    fn the_route_follows_from_the_sizes() {
        let route = |rows, numbers, bits, width| {
            let matrix = Matrix { rows, columns: numbers, width };
            Product::new(Preprocessing::ObliviousTransfer, matrix, bits, 12).route
        };
        let helper = Product::new(Preprocessing::Helper, Matrix { rows: 1, columns: 1, width: 2 }, 1, 1);
        assert_eq!(helper.route, Route::Triples);
        assert_eq!(route(100, 3, 1, 8), Route::Transfers);
        assert_eq!(route(2_504, 41, 40, 13), Route::Lattice);
        assert_eq!(route(100_000, 1_000, 1_000, 18), Route::Lattice);
        assert_eq!(route(1_000_000, 1_000, 1_000, 21), Route::Lattice);
        assert_eq!(route(1 << 25, 100, 100, 26), Route::Transfers, "more rows than a lattice product has");
    }

    #[test]
    fn transfers_send_what_the_choice_of_route_expects() {
        let parties = Parties::without_helper(2, Field::Bits4);
        let sites = [PartyId::new(0), PartyId::new(1)];
        let matrix = Matrix { rows: 5000, columns: 70, width: 17 };
        let product = Product { matrix, columns: 2, route: Route::Transfers };
        let numbers = Ring::zeros(matrix.shape());
        let columns = Bits::from_words(vec![!0; 2 * Bits::words_for(5000)]);
        let world = TestWorld::new(parties);
        let world = world.demand(|out| product.demand(out, &Step::root(), Lane::MAIN, sites));
        let (results, traffic) = world.run_measured(|ctx| {
            let (numbers, columns) = (&numbers, &columns);
            async move {
                match ctx.roster().me() {
                    me if me == sites[0] => product.hold(&ctx, sites[1], numbers).await,
                    _ => product.evaluate(&ctx, sites[0], columns).await,
                }
            }
        });
        assert!(results.iter().all(Result::is_ok));
        let (_, nothing) = TestWorld::new(parties).run_measured(|_| async { Ok(()) });
        let sent: u64 = traffic.sites.iter().sum::<u64>() - nothing.sites.iter().sum::<u64>();
        assert_eq!(sent, 2 * transfer_bytes(matrix));
    }
}
