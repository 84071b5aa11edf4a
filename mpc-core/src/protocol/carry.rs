//! The carry out of a row of digits: a prefix tree over (generate, propagate) (Brent and Kung, IEEE Transactions on
//! Computers C-31, 1982, section II). For each digit it is shared whether it carries by itself and whether it passes a
//! carry on; comparison is the same with "larger" and "the same".
//!
//! ANDs an element: 2(d - 1) for d digits; rounds: ceil(log2 d).

use super::and::{self, and};
use super::verify::Verify;
use crate::algebra::{Bits, Vector};
use crate::correlation::Demand;
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::{Raw, Share};
use crate::step::Step;
use crate::transport::Lane;

/// A digit, or several neighbouring ones: does it carry by itself, does it pass on the carry of the digits below.
pub(super) struct Digit<S: Verify> {
    pub(super) generate: Raw<S::Share<Bits>>,
    pub(super) propagate: Raw<S::Share<Bits>>,
}

/// The carry out of all digits, lowest first, each row `words` words long.
pub(super) async fn carry_out<S: Verify>(
    ctx: &Context<S>,
    digits: Vec<Digit<S>>,
    words: usize,
) -> Result<Raw<S::Share<Bits>>> {
    let mut digits = digits;
    for level in 0.. {
        if digits.len() <= 1 {
            break;
        }
        digits = join_pairs(&ctx.narrow_nth("level", level), digits, words).await?;
    }
    digits.pop().map(|digit| digit.generate).ok_or(Error::Internal("a number without digits"))
}

/// Every two neighbours become one: `(g, p) = (g_high + p_high g_low, p_high p_low)`.
async fn join_pairs<S: Verify>(
    ctx: &Context<S>,
    digits: Vec<Digit<S>>,
    words: usize,
) -> Result<Vec<Digit<S>>> {
    let (pairs, _) = digits.as_chunks::<2>();
    let high: Vec<&Raw<_>> = pairs.iter().flat_map(|[_, high]| [&high.propagate, &high.propagate]).collect();
    let low: Vec<&Raw<_>> = pairs.iter().flat_map(|[low, _]| [&low.generate, &low.propagate]).collect();
    let products = and(ctx, &concat(&high), &concat(&low)).await?.into_raw();

    let mut joined = Vec::with_capacity(digits.len().div_ceil(2));
    let mut rest = digits.into_iter();
    for index in 0.. {
        match (rest.next(), rest.next()) {
            (Some(_), Some(high)) => {
                let carried = part(&products, 2 * index * words, words);
                let propagate = part(&products, (2 * index + 1) * words, words);
                joined.push(Digit { generate: xor(&[&high.generate, &carried]), propagate });
            }
            (last, _) => {
                joined.extend(last);
                break;
            }
        }
    }
    Ok(joined)
}

/// What [`carry_out`] of `digits` digits at `step` asks for.
pub(super) fn demand(out: &mut Demand, step: &Step, lane: Lane, digits: usize, words: usize) {
    let mut digits = digits;
    for level in 0.. {
        if digits <= 1 {
            return;
        }
        and::demand(out, &step.then_nth("level", level), lane, digits / 2 * 2 * words);
        digits = digits.div_ceil(2);
    }
}

/// The sum of sharings of the same length.
pub(super) fn xor<T: Share<Bits>>(parts: &[&Raw<T>]) -> Raw<T> {
    Raw::linear(parts, |parts| {
        let mut sum = Bits::zeros(parts.first().map_or(0, |part| part.shape()));
        parts.iter().for_each(|part| sum.add_assign(part));
        sum
    })
}

/// The sharings one after another.
pub(super) fn concat<T: Share<Bits>>(parts: &[&Raw<T>]) -> Raw<T> {
    Raw::linear(parts, |parts| Bits::concat(parts.iter().copied()))
}

/// Words `start .. start + words` of a sharing.
pub(super) fn part<T: Share<Bits>>(shared: &Raw<T>, start: usize, words: usize) -> Raw<T> {
    Raw::linear(&[shared], |parts| parts.first().map(|bits| bits.slice(start, words)).unwrap_or_default())
}
