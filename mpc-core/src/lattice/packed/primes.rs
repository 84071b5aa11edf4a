//! The primes of ciphertexts and of slots.

use crate::lattice::modulus::Modulus;
use crate::lattice::transform::Transform;
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// Coefficients of a polynomial, and numbers of a block.
pub(crate) const DEGREE: usize = 1 << 14;

/// Primes of q.
pub(super) const LIMBS: usize = 6;

/// The primes whose product is q: the six largest below 2^48 that are 1 modulo 2^32. So q has 288 bits. With ternary
/// secrets and errors of standard deviation 3.2 the Homomorphic Encryption Standard (2018, table 1) allows 305 bits for
/// 192-bit security.
pub(super) const MODULI: [Modulus; LIMBS] = primes([0xffe2, 0xffdf, 0xffcd, 0xffc3, 0xffc1, 0xffb7]);

/// A polynomial modulo each prime of q: coefficients, or values where it is transformed.
pub(super) type Polynomial = [Zeroizing<Vec<u64>>; LIMBS];

/// Primes of a group: those of one ciphertext's slots.
pub(super) const GROUP: usize = 2;

/// The primes of slots, in groups of two, one group for each ciphertext of a block: the eight largest below 2^50 that
/// are 1 modulo 2^32.
pub(super) const PLAIN: [Modulus; 8] =
    primes([0x3_fff3, 0x3_ffed, 0x3_ffeb, 0x3_ffc1, 0x3_ffc0, 0x3_ffa0, 0x3_ff70, 0x3_ff58]);

const fn primes<const N: usize>(upper: [u64; N]) -> [Modulus; N] {
    let mut primes = [Modulus::new(1); N];
    let mut at = 0;
    while at < N {
        primes[at] = Modulus::new(upper[at] << 32 | 1);
        at += 1;
    }
    primes
}

/// The transform modulo one prime of q.
pub(super) fn transform(limb: usize) -> &'static Transform {
    static TRANSFORMS: [OnceLock<Transform>; LIMBS] = [const { OnceLock::new() }; LIMBS];
    TRANSFORMS[limb].get_or_init(|| Transform::new(MODULI[limb], DEGREE))
}

/// The transform modulo one prime of slots.
pub(super) fn plain_transform(index: usize) -> &'static Transform {
    static TRANSFORMS: [OnceLock<Transform>; PLAIN.len()] = [const { OnceLock::new() }; PLAIN.len()];
    TRANSFORMS[index].get_or_init(|| Transform::new(PLAIN[index], DEGREE))
}

/// A power of two modulo a prime.
pub(super) fn power_of_two(modulus: Modulus, exponent: u32) -> u64 {
    modulus.power(2, exponent.into())
}

/// t, the product of the two primes of a group, modulo another prime.
pub(super) fn t_modulo(group: usize, modulus: Modulus) -> u64 {
    let [first, second] = [0, 1].map(|slot| modulus.reduce(PLAIN[GROUP * group + slot].prime()));
    modulus.multiply(first, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_primes_of_their_kind() {
        for (primes, bits) in [(MODULI.as_slice(), 48), (&PLAIN, 50)] {
            let largest = (0..1u64 << (bits - 32)).rev().map(|upper| Modulus::new(upper << 32 | 1));
            let largest = largest.filter(|modulus| modulus.is_prime()).map(Modulus::prime).take(primes.len());
            assert!(largest.eq(primes.iter().map(|modulus| modulus.prime())));
        }
    }
}
