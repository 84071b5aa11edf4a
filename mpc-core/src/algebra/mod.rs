//! The groups in which values are shared. Every value is a vector; there is no scalar twin.
//!
//! | type | group of one element | for |
//! |---|---|---|
//! | [`Bits`] | Z_2, 64 to a word | truth values, comparisons |
//! | [`Planes`] | Z_2^b for small b, one bit plane after another | sums of clamped counts, indices of tables |
//! | [`Ring`] | Z_2^k in 32-, 64- or 128-bit words | counts, products |

mod bits;
pub(crate) mod matrix;
pub(crate) mod packed;
mod planes;
mod ring;
pub(crate) mod transpose;

pub use bits::Bits;
pub use planes::{Planes, PlanesShape};
pub(crate) use planes::{add_rows, subtract_rows};
pub use ring::{Ring, RingShape, Word};

use crate::random::Prg;
use std::fmt::Debug;
use zeroize::{DefaultIsZeroes, Zeroize};

/// Overwrites a vector of numbers as one block, which a vector's own `zeroize` does number by number.
fn wipe<T: DefaultIsZeroes>(numbers: &mut Vec<T>) {
    numbers.as_mut_slice().zeroize();
    numbers.clear();
}

/// A vector over an abelian group with a canonical byte encoding.
pub trait Vector: Clone + Default + PartialEq + Zeroize + Send + Sync + 'static {
    /// All that sizes depend on: public, never a function of secret values.
    type Shape: Copy + Eq + Debug + Send + Sync;

    /// The public shape of this vector.
    fn shape(&self) -> Self::Shape;

    /// The neutral element.
    fn zeros(shape: Self::Shape) -> Self;

    /// A uniform vector from the stream.
    fn random(shape: Self::Shape, prg: &mut Prg) -> Self;

    /// Adds a vector of the same shape.
    fn add_assign(&mut self, other: &Self);

    /// Subtracts a vector of the same shape.
    fn sub_assign(&mut self, other: &Self);

    /// Adds the vector that [`Self::random`] would draw.
    fn add_random(&mut self, prg: &mut Prg) {
        let mut random = Self::random(self.shape(), prg);
        self.add_assign(&random);
        random.zeroize();
    }

    /// Subtracts the vector that [`Self::random`] would draw.
    fn sub_random(&mut self, prg: &mut Prg) {
        let mut random = Self::random(self.shape(), prg);
        self.sub_assign(&random);
        random.zeroize();
    }

    /// Bytes on the wire of a vector of this shape.
    fn byte_len(shape: Self::Shape) -> usize;

    /// Appends exactly `byte_len` bytes.
    fn write(&self, out: &mut Vec<u8>);

    /// Reads what `write` wrote; `None` where the length is another or the encoding is not canonical.
    fn read(shape: Self::Shape, bytes: &[u8]) -> Option<Self>;

    /// Adds the vector of the same shape that [`Self::read`] would read; `None` where it would read none, and then the sum
    /// is to be thrown away.
    fn add_encoded(&mut self, bytes: &[u8]) -> Option<()> {
        self.add_assign(&Self::read(self.shape(), bytes)?);
        Some(())
    }
}

fn write_words(words: &[u64], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + words.len() * 8, 0);
    // Copied at once on a little-endian machine.
    for (eight, word) in out[start..].as_chunks_mut().0.iter_mut().zip(words) {
        *eight = word.to_le_bytes();
    }
}

fn read_words(bytes: &[u8], words: usize) -> Option<Vec<u64>> {
    let (eights, rest) = bytes.as_chunks::<8>();
    (rest.is_empty() && eights.len() == words)
        .then(|| eights.iter().map(|&eight| u64::from_le_bytes(eight)).collect())
}

/// Number of bits needed for values up to and including `max`; at least 1.
pub const fn bits_for(max: u64) -> u32 {
    if max == 0 { 1 } else { u64::BITS - max.leading_zeros() }
}

#[cfg(test)]
pub(crate) mod laws {
    //! The laws every [`Vector`] keeps, run by the tests of each.
    use super::*;
    use crate::random::Seed;

    pub(crate) fn group_and_encoding<V: Vector + Clone>(shape: V::Shape) {
        let mut prg = Prg::new(Seed::from_bytes([9; 32]));
        let (a, b, c) = (V::random(shape, &mut prg), V::random(shape, &mut prg), V::random(shape, &mut prg));
        let sum = |x: &V, y: &V| {
            let mut x = x.clone();
            x.add_assign(y);
            x
        };
        assert!(sum(&a, &b) == sum(&b, &a), "commutative");
        assert!(sum(&sum(&a, &b), &c) == sum(&a, &sum(&b, &c)), "associative");
        assert!(sum(&a, &V::zeros(shape)) == a, "neutral");
        let mut back = sum(&a, &b);
        back.sub_assign(&b);
        assert!(back == a, "inverse");

        let stream = || Prg::new(Seed::from_bytes([10; 32]));
        let drawn = V::random(shape, &mut stream());
        let mut streamed = a.clone();
        streamed.add_random(&mut stream());
        assert!(streamed == sum(&a, &drawn), "a sum with a stream");
        streamed.sub_random(&mut stream());
        assert!(streamed == a, "a difference to a stream");

        let mut bytes = Vec::new();
        a.write(&mut bytes);
        assert_eq!(bytes.len(), V::byte_len(shape));
        assert!(V::read(shape, &bytes).is_some_and(|read| read == a), "round trip");
        let mut added = b.clone();
        assert!(added.add_encoded(&bytes).is_some() && added == sum(&a, &b), "a sum with what is read");
        if let Some((_, truncated)) = bytes.split_last() {
            assert!(V::read(shape, truncated).is_none(), "truncated");
            assert!(added.add_encoded(truncated).is_none(), "truncated");
        }
        bytes.push(0);
        assert!(V::read(shape, &bytes).is_none(), "over-long");
        assert!(added.add_encoded(&bytes).is_none(), "over-long");
    }
}
