//! Bits that are shared by XOR, in Z_2^k: by one double bit r each (Rotaru, Wood, Indocrypt 2019, section 3). Open `m = x + r`
//! over Z_2; then x is `m + r - 2 m r` over the integers, and linear in the ring share of r as m is public.
//!
//! The output is fresh, as the ring share of r is uniform apart from its sum. Source: k bits an element; each link: 1 bit;
//! 1 round.

use super::open::open_masked;
use super::verify::Verify;
use crate::algebra::{Bits, Ring, RingShape};
use crate::correlation::{Dealt, Demand, DoubleBits, Request};
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::{Fresh, Raw, Share, add};
use crate::step::Step;
use crate::transport::Lane;

/// The first `shape.len` bits of a sharing as elements 0 and 1 of a ring.
///
/// # Errors
/// Those of the source and of the opening.
pub async fn bits_to_ring<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    bits: &Raw<S::Share<Bits>>,
    shape: RingShape,
) -> Result<Fresh<S::Share<Ring<W>>>> {
    if bits.share().shape() != Bits::words_for(shape.len) {
        return Err(Error::Internal("bits for another number of elements"));
    }
    let (boolean, arithmetic) = double_bits(&ctx.narrow("double"), shape).await?;
    let opened = open_masked(&ctx.narrow("open"), &[add(bits.share(), &boolean)]).await?;
    let [m] = opened.as_slice() else { return Err(Error::Internal("one value was opened")) };
    let m = m.public();

    let one = W::from_u64(1);
    let minus_one = W::default().wrapping_sub(one);
    let signs = Ring::from_bits(shape, m, one, minus_one);
    let mut out = S::Share::linear(&[&arithmetic], |parts| {
        let [r] = parts else { return Ring::default() };
        let mut product = signs.clone();
        product.mul_assign(r);
        product
    });
    out.add_public(&Ring::from_bits(shape, m, W::default(), one), ctx.is_first());
    Ok(Fresh::new(out))
}

/// A vector of bits, shared by XOR and in the ring.
type Doubled<S, W> =
    (<S as crate::sharing::Security>::Share<Bits>, <S as crate::sharing::Security>::Share<Ring<W>>);

/// Uniform bits that nobody knows.
async fn double_bits<S: Verify, W: Dealt>(step: &Context<S>, shape: RingShape) -> Result<Doubled<S, W>> {
    let (source, place) = step.ring_source::<W>()?;
    let DoubleBits { boolean, arithmetic } = source.double_bits(place, shape).await?;
    Ok((boolean, arithmetic))
}

/// Uniform bits that nobody knows, as elements of a ring. No rounds.
///
/// # Errors
/// Those of the source.
pub async fn random_bits<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    shape: RingShape,
) -> Result<Fresh<S::Share<Ring<W>>>> {
    Ok(Fresh::new(double_bits(&ctx.narrow("double"), shape).await?.1))
}

/// What [`bits_to_ring`] or [`random_bits`] at `step` asks for.
pub fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    out.push(&step.then("double"), lane, Request::DoubleBits { word: W::BITS, shape });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{PARTIES, TestWorld, random_words, share_of};

    fn check<W: Dealt>(width: u32) {
        let (one, zero) = (W::from_u64(1), W::default());
        for sites in PARTIES {
            let shape = RingShape { width, len: 130 };
            let words = random_words(7, 3);
            let step = Step::root().then("convert");
            let world = TestWorld::new(sites).demand(|out| demand::<W>(out, &step, Lane::MAIN, shape));
            let values =
                world.reconstruct(|ctx| {
                    let bits = share_of(&ctx, "x", &words);
                    async move {
                        Ok(bits_to_ring::<_, W>(&ctx.narrow("convert"), &bits?, shape).await?.into_raw())
                    }
                });
            for (index, value) in values.values().iter().enumerate() {
                let bit = words[index / 64] >> (index % 64) & 1 == 1;
                assert!(*value == if bit { one } else { zero }, "{sites} sites, width {width}");
            }
            let world = TestWorld::new(sites).demand(|out| demand::<W>(out, &step, Lane::MAIN, shape));
            let values = world.reconstruct(|ctx| async move {
                Ok(random_bits::<_, W>(&ctx.narrow("convert"), shape).await?.into_raw())
            });
            let ones = values.values().iter().filter(|&&value| value == one).count();
            assert!(values.values().iter().all(|&value| value == one || value == zero));
            assert!((35..95).contains(&ones), "{ones} of 130");
        }
    }

    #[test]
    fn bits_keep_their_value() {
        [1, 20, 32].into_iter().for_each(check::<u32>);
        [51, 64].into_iter().for_each(check::<u64>);
        [108, 128].into_iter().for_each(check::<u128>);
    }
}
