//! Choosing one of two shared values by a shared bit (a multiplexer): `y + bit (x - y)`.
//!
//! Source: 2k bits an element; each link: 2k + 1 bits; 2 rounds (`protocol::convert`, `protocol::multiply`).

use super::convert::{self, bits_to_ring};
use super::multiply::{self, multiply};
use super::verify::Verify;
use crate::algebra::{Bits, Ring, RingShape};
use crate::correlation::{Dealt, Demand};
use crate::error::Result;
use crate::session::Context;
use crate::sharing::{Fresh, Raw, Share};
use crate::step::Step;
use crate::transport::Lane;

/// For each element, x where the bit is set and y where it is not.
///
/// # Errors
/// Those of the protocols used.
pub async fn choose<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    bits: &Raw<S::Share<Bits>>,
    x: &Raw<S::Share<Ring<W>>>,
    y: &Raw<S::Share<Ring<W>>>,
) -> Result<Fresh<S::Share<Ring<W>>>> {
    let chosen = bits_to_ring(&ctx.narrow("bits"), bits, x.share().shape()).await?.into_raw();
    let minus_one = W::default().wrapping_sub(W::from_u64(1));
    let difference = Raw::linear(&[x, y], |parts| Ring::combination(parts, &[W::from_u64(1), minus_one]));
    let product = multiply(&ctx.narrow("product"), &chosen, &difference).await?.into_raw();
    let sum =
        Raw::linear(&[&product, y], |parts| Ring::combination(parts, &[W::from_u64(1), W::from_u64(1)]));
    // Fresh: the product's shares are uniform apart from their sum.
    Ok(Fresh::new(sum.into_share()))
}

/// What [`choose`] at `step` asks for.
pub fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    convert::demand::<W>(out, &step.then("bits"), lane, shape);
    multiply::demand::<W>(out, &step.then("product"), lane, shape);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Vector;
    use crate::test_world::{PARTIES, TestWorld, boundary_values, random_words, ring_share_of, share_of};

    fn check<W: Dealt>(width: u32) {
        for sites in PARTIES {
            let (x, y) = (boundary_values::<W>(width, 1), boundary_values::<W>(width, 2));
            let words = random_words(9, 3);
            let step = Step::root().then("choose");
            let world = TestWorld::new(sites).demand(|out| demand::<W>(out, &step, Lane::MAIN, x.shape()));
            let chosen = world.reconstruct(|ctx| {
                let (bits, x, y) =
                    (share_of(&ctx, "b", &words), ring_share_of(&ctx, "x", &x), ring_share_of(&ctx, "y", &y));
                async move { Ok(choose(&ctx.narrow("choose"), &bits?, &x?, &y?).await?.into_raw()) }
            });
            for (index, value) in chosen.values().iter().enumerate() {
                let bit = words[index / 64] >> (index % 64) & 1 == 1;
                assert!(
                    *value == if bit { x.values()[index] } else { y.values()[index] },
                    "{sites}, {width}"
                );
            }
        }
    }

    #[test]
    fn agrees_with_a_plain_choice() {
        [1, 32].into_iter().for_each(check::<u32>);
        [51, 64].into_iter().for_each(check::<u64>);
        [108, 128].into_iter().for_each(check::<u128>);
    }
}
