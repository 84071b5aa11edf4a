//! Is a shared signed number negative? The top bit of an element of Z_2^k, as a shared bit.
//!
//! With a mask r whose digits are shared one-hot: open `m = x + r`. As `x = m - r`, the top bit of x is
//! `m_top + r_top + [m' < r']` over Z_2, where m' and r' are the low k - 1 bits (Escudero, Ghosh, Keller, Rachuri, Scholl,
//! Crypto 2020, section 5). m is public, so for every digit "r's is larger" and "r's is the same" are sums of known rows of
//! its one-hot table: only combining digits costs ANDs, in a tree (as in `protocol::sum_at_least`).
//!
//! Source: k bits and 16 bits a digit of 4; each link: k bits, then 4 bits an AND pair for d - 1 digits; rounds:
//! 1 + ceil(log2 d) for d = ceil((k - 1) / 4).

use super::carry::{self, Digit, carry_out};
use super::open::open_masked;
use super::table_lookup::select;
use super::verify::Verify;
use crate::algebra::{Bits, Planes, Ring, RingShape, Vector, Word};
use crate::correlation::{DIGIT_BITS, DIGIT_VALUES, Dealt, Demand, DigitMasks, Request, digits_of};
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::{Fresh, Raw, Share, add};
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
    let words = Bits::words_for(shape.len);
    let DigitMasks { mask, digits } = ctx.narrow("masks").digit_masks::<W>(shape).await?;
    let masked = [add(x.share(), &mask)];
    let opened = open_masked(&ctx.narrow("open"), &masked).await?;
    let [m] = opened.as_slice() else { return Err(Error::Internal("one value was opened")) };
    let m = m.public();

    let low = shape.width - 1;
    let count = |digit: usize| (low - (digit * DIGIT_BITS) as u32).min(DIGIT_BITS as u32);
    let digit = |digit: usize| {
        let index = Planes::from_values(count(digit), words, digit_values(m, digit, count(digit)));
        let rows = |keep: fn(usize, usize) -> bool| {
            Raw::new(S::Share::linear(&[&digits], |parts| {
                let rows = parts.first().map(|rows| kept_rows(rows, digit, count(digit), words, keep));
                select(&rows.unwrap_or_default(), &index)
            }))
        };
        Digit {
            generate: rows(|of_mask, opened| of_mask > opened),
            propagate: rows(|of_mask, opened| of_mask == opened),
        }
    };
    let top = S::Share::linear(&[&digits], |parts| {
        parts.first().map(|rows| top_of_mask(rows, low, words)).unwrap_or_default()
    });
    let mut sign = match digits_of(low) {
        0 => top,
        count => {
            let borrow = carry_out(&ctx.narrow("digits"), (0..count).map(digit).collect(), words).await?;
            add(borrow.share(), &top)
        }
    };
    sign.add_public(&top_of_opened(m, low, words), ctx.is_first());
    // Fresh: the rows of a one-time table are uniform apart from their sum, and this is their one use.
    Ok(Fresh::new(sign))
}

/// The opened values' bits of one digit.
fn digit_values<W: Word>(m: &Ring<W>, digit: usize, count: u32) -> impl Iterator<Item = u64> {
    m.values().iter().map(move |value| value.bits((digit * DIGIT_BITS) as u32, count))
}

/// For each value that the opened digit may have, the sum of the rows of the mask's digit that `keep` it.
fn kept_rows(
    rows: &Bits,
    digit: usize,
    count: u32,
    words: usize,
    keep: impl Fn(usize, usize) -> bool,
) -> Bits {
    let values = 1 << count;
    let mut out = Bits::zeros(values * words);
    for (opened, sum) in out.words_mut().chunks_exact_mut(words.max(1)).enumerate() {
        for of_mask in (0..DIGIT_VALUES).filter(|of_mask| keep(of_mask % values, opened)) {
            let row = rows.words().iter().skip((digit * DIGIT_VALUES + of_mask) * words);
            sum.iter_mut().zip(row).for_each(|(sum, word)| *sum ^= word);
        }
    }
    out
}

