//! Arithmetic modulo primes below 2^52. No branch depends on a value.

/// A prime p with p - 1 divisible by 2^32, so that transforms exist.
#[derive(Copy, Clone)]
pub(super) struct Modulus {
    prime: u64,
    /// floor(2^64 / p).
    reciprocal: u64,
    /// -1/p modulo 2^64.
    negative_inverse: u64,
}

/// The primes of matrix products: the two largest p with 4,097 p < 2^64, so that a remainder and 4,096 more are added
/// up in a word before they are reduced. Their product q is 1 modulo every 2^k, k <= 32.
pub(super) const MODULI: [Modulus; 2] = [Modulus::new(0xf_feda << 32 | 1), Modulus::new(0xf_fedd << 32 | 1)];

impl Modulus {
    pub(super) const fn new(prime: u64) -> Self {
        // Newton's iteration doubles the number of right bits; p is its own inverse modulo 8.
        let mut inverse = prime;
        let mut round = 0;
        while round < 5 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(prime.wrapping_mul(inverse)));
            round += 1;
        }
        Self { prime, reciprocal: u64::MAX / prime, negative_inverse: inverse.wrapping_neg() }
    }

    pub(super) const fn prime(self) -> u64 {
        self.prime
    }

    /// The remainder of a number below 2p.
    #[inline(always)]
    pub(super) fn once(self, value: u64) -> u64 {
        value.min(value.wrapping_sub(self.prime))
    }

    /// A number below 2p with the same remainder, of a number below 4p.
    #[inline(always)]
    pub(super) fn halve(self, value: u64) -> u64 {
        value.min(value.wrapping_sub(2 * self.prime))
    }

    #[inline(always)]
    pub(super) fn add(self, a: u64, b: u64) -> u64 {
        self.once(a + b)
    }

    #[inline(always)]
    pub(super) fn subtract(self, a: u64, b: u64) -> u64 {
        self.once(a + self.prime - b)
    }

    /// The remainder of any word.
    #[inline(always)]
    pub(super) fn reduce(self, value: u64) -> u64 {
        let quotient = ((u128::from(value) * u128::from(self.reciprocal)) >> 64) as u64;
        self.once(value - quotient * self.prime)
    }

    /// The remainder of value / 2^64, of a number below 2^64 p (Montgomery, Mathematics of Computation 44, 1985).
    #[inline(always)]
    pub(super) fn montgomery(self, value: u128) -> u64 {
        let multiple = (value as u64).wrapping_mul(self.negative_inverse);
        self.once(((value + u128::from(multiple) * u128::from(self.prime)) >> 64) as u64)
    }

    /// The remainder of a product, for constants.
    pub(super) fn multiply(self, a: u64, b: u64) -> u64 {
        (u128::from(a) * u128::from(b) % u128::from(self.prime)) as u64
    }

    /// The remainder of a power, for constants.
    pub(super) fn power(self, base: u64, exponent: u64) -> u64 {
        let bits = (0..u64::BITS).rev().map(|bit| exponent >> bit & 1 == 1);
        bits.fold(1, |power, bit| {
            let square = self.multiply(power, power);
            if bit { self.multiply(square, base) } else { square }
        })
    }

    /// 1/value, for constants.
    pub(super) fn inverse(self, value: u64) -> u64 {
        self.power(value, self.prime - 2)
    }
}

#[cfg(test)]
impl Modulus {
    /// Miller and Rabin with the first twelve primes as bases, which decides for all words (Sorenson, Webster 2015).
    pub(super) fn is_prime(self) -> bool {
        let less = self.prime - 1;
        [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37].into_iter().all(|base| {
            let power = self.power(base, less >> less.trailing_zeros());
            let squares = std::iter::successors(Some(power), |&power| Some(self.multiply(power, power)));
            power == 1 || squares.take(less.trailing_zeros() as usize).any(|power| power == less)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    #[test]
    fn the_two_largest_primes_of_their_kind() {
        let mut found = Vec::new();
        for upper in (0..1u64 << 20).rev() {
            let modulus = Modulus::new(upper << 32 | 1);
            if u128::from(modulus.prime) * 4097 <= 1 << 64 && modulus.is_prime() {
                found.push(modulus.prime);
            }
            if found.len() == 2 {
                break;
            }
        }
        assert_eq!(found, [MODULI[1].prime, MODULI[0].prime]);
        let q = u128::from(found[0]) * u128::from(found[1]);
        assert_eq!((q % (1 << 32), q.ilog2()), (1, 103));
    }

    #[test]
    fn agrees_with_wide_integers() {
        for modulus in MODULI {
            let p = modulus.prime;
            let mut words = random_words(1, 3000);
            words.extend([0, 1, p - 1, p, p + 1, 2 * p - 1, u64::MAX, u64::MAX - 1]);
            let remainder = |value: u128| (value % u128::from(p)) as u64;
            let shift = modulus.inverse(remainder(1 << 64));
            for (&x, &y) in words.iter().zip(words.iter().rev()) {
                let (a, b) = (x % p, y % p);
                assert_eq!(modulus.reduce(x), a);
                assert_eq!(modulus.add(a, b), remainder(u128::from(a) + u128::from(b)));
                assert_eq!(modulus.add(modulus.subtract(a, b), b), a);
                let product = remainder(u128::from(a) * u128::from(b));
                assert_eq!(
                    modulus.montgomery(u128::from(a) * u128::from(b)),
                    modulus.multiply(product, shift)
                );
                assert_eq!(modulus.once(modulus.halve(a + 3 * p)), a);
            }
            let most = (u128::from(p) << 64) - 1;
            assert_eq!(modulus.montgomery(most), modulus.multiply(remainder(most), shift));
        }
    }
}
