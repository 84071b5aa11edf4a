//! Ristretto255 (RFC 9496): many elements, each times the same secret scalar. In constant time.

mod portable;

#[cfg(target_arch = "x86_64")]
mod ifma;

use super::level::GroupLevel;
use curve25519_dalek::scalar::Scalar;
use std::sync::OnceLock;

/// An encoded element.
pub(crate) type Element = [u8; 32];

/// Why elements are refused.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// One is not the canonical encoding of a point.
    NoPoint,
    /// One is the neutral element.
    Neutral,
}

/// The generator, which fills lanes.
#[cfg(target_arch = "x86_64")]
const GENERATOR: Element = curve25519_dalek::constants::RISTRETTO_BASEPOINT_COMPRESSED.0;

/// Multiplies elements by a scalar.
///
/// # Safety
/// The processor has the features of the level that the function is for. Both lists have the same length.
type Multiply = unsafe fn(&Scalar, &[Element], &mut [Element]) -> Result<(), Fault>;

/// Holds elements to be points other than the neutral one.
///
/// # Safety
/// The processor has the features of the level that the function is for.
type Check = unsafe fn(&[Element]) -> Result<(), Fault>;

/// One form.
struct Group {
    multiply: Multiply,
    check: Check,
}

impl Group {
    /// The form of a level. To call its functions is sound where [`GroupLevel::supported`] lists the level.
    fn at(level: GroupLevel) -> Self {
        match level {
            GroupLevel::Portable => Self { multiply: portable::multiply, check: portable::check },
            #[cfg(target_arch = "x86_64")]
            GroupLevel::Ifma => Self { multiply: ifma::multiply, check: ifma::check },
        }
    }

    /// The widest form that this processor supports.
    fn widest() -> &'static Self {
        static WIDEST: OnceLock<Group> = OnceLock::new();
        WIDEST
            .get_or_init(|| Self::at(GroupLevel::supported().last().copied().unwrap_or(GroupLevel::Portable)))
    }
}

/// Multiplies elements by a scalar, up to the length of the shorter list. Fails with the fault of the first element that has
/// one; what was written then is of no use.
pub(crate) fn multiply(scalar: &Scalar, from: &[Element], to: &mut [Element]) -> Result<(), Fault> {
    let length = from.len().min(to.len());
    // SAFETY: the widest form is one that the processor supports, and both lists were cut to one length.
    unsafe { (Group::widest().multiply)(scalar, &from[..length], &mut to[..length]) }
}

/// Whether all elements are points other than the neutral one; else, the fault of the first that is not.
pub(crate) fn check(elements: &[Element]) -> Result<(), Fault> {
    // SAFETY: the widest form is one that the processor supports.
    unsafe { (Group::widest().check)(elements) }
}

#[cfg(test)]
mod tests;
