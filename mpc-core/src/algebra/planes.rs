//! Vectors over Z_2^b for small b, held by bit plane: plane p has bit p of every element, 64 elements to a word.
//! Addition is a ripple-carry adder over whole words, and the wire form has exactly b bits an element.

use super::transpose::transpose;
use super::{Bits, Ring, Vector, Word, read_words, wipe, write_words};
use crate::kernels::planes::pack;
use crate::random::Prg;
use zeroize::Zeroize;

/// Elements of Z_2^width by bit plane.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Planes {
    width: u32,
    words: usize,
    planes: Vec<u64>,
}

impl Zeroize for Planes {
    fn zeroize(&mut self) {
        wipe(&mut self.planes);
    }
}

/// Shape of [`Planes`].
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct PlanesShape {
    /// Bits of an element.
    pub width: u32,
    /// Words of a plane: 64 elements each.
    pub words: usize,
}

impl Planes {
    /// The values' low `width` bits, at most 64, padded with zeros to `words` words a plane.
    pub fn from_values(width: u32, words: usize, mut values: impl Iterator<Item = u64>) -> Self {
        let mut out = Self::zeros(PlanesShape { width, words });
        out.fill(0, |group| group.iter_mut().zip(&mut values).for_each(|(slot, value)| *slot = value));
        out
    }

    /// The bits of ring elements: plane p has bit p of each. Padded with zeros to whole words.
    pub fn from_ring<W: Word>(ring: &Ring<W>) -> Self {
        let words = Bits::words_for(ring.values().len());
        let mut out = Self::zeros(PlanesShape { width: ring.shape().width, words });
        for low in (0..ring.shape().width).step_by(64) {
            let mut values = ring.values().iter();
            out.fill(low, |group| {
                group.iter_mut().zip(&mut values).for_each(|(slot, value)| *slot = value.bits(low, 64));
            });
        }
        out
    }

    /// Sets the planes from `low` on, at most 64 of them, to the bits of values; `next` puts the next 64 values over zeros.
    fn fill(&mut self, low: u32, mut next: impl FnMut(&mut [u64; 64])) {
        // A line of the cache of each plane at a time, as planes a power of two apart drive each other out of it.
        let mut groups = [[0; 64]; 8];
        let first = low as usize * self.words;
        for start in (0..self.words).step_by(groups.len()) {
            groups.iter_mut().for_each(|group| {
                group.fill(0);
                next(group);
                transpose(group);
            });
            let rows = self.planes[first..].chunks_exact_mut(self.words).take(64);
            for (plane, row) in rows.enumerate() {
                row[start..].iter_mut().zip(&groups).for_each(|(word, group)| *word = group[plane]);
            }
        }
        groups.as_flattened_mut().zeroize();
    }

    /// The numbers of each group, each clamped to `most` and taken modulo 2^width. Each group, at most
    /// `words_each` times 64 numbers, is padded with zeros to `words_each` words a plane.
    pub fn from_clamped(width: u32, words_each: usize, most: u32, groups: &[&[u32]]) -> Self {
        let mut out = Self::zeros(PlanesShape { width, words: words_each * groups.len() });
        let mut packed = vec![0; width as usize];
        for (group, at) in groups.iter().zip((0..).step_by(words_each.max(1))) {
            for (word, numbers) in (at..at + words_each).zip(group.chunks(64)) {
                match numbers.try_into() {
                    Ok(numbers) => pack(numbers, most, &mut packed),
                    Err(_) => {
                        let mut padded = [0; 64];
                        padded[..numbers.len()].copy_from_slice(numbers);
                        pack(&padded, most, &mut packed);
                        padded.zeroize();
                    }
                }
                for (row, &packed) in out.planes.chunks_exact_mut(out.words).zip(&packed) {
                    row[word] = packed;
                }
            }
        }
        packed.zeroize();
        out
    }

    /// Bit plane `plane`, or nothing beyond the width.
    pub fn plane(&self, plane: usize) -> &[u64] {
        self.planes.chunks_exact(self.words.max(1)).nth(plane).unwrap_or_default()
    }

    /// All planes one after another, lowest first.
    pub fn as_bits(&self) -> Bits {
        Bits::from_words(self.planes.clone())
    }

    /// Element `index`.
    pub fn get(&self, index: usize) -> u64 {
        self.planes
            .chunks_exact(self.words.max(1))
            .enumerate()
            .map(|(plane, row)| row.get(index / 64).map_or(0, |word| (word >> (index % 64) & 1) << plane))
            .sum()
    }

    /// Planes one after another, lowest first: the inverse of [`Self::as_bits`].
    pub fn from_bits(width: u32, rows: Bits) -> Self {
        let words = rows.words().len() / (width as usize).max(1);
        Self { width, words, planes: rows.into_words() }
    }

    /// The first `len` elements as ring elements: the inverse of [`Self::from_ring`].
    pub fn to_ring<W: Word>(&self, len: usize) -> Ring<W> {
        let mut values = vec![W::default(); len];
        // As in `fill`.
        let mut groups = [[0; 64]; 8];
        for low in (0..self.width).step_by(64) {
            let first = low as usize * self.words;
            let rows = || self.planes[first..].chunks_exact(self.words.max(1)).take(64).enumerate();
            for (start, values) in (0..).step_by(groups.len()).zip(values.chunks_mut(64 * groups.len())) {
                groups.as_flattened_mut().fill(0);
                for (plane, row) in rows() {
                    let words = row[start.min(row.len())..].iter();
                    groups.iter_mut().zip(words).for_each(|(group, word)| group[plane] = *word);
                }
                for (values, group) in values.chunks_mut(64).zip(&mut groups) {
                    transpose(group);
                    for (value, bits) in values.iter_mut().zip(group) {
                        *value = value.wrapping_add(W::from_u64(*bits).wrapping_shl(low));
                    }
                }
            }
        }
        groups.as_flattened_mut().zeroize();
        Ring::new(self.width, values)
    }
}

