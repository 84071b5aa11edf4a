//! Identifiers as points of Ristretto255, and exponents that blind them. The local part, on all cores.
//!
//! Encoding many points at once costs a seventh of encoding them one by one, but gives the double of each. So the halves of
//! points and of exponents are kept, and what is encoded is the right one.

use super::normalise::Identifier;
use super::refusal::Refusal;
use crate::parallel::for_each;
use crate::random::{Domain, Prg, hash::Hasher};
use crate::step::SessionId;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

/// An encoded point.
pub(super) type Element = [u8; 32];

/// Elements that a thread takes at a time.
const CHUNK: usize = 256;

/// A secret exponent, as its half.
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
        Self(Zeroizing::new(Scalar::from(2_u8).invert()))
    }

    fn whole(&self) -> Zeroizing<Scalar> {
        Zeroizing::new(*self.0 + *self.0)
    }

    /// Both exponents, one after the other.
    pub(super) fn times(&self, other: &Self) -> Self {
        Self(Zeroizing::new(*self.0 * *other.whole()))
    }

    /// This exponent after `other` was taken away.
    pub(super) fn over(&self, other: &Self) -> Self {
        Self(Zeroizing::new(*self.0 * other.whole().invert()))
    }

    /// Blinds elements that a peer sent, in their order.
    pub(super) fn blind(&self, elements: &[Element]) -> Result<Vec<Element>, Refusal> {
        let mut out = vec![Element::default(); elements.len()];
        let refusal = Mutex::new(None);
        for_each(elements.chunks(CHUNK).zip(out.chunks_mut(CHUNK)), |(from, to)| {
            match from.iter().map(|element| Ok(*self.0 * decode(element)?)).collect::<Result<Vec<_>, _>>() {
                Ok(halves) => encode(&halves, to),
                Err(found) => *refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(found),
            }
        });
        match refusal.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(refusal) => Err(refusal),
            None => Ok(out),
        }
    }
}

/// The point of a canonical encoding, if it is not the neutral one.
fn decode(element: &Element) -> Result<RistrettoPoint, Refusal> {
    let point = CompressedRistretto(*element).decompress().ok_or(Refusal::NoPoint)?;
    if point.is_identity() { Err(Refusal::Neutral) } else { Ok(point) }
}

/// Whether all elements are points other than the neutral one.
pub(super) fn check(elements: &[Element]) -> Result<(), Refusal> {
    let refusal = Mutex::new(None);
    for_each(elements.chunks(CHUNK), |part| {
        if let Some(found) = part.iter().find_map(|element| decode(element).err()) {
            *refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        }
    });
    refusal.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Encodes the doubles of points.
fn encode(halves: &[RistrettoPoint], out: &mut [Element]) {
    for (out, encoded) in out.iter_mut().zip(RistrettoPoint::double_and_compress_batch(halves)) {
        *out = encoded.to_bytes();
    }
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
            let halves: Zeroizing<Vec<RistrettoPoint>> =
                Zeroizing::new(ids.iter().map(|id| half_point(session, id)).collect());
            encode(&halves, plain);
            for (out, exponent) in blinded.into_iter().zip(exponents) {
                let whole = exponent.whole();
                let raised: Vec<RistrettoPoint> = halves.iter().map(|half| *whole * half).collect();
                encode(&raised, out);
            }
        });
    }
    (plain, blinded)
}

/// Half of the point of an identifier: a random oracle into the group (RFC 9496, section 4.3.4).
fn half_point(session: &SessionId, id: &Identifier) -> RistrettoPoint {
    let hasher = Hasher::new(Domain::LinkagePoint).part(&session.0).part(id.as_bytes());
    RistrettoPoint::from_uniform_bytes(&Zeroizing::new(hasher.finish_wide()))
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
