//! Sizes of a request, and what it costs.

use super::primes::{DEGREE, GROUP};
use super::wire;
use std::ops::Range;

/// Blocks whose messages go together: bounds memory.
const BLOCKS: usize = 2;

/// Bits by which the product of a block's primes is longer than any result.
const SLACK: u32 = 64;

/// Sizes of a request, known to both sites.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Bits of a number and of a result, 1 to 128.
    pub(crate) width: u32,
    /// Numbers of a vector.
    pub(crate) len: usize,
    /// Vectors of each site: 1 or 2.
    pub(crate) terms: usize,
}

impl Shape {
    /// Groups of primes: ciphertexts of each vector of the holder for a block.
    pub(super) fn groups(&self) -> usize {
        // Products of two integers of k - 1 bits and a sign, `terms` of them added up. A prime has a hair less than 50
        // bits.
        let bits = 2 * (self.width - 1) + (self.terms - 1) as u32 + SLACK;
        let of_group = 50 * GROUP as u32 - 1;
        bits.div_ceil(of_group) as usize
    }

    /// Messages of each site but the key, each of some blocks of numbers.
    pub(crate) fn messages(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (len, most) = (self.len, BLOCKS * DEGREE);
        (0..len.div_ceil(most)).map(move |message| message * most..len.min((message + 1) * most))
    }

    /// Ciphertexts of each vector for so many numbers.
    pub(crate) fn units(&self, numbers: usize) -> usize {
        numbers.div_ceil(DEGREE) * self.groups()
    }

    /// Bytes of the key.
    pub(crate) const KEY_BYTES: usize = wire::POLYNOMIAL;

    /// Bytes of the holder's message for so many numbers.
    pub(crate) fn encrypted_bytes(&self, numbers: usize) -> usize {
        self.units(numbers) * self.terms * wire::POLYNOMIAL
    }

    /// Bytes of the evaluator's message for so many numbers.
    pub(crate) fn answer_bytes(&self, numbers: usize) -> usize {
        self.units(numbers) * 2 * wire::POLYNOMIAL
    }

    /// Bytes that both sites send.
    pub(crate) fn bytes(&self) -> u64 {
        match self.len {
            0 => 0,
            len => (Self::KEY_BYTES + self.encrypted_bytes(len) + self.answer_bytes(len)) as u64,
        }
    }
}
