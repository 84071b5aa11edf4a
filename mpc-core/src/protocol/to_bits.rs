//! From Z_2^k to bits: with `m = x + r` opened (`protocol::digit_opening`), x is `m - r`. Each digit of the difference is a
//! function of a digit of m and one of r, but for the borrow from the digits below; all borrows come from one prefix tree.
//!
//! Source: 16 bits a digit of 4 and an AND each; each link: k bits and 2 an AND; rounds: 2 + ceil(log2(d - 1)), with k - 4 ANDs
//! and those of the tree (`protocol::carry`), for d = ceil(k / 4).

use super::and::{self, and};
use super::carry::{self, carries, concat, part, xor};
use super::digit_opening::{self, DigitOpening};
use super::verify::Verify;
use crate::algebra::{Bits, Ring, RingShape};
use crate::correlation::{DIGIT_BITS, Dealt, Demand, digits_of};
use crate::error::Result;
use crate::session::Context;
use crate::sharing::{Fresh, Raw};
use crate::step::Step;
use crate::transport::Lane;

/// The bits of each element: k rows, lowest first, each with a bit of all elements, packed 64 to a word. Bits beyond the
/// last element mean nothing.
///
/// # Errors
/// Those of the source and of the openings.
pub async fn to_bits<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    x: &Raw<S::Share<Ring<W>>>,
) -> Result<Fresh<S::Share<Bits>>> {
    let width = x.share_shape().width;
    let opened = DigitOpening::new(ctx, x).await?;
    let words = opened.words;
    let bits = opened.digit_differences();
    let without_borrows = concat(&bits.iter().map(|[plain, _]| plain).collect::<Vec<_>>());

    let mut digits = opened.borrows(width);
    // Nobody asks what the highest digit borrows.
    digits.pop();
    let (lowest, above) = bits.split_at(bits.len().min(DIGIT_BITS));
    if above.is_empty() {
        // Fresh: other sums of the rows of one one-time table for each bit, and no row is used again.
        return Ok(Fresh::new(without_borrows.into_share()));
    }
    let borrows = carries(&ctx.narrow("digits"), digits, words).await?;
    let borrowed =
        above.chunks(DIGIT_BITS).zip(&borrows).flat_map(|(bits, borrow)| bits.iter().map(move |_| borrow));
    let changed: Vec<_> = above.iter().map(|[_, changed]| changed).collect();
    let step = ctx.narrow("borrow");
    let change = and(&step, &concat(&borrowed.collect::<Vec<_>>()), &concat(&changed)).await?.into_raw();
    let lowest = lowest.len() * words;
    let above = xor(&[&part(&without_borrows, lowest, above.len() * words), &change]);
    // Fresh: the lowest digit as above, the others by the product's shares, which are uniform apart from their sum.
    Ok(Fresh::new(concat(&[&part(&without_borrows, 0, lowest), &above]).into_share()))
}

/// What [`to_bits`] at `step` asks for.
pub fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    digit_opening::demand::<W>(out, step, lane, shape);
    let words = Bits::words_for(shape.len);
    let above = (shape.width as usize).saturating_sub(DIGIT_BITS);
    if above > 0 {
        carry::carries_demand(out, &step.then("digits"), lane, digits_of(shape.width) - 1, words);
        and::demand(out, &step.then("borrow"), lane, above * words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Vector;
    use crate::test_world::{PARTIES, TestWorld, boundary_values, ring_share_of};

    fn check<W: Dealt>(width: u32) {
        for sites in PARTIES {
            let x = boundary_values::<W>(width, 1);
            let step = Step::root().then("bits");
            let world = TestWorld::new(sites).demand(|out| demand::<W>(out, &step, Lane::MAIN, x.shape()));
            let bits = world.reconstruct(|ctx| {
                let x = ring_share_of(&ctx, "x", &x);
                async move { Ok(to_bits(&ctx.narrow("bits"), &x?).await?.into_raw()) }
            });
            let row = 64 * Bits::words_for(x.shape().len);
            for (index, value) in x.values().iter().enumerate() {
                for bit in 0..width {
                    let expected = value.bits(bit, 1) == 1;
                    let found = bits.get(bit as usize * row + index);
                    assert_eq!(found, expected, "{sites} sites, width {width}, bit {bit} of {value:?}");
                }
            }
        }
    }

    #[test]
    fn the_bits_at_every_kind_of_width() {
        [1, 3, 4, 5, 8, 9, 17, 32].into_iter().for_each(check::<u32>);
        [33, 51, 64].into_iter().for_each(check::<u64>);
        [65, 108, 128].into_iter().for_each(check::<u128>);
    }
}
