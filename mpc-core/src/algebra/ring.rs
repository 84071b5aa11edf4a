//! Vectors over Z_2^k in machine words. The width k is a run-time value: it follows from the range of what is
//! counted, not from the word it is kept in, and a value takes ceil(k/8) bytes on the wire.

use super::{Bits, Vector, wipe};
use crate::random::Prg;
use std::fmt::Debug;
use zeroize::{DefaultIsZeroes, Zeroize};

/// A machine word that holds elements of Z_2^k, k up to `BITS`.
pub trait Word: DefaultIsZeroes + Ord + Debug + Send + Sync + 'static {
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

    /// The low bytes, at most `BITS / 8` of them.
    fn low_bytes<const BYTES: usize>(self) -> [u8; BYTES];

    /// The word with these low bytes, at most `BITS / 8` of them.
    fn from_low_bytes<const BYTES: usize>(bytes: [u8; BYTES]) -> Self;
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

            fn low_bytes<const BYTES: usize>(self) -> [u8; BYTES] {
                let bytes = self.to_le_bytes();
                std::array::from_fn(|index| bytes.get(index).copied().unwrap_or(0))
            }

            fn from_low_bytes<const BYTES: usize>(bytes: [u8; BYTES]) -> Self {
                Self::from_le_bytes(std::array::from_fn(|index| bytes.get(index).copied().unwrap_or(0)))
            }
        }
    };
}

word!(u32);
word!(u64);
word!(u128);

/// Elements of Z_2^width.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Ring<W: Word> {
    width: u32,
    values: Vec<W>,
}

impl<W: Word> Zeroize for Ring<W> {
    fn zeroize(&mut self) {
        wipe(&mut self.values);
    }
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

    /// For each of the first `shape.len` bits, `zero` or `one`.
    pub fn from_bits(shape: RingShape, bits: &Bits, zero: W, one: W) -> Self {
        let mut values = Vec::with_capacity(shape.len);
        for &word in bits.words() {
            let count = (shape.len - values.len()).min(64);
            values.extend((0..count).map(|bit| if word >> bit & 1 == 1 { one } else { zero }));
        }
        Self::new(shape.width, values)
    }

    /// The elements, each below 2^width.
    pub fn values(&self) -> &[W] {
        &self.values
    }

    /// Multiplies element by element.
    pub fn mul_assign(&mut self, other: &Self) {
        self.zip_assign(other, W::wrapping_mul);
    }

    /// Subtracts a vector of the same shape.
    pub fn minus(&self, other: &Self) -> Self {
        let values = self.values.iter().zip(&other.values);
        Self::new(self.width, values.map(|(&a, &b)| a.wrapping_sub(b)).collect())
    }

    /// Adds `a b + d e`, each product element by element and then added up over consecutive runs of `run` elements.
    pub fn add_products(&mut self, run: usize, [a, b]: [&Self; 2], [d, e]: [&Self; 2]) {
        let width = self.width;
        let products = || a.values.iter().zip(&b.values).zip(d.values.iter().zip(&e.values));
        let product = |((&a, &b), (&d, &e)): ((&W, &W), (&W, &W))| {
            W::wrapping_add(a.wrapping_mul(b), d.wrapping_mul(e))
        };
        if run == 1 {
            for (sum, product) in self.values.iter_mut().zip(products().map(product)) {
                *sum = sum.wrapping_add(product).low_bits(width);
            }
        } else {
            let mut products = products().map(product);
            for sum in &mut self.values {
                *sum = products.by_ref().take(run).fold(*sum, W::wrapping_add).low_bits(width);
            }
        }
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
        let width = self.width;
        for (a, &b) in self.values.iter_mut().zip(&other.values) {
            *a = operation(*a, b).low_bits(width);
        }
    }

    /// Combines each element with the next of the stream.
    fn zip_stream(&mut self, prg: &mut Prg, operation: impl Fn(W, W) -> W) {
        let width = self.width;
        // Few enough to stay in the innermost cache; and a multiple of 64, so that a stream is taken block by block.
        let mut bytes = [0; 256 * (u128::BITS / 8) as usize];
        for values in self.values.chunks_mut(256) {
            let bytes = &mut bytes[..values.len() * wire_bytes(width)];
            prg.fill_bytes(bytes);
            zip_bytes(width, values, bytes, |value, next| {
                operation(value, next.low_bits(width)).low_bits(width)
            });
        }
        bytes.zeroize();
    }

    /// Combines each element with the next that is encoded; `None` where the encoding is not canonical.
    fn zip_encoded(&mut self, bytes: &[u8], operation: impl Fn(W, W) -> W) -> Option<()> {
        let width = self.width;
        let mut canonical = bytes.len() == Self::byte_len(self.shape());
        zip_bytes(width, &mut self.values, bytes, |value, next| {
            canonical &= next.low_bits(width) == next;
            operation(value, next).low_bits(width)
        });
        canonical.then_some(())
    }
}

const fn wire_bytes(width: u32) -> usize {
    width.div_ceil(8) as usize
}

