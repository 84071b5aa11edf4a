//! What is masked modulo q back to shares modulo t: round(t v / q), for each coefficient, modulo the two primes of
//! slots.
//!
//! With `y_i = t v (q / p_i)^-1` modulo p_i, the remainder of t v modulo q is the sum of `y_i q / p_i` less `c q`,
//! where c is the integer part of the sum of `y_i / p_i`. So modulo a divisor of t, `round(t v / q)` is `c - sum of y_i
//! / p_i`, with c rounded instead of cut off (Halevi, Polyakov, Shoup, eprint 2018/117, section 2.3). The fractions
//! have 125 bits.

use super::primes::{
    DEGREE, GROUP, LIMBS, MODULI, PLAIN, Polynomial, plain_transform, power_of_two, t_modulo, transform,
};
use zeroize::Zeroizing;

/// Bits of a fraction. Six of them, each below 1, fit a word of 128 bits.
const FRACTION: u32 = 125;

/// By how much a sum of six fractions can be too small.
#[cfg(test)]
pub(super) const TOO_SMALL: f64 = (LIMBS as u64 * (1 << 48)) as f64 / (1u128 << FRACTION) as f64;

/// How one ciphertext of a block is rounded.
pub(super) struct Rounding {
    group: usize,
    limbs: [Limb; LIMBS],
    /// 2^64 modulo each prime of slots.
    ones: [u64; GROUP],
}

#[derive(Copy, Clone)]
struct Limb {
    /// What makes y_i of 16,384 times a coefficient, times 2^64.
    factor: u64,
    /// 2^125 / p_i.
    reciprocal: u128,
    /// -2^64 / p_i modulo each prime of slots.
    inverses: [u64; GROUP],
}

impl Rounding {
    pub(super) fn new(group: usize) -> Self {
        let plain = [0, 1].map(|slot| PLAIN[GROUP * group + slot]);
        let limbs = MODULI.map(|modulus| {
            let others = MODULI.iter().filter(|other| other.prime() != modulus.prime());
            let cofactor =
                others.fold(1, |product, other| modulus.multiply(product, modulus.reduce(other.prime())));
            let divisor = modulus.multiply(cofactor, DEGREE as u64);
            let factor = modulus.multiply(t_modulo(group, modulus), modulus.inverse(divisor));
            Limb {
                factor: modulus.multiply(factor, power_of_two(modulus, 64)),
                reciprocal: (1 << FRACTION) / u128::from(modulus.prime()),
                inverses: plain.map(|slots| {
                    let inverse = slots.inverse(slots.reduce(modulus.prime()));
                    slots.multiply(slots.subtract(0, inverse), power_of_two(slots, 64))
                }),
            }
        });
        Self { group, limbs, ones: plain.map(|slots| power_of_two(slots, 64)) }
    }

    /// Slots modulo each of the two primes, of a polynomial given by slots modulo q, which is used up.
    pub(super) fn slots(&self, mut polynomial: Polynomial) -> [Zeroizing<Vec<u64>>; GROUP] {
        for (limb, values) in polynomial.iter_mut().enumerate() {
            transform(limb).backwards(values);
        }
        let mut slots = [0, 1].map(|_| Zeroizing::new(vec![0; DEGREE]));
        let [first, second] = &mut slots;
        for (at, (first, second)) in first.iter_mut().zip(second.iter_mut()).enumerate() {
            [*first, *second] = self.round(std::array::from_fn(|limb| polynomial[limb][at]));
        }
        for (slot, values) in slots.iter_mut().enumerate() {
            plain_transform(GROUP * self.group + slot).forwards(values);
        }
        slots
    }

    /// The same slots with the opposite sign.
    pub(super) fn negated_slots(&self, polynomial: Polynomial) -> [Zeroizing<Vec<u64>>; GROUP] {
        let mut slots = self.slots(polynomial);
        for (slot, values) in slots.iter_mut().enumerate() {
            let modulus = PLAIN[GROUP * self.group + slot];
            values.iter_mut().for_each(|value| *value = modulus.subtract(0, *value));
        }
        slots
    }

    /// One coefficient, given 16,384 times.
    #[inline(always)]
    fn round(&self, value: [u64; LIMBS]) -> [u64; GROUP] {
        let mut fractions = 1 << (FRACTION - 1);
        let mut sums = [0u128; GROUP];
        for ((value, limb), modulus) in value.iter().zip(&self.limbs).zip(MODULI) {
            let y = u128::from(modulus.montgomery(u128::from(*value) * u128::from(limb.factor)));
            fractions += y * limb.reciprocal;
            sums[0] += y * u128::from(limb.inverses[0]);
            sums[1] += y * u128::from(limb.inverses[1]);
        }
        let whole = fractions >> FRACTION;
        [0, 1].map(|slot| {
            let modulus = PLAIN[GROUP * self.group + slot];
            modulus.montgomery(sums[slot] + whole * u128::from(self.ones[slot]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lattice::modulus::Modulus;
    use crate::test_world::random_words;

    /// The product of numbers modulo another, below 2^102.
    fn product(factors: impl Iterator<Item = u64>, modulus: u128) -> u128 {
        factors.fold(1, |product, factor| {
            (0..64)
                .rev()
                .fold(0, |sum, bit| (2 * sum + if factor >> bit & 1 == 1 { product } else { 0 }) % modulus)
        })
    }

    /// An integer's remainder.
    fn remainder(modulus: Modulus, value: u128) -> u64 {
        (value % u128::from(modulus.prime())) as u64
    }

    /// q c / t, rounded down, and a half of q / t, rounded down, modulo a prime of q.
    fn steps(modulus: Modulus, t: u128, c: u128) -> [u64; 2] {
        let q = |other| product(MODULI.iter().map(|prime| prime.prime()), other);
        // q c modulo t is left over; of q / 2t, q modulo 2t.
        let mut left = 0;
        for bit in (0..128).rev() {
            left = (2 * left + if c >> bit & 1 == 1 { q(t) } else { 0 }) % t;
        }
        [(left, t), (q(2 * t), 2 * t)].map(|(left, divisor)| {
            let inverse = modulus.inverse(remainder(modulus, divisor));
            modulus.multiply(modulus.subtract(0, remainder(modulus, left)), inverse)
        })
    }

    #[test]
    fn rounds_as_integers_do() {
        // How far from a half the fractions of 125 bits are good for: q / t times 2^-72 is 2^116.
        let near = |modulus| power_of_two(modulus, 116);
        for group in 0..PLAIN.len() / GROUP {
            let rounding = Rounding::new(group);
            let plain = [0, 1].map(|slot| PLAIN[GROUP * group + slot]);
            let t = u128::from(plain[0].prime()) * u128::from(plain[1].prime());
            let words = random_words(group as u8, 40);
            let random = words.as_chunks().0.iter().map(|&[a, b]| (u128::from(a) << 64 | u128::from(b)) % t);
            for c in random.chain([0, 1, t / 2, t / 2 + 1, t - 1]) {
                for (above, expected) in [(false, c), (true, (c + 1) % t)] {
                    let value = MODULI.map(|modulus| {
                        let [value, half] = steps(modulus, t, c);
                        let value = modulus.add(value, half);
                        let near = near(modulus);
                        let value =
                            if above { modulus.add(value, near) } else { modulus.subtract(value, near) };
                        modulus.multiply(value, DEGREE as u64)
                    });
                    let expected = plain.map(|modulus| remainder(modulus, expected));
                    assert_eq!(rounding.round(value), expected, "{c}, above a half: {above}");
                }
            }
        }
    }
}
