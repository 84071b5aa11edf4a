//! Polynomials as bytes, by their values modulo one prime of q after another: six bytes each, little-endian.

use super::primes::{DEGREE, LIMBS, MODULI, Polynomial};
use crate::lattice::modulus::Modulus;

/// Bytes of a remainder.
const BYTES: usize = 6;

/// Bytes of a polynomial modulo one prime.
pub(super) const LIMB: usize = DEGREE * BYTES;

/// Bytes of a polynomial.
pub(super) const POLYNOMIAL: usize = LIMBS * LIMB;

/// Writes remainders.
pub(super) fn write(values: &[u64], bytes: &mut [u8]) {
    for (bytes, value) in bytes.as_chunks_mut::<BYTES>().0.iter_mut().zip(values) {
        let [a, b, c, d, e, f, ..] = value.to_le_bytes();
        *bytes = [a, b, c, d, e, f];
    }
}

/// Reads a polynomial; `None` where the length is another or a remainder is not below its prime.
pub(super) fn read_polynomial(bytes: &[u8]) -> Option<Polynomial> {
    if bytes.len() != POLYNOMIAL {
        return None;
    }
    let mut polynomial: Polynomial = Default::default();
    for ((modulus, values), bytes) in MODULI.into_iter().zip(&mut polynomial).zip(bytes.chunks(LIMB)) {
        values.resize(DEGREE, 0);
        read(modulus, bytes, values)?;
    }
    Some(polynomial)
}

/// Reads as many remainders as there is room for; `None` where one is not below the prime.
fn read(modulus: Modulus, bytes: &[u8], values: &mut [u64]) -> Option<()> {
    let mut above = false;
    for (&[a, b, c, d, e, f], value) in bytes.as_chunks::<BYTES>().0.iter().zip(values) {
        *value = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
        above |= *value >= modulus.prime();
    }
    (!above).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_come_back_and_primes_are_refused() {
        for modulus in MODULI {
            let p = modulus.prime();
            let mut bytes = [0; 3 * BYTES];
            write(&[p - 1, 0, 0x1234_5678_9abc % p], &mut bytes);
            let mut values = [1; 3];
            assert_eq!(read(modulus, &bytes, &mut values), Some(()));
            assert_eq!(values, [p - 1, 0, 0x1234_5678_9abc % p]);
            for at in 0..3 {
                let mut above = [0; 3];
                above[at] = p;
                write(&above, &mut bytes);
                assert_eq!(read(modulus, &bytes, &mut values), None);
            }
        }
    }
}