/// Adds numbers that are held by bit plane, as many planes of `words` words in both.
pub(crate) fn add_rows(sum: &mut [u64], rows: &[u64], words: usize) {
    ripple(sum, rows, words, 0);
}

/// Subtracts likewise.
pub(crate) fn subtract_rows(sum: &mut [u64], rows: &[u64], words: usize) {
    ripple(sum, rows, words, u64::MAX);
}

/// Adds `rows`, or where `flip` is all ones their complement and 1.
fn ripple(sum: &mut [u64], rows: &[u64], words: usize, flip: u64) {
    let mut carry = vec![flip; words];
    for (ours, theirs) in sum.chunks_exact_mut(words.max(1)).zip(rows.chunks_exact(words.max(1))) {
        for ((a, &b), carry) in ours.iter_mut().zip(theirs).zip(&mut carry) {
            let b = b ^ flip;
            let half = *a ^ b;
            let generated = *a & b;
            *a = half ^ *carry;
            *carry = generated | half & *carry;
        }
    }
    carry.zeroize();
}

impl Vector for Planes {
    type Shape = PlanesShape;

    fn shape(&self) -> PlanesShape {
        PlanesShape { width: self.width, words: self.words }
    }

    fn zeros(shape: PlanesShape) -> Self {
        Self { width: shape.width, words: shape.words, planes: vec![0; shape.width as usize * shape.words] }
    }

    fn random(shape: PlanesShape, prg: &mut Prg) -> Self {
        let mut random = Self::zeros(shape);
        prg.fill_words(&mut random.planes);
        random
    }

    fn add_assign(&mut self, other: &Self) {
        add_rows(&mut self.planes, &other.planes, self.words);
    }

    fn sub_assign(&mut self, other: &Self) {
        subtract_rows(&mut self.planes, &other.planes, self.words);
    }

    fn byte_len(shape: PlanesShape) -> usize {
        shape.width as usize * shape.words * 8
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_words(&self.planes, out);
    }

    fn read(shape: PlanesShape, bytes: &[u8]) -> Option<Self> {
        let planes = read_words(bytes, shape.width as usize * shape.words)?;
        Some(Self { width: shape.width, words: shape.words, planes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn laws() {
        for width in [1, 4, 5, 13] {
            crate::algebra::laws::group_and_encoding::<Planes>(PlanesShape { width, words: 3 });
        }
    }

    #[test]
    fn planes_of_a_ring_are_its_bits() {
        let mut prg = Prg::new(crate::random::Seed::from_bytes([4; 32]));
        for (width, len) in [(1, 1), (7, 64), (64, 600), (65, 130), (107, 513), (128, 65), (9, 0)] {
            let ring = Ring::<u128>::random(crate::algebra::RingShape { width, len }, &mut prg);
            let planes = Planes::from_ring(&ring);
            assert_eq!(planes.shape(), PlanesShape { width, words: Bits::words_for(len) });
            for (index, value) in ring.values().iter().enumerate() {
                for bit in 0..width {
                    let word = planes.plane(bit as usize)[index / 64];
                    assert_eq!(word >> (index % 64) & 1 == 1, value >> bit & 1 == 1, "{width} bits");
                }
            }
            assert!(planes.to_ring::<u128>(len) == ring, "{width} bits");
            assert!(Planes::from_bits(width, planes.as_bits()) == planes);
            if width <= 64 {
                let ring = Ring::new(width, ring.values().iter().map(|&value| value as u64).collect());
                assert!(planes.to_ring::<u64>(len) == ring, "{width} bits");
            }
        }
    }

    #[test]
    fn clamped_groups_are_padded_one_by_one() {
        for length in [0, 1, 63, 64, 65, 130, 200] {
            let numbers: Vec<u32> = (0..length).map(|number| number * number).collect();
            let backwards: Vec<u32> = numbers.iter().rev().copied().collect();
            for words in [0, 1, 3, 5] {
                for (width, most) in [(1, 1), (5, 10), (9, 300), (4, 300), (40, u32::MAX)] {
                    let groups = [numbers.as_slice(), &[], &backwards];
                    let planes = Planes::from_clamped(width, words, most, &groups);
                    let clamp = |&number: &u32| u64::from(number.min(most));
                    let padded = groups.iter().flat_map(|group| {
                        group.iter().map(clamp).chain(std::iter::repeat(0)).take(64 * words)
                    });
                    assert!(planes == Planes::from_values(width, 3 * words, padded));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_integers(width in 1u32..=20, pairs in prop::collection::vec((any::<u64>(), any::<u64>()), 1..150)) {
            let words = Bits::words_for(pairs.len());
            let a = Planes::from_values(width, words, pairs.iter().map(|pair| pair.0));
            let b = Planes::from_values(width, words, pairs.iter().map(|pair| pair.1));
            let mask = (1u64 << width) - 1;
            let (mut sum, mut difference) = (a.clone(), a.clone());
            sum.add_assign(&b);
            difference.sub_assign(&b);
            for (index, &(x, y)) in pairs.iter().enumerate() {
                prop_assert_eq!(sum.get(index), x.wrapping_add(y) & mask);
                prop_assert_eq!(difference.get(index), x.wrapping_sub(y) & mask);
            }
        }
    }
}
