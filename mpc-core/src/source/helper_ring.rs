//! The helper's correlations over rings. What all but one site hold is expanded from seeds; sent is, to the corrected
//! site: c of triples and squares, the ring shares of double bits, and the digits' rows of masks.
//!
//! Bytes from the helper, to one site: ceil(k/8) for each sum of products, square and double bit; 2 for each digit of 4
//! bits of a mask.

use super::helper::{HelperSource, encode};
use crate::algebra::{Bits, Planes, Ring, RingShape, Vector, Word};
use crate::correlation::{
    DIGIT_BITS, DIGIT_VALUES, DigitMasks, DoubleBits, Place, Request, RingSource, Squares, Triples, digits_of,
};
use crate::error::Result;
use crate::random::Prg;
use crate::session::step_stream;
use crate::sharing::{Additive, SemiHonest};
use futures::FutureExt;
use futures::future::BoxFuture;
use zeroize::Zeroize;

/// Shape of the sums of products of factors of a shape.
fn sums(shape: RingShape, run: usize) -> RingShape {
    RingShape { width: shape.width, len: shape.len / run.max(1) }
}

/// Words of the rows of all digits.
fn digit_words(shape: RingShape) -> usize {
    digits_of(shape.width) * DIGIT_VALUES * Bits::words_for(shape.len)
}

impl<W: Word> RingSource<SemiHonest, W> for HelperSource {
    fn triples(
        &self,
        place: Place,
        shape: RingShape,
        run: usize,
    ) -> BoxFuture<'_, Result<Triples<SemiHonest, W>>> {
        async move {
            let mut prg = step_stream(&self.seed, place.tag);
            let (a, b) = (Ring::random(shape, &mut prg), Ring::random(shape, &mut prg));
            let c = self.corrected(&place, sums(shape, run), prg).await?;
            Ok(Triples { a: Additive::new(a), b: Additive::new(b), c: Additive::new(c) })
        }
        .boxed()
    }

    fn squares(&self, place: Place, shape: RingShape) -> BoxFuture<'_, Result<Squares<SemiHonest, W>>> {
        async move {
            let mut prg = step_stream(&self.seed, place.tag);
            let a = Ring::random(shape, &mut prg);
            let c = self.corrected(&place, shape, prg).await?;
            Ok(Squares { a: Additive::new(a), c: Additive::new(c) })
        }
        .boxed()
    }

    fn double_bits(
        &self,
        place: Place,
        shape: RingShape,
    ) -> BoxFuture<'_, Result<DoubleBits<SemiHonest, W>>> {
        async move {
            let mut prg = step_stream(&self.seed, place.tag);
            let boolean = Bits::random(Bits::words_for(shape.len), &mut prg);
            let arithmetic = self.corrected(&place, shape, prg).await?;
            Ok(DoubleBits { boolean: Additive::new(boolean), arithmetic: Additive::new(arithmetic) })
        }
        .boxed()
    }

    fn digit_masks(
        &self,
        place: Place,
        shape: RingShape,
    ) -> BoxFuture<'_, Result<DigitMasks<SemiHonest, W>>> {
        async move {
            let mut prg = step_stream(&self.seed, place.tag);
            let mask = Ring::random(shape, &mut prg);
            let digits = self.corrected(&place, digit_words(shape), prg).await?;
            Ok(DigitMasks { mask: Additive::new(mask), digits: Additive::new(digits) })
        }
        .boxed()
    }
}

/// The corrected site's share, encoded; each stream comes with whether it is that site's. `None` where the request is
/// not for a ring.
pub(super) fn correction(request: &Request, streams: Vec<(bool, Prg)>) -> Option<Vec<u8>> {
    let word = match request {
        Request::Triples { word, .. }
        | Request::Squares { word, .. }
        | Request::DoubleBits { word, .. }
        | Request::DigitMasks { word, .. } => *word,
        _ => return None,
    };
    match word {
        u32::BITS => correction_in::<u32>(request, streams),
        u64::BITS => correction_in::<u64>(request, streams),
        _ => correction_in::<u128>(request, streams),
    }
}

