//! x86 with 52-bit multiplication: eight elements at once, one in each lane of AVX-512. Every step, roots too, is done for
//! all lanes, and all of it in constant time.

mod coding;
mod field;
mod point;

use super::{Element, Fault, GENERATOR};
use coding::Decoded;
use curve25519_dalek::scalar::Scalar;
use point::{Extended, Table};
use zeroize::Zeroizing;

/// Elements at once.
const LANES: usize = 8;

/// Digits of a scalar.
const DIGITS: usize = 64;

/// # Safety
/// The processor has the features named.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn multiply(scalar: &Scalar, from: &[Element], to: &mut [Element]) -> Result<(), Fault> {
    let digits = digits(scalar);
    for (from, to) in from.chunks(LANES).zip(to.chunks_mut(LANES)) {
        let decoded = coding::decode(&padded(from));
        refuse(&decoded)?;
        let product = coding::encode(times(decoded.points, &digits));
        to.copy_from_slice(&product[..to.len()]);
    }
    Ok(())
}

/// # Safety
/// The processor has the features named.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn check(elements: &[Element]) -> Result<(), Fault> {
    elements.chunks(LANES).try_for_each(|elements| refuse(&coding::decode(&padded(elements))))
}

/// Elements, and as many more as fill the lanes.
fn padded(elements: &[Element]) -> [Element; LANES] {
    let mut padded = [GENERATOR; LANES];
    padded[..elements.len()].copy_from_slice(elements);
    padded
}

/// The fault of the first lane that has one.
fn refuse(decoded: &Decoded) -> Result<(), Fault> {
    let valid = decoded.valid.trailing_ones();
    let neutral = decoded.neutral.trailing_zeros();
    if valid.min(neutral) >= LANES as u32 {
        Ok(())
    } else if neutral < valid {
        Err(Fault::Neutral)
    } else {
        Err(Fault::NoPoint)
    }
}

/// Digits of a scalar to base 16, least first, from -8 to 7 each.
fn digits(scalar: &Scalar) -> Zeroizing<[i8; DIGITS]> {
    let bytes = Zeroizing::new(scalar.to_bytes());
    let mut digits = Zeroizing::new([0; DIGITS]);
    for (two, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(bytes.iter()) {
        *two = [byte & 15, byte >> 4].map(u8::cast_signed);
    }
    // Nothing is carried from the last digit, as scalars are below 2^253.
    let mut carry = 0;
    for digit in digits.iter_mut() {
        *digit += carry;
        carry = (*digit + 8) >> 4;
        *digit -= carry << 4;
    }
    digits
}

/// So many times the points.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn times(points: Extended, digits: &[i8; DIGITS]) -> Extended {
    let table = Table::new(points);
    let [rest @ .., last] = digits;
    let mut sum = Extended::neutral().add(&table.times(*last));
    for digit in rest.iter().rev() {
        let mut projective = sum.projective();
        for _ in 0..3 {
            projective = projective.double().projective();
        }
        sum = projective.double().extended().add(&table.times(*digit));
    }
    sum.extended()
}
