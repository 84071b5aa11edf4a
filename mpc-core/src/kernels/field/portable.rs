//! By multiplication of integers, in constant time: of operands with one bit in five, no more than 13 products meet at a
//! place, and five bits hold that number, so its lowest bit is the sum over GF(2).

use super::super::cipher::{BLOCKS, Row};
use super::Sum;

/// Every fifth bit.
const FIFTH: u128 = 0x2108_4210_8421_0842_1084_2108_4210_8421;

/// Distance of the bits of an operand.
const CLASSES: usize = 5;

/// Bits of a class.
fn class(x: u64) -> [u128; CLASSES] {
    std::array::from_fn(|first| u128::from(x & (FIFTH << first) as u64))
}

/// Product of polynomials.
fn product(a: u64, b: u64) -> u128 {
    let (a, b) = (class(a), class(b));
    let mut out = 0;
    for first in 0..CLASSES {
        let mut sum = 0;
        for (of_a, a) in a.iter().enumerate() {
            sum ^= a * b[(CLASSES + first - of_a) % CLASSES];
        }
        out ^= sum & FIFTH << first;
    }
    out
}

pub(super) fn multiply_add(rows: &[Row], factors: &[u128; BLOCKS], sums: &mut [Sum]) {
    for (row, Sum([low, middle, high])) in rows.iter().zip(sums) {
        for (words, factor) in row.as_chunks::<2>().0.iter().zip(factors) {
            let factor = [*factor as u64, (*factor >> 64) as u64];
            let (lower, upper) = (product(words[0], factor[0]), product(words[1], factor[1]));
            *middle ^= product(words[0] ^ words[1], factor[0] ^ factor[1]) ^ lower ^ upper;
            *low ^= lower;
            *high ^= upper;
        }
    }
}
