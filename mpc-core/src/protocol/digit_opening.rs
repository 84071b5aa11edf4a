//! Opening a shared number under a mask whose digits are shared one-hot: what comparisons, equality and the way to bits
//! have in common (an edaBit: Escudero, Ghosh, Keller, Rachuri, Scholl, Crypto 2020; its bits kept as one-time tables).
//!
//! With the mask r, open `m = x + r` in Z_2^k. As m is public, every function of one digit of m and the same digit of r is a
//! sum of known rows of that digit's one-hot table, and so costs nothing.
//!
//! Source: 16 bits a digit of 4; each link: k bits; 1 round.

use super::carry::Digit;
use super::open::open_masked;
use super::table_lookup::select;
use super::verify::Verify;
use crate::algebra::{Bits, Planes, Ring, RingShape, Vector, Word};
use crate::correlation::{DIGIT_BITS, DIGIT_VALUES, Dealt, Demand, DigitMasks, Request, digits_of};
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::{Masked, Raw, Share, add};
use crate::step::Step;
use crate::transport::Lane;

/// `m = x + r`, opened, and the digits of r.
pub(super) struct DigitOpening<S: Verify, W: Word> {
    m: Masked<Ring<W>>,
    digits: S::Share<Bits>,
    width: u32,
    /// Words of a row of bits.
    pub(super) words: usize,
}

impl<S: Verify, W: Dealt> DigitOpening<S, W> {
    /// Masks and opens.
    pub(super) async fn new(ctx: &Context<S>, x: &Raw<S::Share<Ring<W>>>) -> Result<Self> {
        let shape = x.share().shape();
        let step = ctx.narrow("masks");
        let (source, place) = step.ring_source::<W>()?;
        let DigitMasks { mask, digits } = source.digit_masks(place, shape).await?;
        let mut opened = open_masked(&ctx.narrow("open"), &[add(x.share(), &mask)]).await?;
        let m = opened.pop().ok_or(Error::Internal("an opening without its value"))?;
        Ok(Self { m, digits, width: shape.width, words: Bits::words_for(shape.len) })
    }

    /// The digits of `[m - shift < r]` for the low `low` bits, lowest first: r's digit is larger; it is the same.
    pub(super) fn borrows(&self, low: u32, shift: W) -> Vec<Digit<S>> {
        let m = self.shifted(shift);
        let digit = |digit| Digit {
            generate: self.of_digit(&m, digit, low, |of_mask, opened| of_mask > opened),
            propagate: Some(self.of_digit(&m, digit, low, |of_mask, opened| of_mask == opened)),
        };
        (0..digits_of(low)).map(digit).collect()
    }

    /// For each digit whether it is the same in m and r.
    pub(super) fn same_digits(&self) -> Vec<Raw<S::Share<Bits>>> {
        let m = self.m.public();
        let same = |digit| self.of_digit(m, digit, self.width, |of_mask, opened| of_mask == opened);
        (0..digits_of(self.width)).map(same).collect()
    }

    /// For each bit of `m - r`, in its digit: what it is without a borrow from below, and what a borrow changes.
    pub(super) fn digit_differences(&self) -> Vec<[Raw<S::Share<Bits>>; 2]> {
        let m = self.m.public();
        (0..self.width)
            .map(|bit| {
                let (digit, bit) = (bit as usize / DIGIT_BITS, bit as usize % DIGIT_BITS);
                let plain = move |of_mask: usize, opened: usize| opened.wrapping_sub(of_mask) >> bit & 1 == 1;
                let changed = move |of_mask: usize, opened: usize| {
                    plain(of_mask, opened) != (opened.wrapping_sub(of_mask).wrapping_sub(1) >> bit & 1 == 1)
                };
                [self.of_digit(m, digit, self.width, plain), self.of_digit(m, digit, self.width, changed)]
            })
            .collect()
    }

    /// Bit `bit` of r.
    pub(super) fn mask_bit(&self, bit: u32) -> Raw<S::Share<Bits>> {
        let (digit, bit) = (bit as usize / DIGIT_BITS, bit as usize % DIGIT_BITS);
        Raw::new(S::Share::linear(&[&self.digits], |parts| {
            let mut sum = Bits::zeros(self.words);
            for value in (0..DIGIT_VALUES).filter(|value| value >> bit & 1 == 1) {
                parts.iter().for_each(|rows| add_row(sum.words_mut(), rows, digit * DIGIT_VALUES + value));
            }
            sum
        }))
    }

    /// Bit `bit` of m.
    pub(super) fn opened_bit(&self, bit: u32) -> Bits {
        let bits = self.m.public().values().iter().map(|value| value.bits(bit, 1));
        Planes::from_values(1, self.words, bits).as_bits()
    }

    /// For each element whether the whole of m is below a public number.
    pub(super) fn opened_below(&self, bound: W) -> Bits {
        let below = self.m.public().values().iter().map(|value| (*value < bound).into());
        Planes::from_values(1, self.words, below).as_bits()
    }

    fn shifted(&self, shift: W) -> Ring<W> {
        let values = self.m.public().values().iter().map(|value| value.wrapping_sub(shift)).collect();
        Ring::new(self.width, values)
    }

    /// A function of one digit of r and of `m`, each cut to the low `low` bits of the number.
    fn of_digit(
        &self,
        m: &Ring<W>,
        digit: usize,
        low: u32,
        function: impl Fn(usize, usize) -> bool,
    ) -> Raw<S::Share<Bits>> {
        let first = (digit * DIGIT_BITS) as u32;
        let count = low.saturating_sub(first).min(DIGIT_BITS as u32);
        let index = m.values().iter().map(|value| value.bits(first, count));
        let index = Planes::from_values(count, self.words, index);
        Raw::new(S::Share::linear(&[&self.digits], |parts| {
            let table = parts.first().map(|rows| table(rows, digit, count, self.words, &function));
            select(&table.unwrap_or_default(), &index)
        }))
    }
}

/// For each value that the opened digit may have, the sum of the rows of the mask's digit for which `function` holds.
fn table(
    rows: &Bits,
    digit: usize,
    count: u32,
    words: usize,
    function: impl Fn(usize, usize) -> bool,
) -> Bits {
    let values = 1 << count;
    let mut out = Bits::zeros(values * words);
    for (opened, sum) in out.words_mut().chunks_exact_mut(words.max(1)).enumerate() {
        for of_mask in (0..DIGIT_VALUES).filter(|of_mask| function(of_mask % values, opened)) {
            add_row(sum, rows, digit * DIGIT_VALUES + of_mask);
        }
    }
    out
}

fn add_row(sum: &mut [u64], rows: &Bits, row: usize) {
    let words = rows.words().iter().skip(row * sum.len());
    sum.iter_mut().zip(words).for_each(|(sum, word)| *sum ^= word);
}

/// What [`DigitOpening::new`] at `step` asks for.
pub(super) fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    out.push(&step.then("masks"), lane, Request::DigitMasks { word: W::BITS, shape });
}
