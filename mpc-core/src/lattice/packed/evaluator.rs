//! The evaluator's part. For vectors y_j it answers ciphertexts c_j with `d_1 = sum of a_j y_j + p u + e` and `d_0 =
//! sum of c_j y_j + k u + mask`, u ternary, the mask uniform modulo q. Its share is `-round(t mask / q)`.

use super::codec::Codec;
use super::encoding::{Scale, Sharer};
use super::primes::{DEGREE, GROUP, MODULI, Polynomial, transform};
use super::sampling::{Common, Own, add_errors, error_words, prepare, ternary, transformed, uniform};
use super::{Shape, wire};
use crate::algebra::Word;
use crate::parallel::for_each;
use zeroize::Zeroizing;

/// What the evaluator keeps for a request.
pub(crate) struct Evaluator {
    shape: Shape,
    /// p and k, times 2^64.
    element: Polynomial,
    key: Polynomial,
    codec: Codec,
}

/// What hides the numbers in an answer, transformed.
pub(super) struct Drawn {
    pub(super) u: Polynomial,
    pub(super) errors: Polynomial,
    pub(super) mask: Polynomial,
}

impl Drawn {
    pub(super) fn new(own: &mut Own) -> Self {
        let (u, errors) = (ternary(own), error_words(own));
        Self {
            u,
            errors: transformed(|limb, values| add_errors(limb, &errors, values)),
            mask: uniform(&mut own.0),
        }
    }
}

impl Evaluator {
    /// For a request, with the stream that both sites have, at the start of the request, and the holder's key; `None`
    /// where that is no key of an honest holder.
    pub(crate) fn new(shape: Shape, common: &mut Common, key: &[u8]) -> Option<Self> {
        let mut element = uniform(&mut common.0);
        prepare(&mut element);
        let mut key = wire::read_polynomial(key)?;
        prepare(&mut key);
        Some(Self { element, key, codec: Codec::new(&shape, Scale::Factor), shape })
    }

    /// The answer to a message of the holder's, with streams of this message, and its own shares of the results; `None`
    /// where that is no message of an honest holder.
    pub(crate) fn answer<W: Word>(
        &self,
        vectors: &[&[W]],
        message: &[u8],
        common: &mut Common,
        own: &mut Own,
    ) -> Option<(Vec<u8>, Vec<W>)> {
        let numbers = vectors.first().map_or(0, |vector| vector.len());
        let units = self.shape.units(numbers);
        let mut answer = vec![0; self.shape.answer_bytes(numbers)];
        let mut slots: Vec<_> = (0..units).map(|_| None).collect();
        let received = message.chunks(self.shape.terms * wire::POLYNOMIAL);
        let sent = answer.chunks_mut(2 * wire::POLYNOMIAL);
        let streams = common.split(units).into_iter().zip(own.split(units));
        let work = slots.iter_mut().zip(received).zip(sent).zip(streams).enumerate();
        for_each(work, |(unit, (((slots, received), sent), streams))| {
            *slots = self.answer_unit(unit, vectors, received, streams, sent);
        });
        Some((answer, self.codec.shares(Sharer::Evaluator, numbers, slots)?))
    }

    /// The answer to one ciphertext of each vector, and slots of the share.
    fn answer_unit<W: Word>(
        &self,
        unit: usize,
        vectors: &[&[W]],
        received: &[u8],
        (mut common, mut own): (Common, Own),
        sent: &mut [u8],
    ) -> Option<[Zeroizing<Vec<u64>>; GROUP]> {
        let (encoding, blocks) = self.codec.block(unit, vectors);
        let coefficients: Vec<_> = blocks.iter().map(|vector| encoding.coefficients(vector)).collect();
        let elements: Vec<Polynomial> = vectors.iter().map(|_| uniform(&mut common.0)).collect();
        let ciphertexts = received.chunks(wire::POLYNOMIAL).map(wire::read_polynomial);
        let ciphertexts = ciphertexts.collect::<Option<Vec<Polynomial>>>()?;
        let Drawn { u, errors, mask } = Drawn::new(&mut own);

        let (first, second) = sent.split_at_mut(wire::POLYNOMIAL);
        let bytes = first.chunks_mut(wire::LIMB).zip(second.chunks_mut(wire::LIMB));
        let mut factor = Zeroizing::new(vec![0; DEGREE]);
        let mut sums = Zeroizing::new(vec![[0; 2]; DEGREE]);
        for (limb, (first, second)) in bytes.enumerate() {
            let modulus = MODULI[limb];
            let keys = self.element[limb].iter().zip(self.key[limb].iter()).zip(u[limb].iter());
            for (sums, ((&element, &key), &u)) in sums.iter_mut().zip(keys) {
                *sums = [element, key].map(|value| u128::from(value) * u128::from(u));
            }
            for ((coefficients, element), ciphertext) in coefficients.iter().zip(&elements).zip(&ciphertexts)
            {
                encoding.modulo(limb, coefficients, &mut factor);
                transform(limb).forwards(&mut factor);
                let values = element[limb].iter().zip(ciphertext[limb].iter()).zip(factor.iter());
                for ([first, second], ((&element, &ciphertext), &factor)) in sums.iter_mut().zip(values) {
                    *first += u128::from(element) * u128::from(factor);
                    *second += u128::from(ciphertext) * u128::from(factor);
                }
            }
            for (half, added, bytes) in [(0, &errors[limb], first), (1, &mask[limb], second)] {
                // Three products of 96 bits: below 2^64 times the prime, as the reduction needs.
                for ((value, sums), &added) in factor.iter_mut().zip(sums.iter()).zip(added.iter()) {
                    *value = modulus.add(modulus.montgomery(sums[half]), added);
                }
                wire::write(&factor, bytes);
            }
        }
        Some(self.codec.rounding(unit).negated_slots(mask))
    }
}
