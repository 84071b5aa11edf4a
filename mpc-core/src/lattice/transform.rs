//! The transform modulo Z^n + 1, n a power of four: products of polynomials become products of numbers, slot by slot.
//!
//! Cooley and Tukey's butterflies forwards, Gentleman and Sande's backwards, with the powers of a root of Z^n + 1 in
//! bit-reversed order (Longa, Naehrig, CANS 2016, algorithms 1 and 2), and sums that are reduced late (Harvey, Journal
//! of Symbolic Computation 60, 2014). Slots are in an order of their own.

use super::DEGREE;
use super::modulus::{MODULI, Modulus};
use crate::kernels::butterflies::Roots;
use std::sync::OnceLock;

/// The transform of polynomials of n coefficients modulo one prime.
pub(super) struct Transform {
    forwards: Roots,
    backwards: Roots,
}

impl Transform {
    /// The prime is 1 modulo 2n.
    pub(super) fn new(modulus: Modulus, degree: usize) -> Self {
        let (prime, length) = (modulus.prime(), degree as u64);
        // Of a non-residue this power is a root of Z^n + 1; half of all numbers are non-residues.
        let root = (2..)
            .map(|base| modulus.power(base, (prime - 1) / (2 * length)))
            .find(|&root| modulus.power(root, length) == prime - 1)
            .unwrap_or(1);
        let powers = |root: u64| {
            let mut powers = vec![0; degree];
            let in_order = std::iter::successors(Some(1), |&power| Some(modulus.multiply(power, root)));
            for (index, power) in (0..length).zip(in_order) {
                let reversed = index.reverse_bits() >> (u64::BITS - length.trailing_zeros());
                powers[reversed as usize] = power;
            }
            Roots::new(prime, &powers)
        };
        Self { forwards: powers(root), backwards: powers(modulus.inverse(root)) }
    }

    /// Coefficients to slots, in place. All are below the prime.
    pub(super) fn forwards(&self, values: &mut [u64]) {
        self.forwards.forwards(values);
    }

    /// Slots to n times the coefficients, in place. All are below the prime.
    pub(super) fn backwards(&self, values: &mut [u64]) {
        self.backwards.backwards(values);
    }
}

/// That of matrix products, modulo one of their primes.
pub(super) fn of(limb: usize) -> &'static Transform {
    static TRANSFORMS: OnceLock<[Transform; MODULI.len()]> = OnceLock::new();
    &TRANSFORMS.get_or_init(|| MODULI.map(|modulus| Transform::new(modulus, DEGREE)))[limb]
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
    fn products_are_those_of_the_school_and_of_another_library() {
        for (limb, modulus) in MODULI.into_iter().enumerate() {
            let share = modulus.inverse(DEGREE as u64);
            let draw = |seed| -> Vec<u64> {
                random_words(seed, DEGREE).iter().map(|word| word % modulus.prime()).collect()
            };
            let slots = |values: &[u64]| {
                let mut slots = values.to_vec();
                of(limb).forwards(&mut slots);
                slots
            };
            let coefficients = |mut slots: Vec<u64>| -> Vec<u64> {
                of(limb).backwards(&mut slots);
                slots.iter().map(|&value| modulus.multiply(value, share)).collect()
            };
            let plan = tfhe_ntt::prime64::Plan::try_new(DEGREE, modulus.prime()).unwrap();
            let by_library = |a: &[u64], b: &[u64]| -> Vec<u64> {
                let [mut a, mut b] = [a.to_vec(), b.to_vec()];
                plan.fwd(&mut a);
                plan.fwd(&mut b);
                plan.mul_assign_normalize(&mut a, &b);
                plan.inv(&mut a);
                a
            };
            let largest = vec![modulus.prime() - 1; DEGREE];
            let mut monomial = vec![0; DEGREE];
            monomial[DEGREE - 1] = 1;
            for (a, b) in [(draw(1), draw(2)), (largest.clone(), largest), (draw(3), monomial)] {
                let products = slots(&a).into_iter().zip(slots(&b)).map(|(a, b)| modulus.multiply(a, b));
                let found = coefficients(products.collect());
                assert!(found == product(modulus, &a, &b));
                assert!(found == by_library(&a, &b));
                assert!(coefficients(slots(&a)) == a);
            }
        }
    }
}
