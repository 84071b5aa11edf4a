//! Which of two numbers is smaller, over the whole range of Z_2^k, unsigned or signed.
//!
//! Against a public bound c: with one mask r and `m = x + r` (`protocol::digit_opening`), x is
//! `m - r + 2^k [m < r]` over the integers, and likewise x - c with `m - c`. Their difference gives
//! `[x < c] = [m < c] + [m < r] + [m - c < r]` over Z_2. Between two shared numbers: `[x < y]` is the top bit of y or of
//! x - y, the former where the top bits of x and y differ. Signed numbers are shifted by 2^(k-1) first.
//!
//! With d = ceil(k / 4), against a bound: source 16 d bits and an AND each, link k bits and 2 an AND, with
//! 2(2(d - 1) - ceil(log2 d)) ANDs; rounds: 1 + ceil(log2 d). Between shared numbers: three signs (`protocol::compare`) and
//! one AND; rounds: 1 more than a sign.

use super::and::{self, and};
use super::carry::{self, Digit, carry_out, concat, part, xor};
use super::compare::{self, negative};
use super::digit_opening::{self, DigitOpening};
use super::verify::Verify;
use crate::algebra::{Bits, Ring, RingShape, Vector, Word};
use crate::correlation::{Dealt, Demand, digits_of};
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::{Fresh, Raw};
use crate::step::Step;
use crate::transport::Lane;

/// How elements of Z_2^k are read as numbers.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// From 0 to 2^k - 1.
    Unsigned,
    /// From -2^(k-1) to 2^(k-1) - 1.
    Signed,
}

impl Numbers {
    /// What is added to make the order that of unsigned numbers: 0, or 2^(k-1).
    pub(super) fn offset<W: Word>(self, width: u32) -> W {
        match self {
            Self::Unsigned => W::default(),
            Self::Signed => W::from_u64(1).wrapping_shl(width - 1),
        }
    }
}

/// x with a public number added to each element.
pub(super) fn plus<S: Verify, W: Word>(
    ctx: &Context<S>,
    x: &Raw<S::Share<Ring<W>>>,
    number: W,
) -> Raw<S::Share<Ring<W>>> {
    let shape = x.share_shape();
    let mut sum = Raw::linear(&[x], |parts| Ring::combination(parts, &[W::from_u64(1)]));
    sum.add_public(&Ring::new(shape.width, vec![number; shape.len]), ctx.is_first());
    sum
}

/// For each element whether it is less than the public `bound`. The bits are packed 64 to a word; those beyond the last
/// element mean nothing.
///
/// # Errors
/// Those of the source and of the openings.
pub async fn less_than_public<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    x: &Raw<S::Share<Ring<W>>>,
    bound: W,
    numbers: Numbers,
) -> Result<Fresh<S::Share<Bits>>> {
    let width = x.share_shape().width;
    let offset = numbers.offset::<W>(width);
    let bound = bound.wrapping_add(offset).low_bits(width);
    let opened = DigitOpening::new(ctx, &plus(ctx, x, offset)).await?;
    let words = opened.words;
    let both = opened.borrows(width).into_iter().zip(opened.shifted_borrows(bound));
    let both = both.map(|(whole, shifted)| Digit {
        generate: concat(&[&whole.generate, &shifted.generate]),
        propagate: whole.propagate.zip(shifted.propagate).map(|(whole, shifted)| concat(&[&whole, &shifted])),
    });
    let borrows = carry_out(&ctx.narrow("digits"), both.collect(), 2 * words).await?;
    let mut less = xor(&[&part(&borrows, 0, words), &part(&borrows, words, words)]);
    less.add_public(&opened.opened_below(bound), ctx.is_first());
    // Fresh: the rows of a one-time table are uniform apart from their sum, and the two borrows take different ones, but for
    // a bound of 0, of which all know the outcome.
    Ok(Fresh::new(less.into_share()))
}

