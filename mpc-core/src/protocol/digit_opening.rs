//! Opening a shared number under a mask whose digits are shared one-hot: what comparisons, equality and the way to bits
//! have in common (an edaBit: Escudero, Ghosh, Keller, Rachuri, Scholl, Crypto 2020; its bits kept as one-time tables).
//!
//! With the mask r, open `m = x + r` in Z_2^k. As m is public, every function of one digit of m and the same digit of r is a
//! sum of known rows of that digit's one-hot table, and so costs nothing.
//!
//! Source: 16 bits a digit of 4; each link: k bits; 1 round.

use super::carry::Digit;
use super::open::open_masked;
use super::verify::Verify;
use crate::algebra::{Bits, Planes, Ring, RingShape, Word};
use crate::correlation::{DIGIT_BITS, DIGIT_VALUES, Dealt, Demand, DigitMasks, Request, digits_of};
use crate::error::{Error, Result};
use crate::kernels::tables;
use crate::session::Context;
use crate::sharing::{Masked, Raw, Share, add};
use crate::step::Step;
use crate::transport::Lane;

/// `m = x + r`, opened, and the digits of r.
pub(super) struct DigitOpening<S: Verify, W: Word> {
    m: Masked<Ring<W>>,
    /// The bits of m.
    planes: Planes,
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
        let planes = Planes::from_ring(m.public());
        Ok(Self { m, planes, digits, width: shape.width, words: Bits::words_for(shape.len) })
    }

    /// The digits of `[m < r]` for the low `low` bits, lowest first: r's digit is larger; it is the same.
    pub(super) fn borrows(&self, low: u32) -> Vec<Digit<S>> {
        self.borrows_of(&self.planes, low)
    }

    /// The digits of `[m - shift < r]`.
    pub(super) fn shifted_borrows(&self, shift: W) -> Vec<Digit<S>> {
        let values = self.m.public().values().iter().map(|value| value.wrapping_sub(shift)).collect();
        self.borrows_of(&Planes::from_ring(&Ring::new(self.width, values)), self.width)
    }

    fn borrows_of(&self, m: &Planes, low: u32) -> Vec<Digit<S>> {
        let digit = |digit| Digit {
            generate: self.of_digit(m, digit, low, larger),
            propagate: Some(self.of_digit(m, digit, low, |rows, _| rows)),
        };
        (0..digits_of(low)).map(digit).collect()
    }

    /// For each digit whether it is the same in m and r.
    pub(super) fn same_digits(&self) -> Vec<Raw<S::Share<Bits>>> {
        let same = |digit| self.of_digit(&self.planes, digit, self.width, |rows, _| rows);
        (0..digits_of(self.width)).map(same).collect()
    }

    /// For each bit of `m - r`, in its digit: what it is without a borrow from below, and what a borrow changes.
    pub(super) fn digit_differences(&self) -> Vec<[Raw<S::Share<Bits>>; 2]> {
        (0..self.width)
            .map(|bit| {
                let (digit, bit) = (bit as usize / DIGIT_BITS, bit as usize % DIGIT_BITS);
                let plain = move |of_mask: usize, opened: usize| opened.wrapping_sub(of_mask) >> bit & 1 == 1;
                let changed = move |of_mask: usize, opened: usize| {
                    plain(of_mask, opened) != (opened.wrapping_sub(of_mask).wrapping_sub(1) >> bit & 1 == 1)
                };
                [
                    self.of_digit(&self.planes, digit, self.width, |rows, words| kept(&rows, words, plain)),
                    self.of_digit(&self.planes, digit, self.width, |rows, words| kept(&rows, words, changed)),
                ]
            })
            .collect()
    }

    /// Bit `bit` of r.
    pub(super) fn mask_bit(&self, bit: u32) -> Raw<S::Share<Bits>> {
        let (digit, bit) = (bit as usize / DIGIT_BITS, bit as usize % DIGIT_BITS);
        Raw::new(S::Share::linear(&[&self.digits], |parts| {
            let rows = parts.first().map(|rows| digit_rows(rows, digit, DIGIT_BITS, self.words));
            let mut sum = vec![0; self.words];
            for (value, row) in rows.unwrap_or_default().chunks_exact(self.words.max(1)).enumerate() {
                if value >> bit & 1 == 1 {
                    xor_into(&mut sum, row);
                }
            }
            Bits::from_words(sum)
        }))
    }

    /// Bit `bit` of m.
    pub(super) fn opened_bit(&self, bit: u32) -> Bits {
        Bits::from_words(self.planes.plane(bit as usize).to_vec())
    }

    /// For each element whether the whole of m is below a public number.
    pub(super) fn opened_below(&self, bound: W) -> Bits {
        let below = self.m.public().values().iter().map(|value| (*value < bound).into());
        Planes::from_values(1, self.words, below).as_bits()
    }

    /// A function of one digit of r and of `m`, each cut to the low `low` bits of the number: of the rows `table` makes of
    /// r's rows, the one that the digit of m names.
    fn of_digit(
        &self,
        m: &Planes,
        digit: usize,
        low: u32,
        table: impl Fn(Vec<u64>, usize) -> Vec<u64>,
    ) -> Raw<S::Share<Bits>> {
        let index: Vec<&[u64]> =
            (digit * DIGIT_BITS..low as usize).take(DIGIT_BITS).map(|bit| m.plane(bit)).collect();
        Raw::new(S::Share::linear(&[&self.digits], |parts| {
            let rows = parts.first().map(|rows| digit_rows(rows, digit, index.len(), self.words));
            let table = table(rows.unwrap_or_default(), self.words);
            Bits::from_words(tables::select(&table, self.words, &index).unwrap_or_default())
        }))
    }
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

/// For each value of the opened digit, the sum of the mask's rows for which `function` of both holds.
fn kept(rows: &[u64], words: usize, function: impl Fn(usize, usize) -> bool) -> Vec<u64> {
    let mut out = vec![0; rows.len()];
    for (opened, sum) in out.chunks_exact_mut(words.max(1)).enumerate() {
        for (of_mask, row) in rows.chunks_exact(words.max(1)).enumerate() {
            if function(of_mask, opened) {
                xor_into(sum, row);
            }
        }
    }
    out
}

fn xor_into(sum: &mut [u64], row: &[u64]) {
    sum.iter_mut().zip(row).for_each(|(sum, word)| *sum ^= word);
}

/// What [`DigitOpening::new`] at `step` asks for.
pub(super) fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    out.push(&step.then("masks"), lane, Request::DigitMasks { word: W::BITS, shape });
}
