//! Carries of a row of digits: prefix trees over (generate, propagate) (Brent and Kung, IEEE Transactions on Computers
//! C-31, 1982). For each digit it is shared whether it carries by itself and whether it passes a carry on; comparison is
//! the same with "larger" and "the same". Nothing is carried into the lowest digit, so whether it would pass that on is
//! not asked.
//!
//! For d digits, in ceil(log2 d) rounds: the carry out of all, 2(d - 1) - ceil(log2 d) ANDs an element; the carry out of
//! each (Sklansky, IRE Transactions on Electronic Computers EC-9, 1960), about d log2(d) - d.

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
    /// Not known, and not asked, of a run with the lowest digit.
    pub(super) propagate: Option<Raw<S::Share<Bits>>>,
}

/// The carry out of all digits, lowest first, each row `words` words long.
pub(super) async fn carry_out<S: Verify>(
    ctx: &Context<S>,
    digits: Vec<Digit<S>>,
    words: usize,
) -> Result<Raw<S::Share<Bits>>> {
    let mut digits = from_the_lowest(digits);
    for level in 0.. {
        if digits.len() <= 1 {
            break;
        }
        let (pairs, rest) = digits.as_chunks::<2>();
        let joins: Vec<_> = pairs.iter().map(|[low, high]| (low, high)).collect();
        let has_rest = !rest.is_empty();
        let mut joined = join(&ctx.narrow_nth("level", level), &joins, words).await?;
        joined.extend(digits.pop().filter(|_| has_rest));
        digits = joined;
    }
    digits.pop().map(|digit| digit.generate).ok_or(Error::Internal("a number without digits"))
}

/// The carry out of each digit, lowest first, each row `words` words long.
pub(super) async fn carries<S: Verify>(
    ctx: &Context<S>,
    digits: Vec<Digit<S>>,
    words: usize,
) -> Result<Vec<Raw<S::Share<Bits>>>> {
    let mut digits = from_the_lowest(digits);
    for level in 0.. {
        let places: Vec<_> = sklansky(level, digits.len()).collect();
        let joins: Vec<_> =
            places.iter().filter_map(|&(low, high)| digits.get(low).zip(digits.get(high))).collect();
        if joins.is_empty() {
            break;
        }
        let joined = join(&ctx.narrow_nth("level", level), &joins, words).await?;
        for ((_, high), digit) in places.into_iter().zip(joined) {
            if let Some(place) = digits.get_mut(high) {
                *place = digit;
            }
        }
    }
    Ok(digits.into_iter().map(|digit| digit.generate).collect())
}

fn from_the_lowest<S: Verify>(mut digits: Vec<Digit<S>>) -> Vec<Digit<S>> {
    if let Some(lowest) = digits.first_mut() {
        lowest.propagate = None;
    }
    digits
}

/// The joins of a level: each place whose bit `level` is set, after the last place of the half block below it.
fn sklansky(level: usize, digits: usize) -> impl Iterator<Item = (usize, usize)> {
    let set = move |place: &usize| place >> level & 1 == 1;
    (0..digits).filter(set).map(move |high| ((high >> level << level) - 1, high))
}

/// Neighbouring runs of digits become one: `(g, p) = (g_high + p_high g_low, p_high p_low)`.
async fn join<S: Verify>(
    ctx: &Context<S>,
    runs: &[(&Digit<S>, &Digit<S>)],
    words: usize,
) -> Result<Vec<Digit<S>>> {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for (low, high) in runs {
        let passes = high.propagate.as_ref().ok_or(Error::Internal("the lowest digit is not the first"))?;
        for factor in std::iter::once(&low.generate).chain(&low.propagate) {
            left.push(passes);
            right.push(factor);
        }
    }
    let products = and(ctx, &concat(&left), &concat(&right)).await?.into_raw();
    let mut rows = (0..left.len()).map(|row| part(&products, row * words, words));
    let join = |(low, high): &(&Digit<S>, &Digit<S>)| {
        let carried = rows.next().ok_or(Error::Internal("a product for each factor"))?;
        let propagate = low.propagate.as_ref().and_then(|_| rows.next());
        Ok(Digit { generate: xor(&[&high.generate, &carried]), propagate })
    };
    runs.iter().map(join).collect()
}

/// What [`carry_out`] of `digits` digits at `step` asks for.
pub(super) fn demand(out: &mut Demand, step: &Step, lane: Lane, digits: usize, words: usize) {
    let mut digits = digits;
    for level in 0.. {
        if digits <= 1 {
            return;
        }
        and::demand(out, &step.then_nth("level", level), lane, (digits / 2 * 2 - 1) * words);
        digits = digits.div_ceil(2);
    }
}

/// What [`carries`] of `digits` digits at `step` asks for.
pub(super) fn carries_demand(out: &mut Demand, step: &Step, lane: Lane, digits: usize, words: usize) {
    for level in 0.. {
        let ands: usize =
            sklansky(level, digits).map(|(_, high)| if high >> level == 1 { 1 } else { 2 }).sum();
        if ands == 0 {
            return;
        }
        and::demand(out, &step.then_nth("level", level), lane, ands * words);
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
