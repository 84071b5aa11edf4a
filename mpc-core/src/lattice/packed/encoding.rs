//! Numbers modulo 2^k as polynomials, and shares back to numbers.
//!
//! A number stands for the integer of the smallest size, between -2^(k-1) and 2^(k-1). One ciphertext's polynomial has
//! in its slots modulo each of two primes the remainders of 16,384 integers; its coefficients are numbers modulo the
//! product t of the two, taken between -t/2 and t/2 but for less than a prime. Remainders modulo all primes of a
//! block's ciphertexts are an integer again, modulo their product T.

use super::primes::{DEGREE, GROUP, LIMBS, MODULI, PLAIN, plain_transform, power_of_two, t_modulo};
use crate::algebra::Word;
use crate::lattice::modulus::Modulus;
use crate::lattice::transform::Transform;
use zeroize::Zeroizing;

/// What a polynomial is multiplied with on the way, besides what undoes the transform's own factor.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(super) enum Scale {
    /// q / t, rounded: for a number to be encrypted. Where q x = t y + r, y is (q x - r) / t; modulo a prime of q, q is
    /// 0, and -r / t is left.
    Encrypted,
    /// 2^64, which a reduction takes away: the factor of a ciphertext.
    Factor,
}

/// How numbers go into one ciphertext of a block.
pub(super) struct Encoding {
    width: u32,
    slots: [Slots; GROUP],
    /// 2^64 over the first prime, modulo the second.
    inverse: u64,
    limbs: [Limb; LIMBS],
}

/// One prime of a group: what a number's words are multiplied with for a slot, all but the last with another factor
/// 2^64.
struct Slots {
    modulus: Modulus,
    transform: &'static Transform,
    low: u64,
    high: u64,
    /// For a number that stands for a negative integer: -2^k.
    sign: u64,
}

/// A coefficient is `first + t1 second - t [second >= t2 / 2]`; what these three are multiplied with modulo a prime of
/// q.
#[derive(Copy, Clone)]
struct Limb {
    first: u64,
    second: u64,
    whole: u64,
}

/// Coefficients modulo t: the remainder modulo the first prime, and the multiple of that prime.
pub(super) struct Coefficients {
    first: Zeroizing<Vec<u64>>,
    second: Zeroizing<Vec<u64>>,
}

impl Encoding {
    pub(super) fn new(group: usize, width: u32, scale: Scale) -> Self {
        let slots = [0, 1].map(|slot| {
            let index = GROUP * group + slot;
            let modulus = PLAIN[index];
            let q = MODULI.iter().fold(1, |q, prime| modulus.multiply(q, modulus.reduce(prime.prime())));
            let scale = if scale == Scale::Encrypted { q } else { 1 };
            let factor = modulus.multiply(scale, modulus.inverse(DEGREE as u64));
            let shifted = |bits| modulus.multiply(factor, power_of_two(modulus, bits));
            let sign = modulus.subtract(0, shifted(width));
            Slots { modulus, transform: plain_transform(index), low: shifted(64), high: shifted(128), sign }
        });
        let [first, second] = [&slots[0].modulus, &slots[1].modulus];
        let inverse = second.inverse(second.reduce(first.prime()));
        let inverse = second.multiply(inverse, power_of_two(*second, 64));
        let limbs = MODULI.map(|modulus| {
            let t = t_modulo(group, modulus);
            let factor = match scale {
                Scale::Encrypted => modulus.subtract(0, modulus.inverse(t)),
                Scale::Factor => power_of_two(modulus, 64),
            };
            let factor = modulus.multiply(factor, power_of_two(modulus, 64));
            let second = modulus.multiply(factor, modulus.reduce(first.prime()));
            Limb { first: factor, second, whole: modulus.subtract(0, modulus.multiply(factor, t)) }
        });
        Self { width, slots, inverse, limbs }
    }

    /// The polynomial with these numbers, and zeros after them.
    pub(super) fn coefficients<W: Word>(&self, numbers: &[W]) -> Coefficients {
        let [first, mut second] = [0, 1].map(|slot| {
            let slots = &self.slots[slot];
            let mut values = Zeroizing::new(vec![0; DEGREE]);
            for (value, number) in values.iter_mut().zip(numbers) {
                *value = slots.remainder(*number, self.width);
            }
            slots.transform.backwards(&mut values);
            values
        });
        let modulus = self.slots[1].modulus;
        for (second, first) in second.iter_mut().zip(first.iter()) {
            // The first prime is below twice the second.
            let difference = *second + 2 * modulus.prime() - first;
            *second = modulus.montgomery(u128::from(difference) * u128::from(self.inverse));
        }
        Coefficients { first, second }
    }

