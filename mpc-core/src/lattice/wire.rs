//! Coefficients as bytes: the remainders modulo the two primes, 52 bits each, in 13 bytes.

use super::LIMBS;
use super::modulus::MODULI;

/// Bits of a remainder.
pub(super) const LIMB_BITS: u32 = 52;

/// Bytes of a coefficient.
pub(super) const BYTES: usize = (LIMBS as u32 * LIMB_BITS).div_ceil(8) as usize;

/// Writes remainders.
#[inline(always)]
pub(super) fn write([low, high]: [u64; LIMBS], bytes: &mut [u8; BYTES]) {
    let both = u128::from(high) << LIMB_BITS | u128::from(low);
    bytes.copy_from_slice(&both.to_le_bytes()[..BYTES]);
}

/// What [`write`] wrote, or numbers that are no remainders.
#[inline(always)]
pub(super) fn read(bytes: &[u8; BYTES]) -> [u64; LIMBS] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m] = *bytes;
    let low = u64::from_le_bytes([a, b, c, d, e, f, g, h]) & ((1 << LIMB_BITS) - 1);
    [low, u64::from_le_bytes([f, g, h, i, j, k, l, m]) >> 12]
}

/// Whether these are remainders.
#[inline(always)]
pub(super) fn canonical([low, high]: [u64; LIMBS]) -> bool {
    (low < MODULI[0].prime()) & (high < MODULI[1].prime())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    #[test]
    fn what_is_written_is_read() {
        let mut limbs: Vec<u64> = random_words(1, 200).iter().map(|word| word >> 12).collect();
        limbs.extend([0, (1 << LIMB_BITS) - 1, 1, 0]);
        for pair in limbs.as_chunks().0 {
            let mut bytes = [0; BYTES];
            write(*pair, &mut bytes);
            assert_eq!(read(&bytes), *pair);
        }
    }

    #[test]
    fn only_remainders_are_canonical() {
        let [p, r] = MODULI.map(|modulus| modulus.prime());
        assert!(canonical([p - 1, r - 1]) && canonical([0, 0]));
        assert!(!canonical([p, 0]) && !canonical([0, r]) && !canonical([(1 << LIMB_BITS) - 1, 0]));
    }
}
