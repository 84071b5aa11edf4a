//! From bits to Z_2^k: each bit becomes a ring element (`protocol::convert`), and the elements are added up with their weights.
//!
//! For numbers of l bits: source l k bits an element; each link: l bits; 1 round.

use super::convert::{self, bits_to_ring};
use super::verify::Verify;
use crate::algebra::{Bits, Ring, RingShape, Vector, Word};
use crate::correlation::{Dealt, Demand};
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::{Fresh, Raw, Share};
use crate::step::Step;
use crate::transport::Lane;
use std::ops::Range;

/// The numbers whose bits are the rows of `rows`, lowest first, as `shape.len` elements of Z_2^width. Each row has a bit of
/// all elements, packed 64 to a word.
///
/// # Errors
/// Those of the source and of the opening.
pub async fn from_bits<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    rows: &Raw<S::Share<Bits>>,
    shape: RingShape,
) -> Result<Fresh<S::Share<Ring<W>>>> {
    let words = Bits::words_for(shape.len).max(1);
    let count = rows.share_shape() / words;
    let elements = RingShape { width: shape.width, len: 64 * words * count };
    if rows.share_shape() != count * words || count as u32 > shape.width {
        return Err(Error::Internal("bits of other numbers"));
    }
    let bits = bits_to_ring(ctx, rows, elements).await?;
    // Fresh: a sum of elements that are fresh.
    Ok(Fresh::new(weighted(&bits.into_share(), 0..count as u32, shape)))
}

/// The sum of the rows `bits`, weighted by 1, 2, 4, ...; each row begins a word of bits.
pub(super) fn weighted<W: Word, T: Share<Ring<W>>>(rows: &T, bits: Range<u32>, shape: RingShape) -> T {
    let row = 64 * Bits::words_for(shape.len);
    T::linear(&[rows], |parts| {
        let mut sum = Ring::zeros(shape);
        for (bit, weight) in bits.clone().zip(0..) {
            for part in parts {
                let row = part.slice(bit as usize * row, shape.len).reduced(shape.width);
                sum =
                    Ring::combination(&[&sum, &row], &[W::from_u64(1), W::from_u64(1).wrapping_shl(weight)]);
            }
        }
        sum
    })
}

/// What [`from_bits`] at `step` asks for, for numbers of `bits` bits.
pub fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape, bits: u32) {
    let len = bits as usize * 64 * Bits::words_for(shape.len).max(1);
    convert::demand::<W>(out, step, lane, RingShape { width: shape.width, len });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{PARTIES, TestWorld, random_words, share_of};

    fn check<W: Dealt>(width: u32, bits: u32) {
        for sites in PARTIES {
            let shape = RingShape { width, len: 70 };
            let rows = random_words(3, 2 * bits as usize);
            let step = Step::root().then("number");
            let world = TestWorld::new(sites).demand(|out| demand::<W>(out, &step, Lane::MAIN, shape, bits));
            let numbers = world.reconstruct(|ctx| {
                let rows = share_of(&ctx, "x", &rows);
                async move { Ok(from_bits::<_, W>(&ctx.narrow("number"), &rows?, shape).await?.into_raw()) }
            });
            let rows = Bits::from_words(rows);
            for (index, number) in numbers.values().iter().enumerate() {
                for bit in 0..width {
                    let expected = bit < bits && rows.get(128 * bit as usize + index);
                    assert_eq!(number.bits(bit, 1) == 1, expected, "{sites} sites, bit {bit} of {width}");
                }
            }
        }
    }

    #[test]
    fn numbers_with_these_bits() {
        check::<u32>(1, 1);
        check::<u32>(32, 32);
        check::<u64>(40, 17);
        check::<u128>(100, 70);
    }
}
