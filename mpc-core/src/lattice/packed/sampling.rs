//! Polynomials that are drawn: uniform ones that both sites expand from the seed that they have in common, and secrets,
//! errors and masks of one site.

use super::primes::{DEGREE, LIMBS, MODULI, Polynomial, power_of_two, transform};
use crate::lattice::noise::{OFFSET, error, fill_uniform};
use crate::lattice::ternary::Ternary;
use crate::random::{Prg, Seed};
use zeroize::Zeroizing;

/// The stream of a step that both sites have.
pub(crate) struct Common(pub(crate) Prg);

/// The stream of a step that only one site has: its secrets, errors and masks.
pub(crate) struct Own(pub(crate) Prg);

/// A uniform polynomial, transformed: its values are uniform, too.
pub(super) fn uniform(stream: &mut Prg) -> Polynomial {
    std::array::from_fn(|limb| {
        let mut values = Zeroizing::new(vec![0; DEGREE]);
        fill_uniform(MODULI[limb], stream, &mut values);
        values
    })
}

impl Common {
    /// Streams for work that is done side by side.
    pub(super) fn split(&mut self, count: usize) -> Vec<Self> {
        split(&mut self.0, count).map(Self).collect()
    }
}

impl Own {
    /// As of [`Common`].
    pub(super) fn split(&mut self, count: usize) -> Vec<Self> {
        split(&mut self.0, count).map(Self).collect()
    }
}

fn split(stream: &mut Prg, count: usize) -> impl Iterator<Item = Prg> {
    (0..count).map(|_| Prg::new(Seed::from_bytes(stream.array())))
}

/// A polynomial of coefficients -1, 0, 1, transformed.
pub(super) fn ternary(own: &mut Own) -> Polynomial {
    let drawn = Ternary::<{ DEGREE / 64 }>::draw(&mut own.0);
    transformed(|limb, values| drawn.spread(MODULI[limb], values))
}

/// Random words, of each of which [`error`] makes a coefficient.
pub(super) fn error_words(own: &mut Own) -> Zeroizing<Vec<u64>> {
    let mut words = Zeroizing::new(vec![0; DEGREE]);
    own.0.fill_words(&mut words);
    words
}

/// Adds errors to coefficients modulo a prime.
pub(super) fn add_errors(limb: usize, words: &[u64], values: &mut [u64]) {
    let modulus = MODULI[limb];
    for (value, &word) in values.iter_mut().zip(words) {
        *value = modulus.once(modulus.halve(*value + error(word) + (modulus.prime() - OFFSET)));
    }
}

/// A polynomial, transformed, of which `fill` writes the coefficients into zeros.
pub(super) fn transformed(fill: impl Fn(usize, &mut [u64])) -> Polynomial {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lattice::noise::ERROR_BITS;

    #[test]
    fn errors_are_added_below_the_prime() {
        for (limb, modulus) in MODULI.into_iter().enumerate() {
            let p = modulus.prime();
            for value in [0, 1, OFFSET, p - OFFSET - 1, p - 1] {
                for bits in [0, 1, ERROR_BITS / 2, ERROR_BITS] {
                    let mut values = [value];
                    add_errors(limb, &[(1 << bits) - 1], &mut values);
                    assert_eq!(values, [(value + u64::from(bits) + p - OFFSET) % p]);
                }
            }
        }
    }

    #[test]
    fn split_streams_differ() {
        let draw = |mut stream: Prg| stream.array::<16>();
        let prg = || Prg::new(Seed::from_bytes([1; 32]));
        let mut drawn: Vec<_> = Common(prg()).split(3).into_iter().map(|part| draw(part.0)).collect();
        drawn.extend(Own(Prg::new(Seed::from_bytes([2; 32]))).split(3).into_iter().map(|part| draw(part.0)));
        drawn.push(draw(prg()));
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn.len(), 7);
    }
}
