//! Are two shared numbers the same? Of their difference x, open `m = x + r` (`protocol::digit_opening`): x is 0 exactly when
//! every digit of m is that of r.
//!
//! Source: 16 bits a digit of 4 and an AND each; each link: k bits and 2 an AND; rounds: 1 + ceil(log2 d), with d - 1 ANDs,
//! for d = ceil(k / 4).

use super::and_all::{self, and_all};
use super::carry::concat;
use super::digit_opening::{self, DigitOpening};
use super::verify::Verify;
use crate::algebra::{Bits, Ring, RingShape, Vector};
use crate::correlation::{Dealt, Demand, digits_of};
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::{Fresh, Raw};
use crate::step::Step;
use crate::transport::Lane;

/// For each element whether x and y are the same. The bits are packed 64 to a word; those beyond the last element mean
/// nothing.
///
/// # Errors
/// Those of the source and of the openings.
pub async fn equal<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    x: &Raw<S::Share<Ring<W>>>,
    y: &Raw<S::Share<Ring<W>>>,
) -> Result<Fresh<S::Share<Bits>>> {
    if y.share_shape::<Ring<W>>() != x.share_shape() {
        return Err(Error::Internal("a comparison of vectors of different shapes"));
    }
    let difference = Raw::linear(&[x, y], |parts| {
        let [x, y] = parts else { return Ring::default() };
        let mut difference = (*x).clone();
        difference.sub_assign(y);
        difference
    });
    is_zero(ctx, &difference).await
}

/// For each element whether it is 0.
///
/// # Errors
/// Those of the source and of the openings.
pub async fn is_zero<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    x: &Raw<S::Share<Ring<W>>>,
) -> Result<Fresh<S::Share<Bits>>> {
    let opened = DigitOpening::new(ctx, x).await?;
    let same = opened.same_digits();
    let rows = concat(&same.iter().collect::<Vec<_>>());
    match same.len() {
        // Fresh: the rows of a one-time table are uniform apart from their sum, and one of them is taken.
        1 => Ok(Fresh::new(rows.into_share())),
        _ => and_all(&ctx.narrow("digits"), rows, opened.words).await,
    }
}

/// What [`equal`] or [`is_zero`] at `step` asks for.
pub fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    digit_opening::demand::<W>(out, step, lane, shape);
    and_all::demand(out, &step.then("digits"), lane, digits_of(shape.width), Bits::words_for(shape.len));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{PARTIES, TestWorld, boundary_values, ring_share_of};

    fn check<W: Dealt>(width: u32) {
        for sites in PARTIES {
            let x = boundary_values::<W>(width, 1);
            // Every third element is another one.
            let mut y = boundary_values::<W>(width, 2);
            let mixed = x.values().iter().zip(y.values()).enumerate();
            y = Ring::new(width, mixed.map(|(at, (&x, &y))| if at % 3 == 0 { y } else { x }).collect());
            let step = Step::root().then("equal");
            let world = TestWorld::new(sites).demand(|out| demand::<W>(out, &step, Lane::MAIN, x.shape()));
            let same = world.reconstruct(|ctx| {
                let (x, y) = (ring_share_of(&ctx, "x", &x), ring_share_of(&ctx, "y", &y));
                async move { Ok(equal(&ctx.narrow("equal"), &x?, &y?).await?.into_raw()) }
            });
            for (index, (x, y)) in x.values().iter().zip(y.values()).enumerate() {
                assert_eq!(same.get(index), x == y, "{sites} sites, width {width}: {x:?}, {y:?}");
            }
        }
    }

    #[test]
    fn the_same_and_others_at_every_kind_of_width() {
        [1, 2, 4, 5, 16, 17, 32].into_iter().for_each(check::<u32>);
        [33, 51, 64].into_iter().for_each(check::<u64>);
        [65, 108, 128].into_iter().for_each(check::<u128>);
    }
}
