//! The number-theoretic transform modulo Z^4096 + 1: products of polynomials become products of numbers, slot by slot.
//!
//! Cooley and Tukey's butterflies forwards, Gentleman and Sande's backwards, with the powers of a root of Z^4096 + 1 in
//! bit-reversed order (Longa, Naehrig, CANS 2016, algorithms 1 and 2), and sums that are reduced late (Harvey 2014). Slots
//! are in an order of their own.

use super::DEGREE;
use super::modulus::{Factor, MODULI, Modulus};
use std::sync::OnceLock;

/// The powers for one prime.
struct Roots {
    forwards: Vec<Factor>,
    backwards: Vec<Factor>,
    /// What the last step backwards multiplies with: 1/4096, and the same times its root.
    last: [Factor; 2],
}

impl Roots {
    fn new(modulus: Modulus) -> Self {
        let prime = modulus.prime();
        let length = DEGREE as u64;
        // The power of a non-residue is a root of Z^4096 + 1; half of all numbers are non-residues.
        let root = (2..)
            .map(|base| modulus.power(base, (prime - 1) / (2 * length)))
            .find(|&root| modulus.power(root, length) == prime - 1)
            .unwrap_or(1);
        let reversed = |index: u64| index.reverse_bits() >> (u64::BITS - length.trailing_zeros());
        let powers = |root: u64| {
            let factor = |index| modulus.factor(modulus.power(root, reversed(index)));
            (0..length).map(factor).collect::<Vec<Factor>>()
        };
        let (inverse, share) = (modulus.inverse(root), modulus.inverse(length));
        let last = [share, modulus.multiply(share, modulus.power(inverse, reversed(1)))];
        Self {
            forwards: powers(root),
            backwards: powers(inverse),
            last: last.map(|value| modulus.factor(value)),
        }
    }

    fn of(limb: usize) -> &'static Self {
        static ROOTS: OnceLock<[Roots; MODULI.len()]> = OnceLock::new();
        &ROOTS.get_or_init(|| MODULI.map(Self::new))[limb]
    }
}

/// Coefficients modulo a prime to slots, in place.
pub(super) fn forwards(limb: usize, values: &mut [u64]) {
    let (modulus, roots) = (MODULI[limb], &Roots::of(limb).forwards);
    let twice = 2 * modulus.prime();
    let mut half = values.len() / 2;
    let mut blocks = 1;
    // Values are below 4p throughout.
    while half > 0 {
        for (block, &root) in values.chunks_exact_mut(2 * half).zip(&roots[blocks..]) {
            let (left, right) = block.split_at_mut(half);
            for (left, right) in left.iter_mut().zip(right) {
                let (u, v) = (modulus.halve(*left), modulus.times(*right, root));
                (*left, *right) = (u + v, u + twice - v);
            }
        }
        half /= 2;
        blocks *= 2;
    }
    values.iter_mut().for_each(|value| *value = modulus.once(modulus.halve(*value)));
}

/// The inverse of [`forwards`].
pub(super) fn backwards(limb: usize, values: &mut [u64]) {
    let (modulus, roots) = (MODULI[limb], Roots::of(limb));
    let twice = 2 * modulus.prime();
    let mut half = 1;
    let mut blocks = values.len() / 2;
    // Values are below 2p throughout.
    while blocks > 1 {
        for (block, &root) in values.chunks_exact_mut(2 * half).zip(&roots.backwards[blocks..]) {
            let (left, right) = block.split_at_mut(half);
            for (left, right) in left.iter_mut().zip(right) {
                let (u, v) = (*left, *right);
                *left = modulus.halve(u + v);
                *right = modulus.times(u + twice - v, root);
            }
        }
        half *= 2;
        blocks /= 2;
    }
    let (left, right) = values.split_at_mut(half);
    for (left, right) in left.iter_mut().zip(right) {
        let (u, v) = (*left, *right);
        *left = modulus.once(modulus.times(u + v, roots.last[0]));
        *right = modulus.once(modulus.times(u + twice - v, roots.last[1]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    /// Multiplication as taught in school, with Z^4096 = -1.
    fn product(modulus: Modulus, a: &[u64], b: &[u64]) -> Vec<u64> {
        let mut sums = vec![0u128; 2 * DEGREE];
        for (i, &a) in a.iter().enumerate() {
            // Up to 4,096 products of 104 bits fit.
            sums[i..].iter_mut().zip(b).for_each(|(sum, &b)| *sum += u128::from(a) * u128::from(b));
        }
        let (low, high) = sums.split_at(DEGREE);
        let reduced = |value: &u128| (value % u128::from(modulus.prime())) as u64;
        low.iter().zip(high).map(|(low, high)| modulus.subtract(reduced(low), reduced(high))).collect()
    }

    #[test]
    fn products_are_those_of_the_school() {
        for (limb, modulus) in MODULI.into_iter().enumerate() {
            let draw = |seed| -> Vec<u64> {
                random_words(seed, DEGREE).iter().map(|word| word % modulus.prime()).collect()
            };
            let largest = vec![modulus.prime() - 1; DEGREE];
            let mut monomial = vec![0; DEGREE];
            monomial[DEGREE - 1] = 1;
            for (a, b) in [(draw(1), draw(2)), (largest.clone(), largest), (draw(3), monomial)] {
                let slots = |values: &[u64]| {
                    let mut slots = values.to_vec();
                    forwards(limb, &mut slots);
                    assert!(slots.iter().all(|&slot| slot < modulus.prime()));
                    slots
                };
                let mut result: Vec<u64> =
                    slots(&a).iter().zip(slots(&b)).map(|(&a, b)| modulus.multiply(a, b)).collect();
                backwards(limb, &mut result);
                assert!(result == product(modulus, &a, &b));
                let mut back = slots(&a);
                backwards(limb, &mut back);
                assert!(back == a);
            }
        }
    }
}
