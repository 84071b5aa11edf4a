//! Vectors over Z_2^k in machine words. The width k is a run-time value: it follows from the range of what is
//! counted, not from the word it is kept in, and a value takes ceil(k/8) bytes on the wire.

use super::Vector;
use crate::random::Prg;
use std::fmt::Debug;
use zeroize::Zeroize;

/// A machine word that holds elements of Z_2^k, k up to `BITS`.
pub trait Word: Copy + Default + Ord + Debug + Send + Sync + Zeroize + 'static {
    /// Largest width.
    const BITS: u32;

    /// Sum modulo 2^BITS.
    fn wrapping_add(self, other: Self) -> Self;

    /// Difference modulo 2^BITS.
    fn wrapping_sub(self, other: Self) -> Self;

    /// The value modulo 2^BITS.
    fn from_u64(value: u64) -> Self;

    /// Product modulo 2^BITS.
    fn wrapping_mul(self, other: Self) -> Self;

    /// The bits moved up by less than `BITS`.
    fn wrapping_shl(self, bits: u32) -> Self;

    /// The bits moved down by less than `BITS`.
    fn wrapping_shr(self, bits: u32) -> Self;

    /// Bits `low .. low + count`, count at most 64.
    fn bits(self, low: u32, count: u32) -> u64;

    /// The low `width` bits.
    fn low_bits(self, width: u32) -> Self;

    /// Appends the low bytes.
    fn write_le(self, bytes: usize, out: &mut Vec<u8>);

    /// The low bytes, at most `BITS / 8` of them.
    fn low_bytes<const BYTES: usize>(self) -> [u8; BYTES];

    /// The word with these low bytes, at most `BITS / 8` of them.
    fn read_le(bytes: &[u8]) -> Self;
}

macro_rules! word {
    ($type:ty) => {
        impl Word for $type {
            const BITS: u32 = <$type>::BITS;

            fn wrapping_add(self, other: Self) -> Self {
                <$type>::wrapping_add(self, other)
            }

            fn wrapping_sub(self, other: Self) -> Self {
                <$type>::wrapping_sub(self, other)
            }

            fn from_u64(value: u64) -> Self {
                value as $type
            }

            fn wrapping_mul(self, other: Self) -> Self {
                <$type>::wrapping_mul(self, other)
            }

            fn wrapping_shl(self, bits: u32) -> Self {
                <$type>::wrapping_shl(self, bits)
            }

            fn wrapping_shr(self, bits: u32) -> Self {
                <$type>::wrapping_shr(self, bits)
            }

            fn bits(self, low: u32, count: u32) -> u64 {
                let shifted = self.checked_shr(low).unwrap_or(0);
                shifted.low_bits(count) as u64
            }

            fn low_bits(self, width: u32) -> Self {
                if width >= Self::BITS { self } else { self & ((1 << width) - 1) }
            }

            fn write_le(self, bytes: usize, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes().iter().take(bytes));
            }

            fn low_bytes<const BYTES: usize>(self) -> [u8; BYTES] {
                let bytes = self.to_le_bytes();
                std::array::from_fn(|index| bytes.get(index).copied().unwrap_or(0))
            }

            fn read_le(bytes: &[u8]) -> Self {
                bytes.iter().rev().fold(0, |word, &byte| word << 8 | Self::from(byte))
            }
        }
    };
}

word!(u32);
word!(u64);
word!(u128);

/// Elements of Z_2^width.
#[derive(Clone, Default, PartialEq, Eq, Zeroize)]
pub struct Ring<W: Word> {
    width: u32,
    values: Vec<W>,
}

/// Shape of a [`Ring`] vector.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct RingShape {
    /// Bits of an element.
    pub width: u32,
    /// Number of elements.
    pub len: usize,
}

impl<W: Word> Ring<W> {
    /// The values modulo 2^width.
    pub fn new(width: u32, mut values: Vec<W>) -> Self {
        for value in &mut values {
            *value = value.low_bits(width);
        }
        Self { width, values }
    }

    /// The elements, each below 2^width.
    pub fn values(&self) -> &[W] {
        &self.values
    }

    /// Multiplies element by element.
    pub fn mul_assign(&mut self, other: &Self) {
        self.zip_assign(other, W::wrapping_mul);
    }

    /// The sum of multiples of vectors of the same shape.
    pub fn combination(vectors: &[&Self], factors: &[W]) -> Self {
        let mut out =
            Self::zeros(vectors.first().map_or(RingShape { width: 1, len: 0 }, |vector| vector.shape()));
        for (vector, &factor) in vectors.iter().zip(factors) {
            out.zip_assign(vector, |sum, value| sum.wrapping_add(value.wrapping_mul(factor)));
        }
        out
    }

    /// The sums of consecutive runs of `run` elements.
    pub fn run_sums(&self, run: usize) -> Self {
        let sum = |run: &[W]| run.iter().fold(W::default(), |sum, &value| sum.wrapping_add(value));
        Self::new(self.width, self.values.chunks(run.max(1)).map(sum).collect())
    }

