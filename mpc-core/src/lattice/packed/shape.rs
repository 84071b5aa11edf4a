//! Sizes of a request, what it costs, and how likely a wrong result is.

use super::primes::{DEGREE, LIMBS, OF_SLOTS};
#[cfg(test)]
use super::primes::{MODULI, PLAIN};
#[cfg(test)]
use super::rounding;
use super::wire;
#[cfg(test)]
use crate::lattice::{modulus::Modulus, noise::ERROR_BITS};
use std::ops::Range;

/// Bytes of a polynomial modulo q.
const POLYNOMIAL: usize = LIMBS * DEGREE * wire::BYTES;

/// Blocks whose messages go together: bounds memory.
const BLOCKS: usize = 2;

/// What the errors of a coefficient exceed with this probability at most.
#[cfg(test)]
const TAIL: f64 = 1.0 / (1u128 << 100) as f64;

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
    /// Ciphertexts of each vector of the holder for a block.
    pub(super) fn parts(&self) -> usize {
        // Products of two integers of k - 1 bits and a sign, `terms` of them added up. A prime has a hair less than 50 bits.
        let bits = 2 * (self.width - 1) + (self.terms - 1) as u32 + SLACK;
        let of_part = 50 * OF_SLOTS as u32 - 1;
        bits.div_ceil(of_part) as usize
    }

    /// Messages of each site but the key, each of some blocks of numbers.
    pub(crate) fn messages(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (len, most) = (self.len, BLOCKS * DEGREE);
        (0..len.div_ceil(most)).map(move |message| message * most..len.min((message + 1) * most))
    }

    /// Ciphertexts of each vector for so many numbers.
    pub(crate) fn units(&self, numbers: usize) -> usize {
        numbers.div_ceil(DEGREE) * self.parts()
    }

    /// Bytes of the key.
    pub(crate) const KEY_BYTES: usize = POLYNOMIAL;

    /// Bytes of the holder's message for so many numbers.
    pub(crate) fn encrypted_bytes(&self, numbers: usize) -> usize {
        self.units(numbers) * self.terms * POLYNOMIAL
    }

    /// Bytes of the evaluator's message for so many numbers.
    pub(crate) fn answer_bytes(&self, numbers: usize) -> usize {
        self.units(numbers) * 2 * POLYNOMIAL
    }

    /// Bytes that both sites send.
    pub(crate) fn bytes(&self) -> u64 {
        match self.len {
            0 => 0,
            len => (Self::KEY_BYTES + self.encrypted_bytes(len) + self.answer_bytes(len)) as u64,
        }
    }

    /// What the errors of a coefficient exceed with probability [`TAIL`] at most, and what is rounded in the holder's numbers.
    #[cfg(test)]
    pub(super) fn error_bounds(&self) -> [f64; 2] {
        let (degree, terms) = (DEGREE as f64, self.terms as f64);
        let largest = product(&PLAIN[..OF_SLOTS]) / 2.0 + PLAIN[0].prime() as f64;
        // Hoeffding's inequality, for ERROR_BITS independent bits a term; the keys' coefficients are at most 1.
        let squares = degree * (terms * largest * largest + 2.0);
        [(squares * f64::from(ERROR_BITS) * (2.0 / TAIL).ln() / 2.0).sqrt(), degree * terms * largest]
    }

    /// A bound for the probability that some result is wrong. The derivation is in `docs/protocols.md`.
    #[cfg(test)]
    fn error_probability(&self) -> f64 {
        let [q, t, all] = [&MODULI[..], &PLAIN[..OF_SLOTS], &PLAIN[..OF_SLOTS * self.parts()]].map(product);
        let error = self.error_bounds().iter().sum::<f64>() + 1.0;
        let coefficient = t * error / q + TAIL + 2.0 * rounding::TOO_SMALL;
        let carried = self.terms as f64 * 2f64.powi(2 * self.width as i32 - 2) / all;
        self.units(self.len) as f64 * DEGREE as f64 * coefficient + self.len as f64 * carried
    }
}

#[cfg(test)]
fn product(primes: &[Modulus]) -> f64 {
    primes.iter().map(|modulus| modulus.prime() as f64).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_results_are_improbable() {
        for terms in [1, 2] {
            for width in 1..=128 {
                let shape = Shape { width, len: 1 << 30, terms };
                assert!(OF_SLOTS * shape.parts() <= PLAIN.len());
                assert!(
                    shape.error_probability() < 2f64.powi(-33),
                    "{shape:?} {}",
                    shape.error_probability().log2()
                );
            }
        }
        assert_eq!(
            [18, 19, 64, 65, 107, 128].map(|width| Shape { width, len: 1, terms: 2 }.parts()),
            [1, 2, 2, 2, 3, 4]
        );
    }
}
