//! The helper's correlations over rings: multiplication triples, of which c is corrected, and masks for comparisons, of
//! which the digits' rows are corrected.
//!
//! Bytes from the helper, to one site: ceil(k/8) an element for triples, 2 a digit of 4 bits for masks.

use super::helper::{HelperSource, encode};
use crate::algebra::{Bits, Ring, RingShape, Vector, Word};
use crate::correlation::{DIGIT_BITS, DIGIT_VALUES, DigitMasks, Place, RingSource, Triples, digits_of};
use crate::error::Result;
use crate::random::Prg;
use crate::session::step_stream;
use crate::sharing::{Additive, SemiHonest};
use futures::FutureExt;
use futures::future::BoxFuture;
use zeroize::Zeroize;

/// What a site expands from its seed for triples.
fn expand_triples<W: Word>(shape: RingShape, prg: &mut Prg) -> [Ring<W>; 3] {
    [(); 3].map(|()| Ring::random(shape, prg))
}

/// What a site expands from its seed for masks: the mask and its digits' rows.
fn expand_digits<W: Word>(shape: RingShape, prg: &mut Prg) -> (Ring<W>, Bits) {
    let mask = Ring::random(shape, prg);
    (mask, Bits::random(digit_words(shape), prg))
}

/// Words of the rows of all digits.
fn digit_words(shape: RingShape) -> usize {
    digits_of(shape.width) * DIGIT_VALUES * Bits::words_for(shape.len)
}

impl<W: Word> RingSource<SemiHonest, W> for HelperSource {
    fn triples(&self, place: Place, shape: RingShape) -> BoxFuture<'_, Result<Triples<SemiHonest, W>>> {
        async move {
            let [a, b, mut c] = expand_triples(shape, &mut step_stream(&self.seed, place.tag));
            self.correct(&place, &mut c).await?;
            Ok(Triples { a: Additive::new(a), b: Additive::new(b), c: Additive::new(c) })
        }
        .boxed()
    }

    fn digit_masks(
        &self,
        place: Place,
        shape: RingShape,
    ) -> BoxFuture<'_, Result<DigitMasks<SemiHonest, W>>> {
        async move {
            let (mask, mut digits) = expand_digits(shape, &mut step_stream(&self.seed, place.tag));
            self.correct(&place, &mut digits).await?;
            Ok(DigitMasks { mask: Additive::new(mask), digits: Additive::new(digits) })
        }
        .boxed()
    }
}

/// The corrected site's c, encoded. Each stream comes with whether it is the corrected site's.
pub(super) fn triples_correction(word: u32, shape: RingShape, streams: Vec<(bool, Prg)>) -> Vec<u8> {
    match word {
        u32::BITS => encode(product_correction::<u32>(shape, streams)),
        u64::BITS => encode(product_correction::<u64>(shape, streams)),
        _ => encode(product_correction::<u128>(shape, streams)),
    }
}

fn product_correction<W: Word>(shape: RingShape, streams: Vec<(bool, Prg)>) -> Ring<W> {
    let (mut a, mut b, mut others) = (Ring::<W>::zeros(shape), Ring::zeros(shape), Ring::zeros(shape));
    for (corrected, mut stream) in streams {
        let mut shares = expand_triples(shape, &mut stream);
        let [share_a, share_b, share_c] = &shares;
        a.add_assign(share_a);
        b.add_assign(share_b);
        if !corrected {
            others.add_assign(share_c);
        }
        shares.zeroize();
    }
    a.mul_assign(&b);
    a.sub_assign(&others);
    b.zeroize();
    others.zeroize();
    a
}

/// The corrected site's rows of digits.
pub(super) fn digits_correction(word: u32, shape: RingShape, streams: Vec<(bool, Prg)>) -> Bits {
    match word {
        u32::BITS => rows_correction::<u32>(shape, streams),
        u64::BITS => rows_correction::<u64>(shape, streams),
        _ => rows_correction::<u128>(shape, streams),
    }
}

fn rows_correction<W: Word>(shape: RingShape, streams: Vec<(bool, Prg)>) -> Bits {
    let mut mask = Ring::<W>::zeros(shape);
    let mut rows = Bits::zeros(digit_words(shape));
    for (corrected, mut stream) in streams {
        let (mut share, mut share_rows) = expand_digits::<W>(shape, &mut stream);
        mask.add_assign(&share);
        if !corrected {
            rows.add_assign(&share_rows);
        }
        share.zeroize();
        share_rows.zeroize();
    }
    let words = Bits::words_for(shape.len);
    let rows_mut = rows.words_mut();
    for digit in 0..digits_of(shape.width) {
        for (index, element) in mask.values().iter().enumerate() {
            let value = element.bits((digit * DIGIT_BITS) as u32, DIGIT_BITS as u32) as usize;
            if let Some(word) = rows_mut.get_mut((digit * DIGIT_VALUES + value) * words + index / 64) {
                *word ^= 1 << (index % 64);
            }
        }
    }
    mask.zeroize();
    rows
}
