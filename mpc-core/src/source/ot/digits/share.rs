//! What one holder has of a part's digits, and what moving them by a bit does to it. Pure functions.

use super::Form;
use crate::algebra::{Bits, Planes, Vector, add_rows, subtract_rows};
use std::ops::Range;
use zeroize::Zeroizing;

/// Rows that are wiped.
type Rows = Zeroizing<Bits>;

fn zeros(rows: usize, words: usize) -> Rows {
    Rows::new(Bits::zeros(rows * words))
}

/// A holder's share.
pub(super) struct Share {
    form: Form,
    words: usize,
    /// For each digit the rows of its values.
    rows: Rows,
    /// For each bit p its number, modulo 2^(k-p).
    numbers: Vec<Rows>,
}

impl Share {
    /// What the first site has: its own digits in the clear.
    pub(super) fn first(form: Form, own: &Planes) -> Self {
        let mut share = Self::of_numbers(form, own);
        for digit in 0..form.digits() {
            share.rows.words_mut()[digit * form.digit_rows() * share.words..][..share.words].fill(u64::MAX);
        }
        // The rows of values of the lower bits are there: those with this bit are split off.
        for bit in 0..form.bits {
            let (place, words) = (form.place_in_digit(bit).1, share.words);
            let (without, with) = share.digit(bit).split_at_mut(words << place);
            for (without, with) in without.chunks_mut(words).zip(with.chunks_mut(words)) {
                for ((without, with), own) in without.iter_mut().zip(with).zip(own.plane(bit as usize)) {
                    *with = *without & own;
                    *without ^= *with;
                }
            }
        }
        share
    }

    /// No rows, and a site's own bits as numbers.
    fn of_numbers(form: Form, own: &Planes) -> Self {
        let words = own.shape().words;
        let number = |bit: u32| {
            let mut number = zeros((form.width - bit) as usize, words);
            let lowest = number.words_mut().iter_mut().zip(own.plane(bit as usize));
            lowest.for_each(|(word, own)| *word = *own);
            number
        };
        let rows = zeros(form.digits() * form.digit_rows(), words);
        Self { form, words, rows, numbers: (0..form.bits).map(number).collect() }
    }

    pub(super) fn words(&self) -> usize {
        self.words
    }

    /// The rows of a bit's digit.
    fn digit(&mut self, bit: u32) -> &mut [u64] {
        let length = self.form.digit_rows() * self.words;
        let (digit, _) = self.form.place_in_digit(bit);
        &mut self.rows.words_mut()[digit * length..][..length]
    }

    /// The rows that a bit exchanges, each without the bit beside that with it.
    fn exchanged(&mut self, bit: u32) -> impl Iterator<Item = (&mut [u64], &mut [u64])> {
        let (count, words) = (self.form.row_pairs(bit), self.words);
        let half = words << self.form.place_in_digit(bit).1;
        let pairs = self.digit(bit).chunks_mut(2 * half).flat_map(move |block| {
            let (without, with) = block.split_at_mut(half);
            without.chunks_mut(words).zip(with.chunks_mut(words))
        });
        pairs.take(count)
    }

    /// Moves by a bit of a later site, given both pads; appends what that site has to be sent.
    pub(super) fn pass_on(&mut self, bit: u32, [zero, one]: [&[u64]; 2], message: &mut Vec<u64>) {
        let words = self.words;
        let table = self.form.table_rows(bit) * words;
        let ((zero, zero_numbers), (one, one_numbers)) = (zero.split_at(table), one.split_at(table));

        let mut last = zeros(1, words);
        let mut exchanged = self.exchanged(bit);
        let pads = zero.chunks(words).zip(one.chunks(words));
        for ((zero, one), (without, with)) in pads.zip(exchanged.by_ref()) {
            let rows = without.iter_mut().zip(with).zip(zero.iter().zip(one)).zip(last.words_mut());
            for (((without, with), (zero, one)), last) in rows {
                message.push(*without ^ *with ^ zero ^ one);
                *without ^= zero;
                *with ^= zero;
                *last ^= zero;
            }
        }
        for (without, with) in exchanged {
            xor(without, last.words());
            xor(with, last.words());
        }

        let number = &mut self.numbers[bit as usize];
        let mut masked = Rows::new(Bits::from_words(zero_numbers.to_vec()));
        subtract_rows(masked.words_mut(), one_numbers, words);
        subtract_rows(masked.words_mut(), number.words(), words);
        message.extend_from_slice(masked.words());
        subtract_rows(&mut number.words_mut()[words..], zero_numbers, words);
    }

