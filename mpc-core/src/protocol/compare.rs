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
use super::verify::Verify;
use crate::algebra::{Bits, Planes, Ring, RingShape};
use crate::correlation::{DIGIT_BITS, DIGIT_VALUES, Dealt, Demand, DigitMasks, Request, digits_of};
use crate::error::{Error, Result};
use crate::kernels::tables;
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
    let step = ctx.narrow("masks");
    let (source, place) = step.ring_source::<W>()?;
    let DigitMasks { mask, digits } = source.digit_masks(place, shape).await?;
    let masked = [add(x.share(), &mask)];
    let opened = open_masked(&ctx.narrow("open"), &masked).await?;
    let [m] = opened.as_slice() else { return Err(Error::Internal("one value was opened")) };
    let m = m.public();

    let low = shape.width - 1;
    let planes = Planes::from_ring(m);
    let digit = |digit: usize| {
        let first = digit * DIGIT_BITS;
        let index: Vec<&[u64]> =
            (first..low as usize).take(DIGIT_BITS).map(|bit| planes.plane(bit)).collect();
        let chosen = |rows: fn(Vec<u64>, usize) -> Vec<u64>| {
            Raw::new(S::Share::linear(&[&digits], |parts| {
                let of_mask = parts.first().map(|rows| digit_rows(rows, digit, index.len(), words));
                let rows = rows(of_mask.unwrap_or_default(), words);
                Bits::from_words(tables::select(&rows, words, &index).unwrap_or_default())
            }))
        };
        Digit { generate: chosen(larger), propagate: chosen(|rows, _| rows) }
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
    sign.add_public(&Bits::from_words(planes.plane(low as usize).to_vec()), ctx.is_first());
    // Fresh: the rows of a one-time table are uniform apart from their sum, and this is their one use.
    Ok(Fresh::new(sign))
}

/// The rows of a digit of the mask, of which `bits` bits count: rows of values that do not differ in these are added up.
fn digit_rows(rows: &Bits, digit: usize, bits: usize, words: usize) -> Vec<u64> {
    let length = words << bits;
    let rows = rows.words().get(digit * DIGIT_VALUES * words..).unwrap_or_default();
    let mut all = rows.chunks(length.max(1)).take(DIGIT_VALUES >> bits);
    let mut sums = all.next().unwrap_or_default().to_vec();
    all.for_each(|rows| xor_into(&mut sums, rows));
    sums
}

/// From rows "the mask's digit is v" those of "it is larger than v": each the sum of all above.
fn larger(mut rows: Vec<u64>, words: usize) -> Vec<u64> {
    let mut sum = vec![0; words];
    for row in rows.chunks_exact_mut(words.max(1)).rev() {
        for (sum, word) in sum.iter_mut().zip(row) {
            let above = *sum;
            *sum ^= *word;
            *word = above;
        }
    }
    rows
}

/// Bit `top` of the mask: the sum of the rows of its digit in which it is set.
fn top_of_mask(rows: &Bits, top: u32, words: usize) -> Bits {
    let (digit, bit) = (top as usize / DIGIT_BITS, top as usize % DIGIT_BITS);
    let mut sum = vec![0; words];
    for (value, row) in digit_rows(rows, digit, DIGIT_BITS, words).chunks_exact(words.max(1)).enumerate() {
        if value >> bit & 1 == 1 {
            xor_into(&mut sum, row);
        }
    }
    Bits::from_words(sum)
}

fn xor_into(sum: &mut [u64], row: &[u64]) {
    sum.iter_mut().zip(row).for_each(|(sum, word)| *sum ^= word);
}

/// What [`negative`] at `step` asks for.
pub fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    out.push(&step.then("masks"), lane, Request::DigitMasks { word: W::BITS, shape });
    carry::demand(out, &step.then("digits"), lane, digits_of(shape.width - 1), Bits::words_for(shape.len));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Vector;
    use crate::test_world::{TestWorld, boundary_values, ring_share_of};

    fn signs<W: Dealt>(width: u32) {
        for sites in [2, 3, 5] {
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
