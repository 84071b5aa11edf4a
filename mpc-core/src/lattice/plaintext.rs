//! Numbers modulo t = 2^width as multiples of q / t, rounded; and what is masked back to a share modulo t.
//!
//! Both primes are 1 modulo t, and so is q. So q x / t = x (q - 1) / t + x / t, and modulo the prime p the integer
//! (q - 1) / t is -1 / t, that is (p - 1) / t: x times that is below p without a reduction.

use super::LIMBS;
use super::modulus::MODULI;

/// Scales numbers of a width.
#[derive(Copy, Clone)]
pub(super) struct Plaintext {
    width: u32,
    steps: [u64; LIMBS],
    /// 1 over the first prime, modulo the second.
    inverse: u64,
}

impl Plaintext {
    pub(super) fn new(width: u32) -> Self {
        let [first, second] = MODULI;
        let inverse = second.inverse(first.prime() % second.prime());
        Self { width, steps: MODULI.map(|modulus| (modulus.prime() - 1) >> width), inverse }
    }

    /// The remainder of round(q x / t) modulo one prime. It is below the prime.
    #[inline(always)]
    pub(super) fn encode(self, limb: usize, value: u32) -> u64 {
        u64::from(value) * self.steps[limb] + u64::from(value >> (self.width - 1))
    }

    /// round(t v / q) modulo t, for the remainders of v.
    ///
    /// With h = (q - 1) / 2, it is floor((t v + h) / q). With r the remainder of t v + h modulo q, that is
    /// (t v + h - r) / q, which modulo t is h - r, as q = 1. And r = r1 + p1 c, of which the primes' remainders know
    /// r1 and c, is r1 + c modulo t.
    #[inline(always)]
    pub(super) fn share(self, v: [u64; LIMBS]) -> u32 {
        let [first, second] = MODULI;
        // h = -1/2 modulo either prime, and modulo 2^32 half of the product less one.
        let remainder = |limb: usize| {
            let modulus = MODULI[limb];
            let scaled = (u128::from(v[limb]) << self.width) + u128::from((modulus.prime() - 1) / 2);
            (scaled % u128::from(modulus.prime())) as u64
        };
        let (low, high) = (remainder(0), remainder(1));
        let digit = second.multiply(second.subtract(high, low % second.prime()), self.inverse);
        let half = (u128::from(first.prime()) * u128::from(second.prime()) / 2) as u32;
        let share = half.wrapping_sub(low as u32).wrapping_sub(digit as u32);
        share & (u32::MAX >> (u32::BITS - self.width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    fn q() -> u128 {
        MODULI.iter().map(|modulus| u128::from(modulus.prime())).product()
    }

    fn remainders(value: u128) -> [u64; LIMBS] {
        MODULI.map(|modulus| (value % u128::from(modulus.prime())) as u64)
    }

    /// floor((t v + (q - 1) / 2) / q) by long division, bit by bit: t v has up to 136 bits.
    fn rounded(v: u128, width: u32) -> u128 {
        let (quotient, remainder) =
            (0..width).fold((0, v), |(quotient, rest), _| (2 * quotient + 2 * rest / q(), 2 * rest % q()));
        quotient + u128::from(remainder > q() / 2)
    }

    #[test]
    fn numbers_are_scaled_and_rounded() {
        for width in [1, 2, 12, 17, 20, 24, 31, 32] {
            let plaintext = Plaintext::new(width);
            let most = u32::MAX >> (32 - width);
            let words = random_words(1, 50);
            for x in words.iter().map(|&word| word as u32 & most).chain([0, 1, most / 2, most / 2 + 1, most])
            {
                // q = t d + 1, so q x / t = d x + x / t.
                let exact = ((q() - 1) >> width) * u128::from(x) + u128::from(2 * u64::from(x) >= 1 << width);
                let encoded = [0, 1].map(|limb| plaintext.encode(limb, x));
                assert_eq!(encoded, remainders(exact), "{x} of {width} bits");
                assert_eq!(plaintext.share(encoded), x, "{width} bits");
            }
        }
    }

    #[test]
    fn shares_are_rounded_quotients() {
        for width in [1, 2, 12, 17, 20, 31, 32] {
            let plaintext = Plaintext::new(width);
            let words = random_words(width as u8, 400);
            let random =
                words.as_chunks().0.iter().map(|&[a, b]| (u128::from(a) << 64 | u128::from(b)) % q());
            // Both sides of where the rounding changes.
            let step = q() >> width;
            let edges =
                [0, 1, q() - 1, q() / 2, step / 2, step / 2 + 1, step, q() - step / 2, q() - step / 2 - 1];
            for v in random.chain(edges) {
                let expected = rounded(v, width) & ((1 << width) - 1);
                assert_eq!(u128::from(plaintext.share(remainders(v))), expected, "{v} with {width} bits");
            }
        }
    }
}