/// Calls a function with the number of bytes of an element as a constant, with which the compiler turns loops over bytes
/// into moves and shifts.
macro_rules! with_constant {
    ($bytes:expr, $function:ident::<$word:ty>($($argument:expr),*)) => {
        match $bytes {
            0 | 1 => $function::<$word, 1>($($argument),*),
            2 => $function::<$word, 2>($($argument),*),
            3 => $function::<$word, 3>($($argument),*),
            4 => $function::<$word, 4>($($argument),*),
            5 => $function::<$word, 5>($($argument),*),
            6 => $function::<$word, 6>($($argument),*),
            7 => $function::<$word, 7>($($argument),*),
            8 => $function::<$word, 8>($($argument),*),
            9 => $function::<$word, 9>($($argument),*),
            10 => $function::<$word, 10>($($argument),*),
            11 => $function::<$word, 11>($($argument),*),
            12 => $function::<$word, 12>($($argument),*),
            13 => $function::<$word, 13>($($argument),*),
            14 => $function::<$word, 14>($($argument),*),
            15 => $function::<$word, 15>($($argument),*),
            _ => $function::<$word, 16>($($argument),*),
        }
    };
}

/// Combines each value with the word of the next low bytes, as many each as the width needs.
fn zip_bytes<W: Word>(width: u32, values: &mut [W], bytes: &[u8], operation: impl FnMut(W, W) -> W) {
    with_constant!(wire_bytes(width), zip_fixed::<W>(values, bytes, operation));
}

fn zip_fixed<W: Word, const BYTES: usize>(
    values: &mut [W],
    bytes: &[u8],
    mut operation: impl FnMut(W, W) -> W,
) {
    for (value, bytes) in values.iter_mut().zip(bytes.as_chunks::<BYTES>().0) {
        *value = operation(*value, W::from_low_bytes(*bytes));
    }
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
        let mut random = Self::zeros(shape);
        random.zip_stream(prg, |_, next| next);
        random
    }

    fn add_assign(&mut self, other: &Self) {
        self.zip_assign(other, W::wrapping_add);
    }

    fn sub_assign(&mut self, other: &Self) {
        self.zip_assign(other, W::wrapping_sub);
    }

    fn add_random(&mut self, prg: &mut Prg) {
        self.zip_stream(prg, W::wrapping_add);
    }

    fn sub_random(&mut self, prg: &mut Prg) {
        self.zip_stream(prg, W::wrapping_sub);
    }

    fn byte_len(shape: RingShape) -> usize {
        wire_bytes(shape.width) * shape.len
    }

    fn write(&self, out: &mut Vec<u8>) {
        with_constant!(wire_bytes(self.width), write_fixed::<W>(&self.values, out));
    }

    fn read(shape: RingShape, bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::byte_len(shape) {
            return None;
        }
        let mut read = Self::zeros(shape);
        read.zip_encoded(bytes, |_, next| next).map(|()| read)
    }

    fn add_encoded(&mut self, bytes: &[u8]) -> Option<()> {
        self.zip_encoded(bytes, W::wrapping_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::laws::group_and_encoding;
    use crate::random::Seed;

    #[test]
    fn products_are_added_over_runs() {
        let mut prg = Prg::new(Seed::from_bytes([2; 32]));
        for (width, run) in [(9, 1), (32, 1), (31, 4)] {
            let mut draw = |len| Ring::<u32>::random(RingShape { width, len }, &mut prg);
            let (sum, a, b, d, e) = (draw(60 / run), draw(60), draw(60), draw(60), draw(60));
            let mut expected = sum.clone();
            for (x, y) in [(&a, &b), (&d, &e)] {
                let mut product = x.clone();
                product.mul_assign(y);
                expected.add_assign(&product.run_sums(run));
            }
            let mut added = sum;
            added.add_products(run, [&a, &b], [&d, &e]);
            assert!(added == expected, "{width} bits, runs of {run}");
        }
    }

    #[test]
    fn bits_choose_elements() {
        let bits = Bits::from_words(vec![0b1101, 1]);
        let chosen = Ring::<u64>::from_bits(RingShape { width: 40, len: 66 }, &bits, 7, u64::MAX);
        let most = (1 << 40) - 1;
        assert_eq!(chosen.values()[..5], [most, 7, most, most, 7]);
        assert_eq!(chosen.values()[64..], [most, 7]);
    }

    #[test]
    fn laws() {
        for len in [0, 9, 600] {
            (1..=32).for_each(|width| group_and_encoding::<Ring<u32>>(RingShape { width, len }));
            (1..=64).for_each(|width| group_and_encoding::<Ring<u64>>(RingShape { width, len }));
            (1..=128).for_each(|width| group_and_encoding::<Ring<u128>>(RingShape { width, len }));
        }
    }

    #[test]
    fn bits_above_the_width_are_refused() {
        let shape = RingShape { width: 20, len: 1 };
        assert!(Ring::<u32>::read(shape, &[0xff, 0xff, 0x0f]).is_some());
        assert!(Ring::<u32>::read(shape, &[0xff, 0xff, 0x1f]).is_none());
        assert!(Ring::<u32>::zeros(shape).add_encoded(&[0xff, 0xff, 0x0f]).is_some());
        assert!(Ring::<u32>::zeros(shape).add_encoded(&[0xff, 0xff, 0x1f]).is_none());
    }
}
