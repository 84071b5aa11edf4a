//! GF(2^128): polynomials over GF(2) modulo x^128 + x^7 + x^2 + x + 1. Bit i of an element is the coefficient of x^i.
//!
//! What is quick is what a hash of many rows takes: each row, as elements, times the same factors, added up. Products are
//! added up before they are reduced.

mod portable;

#[cfg(target_arch = "x86_64")]
mod x86;

use super::cipher::{BLOCKS, Row};
use super::level::FieldLevel;
use std::sync::OnceLock;
use zeroize::Zeroize;

/// Sum of products that are not reduced: the first number, plus x^64 times the second, plus x^128 times the third.
#[derive(Copy, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sum([u128; 3]);

impl Zeroize for Sum {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl Sum {
    /// The element.
    pub(crate) fn reduce(&self) -> u128 {
        let [low, middle, high] = self.0;
        let (low, high) = (low ^ middle << 64, high ^ middle >> 64);
        // x^128 is 1 + x + x^2 + x^7; what that moves beyond bit 127 is moved once more.
        let high = high ^ high >> 127 ^ high >> 126 ^ high >> 121;
        low ^ high ^ high << 1 ^ high << 2 ^ high << 7
    }
}

/// Adds to each sum the elements of its row times the factors.
///
/// # Safety
/// The processor has the features of the level that the function is for.
type MultiplyAdd = unsafe fn(&[Row], &[u128; BLOCKS], &mut [Sum]);

/// The form of a level.
fn at(level: FieldLevel) -> MultiplyAdd {
    match level {
        FieldLevel::Portable => portable::multiply_add,
        #[cfg(target_arch = "x86_64")]
        FieldLevel::Clmul => x86::multiply_add,
    }
}

/// Adds to each sum the four elements of its row, each times its factor.
pub(crate) fn multiply_add(rows: &[Row], factors: &[u128; BLOCKS], sums: &mut [Sum]) {
    static WIDEST: OnceLock<MultiplyAdd> = OnceLock::new();
    let widest =
        WIDEST.get_or_init(|| at(FieldLevel::supported().last().copied().unwrap_or(FieldLevel::Portable)));
    // SAFETY: the widest form is one that the processor supports.
    unsafe { widest(rows, factors, sums) }
}

/// The product of two elements.
pub(crate) fn multiply(a: u128, b: u128) -> u128 {
    let mut sum = [Sum::default()];
    multiply_add(&[[a as u64, (a >> 64) as u64, 0, 0, 0, 0, 0, 0]], &[b, 0, 0, 0], &mut sum);
    sum[0].reduce()
}

#[cfg(test)]
mod tests {
    use super::super::cipher::LANES;
    use super::*;
    use crate::test_world::random_words;

    /// Bit by bit, from the definition.
    fn product(a: u128, b: u128) -> u128 {
        let (mut power, mut out) = (a, 0);
        for bit in 0..128 {
            out ^= if b >> bit & 1 == 1 { power } else { 0 };
            power = power << 1 ^ if power >> 127 == 1 { 0x87 } else { 0 };
        }
        out
    }

    fn element(words: [u64; 2]) -> u128 {
        u128::from(words[1]) << 64 | u128::from(words[0])
    }

    fn elements(seed: u8, count: usize) -> Vec<u128> {
        let mut out = vec![0, 1, 2, u128::MAX, 1 << 127, 1 << 64, 1 << 63, u128::from(u64::MAX)];
        out.extend(random_words(seed, 2 * count).as_chunks().0.iter().map(|words| element(*words)));
        out
    }

    #[test]
    fn products_follow_the_definition() {
        assert_eq!(multiply(1 << 127, 2), 0x87);
        for a in elements(1, 20) {
            for b in elements(2, 20) {
                assert_eq!(multiply(a, b), product(a, b), "{a:x} {b:x}");
            }
        }
    }

    #[test]
    fn it_is_a_field() {
        for a in elements(3, 3).into_iter().skip(1) {
            // The power 2^128 - 2 is the inverse.
            let (mut power, mut inverse) = (a, 1);
            for _ in 1..128 {
                power = multiply(power, power);
                inverse = multiply(inverse, power);
            }
            assert_eq!(multiply(a, inverse), 1);
        }
    }

    #[test]
    fn every_form_adds_the_same_products() {
        let mut rows = [[0; LANES]; 5];
        rows.as_flattened_mut().copy_from_slice(&random_words(4, 5 * LANES));
        rows[3] = [u64::MAX; LANES];
        for factors in [[u128::MAX; BLOCKS], [1, 0, 0, 1 << 127], [3, 1 << 64, 7 << 60, 1]] {
            let expected = rows.map(|row| {
                let products = row.as_chunks().0.iter().zip(factors);
                products.fold(0, |sum, (words, factor)| sum ^ product(element(*words), factor))
            });
            for level in FieldLevel::supported() {
                let mut sums = [Sum::default(); 5];
                // SAFETY: the level is supported.
                unsafe { at(level)(&rows, &factors, &mut sums) };
                assert!(sums.map(|sum| sum.reduce()) == expected, "{level:?}");
                // SAFETY: as above.
                unsafe { at(level)(&rows, &factors, &mut sums) };
                assert!(sums.map(|sum| sum.reduce()) == [0; 5], "{level:?}: added, not replaced");
            }
        }
    }
}
