//! What a site makes of its own identifiers, and its secrets of a session.

use super::blind::{Element, Exponent, points};
use super::normalise::Identifier;
use crate::error::{Error, Result};
use crate::random::Prg;
use crate::step::SessionId;
use zeroize::Zeroizing;

/// A site's exponents of one session.
pub(super) struct Keys {
    /// Under which lists are compared.
    pub(super) first: Exponent,
    /// That makes rows of what was compared.
    pub(super) second: Exponent,
    /// Under which the site's own names are looked up.
    pub(super) once: Exponent,
}

impl Keys {
    /// Three random exponents.
    pub(super) fn draw(randomness: &mut Prg) -> Self {
        let [first, second, once] = std::array::from_fn(|_| Exponent::draw(randomness));
        Self { first, second, once }
    }
}

/// The elements of a site's own identifiers, each list ascending.
pub(super) struct Own {
    /// Not blinded. Everybody could try identifiers on these, so they stay here and are wiped.
    pub(super) plain: Zeroizing<Vec<Element>>,
    /// Under the first exponent: the site's set.
    pub(super) first: Vec<Element>,
    /// Under the one-time exponent: the names to look up.
    pub(super) once: Vec<Element>,
    /// The place among the identifiers of each of `once`.
    pub(super) order: Vec<usize>,
}

impl Own {
    /// # Errors
    /// A fault of the caller, where an identifier is there twice.
    pub(super) fn new(session: &SessionId, ids: &[Identifier], keys: &Keys) -> Result<Self> {
        let (mut plain, [mut first, once]) = points(session, ids, [&keys.first, &keys.once]);
        plain.sort_unstable();
        first.sort_unstable();
        let mut once: Vec<(Element, usize)> = once.into_iter().zip(0..).collect();
        once.sort_unstable();
        if !plain.is_sorted_by(|one, next| one < next) {
            return Err(Error::Internal("an identifier is there twice"));
        }
        let (once, order) = once.into_iter().unzip();
        Ok(Self { plain, first, once, order })
    }

    /// All elements that no other site can make, or may send back.
    pub(super) fn lists(&self) -> [&[Element]; 3] {
        [&self.plain, &self.first, &self.once]
    }
}
