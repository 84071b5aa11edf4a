//! What one party holds of a shared vector, and the states in which a value may be shared or opened.
//!
//! The security level is one type parameter: protocols are written over [`Security`] and its shares, so that
//! authenticated shares change no protocol.

mod additive;
mod state;

pub use additive::Additive;
pub use state::{Fresh, Masked, Raw, Unchecked};

use crate::algebra::Vector;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::SemiHonest {}
}

/// A security level, as a type.
pub trait Security: sealed::Sealed + Sized + Send + Sync + 'static {
    /// Name in results, session hash and errors.
    const NAME: &'static str;

    /// One party's share of a vector.
    type Share<V: Vector>: Share<V>;
}

/// Every party follows the protocol; up to all but one may pool what they see.
pub enum SemiHonest {}

/// Parties may deviate in any way. Oblivious transfers exist at this level (`source::ot_extension::malicious`); shares do
/// not, so it is no [`Security`].
pub enum Malicious {}

impl Security for SemiHonest {
    const NAME: &'static str = "semi-honest";
    type Share<V: Vector> = Additive<V>;
}

/// One party's share of a vector: wiped when dropped, never printed, never copied.
pub trait Share<V: Vector>: Send + Sync + Sized + 'static {
    /// The public shape of the shared vector.
    fn shape(&self) -> V::Shape;

    /// The part that is sent when the value is opened.
    fn opening(&self) -> &V;

    /// Adds a public value. All parties call this; `first` is true at exactly one of them.
    fn add_public(&mut self, value: &V, first: bool);

    /// The sharing of `map` of the shared vectors. `map` must be public, and linear over the group.
    fn linear(parts: &[&Self], map: impl Fn(&[&V]) -> V) -> Self;
}

/// The sum of two sharings.
pub fn add<V: Vector, T: Share<V>>(a: &T, b: &T) -> T {
    T::linear(&[a, b], |parts| {
        let [a, b] = parts else { return V::default() };
        let mut sum = V::clone(a);
        sum.add_assign(b);
        sum
    })
}
