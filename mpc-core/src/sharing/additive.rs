//! Additive shares: the shared vector is the sum of all parties' parts.

use super::Share;
use crate::algebra::Vector;

/// One party's summand, wiped when dropped.
pub struct Additive<V: Vector>(V);

impl<V: Vector> Additive<V> {
    /// This party's summand.
    pub(crate) fn new(summand: V) -> Self {
        Self(summand)
    }
}

impl<V: Vector> Share<V> for Additive<V> {
    fn shape(&self) -> V::Shape {
        self.0.shape()
    }

    fn opening(&self) -> &V {
        &self.0
    }

    fn add_public(&mut self, value: &V, first: bool) {
        if first {
            self.0.add_assign(value);
        }
    }

    fn linear(parts: &[&Self], map: impl Fn(&[&V]) -> V) -> Self {
        let summands: Vec<&V> = parts.iter().map(|part| &part.0).collect();
        Self(map(&summands))
    }
}

impl<V: Vector> Drop for Additive<V> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
