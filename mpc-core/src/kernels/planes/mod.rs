//! Clamps 64 numbers and turns them to bit planes: plane p has bit p of number i as its bit i.

mod portable;

#[cfg(target_arch = "x86_64")]
mod x86;

use super::{Kernels, Level};

/// Numbers of a word of a plane.
pub(crate) const NUMBERS: usize = 64;

/// Writes one word of as many planes as there are to write: of the numbers, each clamped to `most`.
///
/// # Safety
/// The processor has the features of the level that the function is for.
pub(super) type Pack = unsafe fn(numbers: &[u32; NUMBERS], most: u32, planes: &mut [u64]);

/// The form of a level.
pub(super) fn at(level: Level) -> Pack {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => x86::avx2,
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => x86::avx512,
        _ => portable::pack,
    }
}

/// Sets `planes[p]` to bit p of every number, each clamped to `most`; no number has bits above 31.
pub(crate) fn pack(numbers: &[u32; NUMBERS], most: u32, planes: &mut [u64]) {
    // SAFETY: the widest form is one that the processor supports.
    unsafe { (Kernels::widest().pack)(numbers, most, planes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    #[test]
    fn every_form_packs_the_same() {
        let mut inputs = vec![[0; NUMBERS], [u32::MAX; NUMBERS], std::array::from_fn(|index| index as u32)];
        for seed in 0..20 {
            // Random numbers of all sizes.
            let words = random_words(seed, NUMBERS);
            inputs.push(std::array::from_fn(|index| words[index] as u32 >> (words[index] >> 59)));
        }
        inputs.extend(
            (0..NUMBERS).map(|one| std::array::from_fn(|index| u32::from(index == one) << (one % 32))),
        );
        for numbers in &inputs {
            for most in
                [0, 1, 5, 10, 15, 16, 127, 128, 255, 256, 1000, 1_000_000, i32::MAX as u32, 1 << 31, u32::MAX]
            {
                for width in [0, 1, 4, 5, 7, 8, 9, 20, 31, 32, 40] {
                    let expected: Vec<u64> = (0..width)
                        .map(|plane| {
                            let bit = |&number: &u32| u64::from(number.min(most)) >> plane & 1;
                            numbers.iter().enumerate().map(|(index, number)| bit(number) << index).sum()
                        })
                        .collect();
                    let mut packed = vec![u64::MAX; width];
                    pack(numbers, most, &mut packed);
                    assert_eq!(packed, expected);
                    for level in Level::supported() {
                        let mut packed = vec![u64::MAX; width];
                        // SAFETY: the level is supported.
                        unsafe { (Kernels::at(level).pack)(numbers, most, &mut packed) };
                        assert_eq!(packed, expected, "{level:?}, {width} bits, up to {most}");
                    }
                }
            }
        }
    }
}
