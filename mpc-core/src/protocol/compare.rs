//! Is a shared signed number negative? The top bit of an element of Z_2^k, as a shared bit.
//!
//! With a mask r whose digits are shared one-hot: open `m = x + r`. As `x = m - r`, the top bit of x is
//! `m_top + r_top + [m' < r']` over Z_2, where m' and r' are the low k - 1 bits (Escudero, Ghosh, Keller, Rachuri, Scholl,
//! Crypto 2020, section 5). m is public, so for every digit "r's is larger" and "r's is the same" are sums of known rows of
//! its one-hot table: only combining digits costs ANDs, in a tree (as in `protocol::sum_at_least`).
//!
//! Source: 16 bits a digit of the mask and an AND each; each link: k bits and 2 an AND; rounds: 1 + ceil(log2 d), with
//! 2(d - 1) - ceil(log2 d) ANDs, for d = ceil((k - 1) / 4).

use super::carry::{self, carry_out, xor};
use super::digit_opening::{self, DigitOpening};
use super::verify::Verify;
use crate::algebra::{Bits, Ring, RingShape};
use crate::correlation::{Dealt, Demand, digits_of};
use crate::error::Result;
use crate::session::Context;
use crate::sharing::{Fresh, Raw, Share};
use crate::step::Step;
use crate::transport::Lane;

/// For each element, its top bit: whether it is negative as a signed number of its width. The bits are packed 64 to a
/// word; those beyond the last element mean nothing.
///
/// # Errors
/// Those of the source and of the openings.
pub async fn negative<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    x: &Raw<S::Share<Ring<W>>>,
) -> Result<Fresh<S::Share<Bits>>> {
    let shape = x.share().shape();
    let opened = DigitOpening::new(ctx, x).await?;
    let low = shape.width - 1;
    let mut sign = opened.mask_bit(low);
    if low > 0 {
        let borrow = carry_out(&ctx.narrow("digits"), opened.borrows(low), opened.words).await?;
        sign = xor(&[&sign, &borrow]);
    }
    sign.add_public(&opened.opened_bit(low), ctx.is_first());
    // Fresh: the rows of a one-time table are uniform apart from their sum, and this is their one use.
    Ok(Fresh::new(sign.into_share()))
}

/// What [`negative`] at `step` asks for.
pub fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    digit_opening::demand::<W>(out, step, lane, shape);
    carry::demand(out, &step.then("digits"), lane, digits_of(shape.width - 1), Bits::words_for(shape.len));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Vector;
    use crate::test_world::{PARTIES, TestWorld, boundary_values, ring_share_of};

    fn signs<W: Dealt>(width: u32) {
        for sites in PARTIES {
            let x = boundary_values::<W>(width, 1);
            let step = Step::root().then("sign");
            let world = TestWorld::new(sites).demand(|out| demand::<W>(out, &step, Lane::MAIN, x.shape()));
            let signs = world.reconstruct(|ctx| {
                let x = ring_share_of(&ctx, "x", &x);
                async move { Ok(negative(&ctx.narrow("sign"), &x?).await?.into_raw()) }
            });
            for (index, value) in x.values().iter().enumerate() {
                assert_eq!(
                    signs.get(index),
                    value.bits(width - 1, 1) == 1,
                    "{sites} sites, width {width}: {value:?}"
                );
            }
        }
    }

    #[test]
    fn signs_at_every_kind_of_width() {
        [1, 2, 4, 5, 6, 16, 17, 31, 32].into_iter().for_each(signs::<u32>);
        [33, 48, 49, 51, 61, 63, 64].into_iter().for_each(signs::<u64>);
        [65, 88, 107, 108, 112, 127, 128].into_iter().for_each(signs::<u128>);
    }
}