/// For each element whether that of x is less than that of y.
///
/// # Errors
/// Those of the source and of the openings.
pub async fn less_than<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    x: &Raw<S::Share<Ring<W>>>,
    y: &Raw<S::Share<Ring<W>>>,
    numbers: Numbers,
) -> Result<Fresh<S::Share<Bits>>> {
    let shape: RingShape = x.share_shape();
    if y.share_shape() != shape {
        return Err(Error::Internal("a comparison of vectors of different shapes"));
    }
    let offset = numbers.offset::<W>(shape.width);
    let (x, y) = (plus(ctx, x, offset), plus(ctx, y, offset));
    // Each number begins a word, so that its top bit can be cut out.
    let padded = Bits::words_for(shape.len) * 64;
    let numbers = Raw::linear(&[&x, &y], |parts| match parts {
        [x, y] => {
            let mut difference = (*x).clone();
            difference.sub_assign(y);
            Ring::concat(&[x.padded(padded), y.padded(padded), difference.padded(padded)])
        }
        _ => Ring::default(),
    });
    let tops = negative(&ctx.narrow("tops"), &numbers).await?.into_raw();
    let words = padded / 64;
    let [x, y, difference] = [0, 1, 2].map(|row| part(&tops, row * words, words));
    let choice = and(&ctx.narrow("choice"), &xor(&[&x, &y]), &xor(&[&y, &difference])).await?.into_raw();
    // Fresh: the product's shares are uniform apart from their sum.
    Ok(Fresh::new(xor(&[&difference, &choice]).into_share()))
}

/// What [`less_than_public`] at `step` asks for.
pub fn public_demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    digit_opening::demand::<W>(out, step, lane, shape);
    let words = 2 * Bits::words_for(shape.len);
    carry::demand(out, &step.then("digits"), lane, digits_of(shape.width), words);
}

/// What [`less_than`] at `step` asks for.
pub fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    let words = Bits::words_for(shape.len);
    let numbers = RingShape { width: shape.width, len: 3 * 64 * words };
    compare::demand::<W>(out, &step.then("tops"), lane, numbers);
    and::demand(out, &step.then("choice"), lane, words);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{PARTIES, TestWorld, boundary_values, ring_share_of};

    const BOTH: [Numbers; 2] = [Numbers::Unsigned, Numbers::Signed];

    fn key<W: Word>(numbers: Numbers, width: u32, value: W) -> W {
        value.wrapping_add(numbers.offset(width)).low_bits(width)
    }

    fn against_shared<W: Dealt>(width: u32) {
        let x = boundary_values::<W>(width, 1);
        // All orders of boundary values, equal ones too, and random ones.
        let y = Ring::concat([&x.slice(0, 4), &boundary_values::<W>(width, 2).slice(4, 120), &x.slice(0, 6)]);
        let step = Step::root().then("less");
        for (sites, numbers) in PARTIES.into_iter().flat_map(|sites| BOTH.map(|numbers| (sites, numbers))) {
            let world = TestWorld::new(sites).demand(|out| demand::<W>(out, &step, Lane::MAIN, x.shape()));
            let less = world.reconstruct(|ctx| {
                let (x, y) = (ring_share_of(&ctx, "x", &x), ring_share_of(&ctx, "y", &y));
                async move { Ok(less_than(&ctx.narrow("less"), &x?, &y?, numbers).await?.into_raw()) }
            });
            for (index, (&x, &y)) in x.values().iter().zip(y.values()).enumerate() {
                let expected = key(numbers, width, x) < key(numbers, width, y);
                assert_eq!(
                    less.get(index),
                    expected,
                    "{sites} sites, {numbers:?}, {width} bits: {x:?}, {y:?}"
                );
            }
        }
    }

    fn against_public<W: Dealt>(width: u32) {
        let x = boundary_values::<W>(width, 1);
        let step = Step::root().then("less");
        for (sites, numbers) in PARTIES.into_iter().flat_map(|sites| BOTH.map(|numbers| (sites, numbers))) {
            for &bound in x.values().iter().take(9) {
                let world =
                    TestWorld::new(sites).demand(|out| public_demand::<W>(out, &step, Lane::MAIN, x.shape()));
                let less =
                    world.reconstruct(|ctx| {
                        let x = ring_share_of(&ctx, "x", &x);
                        async move {
                            Ok(less_than_public(&ctx.narrow("less"), &x?, bound, numbers).await?.into_raw())
                        }
                    });
                for (index, &x) in x.values().iter().enumerate() {
                    let expected = key(numbers, width, x) < key(numbers, width, bound);
                    assert_eq!(
                        less.get(index),
                        expected,
                        "{sites} sites, {numbers:?}, {width} bits: {x:?}, {bound:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn orders_shared_numbers_at_every_kind_of_width() {
        [1, 2, 5, 17, 32].into_iter().for_each(against_shared::<u32>);
        [33, 51, 64].into_iter().for_each(against_shared::<u64>);
        [65, 128].into_iter().for_each(against_shared::<u128>);
    }

    #[test]
    fn orders_against_public_bounds_at_every_kind_of_width() {
        [1, 2, 4, 5, 17, 32].into_iter().for_each(against_public::<u32>);
        [33, 64].into_iter().for_each(against_public::<u64>);
        against_public::<u128>(128);
    }
}
