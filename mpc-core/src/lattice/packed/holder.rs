//! The holder's part. Its key is `k = p s + e`, s ternary; a vector x_j of a ciphertext is sent as
//! `c_j = a_j s + e_j + q x_j / t`, a_j and p uniform and known to both. From the answer d_1, d_0 its share is
//! `round(t (d_0 - d_1 s) / q)`.

use super::codec::Codec;
use super::encoding::{Scale, Sharer};
use super::primes::{DEGREE, MODULI, Polynomial, transform};
use super::sampling::{Common, Own, add_errors, error_words, prepare, ternary, transformed, uniform};
use super::{Shape, wire};
use crate::algebra::Word;
use crate::parallel::for_each;
use zeroize::Zeroizing;

/// What the holder keeps for a request.
pub(crate) struct Holder {
    shape: Shape,
    /// The secret, times 2^64.
    secret: Polynomial,
    codec: Codec,
}

impl Holder {
    /// For a request, with the stream that both sites have, at the start of the request, and one that only this site
    /// has; and the key that goes to the evaluator.
    pub(crate) fn new(shape: Shape, common: &mut Common, own: &mut Own) -> (Self, Vec<u8>) {
        let mut secret = ternary(own);
        prepare(&mut secret);
        let errors = error_words(own);
        let errors = transformed(|limb, values| add_errors(limb, &errors, values));
        let mut key = vec![0; Shape::KEY_BYTES];
        let limbs = uniform(&mut common.0).into_iter().zip(errors).enumerate();
        for ((limb, (element, mut sums)), bytes) in limbs.zip(key.chunks_mut(wire::LIMB)) {
            add_products(limb, &element, &secret[limb], &mut sums);
            wire::write(&sums, bytes);
        }
        let holder = Self { secret, codec: Codec::new(&shape, Scale::Encrypted), shape };
        (holder, key)
    }

    /// A message with encryptions of some blocks of its vectors, with streams of this message.
    pub(crate) fn encrypt<W: Word>(&self, vectors: &[&[W]], common: &mut Common, own: &mut Own) -> Vec<u8> {
        let numbers = vectors.first().map_or(0, |vector| vector.len());
        let units = self.shape.units(numbers);
        let mut message = vec![0; self.shape.encrypted_bytes(numbers)];
        let of_unit = self.shape.terms * wire::POLYNOMIAL;
        let streams = common.split(units).into_iter().zip(own.split(units));
        for_each(
            message.chunks_mut(of_unit).zip(streams).enumerate(),
            |(unit, (bytes, (mut common, mut own)))| {
                let (encoding, blocks) = self.codec.block(unit, vectors);
                for (numbers, bytes) in blocks.into_iter().zip(bytes.chunks_mut(wire::POLYNOMIAL)) {
                    let coefficients = encoding.coefficients(numbers);
                    let errors = error_words(&mut own);
                    let limbs = uniform(&mut common.0).into_iter().enumerate();
                    let mut sums = Zeroizing::new(vec![0; DEGREE]);
                    for ((limb, element), bytes) in limbs.zip(bytes.chunks_mut(wire::LIMB)) {
                        encoding.modulo(limb, &coefficients, &mut sums);
                        add_errors(limb, &errors, &mut sums);
                        transform(limb).forwards(&mut sums);
                        add_products(limb, &element, &self.secret[limb], &mut sums);
                        wire::write(&sums, bytes);
                    }
                }
            },
        );
        message
    }

    /// Its shares of so many results, from the answer to a message; `None` where that is no answer of an honest
    /// evaluator.
    pub(crate) fn shares<W: Word>(&self, numbers: usize, answer: &[u8]) -> Option<Vec<W>> {
        let units = answer.chunks(2 * wire::POLYNOMIAL);
        let mut slots: Vec<_> = units.clone().map(|_| None).collect();
        for_each(slots.iter_mut().zip(units).enumerate(), |(unit, (slots, bytes))| {
            *slots = self.open(bytes).map(|masked| self.codec.rounding(unit).slots(masked));
        });
        self.codec.shares(Sharer::Holder, numbers, slots)
    }

    /// `d_0 - d_1 s`, transformed.
    pub(super) fn open(&self, bytes: &[u8]) -> Option<Polynomial> {
        let (first, second) = bytes.split_at_checked(wire::POLYNOMIAL)?;
        let (first, mut second) = (wire::read_polynomial(first)?, wire::read_polynomial(second)?);
        for (limb, values) in second.iter_mut().enumerate() {
            let modulus = MODULI[limb];
            for ((value, &first), &secret) in
                values.iter_mut().zip(first[limb].iter()).zip(self.secret[limb].iter())
            {
                let product = modulus.montgomery(u128::from(first) * u128::from(secret));
                *value = modulus.subtract(*value, product);
            }
        }
        Some(second)
    }
}

/// Adds products of transformed polynomials, of which one factor has 2^64 in it.
fn add_products(limb: usize, element: &[u64], secret: &[u64], sums: &mut [u64]) {
    let modulus = MODULI[limb];
    for ((sum, &element), &secret) in sums.iter_mut().zip(element).zip(secret) {
        *sum = modulus.add(*sum, modulus.montgomery(u128::from(element) * u128::from(secret)));
    }
}
