//! How a site's numbers go into ciphertexts, and come back from what is masked: group by group of the slots' primes.

use super::Shape;
use super::encoding::{Decoding, Encoding, Scale, Sharer};
use super::primes::{DEGREE, GROUP};
use super::rounding::Rounding;
use crate::algebra::Word;
use zeroize::Zeroizing;

/// For a request.
pub(super) struct Codec {
    groups: Vec<(Encoding, Rounding)>,
    decoding: Decoding,
}

impl Codec {
    pub(super) fn new(shape: &Shape, scale: Scale) -> Self {
        let group = |group| (Encoding::new(group, shape.width, scale), Rounding::new(group));
        let groups = shape.groups();
        Self { groups: (0..groups).map(group).collect(), decoding: Decoding::new(groups) }
    }

    /// The encoding of a ciphertext, and what of each vector is in it. Ciphertexts come block by block, of each block
    /// group by group.
    pub(super) fn block<'a, W: Word>(&self, unit: usize, vectors: &[&'a [W]]) -> (&Encoding, Vec<&'a [W]>) {
        let start = unit / self.groups.len() * DEGREE;
        let part = |vector: &&'a [W]| &vector[start..vector.len().min(start + DEGREE)];
        (&self.groups[unit % self.groups.len()].0, vectors.iter().map(part).collect())
    }

    /// How a ciphertext is rounded.
    pub(super) fn rounding(&self, unit: usize) -> &Rounding {
        &self.groups[unit % self.groups.len()].1
    }

    /// Shares of so many numbers, from the slots of all ciphertexts; `None` where one of them was refused.
    pub(super) fn shares<W: Word>(
        &self,
        sharer: Sharer,
        count: usize,
        slots: Vec<Option<[Zeroizing<Vec<u64>>; GROUP]>>,
    ) -> Option<Vec<W>> {
        Some(self.decoding.numbers(sharer, count, slots.into_iter().collect::<Option<_>>()?))
    }
}