    /// The elements modulo a smaller power of two: a homomorphism, so sharings may be reduced share by share.
    pub fn reduced(&self, width: u32) -> Self {
        Self::new(width.min(self.width), self.values.clone())
    }

    /// The vectors one after another; all have the same width.
    pub fn concat<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut out = Self::default();
        for part in parts {
            out.width = part.width;
            out.values.extend_from_slice(&part.values);
        }
        out
    }

    /// Elements `start .. start + len`; fewer where the vector ends before.
    pub fn slice(&self, start: usize, len: usize) -> Self {
        Self { width: self.width, values: self.values.iter().skip(start).take(len).copied().collect() }
    }

    /// The elements followed by zeros, `len` in all.
    pub fn padded(&self, len: usize) -> Self {
        let zeros = std::iter::repeat(W::default());
        Self { width: self.width, values: self.values.iter().copied().chain(zeros).take(len).collect() }
    }

    fn zip_assign(&mut self, other: &Self, operation: impl Fn(W, W) -> W) {
        for (a, &b) in self.values.iter_mut().zip(&other.values) {
            *a = operation(*a, b).low_bits(self.width);
        }
    }
}

const fn wire_bytes(width: u32) -> usize {
    width.div_ceil(8) as usize
}

/// The words of the low bytes, as many each as the width needs.
fn read_values<W: Word>(width: u32, bytes: &[u8]) -> Vec<W> {
    // Counts take 1 to 4 bytes; with a fixed number the compiler turns the loop over bytes into moves and shifts.
    match wire_bytes(width) {
        1 => read_fixed::<W, 1>(bytes),
        2 => read_fixed::<W, 2>(bytes),
        3 => read_fixed::<W, 3>(bytes),
        4 => read_fixed::<W, 4>(bytes),
        each => bytes.chunks_exact(each.max(1)).map(W::read_le).collect(),
    }
}

fn read_fixed<W: Word, const BYTES: usize>(bytes: &[u8]) -> Vec<W> {
    bytes.as_chunks::<BYTES>().0.iter().map(|bytes| W::read_le(bytes)).collect()
}

fn write_fixed<W: Word, const BYTES: usize>(values: &[W], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + BYTES * values.len(), 0);
    for (bytes, value) in out[start..].as_chunks_mut::<BYTES>().0.iter_mut().zip(values) {
        *bytes = value.low_bytes();
    }
}

impl<W: Word> Vector for Ring<W> {
    type Shape = RingShape;

    fn shape(&self) -> RingShape {
        RingShape { width: self.width, len: self.values.len() }
    }

    fn zeros(shape: RingShape) -> Self {
        Self { width: shape.width, values: vec![W::default(); shape.len] }
    }

    fn random(shape: RingShape, prg: &mut Prg) -> Self {
        let mut bytes = vec![0; Self::byte_len(shape)];
        prg.fill_bytes(&mut bytes);
        let values = read_values(shape.width, &bytes);
        bytes.zeroize();
        Self::new(shape.width, values)
    }

    fn add_assign(&mut self, other: &Self) {
        self.zip_assign(other, W::wrapping_add);
    }

    fn sub_assign(&mut self, other: &Self) {
        self.zip_assign(other, W::wrapping_sub);
    }

    fn byte_len(shape: RingShape) -> usize {
        wire_bytes(shape.width) * shape.len
    }

    fn write(&self, out: &mut Vec<u8>) {
        match wire_bytes(self.width) {
            1 => write_fixed::<W, 1>(&self.values, out),
            2 => write_fixed::<W, 2>(&self.values, out),
            3 => write_fixed::<W, 3>(&self.values, out),
            4 => write_fixed::<W, 4>(&self.values, out),
            bytes => self.values.iter().for_each(|value| value.write_le(bytes, out)),
        }
    }

    fn read(shape: RingShape, bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::byte_len(shape) {
            return None;
        }
        let values: Vec<W> = read_values(shape.width, bytes);
        let canonical = values.iter().all(|value| value.low_bits(shape.width) == *value);
        canonical.then_some(Self { width: shape.width, values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laws() {
        for width in [1, 7, 8, 20, 31, 32] {
            crate::algebra::laws::group_and_encoding::<Ring<u32>>(RingShape { width, len: 9 });
            crate::algebra::laws::group_and_encoding::<Ring<u64>>(RingShape { width: width + 32, len: 9 });
            crate::algebra::laws::group_and_encoding::<Ring<u128>>(RingShape { width: width + 96, len: 9 });
        }
    }

    #[test]
    fn bits_above_the_width_are_refused() {
        let shape = RingShape { width: 20, len: 1 };
        assert!(Ring::<u32>::read(shape, &[0xff, 0xff, 0x0f]).is_some());
        assert!(Ring::<u32>::read(shape, &[0xff, 0xff, 0x1f]).is_none());
    }
}