fn correction_in<W: Word>(request: &Request, streams: Vec<(bool, Prg)>) -> Option<Vec<u8>> {
    match request {
        Request::Triples { shape, run, .. } => Some(encode(triples::<W>(*shape, *run, streams))),
        Request::Squares { shape, .. } => Some(encode(squares::<W>(*shape, streams))),
        Request::DoubleBits { shape, .. } => Some(encode(double_bits::<W>(*shape, streams))),
        Request::DigitMasks { shape, .. } => Some(encode(digit_rows::<W>(*shape, streams))),
        _ => None,
    }
}

/// The sum of the first part of all sites' streams.
fn total<V: Vector>(shape: V::Shape, streams: &mut [(bool, Prg)]) -> V {
    let mut total = V::zeros(shape);
    streams.iter_mut().for_each(|(_, stream)| total.add_random(stream));
    total
}

/// What is left of `whole` for the corrected site: less the next part of all other sites' streams.
fn rest<V: Vector>(mut whole: V, streams: Vec<(bool, Prg)>) -> V {
    let others = streams.into_iter().filter(|(corrected, _)| !corrected);
    others.for_each(|(_, mut stream)| whole.sub_random(&mut stream));
    whole
}

fn triples<W: Word>(shape: RingShape, run: usize, mut streams: Vec<(bool, Prg)>) -> Ring<W> {
    let mut a: Ring<W> = total(shape, &mut streams);
    let mut b: Ring<W> = total(shape, &mut streams);
    a.mul_assign(&b);
    b.zeroize();
    if run == 1 {
        return rest(a, streams);
    }
    let products = a.run_sums(run);
    a.zeroize();
    rest(products, streams)
}

fn squares<W: Word>(shape: RingShape, mut streams: Vec<(bool, Prg)>) -> Ring<W> {
    let mut a: Ring<W> = total(shape, &mut streams);
    let mut squares = a.clone();
    squares.mul_assign(&a);
    a.zeroize();
    rest(squares, streams)
}

fn double_bits<W: Word>(shape: RingShape, mut streams: Vec<(bool, Prg)>) -> Ring<W> {
    let mut bits: Bits = total(Bits::words_for(shape.len), &mut streams);
    let values = Ring::from_bits(shape, &bits, W::default(), W::from_u64(1));
    bits.zeroize();
    rest(values, streams)
}

fn digit_rows<W: Word>(shape: RingShape, mut streams: Vec<(bool, Prg)>) -> Bits {
    let mut mask: Ring<W> = total(shape, &mut streams);
    let mut planes = Planes::from_ring(&mask);
    mask.zeroize();
    let words = Bits::words_for(shape.len);
    let mut rows = Bits::zeros(digit_words(shape));
    let digits = rows.words_mut().chunks_exact_mut((DIGIT_VALUES * words).max(1));
    for (digit, rows) in digits.enumerate() {
        one_hot(&planes, digit * DIGIT_BITS, rows);
    }
    planes.zeroize();
    rest(rows, streams)
}

/// Row v of `rows`: which elements have the value v in the [`DIGIT_BITS`] planes from `low` on. Planes beyond the width are
/// zero.
fn one_hot(planes: &Planes, low: usize, rows: &mut [u64]) {
    let words = planes.shape().words;
    rows.fill(u64::MAX);
    for (value, row) in rows.chunks_exact_mut(words.max(1)).enumerate() {
        for bit in 0..DIGIT_BITS {
            let flip = if value >> bit & 1 == 1 { 0 } else { u64::MAX };
            match planes.plane(low + bit) {
                [] if flip == 0 => row.fill(0),
                plane => row.iter_mut().zip(plane).for_each(|(row, plane)| *row &= plane ^ flip),
            }
        }
    }
}