/// Bit `top` of the mask: the sum of the rows of its digit in which it is set.
fn top_of_mask(rows: &Bits, top: u32, words: usize) -> Bits {
    let (digit, bit) = (top as usize / DIGIT_BITS, top as usize % DIGIT_BITS);
    let mut out = Bits::zeros(words);
    for value in (0..DIGIT_VALUES).filter(|value| value >> bit & 1 == 1) {
        let row = rows.words().iter().skip((digit * DIGIT_VALUES + value) * words);
        out.words_mut().iter_mut().zip(row).for_each(|(sum, word)| *sum ^= word);
    }
    out
}

fn top_of_opened<W: Word>(m: &Ring<W>, top: u32, words: usize) -> Bits {
    let bits = m.values().iter().map(|value| value.bits(top, 1));
    Planes::from_values(1, words, bits).as_bits()
}

/// What [`negative`] at `step` asks for.
pub fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    out.push(&step.then("masks"), lane, Request::DigitMasks { word: W::BITS, shape });
    carry::demand(out, &step.then("digits"), lane, digits_of(shape.width - 1), Bits::words_for(shape.len));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::input::own_summand;
    use crate::protocol::multiply::{self, multiply};
    use crate::random::{Prg, Seed};
    use crate::sharing::Additive;
    use crate::test_world::TestWorld;

    /// Boundary values, and random ones up to 130.
    fn values<W: Word>(width: u32, seed: u8) -> Ring<W> {
        let one = W::read_le(&[1]);
        let zero = W::default();
        let half = (0..width - 1).fold(one, |power, _| power.wrapping_add(power));
        let mut values =
            vec![zero, one, half.wrapping_sub(one), half, half.wrapping_add(one), zero.wrapping_sub(one)];
        let random = Ring::<W>::random(
            RingShape { width, len: 130 - values.len() },
            &mut Prg::new(Seed::from_bytes([seed; 32])),
        );
        values.extend(random.values());
        Ring::new(width, values)
    }

    /// A sharing in which every site's share is random but the last one's.
    fn shared<W: Word>(
        ctx: &Context<crate::sharing::SemiHonest>,
        value: &Ring<W>,
        salt: u8,
    ) -> Raw<Additive<Ring<W>>> {
        let (me, sites) = (ctx.roster().me().index(), ctx.roster().site_count());
        let random = |site: usize| {
            Ring::random(value.shape(), &mut Prg::new(Seed::from_bytes([site as u8 + 10 * salt + 1; 32])))
        };
        if me + 1 < sites {
            return own_summand(random(me));
        }
        let mut rest = value.clone();
        (0..sites - 1).for_each(|site| rest.sub_assign(&random(site)));
        own_summand(rest)
    }

    fn signs<W: Dealt>(width: u32) {
        for sites in [2, 3, 5] {
            let x = values::<W>(width, 1);
            let step = Step::root().then("sign");
            let world = TestWorld::new(sites).demand(|out| demand::<W>(out, &step, Lane::MAIN, x.shape()));
            let signs = world.reconstruct(|ctx| {
                let x = shared(&ctx, &x, 1);
                async move { Ok(negative(&ctx.narrow("sign"), &x).await?.into_raw()) }
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

    fn products<W: Dealt>(width: u32) {
        for sites in [2, 3, 5] {
            let (x, y) = (values::<W>(width, 1), values::<W>(width, 2));
            let y = Ring::concat([&y.slice(65, 65), &y.slice(0, 65)]);
            let step = Step::root().then("product");
            let world =
                TestWorld::new(sites).demand(|out| multiply::demand::<W>(out, &step, Lane::MAIN, x.shape()));
            let product = world.reconstruct(|ctx| {
                let (x, y) = (shared(&ctx, &x, 1), shared(&ctx, &y, 2));
                async move { Ok(multiply(&ctx.narrow("product"), &x, &y).await?.into_raw()) }
            });
            for (index, (x, y)) in x.values().iter().zip(y.values()).enumerate() {
                assert!(
                    product.values()[index] == x.wrapping_mul(*y).low_bits(width),
                    "{sites} sites, width {width}"
                );
            }
        }
    }

    #[test]
    fn products_at_every_kind_of_width() {
        [1, 17, 31, 32].into_iter().for_each(products::<u32>);
        [33, 51, 64].into_iter().for_each(products::<u64>);
        [65, 108, 128].into_iter().for_each(products::<u128>);
    }
}