    /// These coefficients, scaled, modulo a prime of q.
    pub(super) fn modulo(&self, limb: usize, coefficients: &Coefficients, values: &mut [u64]) {
        let (modulus, factors) = (MODULI[limb], self.limbs[limb]);
        let half = self.slots[1].modulus.prime() / 2;
        let coefficients = coefficients.first.iter().zip(coefficients.second.iter());
        for (value, (&first, &second)) in values.iter_mut().zip(coefficients) {
            let negative = u128::from(half.wrapping_sub(second) >> 63);
            let sum = u128::from(first) * u128::from(factors.first)
                + u128::from(second) * u128::from(factors.second)
                + negative * u128::from(factors.whole);
            *value = modulus.montgomery(sum);
        }
    }
}

impl Slots {
    /// The remainder of a number's integer, scaled.
    #[inline(always)]
    fn remainder<W: Word>(&self, number: W, width: u32) -> u64 {
        let part =
            |low, factor| self.modulus.montgomery(u128::from(number.bits(low, 64)) * u128::from(factor));
        let high = if W::BITS > 64 { part(64, self.high) } else { 0 };
        let sign = number.bits(width - 1, 1) * self.sign;
        self.modulus.add(self.modulus.add(part(0, self.low), high), sign)
    }
}

/// The site whose shares modulo T become shares modulo 2^k. Over the integers the evaluator's are between 0 and T, the
/// holder's between -T and 0: their sum is the product itself, unless the evaluator's is closer to an end than the
/// product is large.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(super) enum Sharer {
    Holder,
    Evaluator,
}

/// Integers from their remainders modulo the primes of a block's slots (Garner, 1959).
pub(super) struct Decoding {
    /// For each prime, 2^64 over each of those before it.
    inverses: Vec<Vec<u64>>,
}

impl Decoding {
    /// For so many groups of primes.
    pub(super) fn new(groups: usize) -> Self {
        let primes = &PLAIN[..GROUP * groups];
        let inverses = primes.iter().enumerate().map(|(index, modulus)| {
            let inverse = |before: &Modulus| {
                let inverse = modulus.inverse(modulus.reduce(before.prime()));
                modulus.multiply(inverse, power_of_two(*modulus, 64))
            };
            primes[..index].iter().map(inverse).collect()
        });
        Self { inverses: inverses.collect() }
    }

    /// The first so many numbers of blocks, from the slots of their ciphertexts.
    pub(super) fn numbers<W: Word>(
        &self,
        sharer: Sharer,
        count: usize,
        slots: Vec<[Zeroizing<Vec<u64>>; GROUP]>,
    ) -> Vec<W> {
        let mut numbers = vec![W::default(); count];
        let mut slots = slots.into_iter().flatten();
        for block in numbers.chunks_mut(DEGREE) {
            self.block(sharer, slots.by_ref().take(self.inverses.len()).collect(), block);
        }
        numbers
    }

    /// Adds up to 16,384 numbers, from remainders, of which there is a vector for each prime. The vectors are used up.
    fn block<W: Word>(&self, sharer: Sharer, mut remainders: Vec<Zeroizing<Vec<u64>>>, numbers: &mut [W]) {
        // The product of the primes before.
        let mut weight = W::from_u64(1);
        for (index, inverses) in self.inverses.iter().enumerate() {
            let (before, rest) = remainders.split_at_mut(index);
            let (Some(digits), modulus) = (rest.first_mut(), PLAIN[index]) else { continue };
            for (digits_before, &inverse) in before.iter().zip(inverses) {
                for (digit, before) in digits.iter_mut().zip(digits_before.iter()) {
                    let difference = *digit + 2 * modulus.prime() - before;
                    *digit = modulus.montgomery(u128::from(difference) * u128::from(inverse));
                }
            }
            for (number, &digit) in numbers.iter_mut().zip(digits.iter()) {
                *number = number.wrapping_add(W::from_u64(digit).wrapping_mul(weight));
            }
            weight = weight.wrapping_mul(W::from_u64(modulus.prime()));
        }
        if sharer == Sharer::Holder {
            for number in numbers {
                *number = number.wrapping_sub(weight);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded<W: Word>(sharer: Sharer, groups: usize, integer: i128) -> W {
        let remainder = |modulus: &Modulus| {
            let mut values = Zeroizing::new(vec![0; DEGREE]);
            values[0] = integer.rem_euclid(modulus.prime().into()) as u64;
            values
        };
        let slots = PLAIN[..GROUP * groups].chunks(GROUP);
        let slots = slots.map(|primes| [&primes[0], &primes[1]].map(remainder)).collect();
        Decoding::new(groups).numbers::<W>(sharer, 1, slots)[0]
    }

    #[test]
    fn integers_come_back_from_their_remainders() {
        for groups in 1..=4 {
            // The evaluator's integers are positive, the holder's negative.
            for integer in [0, 1, 1 << 49, 1 << 90, (1 << 99) + 12_345] {
                assert_eq!(decoded::<u128>(Sharer::Evaluator, groups, integer), integer as u128);
                assert_eq!(decoded::<u128>(Sharer::Holder, groups, -1 - integer), (-1 - integer) as u128);
                assert_eq!(decoded::<u64>(Sharer::Holder, groups, -1 - integer), (-1 - integer) as u64);
            }
        }
    }
}
