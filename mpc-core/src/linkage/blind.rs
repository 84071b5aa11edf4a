//! Identifiers as points of Ristretto255, and exponents that blind them. The local part, on all cores.

use super::normalise::Identifier;
use super::refusal::Refusal;
use crate::kernels::ristretto;
use crate::parallel::for_each;
use crate::random::{Domain, Prg, hash::Hasher};
use crate::step::SessionId;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

pub(super) use crate::kernels::ristretto::Element;

/// Elements that a thread takes at a time.
const CHUNK: usize = 256;

/// A secret exponent.
pub(super) struct Exponent(Zeroizing<Scalar>);

impl Exponent {
    /// A random exponent. It is zero with probability 2^-252, which is not tested for.
    pub(super) fn draw(randomness: &mut Prg) -> Self {
        let wide = Zeroizing::new(randomness.array::<64>());
        Self(Zeroizing::new(Scalar::from_bytes_mod_order_wide(&wide)))
    }

    /// The exponent that changes nothing.
    #[cfg(test)]
    pub(super) fn one() -> Self {
        Self(Zeroizing::new(Scalar::ONE))
    }

    /// Both exponents, one after the other.
    pub(super) fn times(&self, other: &Self) -> Self {
        Self(Zeroizing::new(*self.0 * *other.0))
    }

    /// This exponent after `other` was taken away.
    pub(super) fn over(&self, other: &Self) -> Self {
        let inverse = Zeroizing::new(other.0.invert());
        Self(Zeroizing::new(*self.0 * *inverse))
    }

    /// Blinds elements that a peer sent, in their order.
    pub(super) fn blind(&self, elements: &[Element]) -> Result<Vec<Element>, Refusal> {
        let mut out = vec![Element::default(); elements.len()];
        let parts = elements.chunks(CHUNK).zip(out.chunks_mut(CHUNK));
        all(parts, |(from, to)| ristretto::multiply(&self.0, from, to))?;
        Ok(out)
    }
}

/// Whether all elements are points other than the neutral one.
pub(super) fn check(elements: &[Element]) -> Result<(), Refusal> {
    all(elements.chunks(CHUNK), ristretto::check)
}

/// Does all parts; a fault of any is the result.
fn all<T: Send>(
    parts: impl ExactSizeIterator<Item = T> + Send,
    work: impl Fn(T) -> Result<(), ristretto::Fault> + Sync,
) -> Result<(), Refusal> {
    let fault = Mutex::new(None);
    for_each(parts, |part| {
        if let Err(found) = work(part) {
            *fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        }
    });
    fault.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), |fault| Err(fault.into()))
}

/// The points of identifiers in this session, not blinded and under each exponent.
pub(super) fn points<const N: usize>(
    session: &SessionId,
    ids: &[Identifier],
    exponents: [&Exponent; N],
) -> (Zeroizing<Vec<Element>>, [Vec<Element>; N]) {
    let mut plain = Zeroizing::new(vec![Element::default(); ids.len()]);
    let mut blinded = exponents.map(|_| vec![Element::default(); ids.len()]);
    {
        let mut rest = blinded.each_mut().map(|list| list.chunks_mut(CHUNK));
        let parts: Vec<_> = ids
            .chunks(CHUNK)
            .zip(plain.chunks_mut(CHUNK))
            .map(|(ids, plain)| (ids, plain, rest.each_mut().map(|list| list.next().unwrap_or_default())))
            .collect();
        for_each(parts.into_iter(), |(ids, plain, blinded)| {
            hash(session, ids, plain);
            for (out, exponent) in blinded.into_iter().zip(exponents) {
                // Points that were made here have no fault, but that one is neutral with probability 2^-252, which is not
                // tested for: zeros would be left of it, which every other site refuses.
                let _ = ristretto::multiply(&exponent.0, plain, out);
            }
        });
    }
    (plain, blinded)
}

/// Encodes the points of identifiers: a random oracle into the group (RFC 9496, section 4.3.4).
///
/// Encoding many points at once costs a seventh of encoding them one by one, but gives the double of each: what is hashed to is
/// the half of the point.
fn hash(session: &SessionId, ids: &[Identifier], out: &mut [Element]) {
    let half = |id: &Identifier| {
        let hasher = Hasher::new(Domain::LinkagePoint).part(&session.0).part(id.as_bytes());
        RistrettoPoint::from_uniform_bytes(&Zeroizing::new(hasher.finish_wide()))
    };
    let halves: Zeroizing<Vec<RistrettoPoint>> = Zeroizing::new(ids.iter().map(half).collect());
    for (out, encoded) in out.iter_mut().zip(RistrettoPoint::double_and_compress_batch(&*halves)) {
        *out = encoded.to_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::normalise::Normalisation;
    use crate::random::Seed;

    const SESSION: SessionId = SessionId([3; 32]);

    fn ids(count: usize) -> Vec<Identifier> {
        (0..count).map(|id| Normalisation::IdV1.apply(&[id.to_string().as_bytes()]).unwrap()).collect()
    }

    fn exponents() -> [Exponent; 2] {
        let mut prg = Prg::new(Seed::from_bytes([5; 32]));
        [Exponent::draw(&mut prg), Exponent::draw(&mut prg)]
    }

    #[test]
    fn exponents_commute_and_can_be_taken_away() {
        let [a, b] = exponents();
        for count in [0, 1, CHUNK, 2 * CHUNK + 1] {
            let (plain, [under_a, under_b]) = points(&SESSION, &ids(count), [&a, &b]);
            assert!(check(&plain).is_ok());
            assert_eq!(a.blind(&plain).unwrap(), under_a);
            let both = a.blind(&under_b).unwrap();
            assert_eq!(b.blind(&under_a).unwrap(), both);
            assert_eq!(a.times(&b).blind(&plain).unwrap(), both);
            assert_eq!(a.over(&b).blind(&under_b).unwrap(), under_a);
            assert_eq!(Exponent::one().blind(&plain).unwrap(), *plain);
            let all: std::collections::HashSet<_> =
                [&plain[..], &under_a, &under_b, &both].concat().into_iter().collect();
            assert_eq!(all.len(), 4 * count);
        }
    }

    #[test]
    fn points_belong_to_a_session() {
        let [one, other] = [SESSION, SessionId([4; 32])].map(|session| points(&session, &ids(9), []).0);
        assert!(one.iter().all(|element| !other.contains(element)));
    }

    #[test]
    fn what_is_no_point_is_refused_wherever_it_stands() {
        let [a, _] = exponents();
        let (plain, []) = points(&SESSION, &ids(CHUNK + 2), []);
        let mut prime = [0xff; 32];
        (prime[0], prime[31]) = (0xed, 0x7f);
        let mut one = [0; 32];
        one[0] = 1;
        // The neutral element; another encoding of it; a negative number; a number above the prime.
        let wrong = [[0; 32], prime, one, [0xff; 32]];
        for (wrong, refusal) in
            wrong.into_iter().zip([Refusal::Neutral, Refusal::NoPoint, Refusal::NoPoint, Refusal::NoPoint])
        {
            for place in [0, CHUNK - 1, CHUNK + 1] {
                let mut list = plain.to_vec();
                list[place] = wrong;
                assert_eq!(a.blind(&list), Err(refusal));
                assert_eq!(check(&list), Err(refusal));
            }
        }
    }
}
