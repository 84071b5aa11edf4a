//! Opening a shared number under a mask of which every bit is shared both ways: what exact truncation and the way to a
//! larger ring need, as there parts of the mask come back as ring elements (edaBits from daBits: Escudero, Ghosh, Keller,
//! Rachuri, Scholl, Crypto 2020).
//!
//! For numbers of l bits in Z_2^k: source l k bits; each link l bits; 1 round.

use super::carry::Digit;
use super::from_bits::weighted;
use super::open::open_masked;
use super::verify::Verify;
use crate::algebra::{Bits, Planes, Ring, RingShape, Word};
use crate::correlation::{Dealt, Demand, DoubleBits, Request};
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::{Masked, Raw, Share, add};
use crate::step::Step;
use crate::transport::Lane;

/// `m = x + r` modulo 2^l, opened, and the bits of r.
pub(super) struct BitMask<S: Verify, W: Word> {
    m: Masked<Ring<W>>,
    boolean: S::Share<Bits>,
    arithmetic: S::Share<Ring<W>>,
    /// Of the ring in which the mask's bits are shared.
    shape: RingShape,
    is_first: bool,
    /// Words of a row of bits.
    pub(super) words: usize,
}

impl<S: Verify, W: Dealt> BitMask<S, W> {
    /// Masks and opens; the bits of the mask are also elements of Z_2^width.
    pub(super) async fn new(ctx: &Context<S>, x: &Raw<S::Share<Ring<W>>>, width: u32) -> Result<Self> {
        let RingShape { width: bits, len } = x.share().shape();
        let words = Bits::words_for(len);
        let step = ctx.narrow("bits");
        let (source, place) = step.ring_source::<W>()?;
        let rows = bit_rows(RingShape { width: bits, len }, width);
        let DoubleBits { boolean, arithmetic } = source.double_bits(place, rows).await?;
        let mask = weighted(&arithmetic, 0..bits, RingShape { width: bits, len });
        let mut opened = open_masked(&ctx.narrow("open"), &[add(x.share(), &mask)]).await?;
        let m = opened.pop().ok_or(Error::Internal("an opening without its value"))?;
        Ok(Self { m, boolean, arithmetic, shape: RingShape { width, len }, is_first: ctx.is_first(), words })
    }

    /// m shifted right, in the larger ring.
    pub(super) fn opened(&self, shift: u32) -> Ring<W> {
        let values = self.m.public().values().iter().map(|value| value.wrapping_shr(shift)).collect();
        Ring::new(self.shape.width, values)
    }

    /// r shifted right, in the larger ring, to `bits` bits in all.
    pub(super) fn mask(&self, shift: u32, bits: u32) -> Raw<S::Share<Ring<W>>> {
        Raw::new(weighted(&self.arithmetic, shift..bits, self.shape))
    }

    /// The digits, of one bit each, of `[m < r]`.
    pub(super) fn borrows(&self, bits: std::ops::Range<u32>) -> Vec<Digit<S>> {
        bits.map(|bit| {
            let opened = self.m.public().values().iter().map(|value| value.bits(bit, 1));
            let opened = Planes::from_values(1, self.words, opened).as_bits();
            let not_opened = Bits::from_words(opened.words().iter().map(|word| !word).collect());
            let row = |map: &dyn Fn(Bits) -> Bits| {
                Raw::new(S::Share::linear(&[&self.boolean], |parts| {
                    let start = bit as usize * self.words;
                    map(parts.first().map(|rows| rows.slice(start, self.words)).unwrap_or_default())
                }))
            };
            let generate = row(&|mut bits| {
                bits.and_assign(&not_opened);
                bits
            });
            // The same: r + m + 1 over Z_2.
            let mut propagate = row(&|bits| bits);
            propagate.add_public(&not_opened, self.is_first);
            Digit { generate, propagate: Some(propagate) }
        })
        .collect()
    }
}

/// The rows of the bits of numbers, in a ring of another width.
fn bit_rows(numbers: RingShape, width: u32) -> RingShape {
    RingShape { width, len: numbers.width as usize * 64 * Bits::words_for(numbers.len) }
}

/// What [`BitMask::new`] at `step` asks for, for numbers of this shape.
pub(super) fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, numbers: RingShape, width: u32) {
    let request = Request::DoubleBits { word: W::BITS, shape: bit_rows(numbers, width) };
    out.push(&step.then("bits"), lane, request);
}