    /// Writes the numbers and the rows into those of the whole request, of `words` words, where the part's `range` is.
    pub(super) fn put(&self, numbers: &mut Bits, rows: &mut Bits, words: usize, range: Range<usize>) {
        let mut sums = zeros(self.form.width as usize, self.words);
        for (number, bit) in self.numbers.iter().zip(0..) {
            add_rows(&mut sums.words_mut()[bit * self.words..], number.words(), self.words);
        }
        for (whole, part) in [(numbers, &sums), (rows, &self.rows)] {
            let whole = whole.words_mut().chunks_mut(words);
            for (whole, part) in whole.zip(part.words().chunks(self.words)) {
                whole[range.clone()].copy_from_slice(part);
            }
        }
    }
}

/// A later site's share, while it takes in what the earlier holders sent.
pub(super) struct Moves<'a> {
    share: Share,
    own: &'a Planes,
    /// For each bit, what is added to both of every two rows that it exchanges.
    added: Vec<Rows>,
}

impl<'a> Moves<'a> {
    /// Nothing has come yet. `own` are the bits by which this site has chosen.
    pub(super) fn new(form: Form, own: &'a Planes) -> Self {
        let added = (0..form.bits).map(|bit| zeros(form.row_pairs(bit), own.shape().words)).collect();
        Self { share: Share::of_numbers(form, own), own, added }
    }

    /// Takes in the message of a holder, `first` or not, given the chosen pads of each bit.
    pub(super) fn take(&mut self, first: bool, pads: &[&[u64]], message: &[u64]) {
        let (form, words) = (self.share.form, self.share.words);
        let mut rest = message;
        for (bit, pads) in (0..form.bits).zip(pads) {
            let (message, tail) = rest.split_at(form.pad_rows(bit) * words);
            rest = tail;
            let choices = self.own.plane(bit as usize);
            let mut products = Rows::new(Bits::from_words(message.to_vec()));
            products.words_mut().chunks_mut(words).for_each(|row| and(row, choices));

            let (rows, numbers) = products.words_mut().split_at_mut(form.table_rows(bit) * words);
            let (pads, pads_of_numbers) = pads.split_at(rows.len());
            xor(rows, pads);
            let (added, last) = self.added[bit as usize].words_mut().split_at_mut(rows.len());
            xor(added, rows);
            rows.chunks(words).for_each(|row| xor(last, row));
            if first {
                xor(last, choices);
            }

            add_rows(numbers, pads_of_numbers, words);
            add_rows(&mut self.share.numbers[bit as usize].words_mut()[words..], numbers, words);
        }
    }

    /// The share, when all messages have been taken in.
    pub(super) fn into_share(mut self) -> Share {
        let words = self.share.words;
        for (bit, added) in (0..self.share.form.bits).zip(&self.added) {
            let own = self.own.plane(bit as usize);
            for ((without, with), added) in self.share.exchanged(bit).zip(added.words().chunks(words)) {
                for (((without, with), own), added) in without.iter_mut().zip(with).zip(own).zip(added) {
                    let exchange = (*without ^ *with) & own ^ added;
                    *without ^= exchange;
                    *with ^= exchange;
                }
            }
        }
        self.share
    }
}

fn xor(row: &mut [u64], other: &[u64]) {
    row.iter_mut().zip(other).for_each(|(word, other)| *word ^= other);
}

fn and(row: &mut [u64], other: &[u64]) {
    row.iter_mut().zip(other).for_each(|(word, other)| *word &= other);
}
