//! From Z_2^l to a larger ring Z_2^k: with `m = x + r` modulo 2^l opened under a mask whose bits are shared in the larger ring
//! (`protocol::bit_mask`), x is `m - r + 2^l [m < r]`. Signed numbers are shifted by 2^(l-1) first.
//!
//! The output is not fresh: modulo 2^l a site's share of it is its share of x, less what it sent as its part of m. It can be
//! computed with, and needs zero-sharing before it is opened.
//!
//! Source: (l + 1) k bits and an AND each; each link: l + 1 bits and 2 an AND; rounds: 2 + ceil(log2 l).

use super::bit_mask::{self, BitMask};
use super::carry::{self, carry_out};
use super::convert::{self, bits_to_ring};
use super::less_than::{Numbers, plus};
use super::verify::Verify;
use crate::algebra::{Bits, Ring, RingShape};
use crate::correlation::{Dealt, Demand};
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::Raw;
use crate::step::Step;
use crate::transport::Lane;

/// The same numbers as elements of Z_2^width, which is larger.
///
/// # Errors
/// Those of the source and of the openings.
pub async fn widen<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    x: &Raw<S::Share<Ring<W>>>,
    width: u32,
    numbers: Numbers,
) -> Result<Raw<S::Share<Ring<W>>>> {
    let small: RingShape = x.share_shape();
    if !(small.width + 1..=W::BITS).contains(&width) {
        return Err(Error::Internal("a ring that is not larger"));
    }
    let offset = numbers.offset::<W>(small.width);
    let masked = BitMask::new(ctx, &plus(ctx, x, offset), width).await?;
    let wraps = carry_out(&ctx.narrow("wraps"), masked.borrows(0..small.width), masked.words).await?;
    let shape = RingShape { width, len: small.len };
    let wraps = bits_to_ring(&ctx.narrow("wrap"), &wraps, shape).await?.into_raw();

    let (zero, one) = (W::default(), W::from_u64(1));
    let mut out = Raw::linear(&[&masked.mask(0, small.width), &wraps], |parts| {
        Ring::combination(parts, &[zero.wrapping_sub(one), one.wrapping_shl(small.width)])
    });
    out.add_public(&masked.opened(0), ctx.is_first());
    Ok(plus(ctx, &out, zero.wrapping_sub(offset)))
}

/// What [`widen`] at `step` asks for, for numbers of shape `small`.
pub fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, small: RingShape, width: u32) {
    bit_mask::demand::<W>(out, step, lane, small, width);
    carry::demand(out, &step.then("wraps"), lane, small.width as usize, Bits::words_for(small.len));
    convert::demand::<W>(out, &step.then("wrap"), lane, RingShape { width, len: small.len });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Vector;
    use crate::test_world::{PARTIES, TestWorld, boundary_values, ring_share_of};

    fn check<W: Dealt>(small: u32, width: u32) {
        for (sites, numbers) in PARTIES
            .into_iter()
            .flat_map(|sites| [Numbers::Unsigned, Numbers::Signed].map(|numbers| (sites, numbers)))
        {
            let x = boundary_values::<W>(small, 1);
            let step = Step::root().then("widen");
            let world =
                TestWorld::new(sites).demand(|out| demand::<W>(out, &step, Lane::MAIN, x.shape(), width));
            let widened = world.reconstruct(|ctx| {
                let x = ring_share_of(&ctx, "x", &x);
                async move { widen(&ctx.narrow("widen"), &x?, width, numbers).await }
            });
            for (value, found) in x.values().iter().zip(widened.values()) {
                let sign = numbers == Numbers::Signed && value.bits(small - 1, 1) == 1;
                for bit in 0..width {
                    let expected = if bit < small { value.bits(bit, 1) == 1 } else { sign };
                    assert_eq!(
                        found.bits(bit, 1) == 1,
                        expected,
                        "{sites} sites, {numbers:?}, {small} to {width}: {value:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_same_numbers_in_larger_rings() {
        [(1, 2), (7, 32), (20, 21)].into_iter().for_each(|(small, width)| check::<u32>(small, width));
        [(17, 51), (40, 64)].into_iter().for_each(|(small, width)| check::<u64>(small, width));
        check::<u128>(61, 108);
    }
}
