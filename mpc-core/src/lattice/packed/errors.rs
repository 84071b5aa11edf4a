//! How likely a wrong result is: the bounds that `docs/protocols.md` derives.

use super::Shape;
use super::primes::{DEGREE, GROUP, MODULI, PLAIN};
use super::rounding::TOO_SMALL;
use crate::lattice::modulus::Modulus;
use crate::lattice::noise::ERROR_BITS;

/// What the errors of a coefficient exceed with this probability at most.
const TAIL: f64 = 1.0 / (1u128 << 100) as f64;

impl Shape {
    /// What the errors of a coefficient exceed with probability [`TAIL`] at most, and what is rounded in the holder's
    /// numbers.
    pub(super) fn error_bounds(&self) -> [f64; 2] {
        let (degree, terms) = (DEGREE as f64, self.terms as f64);
        let largest = product(&PLAIN[..GROUP]) / 2.0 + PLAIN[0].prime() as f64;
        // Hoeffding's inequality, for ERROR_BITS independent bits a term; the keys' coefficients are at most 1.
        let squares = degree * (terms * largest * largest + 2.0);
        [(squares * f64::from(ERROR_BITS) * (2.0 / TAIL).ln() / 2.0).sqrt(), degree * terms * largest / 2.0]
    }

    /// A bound for the probability that some result is wrong. The derivation is in `docs/protocols.md`.
    fn error_probability(&self) -> f64 {
        let [q, t, all] = [&MODULI[..], &PLAIN[..GROUP], &PLAIN[..GROUP * self.groups()]].map(product);
        let error = self.error_bounds().iter().sum::<f64>() + 1.0;
        let coefficient = t * error / q + TAIL + 2.0 * TOO_SMALL;
        let carried = (self.terms as f64 * 2f64.powi(2 * self.width as i32 - 2) + 1.0) / all;
        self.units(self.len) as f64 * DEGREE as f64 * coefficient + self.len as f64 * carried
    }
}

fn product(primes: &[Modulus]) -> f64 {
    primes.iter().map(|modulus| modulus.prime() as f64).product()
}

#[test]
fn wrong_results_are_improbable() {
    for terms in [1, 2] {
        for width in 1..=128 {
            let shape = Shape { width, len: 1 << 30, terms };
            assert!(GROUP * shape.groups() <= PLAIN.len());
            assert!(
                shape.error_probability() < 2f64.powi(-34),
                "{shape:?} {}",
                shape.error_probability().log2()
            );
            // A wrong coefficient spoils all products of its ciphertext.
            assert!(Shape { len: 1, ..shape }.error_probability() < 2f64.powi(-56));
        }
    }
    assert_eq!(
        [18, 19, 64, 65, 107, 128].map(|width| Shape { width, len: 1, terms: 2 }.groups()),
        [1, 2, 2, 2, 3, 4]
    );
}
