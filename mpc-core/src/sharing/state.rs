//! What may be done with a sharing or an opened value, as types.
//!
//! A hospital's own count vector *is* an additive share of the total: opening such a sharing would publish every
//! hospital's count. So a sharing is [`Raw`] until its shares are uniform given everything sent so far, and only a
//! [`Fresh`] one can be opened as an output, by value. An opened value that a fresh uniform correlation hides is
//! [`Masked`]; an opened output is [`Unchecked`] until the check of its security level has passed.

use super::Share;
use crate::algebra::Vector;

/// A sharing whose shares may still tell something about one party's data. Input to protocols.
pub struct Raw<T>(T);

impl<T> Raw<T> {
    pub(crate) fn new(share: T) -> Self {
        Self(share)
    }

    pub(crate) fn share(&self) -> &T {
        &self.0
    }

    pub(crate) fn into_share(self) -> T {
        self.0
    }

    /// The public shape of the shared vector.
    pub fn share_shape<V: Vector>(&self) -> V::Shape
    where
        T: Share<V>,
    {
        self.0.shape()
    }

    /// The sharing of a public linear map of the shared vectors.
    pub fn linear<V: Vector>(parts: &[&Self], map: impl Fn(&[&V]) -> V) -> Self
    where
        T: Share<V>,
    {
        let shares: Vec<&T> = parts.iter().map(|part| &part.0).collect();
        Self(T::linear(&shares, map))
    }

    /// Adds a public value; `first` is true at exactly one party.
    pub(crate) fn add_public<V: Vector>(&mut self, value: &V, first: bool)
    where
        T: Share<V>,
    {
        self.0.add_public(value, first);
    }
}

/// A sharing whose shares are uniform given the transcript, apart from their sum: after zero-sharing, or out of a
/// protocol that consumed a correlation. The only thing an output opening accepts.
pub struct Fresh<T>(T);

impl<T> Fresh<T> {
    pub(crate) fn new(share: T) -> Self {
        Self(share)
    }

    #[cfg(test)]
    pub(crate) fn share(&self) -> &T {
        &self.0
    }

    pub(crate) fn into_share(self) -> T {
        self.0
    }

    /// Goes on computing with it.
    pub fn into_raw(self) -> Raw<T> {
        Raw(self.0)
    }
}

/// A public value that a uniform correlation hides. It can be used at once in linear maps and table look-ups; no
/// branch, length or message pattern may depend on it, so outside this crate it cannot be read.
pub struct Masked<V>(V);

impl<V> Masked<V> {
    pub(crate) fn new(value: V) -> Self {
        Self(value)
    }

    pub(crate) fn public(&self) -> &V {
        &self.0
    }
}

/// An opened output whose check is still to come. `protocol::open::verify` turns it into the value.
#[must_use]
pub struct Unchecked<V>(V);

impl<V> Unchecked<V> {
    pub(crate) fn new(value: V) -> Self {
        Self(value)
    }

    pub(crate) fn into_unverified(self) -> V {
        self.0
    }
}
