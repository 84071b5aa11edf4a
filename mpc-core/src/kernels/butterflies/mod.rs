//! The number-theoretic transform modulo primes p with p - 1 divisible by 2^32.
//!
//! Such a p has the low word 1, so one step of Montgomery's reduction by 2^32 takes a single product of two words, and a
//! product with a known factor takes five: as many as vectors have instructions for, which 64-bit products are not.

mod portable;

#[cfg(target_arch = "x86_64")]
mod x86;

use super::{Kernels, Level};

/// Values side by side in a vector.
const LANES: usize = 4;

/// Values that the smallest steps combine.
const CHUNK: usize = 4 * LANES;

/// A factor w as it is multiplied with: 2^32 w and 2^64 w, both modulo p.
#[derive(Copy, Clone)]
pub(crate) struct Root<T> {
    value: T,
    shifted: T,
}

impl Root<[u64; LANES]> {
    /// One factor in all lanes.
    #[inline(always)]
    fn same(root: Root<u64>) -> Self {
        Self { value: [root.value; LANES], shifted: [root.shifted; LANES] }
    }

    fn gather(roots: [Root<u64>; LANES]) -> Self {
        Self { value: roots.map(|root| root.value), shifted: roots.map(|root| root.shifted) }
    }
}

/// The factors of a transform.
pub(crate) struct Roots {
    prime: u64,
    /// That of block i of the step with b blocks is number b + i.
    steps: Vec<Root<u64>>,
    /// Those of the two steps with the most blocks, for each chunk: of the first step, and both of the second.
    last: Vec<[Root<[u64; LANES]>; 3]>,
}

impl Roots {
    /// The factors, of which there are a power of four, in the order of the steps: number b + i is that of block i of the
    /// step with b blocks. The prime p is below 2^52, and 1 modulo 2^32.
    pub(crate) fn new(prime: u64, factors: &[u64]) -> Self {
        let times = |value: u64, bits: u32| ((u128::from(value) << bits) % u128::from(prime)) as u64;
        let root = |&factor: &u64| Root { value: times(factor, 32), shifted: times(times(factor, 32), 32) };
        let steps: Vec<Root<u64>> = factors.iter().map(root).collect();
        let (chunks, rest) = steps[steps.len() / 4..].split_at(steps.len() / 4);
        let second = rest.as_chunks::<2>().0.as_chunks::<LANES>().0;
        let last = chunks.as_chunks::<LANES>().0.iter().zip(second).map(|(&first, second)| {
            [first, second.map(|[even, _]| even), second.map(|[_, odd]| odd)].map(Root::gather)
        });
        Self { prime, last: last.collect(), steps }
    }

    /// Coefficients below p to slots below p, in place. A slice of another length than there are factors is left as it is.
    pub(crate) fn forwards(&self, values: &mut [u64]) {
        if values.len() == self.steps.len() {
            // SAFETY: the widest form is one that the processor supports.
            unsafe { (Kernels::widest().butterflies.0)(self, values) }
        }
    }

    /// Undoes [`Self::forwards`] with the inverse factors, but for a multiplication with the length.
    pub(crate) fn backwards(&self, values: &mut [u64]) {
        if values.len() == self.steps.len() {
            // SAFETY: as above.
            unsafe { (Kernels::widest().butterflies.1)(self, values) }
        }
    }
}

/// A transform, in place.
///
/// # Safety
/// The processor has the features of the level that the function is for.
pub(super) type Transform = unsafe fn(&Roots, &mut [u64]);

/// The form of a level, forwards and backwards.
pub(super) fn at(level: Level) -> (Transform, Transform) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 | Level::Avx512 => (x86::forwards, x86::backwards),
        _ => (portable::forwards, portable::backwards),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    const PRIME: u64 = 0xf_fedd << 32 | 1;

    fn times(a: u64, b: u64) -> u64 {
        (u128::from(a) * u128::from(b) % u128::from(PRIME)) as u64
    }

    /// Step by step, with whole reductions.
    fn plain(factors: &[u64], values: &mut [u64]) {
        let mut blocks = 1;
        while blocks < values.len() {
            let half = values.len() / blocks / 2;
            for (block, &factor) in values.chunks_mut(2 * half).zip(&factors[blocks..]) {
                for at in 0..half {
                    let (u, v) = (block[at], times(block[at + half], factor));
                    (block[at], block[at + half]) = ((u + v) % PRIME, (u + PRIME - v) % PRIME);
                }
            }
            blocks *= 2;
        }
        // Four chunks' lanes side by side.
        for chunk in values.as_chunks_mut::<CHUNK>().0 {
            *chunk = std::array::from_fn(|at| chunk[at % LANES * 4 + at / LANES]);
        }
    }

    fn inverse(value: u64) -> u64 {
        (0..52).rev().fold(1, |power, bit| {
            let square = times(power, power);
            if (PRIME - 2) >> bit & 1 == 1 { times(square, value) } else { square }
        })
    }

    #[test]
    fn every_form_is_the_plain_transform_and_is_undone() {
        for length in [16, 64, 4096] {
            let mut factors: Vec<u64> = random_words(1, length).iter().map(|word| word % PRIME).collect();
            factors[length / 2..][..2].copy_from_slice(&[PRIME - 1, 1]);
            let inverses: Vec<u64> = factors.iter().map(|&factor| inverse(factor)).collect();
            let [roots, back] = [&factors, &inverses].map(|factors| Roots::new(PRIME, factors));
            let random: Vec<u64> = random_words(2, length).iter().map(|word| word % PRIME).collect();
            for values in [random, vec![PRIME - 1; length], vec![0; length]] {
                let mut expected = values.clone();
                plain(&factors, &mut expected);
                let scaled: Vec<u64> = values.iter().map(|&value| times(value, length as u64)).collect();
                let mut chosen = values.clone();
                roots.forwards(&mut chosen);
                assert!(chosen == expected, "{length}");
                back.backwards(&mut chosen);
                assert!(chosen == scaled, "{length}");
                for level in Level::supported() {
                    let (forwards, backwards) = at(level);
                    let mut transformed = values.clone();
                    // SAFETY: the level is supported.
                    unsafe { forwards(&roots, &mut transformed) };
                    assert!(transformed == expected, "{level:?}, {length}");
                    // SAFETY: as above.
                    unsafe { backwards(&back, &mut transformed) };
                    assert!(transformed == scaled, "{level:?}, {length}");
                }
            }
        }
    }
}
