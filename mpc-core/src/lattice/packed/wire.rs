//! Remainders modulo the primes of q as bytes: six each, little-endian.

use crate::lattice::modulus::Modulus;

/// Bytes of a remainder.
pub(super) const BYTES: usize = 6;

/// Writes remainders.
pub(super) fn write(values: &[u64], bytes: &mut [u8]) {
    for (bytes, value) in bytes.as_chunks_mut::<BYTES>().0.iter_mut().zip(values) {
        let [a, b, c, d, e, f, ..] = value.to_le_bytes();
        *bytes = [a, b, c, d, e, f];
    }
}

/// Reads as many remainders as there is room for; `None` where one is not below the prime.
pub(super) fn read(modulus: Modulus, bytes: &[u8], values: &mut [u64]) -> Option<()> {
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
    use crate::lattice::packed::primes::MODULI;

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
