//! Dropping low bits exactly: floor(x / 2^f), with no error in the last place. Over the integers, `m = x + r` opened under a
//! mask with bits (`protocol::bit_mask`) gives
//!
//! `floor(x / 2^f) = floor(m / 2^f) - floor(r / 2^f) - [m' < r'] + 2^(k-f) [m < r]`
//!
//! where m' and r' are the low f bits: x is `m - r + 2^k [m < r]`, and its low f bits are `m' - r' + 2^f [m' < r']`. Signed
//! numbers are shifted by 2^(k-1) first, and rounded down too.
//!
//! Source: k^2 bits, 2k more for the borrows, and an AND each; each link: k + 2 bits and 2 an AND; rounds:
//! 2 + ceil(log2 f) + ceil(log2(k - f + 1)).

use super::bit_mask::{self, BitMask};
use super::carry::{self, Digit, carry_out, concat, part};
use super::convert::{self, bits_to_ring};
use super::less_than::{Numbers, plus};
use super::verify::Verify;
use crate::algebra::{Bits, Ring, RingShape};
use crate::correlation::{Dealt, Demand};
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::{Fresh, Raw};
use crate::step::Step;
use crate::transport::Lane;

/// Each element without its low `drop` bits, 0 < drop < k, in the same ring.
///
/// # Errors
/// Those of the source and of the openings.
pub async fn truncate<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    x: &Raw<S::Share<Ring<W>>>,
    drop: u32,
    numbers: Numbers,
) -> Result<Fresh<S::Share<Ring<W>>>> {
    let shape: RingShape = x.share_shape();
    if !(1..shape.width).contains(&drop) {
        return Err(Error::Internal("a truncation to nothing, or by nothing"));
    }
    let offset = numbers.offset::<W>(shape.width);
    let masked = BitMask::new(ctx, &plus(ctx, x, offset), shape.width).await?;
    let words = masked.words;
    let low = carry_out(&ctx.narrow("low"), masked.borrows(0..drop), words).await?;
    let from_low = Digit { generate: part(&low, 0, words), propagate: None };
    let above = std::iter::once(from_low).chain(masked.borrows(drop..shape.width)).collect();
    let whole = carry_out(&ctx.narrow("whole"), above, words).await?;
    let borrows = rows(shape, words);
    let borrows = bits_to_ring(&ctx.narrow("borrows"), &concat(&[&low, &whole]), borrows).await?.into_raw();

    let mask = masked.mask(drop, shape.width);
    let (zero, one) = (W::default(), W::from_u64(1));
    let whole = one.wrapping_shl(shape.width - drop);
    let mut out = Raw::linear(&[&mask, &borrows], |parts| {
        let [mask, borrows] = parts else { return Ring::default() };
        let (low, high) = (borrows.slice(0, shape.len), borrows.slice(64 * words, shape.len));
        let minus_one = zero.wrapping_sub(one);
        Ring::combination(&[*mask, &low, &high], &[minus_one, minus_one, whole])
    });
    out.add_public(&masked.opened(drop), ctx.is_first());
    // Fresh: the borrows are.
    Ok(Fresh::new(plus(ctx, &out, zero.wrapping_sub(offset.wrapping_shr(drop))).into_share()))
}

/// The two rows of borrows as elements of the ring.
fn rows(shape: RingShape, words: usize) -> RingShape {
    RingShape { width: shape.width, len: 2 * 64 * words }
}

/// What [`truncate`] at `step` asks for.
pub fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape, drop: u32) {
    bit_mask::demand::<W>(out, step, lane, shape, shape.width);
    let words = Bits::words_for(shape.len);
    carry::demand(out, &step.then("low"), lane, drop as usize, words);
    carry::demand(out, &step.then("whole"), lane, 1 + shape.width.saturating_sub(drop) as usize, words);
    convert::demand::<W>(out, &step.then("borrows"), lane, rows(shape, words));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Vector;
    use crate::test_world::{PARTIES, TestWorld, boundary_values, ring_share_of};

    fn check<W: Dealt>(width: u32, drop: u32) {
        for (sites, numbers) in PARTIES
            .into_iter()
            .flat_map(|sites| [Numbers::Unsigned, Numbers::Signed].map(|numbers| (sites, numbers)))
        {
            let x = boundary_values::<W>(width, 1);
            let step = Step::root().then("truncate");
            let world =
                TestWorld::new(sites).demand(|out| demand::<W>(out, &step, Lane::MAIN, x.shape(), drop));
            let truncated = world.reconstruct(|ctx| {
                let x = ring_share_of(&ctx, "x", &x);
                async move { Ok(truncate(&ctx.narrow("truncate"), &x?, drop, numbers).await?.into_raw()) }
            });
            for (value, found) in x.values().iter().zip(truncated.values()) {
                for bit in 0..width {
                    let sign = numbers == Numbers::Signed && value.bits(width - 1, 1) == 1;
                    let expected = if bit + drop < width { value.bits(bit + drop, 1) == 1 } else { sign };
                    assert_eq!(
                        found.bits(bit, 1) == 1,
                        expected,
                        "{sites} sites, {numbers:?}, {value:?} of {width} bits without {drop}: {found:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn exact_at_every_kind_of_width() {
        [(2, 1), (20, 3), (32, 16), (32, 31)].into_iter().for_each(|(width, drop)| check::<u32>(width, drop));
        [(40, 13), (64, 1), (64, 20)].into_iter().for_each(|(width, drop)| check::<u64>(width, drop));
        check::<u128>(100, 65);
    }
}
