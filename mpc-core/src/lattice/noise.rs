//! Random coefficients.

use super::modulus::Modulus;
use crate::error::Result;
use crate::random::{Prg, Seed};
use crate::session::Context;
use crate::sharing::Security;

/// Random bits of an error.
pub(super) const ERROR_BITS: u32 = 42;

/// Errors are written with this much added, so that none is negative.
pub(super) const OFFSET: u64 = ERROR_BITS as u64 / 2;

/// The error of a random word, plus [`OFFSET`]: a centred binomial of standard deviation sqrt(42 / 4) = 3.24.
#[inline(always)]
pub(super) fn error(word: u64) -> u64 {
    (word & ((1 << ERROR_BITS) - 1)).count_ones().into()
}

/// A uniform remainder. How many words are drawn depends on those refused alone.
pub(super) fn uniform(modulus: Modulus, randomness: &mut Prg) -> u64 {
    loop {
        let value = u64::from_le_bytes(randomness.array()) >> modulus.prime().leading_zeros();
        if value < modulus.prime() {
            return value;
        }
    }
}

/// Uniform remainders: the stream's next words, and further ones for those refused.
pub(super) fn fill_uniform(modulus: Modulus, randomness: &mut Prg, values: &mut [u64]) {
    randomness.fill_words(values);
    for value in values {
        *value >>= modulus.prime().leading_zeros();
        if *value >= modulus.prime() {
            *value = uniform(modulus, randomness);
        }
    }
}

/// Seeds for parts of a step that are drawn side by side, from the stream that only this party has.
pub(super) fn seeds<S: Security>(ctx: &Context<S>, count: usize) -> Result<Vec<Seed>> {
    let mut stream = ctx.own_stream()?;
    Ok((0..count).map(|_| Seed::from_bytes(stream.array())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lattice::modulus::MODULI;
    use crate::test_world::random_words;

    #[test]
    fn errors_have_the_moments_of_the_binomial() {
        const COUNT: usize = 1 << 20;
        let (mut sum, mut squares) = (0i64, 0i64);
        for word in random_words(1, COUNT) {
            let error = error(word) as i64 - OFFSET as i64;
            assert!(error.unsigned_abs() <= OFFSET);
            sum += error;
            squares += error * error;
        }
        // Six standard deviations: of the mean sqrt(10.5 / count), of the variance about 10.5 sqrt(2 / count).
        let count = COUNT as f64;
        assert!((sum as f64 / count).abs() < 6.0 * (10.5 / count).sqrt());
        assert!((squares as f64 / count - 10.5).abs() < 6.0 * 10.5 * (2.0 / count).sqrt());
    }

    #[test]
    fn remainders_are_uniform() {
        for modulus in MODULI {
            let mut prg = Prg::new(Seed::from_bytes([1; 32]));
            let mut counts = [0u32; 64];
            for _ in 0..64 * 1000 {
                let value = uniform(modulus, &mut prg);
                assert!(value < modulus.prime());
                counts[(u128::from(value) * 64 / u128::from(modulus.prime())) as usize] += 1;
            }
            // Chi-squared of 63 degrees of freedom is above 150 with probability below 2^-30.
            let chi: f64 = counts.iter().map(|&count| (f64::from(count) - 1000.0).powi(2) / 1000.0).sum();
            assert!(chi < 150.0, "{chi}");
        }
    }
}
