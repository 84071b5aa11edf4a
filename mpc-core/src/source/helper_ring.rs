//! The helper's correlations over rings. What all but one site hold is expanded from seeds; sent is, to the corrected
//! site: c of triples and squares, the ring shares of double bits, and the digits' rows of masks.
//!
//! Bytes from the helper, to one site: ceil(k/8) for each sum of products, square and double bit; 2 for each digit of 4
//! bits of a mask.

use super::helper::{HelperSource, encode};
use crate::algebra::{Bits, Ring, RingShape, Vector, Word};
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
        Request::AndTriples { .. } | Request::OneTimeTables { .. } => return None,
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
        Request::AndTriples { .. } | Request::OneTimeTables { .. } => None,
    }
}

/// Adds the next part of a site's stream to a sum.
fn add_next<V: Vector>(sum: &mut V, stream: &mut Prg) {
    let mut share = V::random(sum.shape(), stream);
    sum.add_assign(&share);
    share.zeroize();
}

/// What is left of `whole` for the corrected site.
fn rest<V: Vector>(mut whole: V, mut others: V) -> V {
    whole.sub_assign(&others);
    others.zeroize();
    whole
}

fn triples<W: Word>(shape: RingShape, run: usize, streams: Vec<(bool, Prg)>) -> Ring<W> {
    let (mut a, mut b, mut others) = (Ring::zeros(shape), Ring::zeros(shape), Ring::zeros(sums(shape, run)));
    for (corrected, mut stream) in streams {
        add_next(&mut a, &mut stream);
        add_next(&mut b, &mut stream);
        if !corrected {
            add_next(&mut others, &mut stream);
        }
    }
    a.mul_assign(&b);
    b.zeroize();
    let products = a.run_sums(run);
    a.zeroize();
    rest(products, others)
}

fn squares<W: Word>(shape: RingShape, streams: Vec<(bool, Prg)>) -> Ring<W> {
    let (mut a, mut others) = (Ring::zeros(shape), Ring::zeros(shape));
    for (corrected, mut stream) in streams {
        add_next(&mut a, &mut stream);
        if !corrected {
            add_next(&mut others, &mut stream);
        }
    }
    let mut squares = a.clone();
    squares.mul_assign(&a);
    a.zeroize();
    rest(squares, others)
}

fn double_bits<W: Word>(shape: RingShape, streams: Vec<(bool, Prg)>) -> Ring<W> {
    let (mut bits, mut others) = (Bits::zeros(Bits::words_for(shape.len)), Ring::zeros(shape));
    for (corrected, mut stream) in streams {
        add_next(&mut bits, &mut stream);
        if !corrected {
            add_next(&mut others, &mut stream);
        }
    }
    let values = (0..shape.len).map(|index| W::from_u64(bits.get(index).into())).collect();
    bits.zeroize();
    rest(Ring::new(shape.width, values), others)
}

fn digit_rows<W: Word>(shape: RingShape, streams: Vec<(bool, Prg)>) -> Bits {
    let (mut mask, mut others) = (Ring::<W>::zeros(shape), Bits::zeros(digit_words(shape)));
    for (corrected, mut stream) in streams {
        add_next(&mut mask, &mut stream);
        if !corrected {
            add_next(&mut others, &mut stream);
        }
    }
    let words = Bits::words_for(shape.len);
    let mut rows = Bits::zeros(digit_words(shape));
    for digit in 0..digits_of(shape.width) {
        for (index, element) in mask.values().iter().enumerate() {
            let value = element.bits((digit * DIGIT_BITS) as u32, DIGIT_BITS as u32) as usize;
            if let Some(word) = rows.words_mut().get_mut((digit * DIGIT_VALUES + value) * words + index / 64)
            {
                *word |= 1 << (index % 64);
            }
        }
    }
    mask.zeroize();
    rest(rows, others)
}
