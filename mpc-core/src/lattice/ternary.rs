//! Small polynomials, kept as bits from the highest coefficient down: bit r belongs to Z^(n - 1 - r). In this order the
//! coefficient of Z^(n - 1) in a product is the inner product with the other polynomial's coefficients, all with the sign +.

use super::modulus::{MODULI, Modulus};
use super::{DEGREE, LIMBS, Polynomial, transform};
use crate::random::Prg;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Words of the bits of a polynomial of matrix products.
pub(super) const WORDS: usize = DEGREE / 64;

/// The bits of a polynomial.
pub(super) type Small = [u64; WORDS];

/// A uniform polynomial of coefficients -1, 0, 1. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Ternary<const N: usize = WORDS> {
    pub(super) plus: [u64; N],
    pub(super) minus: [u64; N],
}

impl<const N: usize> Ternary<N> {
    /// Draws one. How often bits are drawn again depends on those refused alone.
    pub(super) fn draw(randomness: &mut Prg) -> Self {
        let mut drawn = Self { plus: [0; N], minus: [0; N] };
        for (plus, minus) in drawn.plus.iter_mut().zip(&mut drawn.minus) {
            // Two bits for a coefficient; both set is no value.
            let mut open = u64::MAX;
            while open != 0 {
                let [one, other] = [0; 2].map(|_: u64| u64::from_le_bytes(randomness.array()));
                *plus |= open & one & !other;
                *minus |= open & other & !one;
                open &= one & other;
            }
        }
        drawn
    }

    /// Its coefficients modulo a prime, of which there are 64 N.
    pub(super) fn spread(&self, modulus: Modulus, values: &mut [u64]) {
        let words = self.plus.iter().zip(&self.minus);
        for ((plus, minus), values) in words.zip(values.rchunks_mut(64)) {
            for (bit, value) in values.iter_mut().rev().enumerate() {
                *value = (plus >> bit & 1) + (minus >> bit & 1) * (modulus.prime() - 1);
            }
        }
    }
}

impl Ternary {
    /// The polynomial by slots.
    pub(super) fn transformed(&self) -> Zeroizing<Polynomial> {
        let mut slots = Zeroizing::new([const { Vec::new() }; LIMBS]);
        for (limb, values) in slots.iter_mut().enumerate() {
            values.resize(DEGREE, 0);
            self.spread(MODULI[limb], values);
            transform::of(limb).forwards(values);
        }
        slots
    }
}

/// The coefficients of a polynomial of bits.
pub(super) fn spread(bits: &Small, values: &mut [u64]) {
    for (word, values) in bits.iter().zip(values.rchunks_mut(64)) {
        for (bit, value) in values.iter_mut().rev().enumerate() {
            *value = word >> bit & 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;

    #[test]
    fn coefficients_are_uniform_and_in_order() {
        let mut prg = Prg::new(Seed::from_bytes([4; 32]));
        let mut counts = [0u32; 3];
        for _ in 0..16 {
            let drawn: Ternary = Ternary::draw(&mut prg);
            let mut values = vec![0; DEGREE];
            drawn.spread(MODULI[0], &mut values);
            let mut bits = vec![0; DEGREE];
            spread(&drawn.plus, &mut bits);
            for (row, (value, bit)) in values.iter().zip(&bits).rev().enumerate() {
                let [plus, minus] = [&drawn.plus, &drawn.minus].map(|part| part[row / 64] >> (row % 64) & 1);
                let kind = match *value {
                    0 => (0, [0, 0]),
                    1 => (1, [1, 0]),
                    _ => (2, [0, 1]),
                };
                assert!(*value < 2 || *value == MODULI[0].prime() - 1);
                assert_eq!(([plus, minus], *bit), (kind.1, plus));
                counts[kind.0] += 1;
            }
        }
        // Of 65,536, six standard deviations of 120 around a third.
        assert!(counts.iter().all(|&count| count.abs_diff(65_536 / 3) < 720), "{counts:?}");
    }
}
