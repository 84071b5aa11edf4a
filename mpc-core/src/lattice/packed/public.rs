//! Uniform polynomials that both sites expand from the seed that they have in common, and polynomials that one site draws.

use super::primes::{DEGREE, LIMBS, MODULI, power_of_two, transform};
use super::rounding::Polynomial;
use crate::lattice::noise::{OFFSET, error, fill_uniform};
use crate::lattice::ternary::Ternary;
use crate::random::{Prg, Seed};
use zeroize::Zeroizing;

/// Uniform slots modulo each prime: a uniform polynomial.
pub(super) fn uniform(stream: &mut Prg) -> Polynomial {
    std::array::from_fn(|limb| {
        let mut values = Zeroizing::new(vec![0; DEGREE]);
        fill_uniform(MODULI[limb], stream, &mut values);
        values
    })
}

/// Seeds for work that is done side by side.
pub(crate) fn seeds(stream: &mut Prg, count: usize) -> Vec<Seed> {
    (0..count).map(|_| Seed::from_bytes(stream.array())).collect()
}

/// A polynomial of coefficients -1, 0, 1, by slots.
pub(super) fn ternary(own: &mut Prg) -> Polynomial {
    let drawn = Ternary::<{ DEGREE / 64 }>::draw(own);
    slots(|limb, values| drawn.spread(MODULI[limb], values))
}

/// Random words, of each of which [`error`] makes a coefficient.
pub(super) fn error_words(own: &mut Prg) -> Zeroizing<Vec<u64>> {
    let mut words = Zeroizing::new(vec![0; DEGREE]);
    own.fill_words(&mut words);
    words
}

/// Adds errors to coefficients modulo a prime.
pub(super) fn add_errors(limb: usize, words: &[u64], values: &mut [u64]) {
    let modulus = MODULI[limb];
    for (value, &word) in values.iter_mut().zip(words) {
        *value = modulus.once(modulus.halve(*value + error(word) + (modulus.prime() - OFFSET)));
    }
}

/// A polynomial by slots, of which `fill` writes the coefficients into zeros.
pub(super) fn slots(fill: impl Fn(usize, &mut [u64])) -> Polynomial {
    std::array::from_fn(|limb| {
        let mut values = Zeroizing::new(vec![0; DEGREE]);
        fill(limb, &mut values);
        transform(limb).forwards(&mut values);
        values
    })
}

/// Multiplies by 2^64, which the reduction of a product takes away again.
pub(super) fn prepare(polynomial: &mut Polynomial) {
    for limb in 0..LIMBS {
        let modulus = MODULI[limb];
        let factor = u128::from(power_of_two(modulus, 128));
        for value in polynomial[limb].iter_mut() {
            *value = modulus.montgomery(u128::from(*value) * factor);
        }
    }
}
