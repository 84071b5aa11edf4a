//! The product of one site's matrix of numbers, transposed, with another site's columns of bits, shared between the two; by
//! the route that is cheapest.

use crate::algebra::Ring;
use crate::correlation::Demand;
use crate::error::Result;
use crate::protocol::bit_products::{self, Matrix};
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::step::Step;
use crate::transport::{Lane, PartyId};
use zeroize::Zeroizing;

/// At the holder of the numbers, for `columns` columns of bits at the evaluator: its share, the columns of bits changing
/// fastest.
///
/// # Errors
/// Those of the protocols used.
pub(super) async fn hold(
    ctx: &Context<SemiHonest>,
    evaluator: PartyId,
    matrix: Matrix,
    numbers: &Ring<u32>,
    columns: usize,
) -> Result<Ring<u32>> {
    let mut sums = Zeroizing::new(Vec::with_capacity(columns));
    for column in 0..columns {
        let step = ctx.narrow_nth("column", column);
        let share = Zeroizing::new(bit_products::hold(&step, evaluator, matrix, numbers).await?);
        sums.push(column_sums(matrix, &share));
    }
    Ok(interleaved(matrix, &sums))
}

/// At the evaluator: its share.
///
/// # Errors
/// Those of the protocols used.
pub(super) async fn evaluate(
    ctx: &Context<SemiHonest>,
    holder: PartyId,
    matrix: Matrix,
    columns: &[Vec<u64>],
) -> Result<Ring<u32>> {
    let mut sums = Zeroizing::new(Vec::with_capacity(columns.len()));
    for (column, bits) in columns.iter().enumerate() {
        let step = ctx.narrow_nth("column", column);
        let share = Zeroizing::new(bit_products::choose(&step, holder, matrix, bits).await?);
        sums.push(column_sums(matrix, &share));
    }
    Ok(interleaved(matrix, &sums))
}

/// The sum of each column.
pub(super) fn column_sums(matrix: Matrix, numbers: &Ring<u32>) -> Ring<u32> {
    let mut sums = numbers.run_sums(matrix.rows.max(1)).values().to_vec();
    sums.resize(matrix.columns, 0);
    Ring::new(matrix.width, sums)
}

/// The sums of each column of bits, rearranged so that the columns of bits change fastest.
fn interleaved(matrix: Matrix, sums: &[Ring<u32>]) -> Ring<u32> {
    let of_column = |at: usize| sums.iter().map(move |sums| sums.values().get(at).copied().unwrap_or(0));
    Ring::new(matrix.width, (0..matrix.columns).flat_map(of_column).collect())
}

/// What [`hold`] and [`evaluate`] at `step` ask for.
pub(super) fn demand(out: &mut Demand, step: &Step, lane: Lane, matrix: Matrix, columns: usize) {
    for column in 0..columns {
        bit_products::demand(out, &step.then_nth("column", column), lane, matrix);
    }
}
