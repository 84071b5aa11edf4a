//! Vectors over Z_2, 64 elements to a word. The length is counted in words: what the elements beyond a caller's
//! last one hold does not matter, as they are masked and dropped like all others.

use super::{Vector, read_words, wipe, write_words};
use crate::random::Prg;
use zeroize::Zeroize;

/// Packed bits; addition is XOR.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Zeroize for Bits {
    fn zeroize(&mut self) {
        wipe(&mut self.0);
    }
}

impl Bits {
    /// Bits from their words.
    pub fn from_words(words: Vec<u64>) -> Self {
        Self(words)
    }

    /// The words, least significant bit first.
    pub fn words(&self) -> &[u64] {
        &self.0
    }

    /// The words, without a copy.
    pub fn into_words(self) -> Vec<u64> {
        self.0
    }

    /// The words, to be changed in place.
    pub fn words_mut(&mut self) -> &mut [u64] {
        &mut self.0
    }

    /// Words needed for this many elements.
    pub const fn words_for(elements: usize) -> usize {
        elements.div_ceil(64)
    }

    /// Element `index`; false beyond the last word.
    pub fn get(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Multiplies element by element (AND).
    pub fn and_assign(&mut self, other: &Self) {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a &= b;
        }
    }

    /// The vectors one after another.
    pub fn concat<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let parts: Vec<&[u64]> = parts.into_iter().map(|part| part.0.as_slice()).collect();
        Self(parts.concat())
    }

    /// Words `start .. start + words`; shorter where the vector ends before.
    pub fn slice(&self, start: usize, words: usize) -> Self {
        let start = start.min(self.0.len());
        let end = start.saturating_add(words).min(self.0.len());
        Self(self.0[start..end].to_vec())
    }
}

impl Vector for Bits {
    /// Number of 64-bit words.
    type Shape = usize;

    fn shape(&self) -> usize {
        self.0.len()
    }

    fn zeros(words: usize) -> Self {
        Self(vec![0; words])
    }

    fn random(words: usize, prg: &mut Prg) -> Self {
        let mut random = Self::zeros(words);
        prg.fill_words(&mut random.0);
        random
    }

    fn add_assign(&mut self, other: &Self) {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a ^= b;
        }
    }

    fn sub_assign(&mut self, other: &Self) {
        self.add_assign(other);
    }

    fn add_random(&mut self, prg: &mut Prg) {
        prg.xor_words(&mut self.0);
    }

    fn sub_random(&mut self, prg: &mut Prg) {
        prg.xor_words(&mut self.0);
    }

    fn byte_len(words: usize) -> usize {
        words * 8
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_words(&self.0, out);
    }

    fn read(words: usize, bytes: &[u8]) -> Option<Self> {
        read_words(bytes, words).map(Self)
    }

    fn add_encoded(&mut self, bytes: &[u8]) -> Option<()> {
        let (eights, rest) = bytes.as_chunks::<8>();
        let fits = rest.is_empty() && eights.len() == self.0.len();
        fits.then(|| {
            for (word, &eight) in self.0.iter_mut().zip(eights) {
                *word ^= u64::from_le_bytes(eight);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laws() {
        crate::algebra::laws::group_and_encoding::<Bits>(5);
    }

    #[test]
    fn concat_and_slice_are_inverse() {
        let whole = Bits::from_words(vec![1, 2, 3, 4]);
        assert!(Bits::concat(&[whole.slice(0, 1), whole.slice(1, 3)]) == whole);
        assert!(whole.slice(3, 9) == Bits::from_words(vec![4]));
        assert!(whole.get(0) && !whole.get(1) && whole.get(65) && !whole.get(1000));
    }
}
