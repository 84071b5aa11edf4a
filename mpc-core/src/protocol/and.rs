//! AND of shared bits with one triple each (Beaver, Crypto 1991, section 2; over Z_2).
//!
//! With the triple (a, b, c = ab): open `d = x + a` and `e = y + b`, then `xy = c + d b + e a + d e`. The output is
//! fresh, as c is uniform apart from its sum. Source: 1 bit an AND; each link: 2 bits an AND; 1 round.

use super::open::open_masked;
use super::verify::Verify;
use crate::algebra::Bits;
use crate::correlation::{AndTriples, Demand, Request};
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::{Fresh, Raw, Share, add};
use crate::step::Step;
use crate::transport::Lane;

/// The element-wise product of two vectors of the same shape.
///
/// # Errors
/// Those of the source and of the opening.
pub async fn and<S: Verify>(
    ctx: &Context<S>,
    x: &Raw<S::Share<Bits>>,
    y: &Raw<S::Share<Bits>>,
) -> Result<Fresh<S::Share<Bits>>> {
    let words = x.share().shape();
    if y.share().shape() != words {
        return Err(Error::Internal("AND of vectors of different lengths"));
    }
    let AndTriples { a, b, c } = ctx.narrow("triples").and_triples(words).await?;
    let masked = [add(x.share(), &a), add(y.share(), &b)];
    let opened = open_masked(&ctx.narrow("open"), &masked).await?;
    let [d, e] = opened.as_slice() else { return Err(Error::Internal("two values were opened")) };
    let (d, e) = (d.public(), e.public());

    let mut product = S::Share::linear(&[&c, &b, &a], |parts| combine(parts, d, e));
    let mut constant = d.clone();
    constant.and_assign(e);
    product.add_public(&constant, ctx.is_first());
    Ok(Fresh::new(product))
}

/// c + d b + e a.
fn combine(parts: &[&Bits], d: &Bits, e: &Bits) -> Bits {
    let [c, b, a] = parts else { return Bits::default() };
    let mut sum = (*c).clone();
    let words = sum.words_mut().iter_mut().zip(b.words()).zip(a.words()).zip(d.words()).zip(e.words());
    for ((((sum, b), a), d), e) in words {
        *sum ^= d & b ^ e & a;
    }
    sum
}

/// What [`and`] at `step` asks for.
pub fn demand(out: &mut Demand, step: &Step, lane: Lane, words: usize) {
    out.push(&step.then("triples"), lane, Request::AndTriples { words });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{PARTIES, TestWorld, random_words, share_of};

    #[test]
    fn agrees_with_plain_and() {
        for sites in PARTIES {
            // Small enough for a broadcast, and large enough for a king.
            for words in [1, 7, 9000] {
                let (x, y) = (random_words(1, words), random_words(2, words));
                let world = TestWorld::new(sites)
                    .demand(|out| demand(out, &Step::root().then("and"), Lane::MAIN, words));
                let product = world.reconstruct(|ctx| {
                    let (x, y) = (share_of(&ctx, "x", &x), share_of(&ctx, "y", &y));
                    async move { Ok(and(&ctx.narrow("and"), &x?, &y?).await?.into_raw()) }
                });
                let expected: Vec<u64> = x.iter().zip(&y).map(|(x, y)| x & y).collect();
                assert!(product.words() == expected, "{sites} sites, {words} words");
            }
        }
    }
}
