//! AND of several shared vectors by a balanced tree: m - 1 ANDs an element in ceil(log2 m) rounds.

use super::and::{self, and};
use super::verify::Verify;
use crate::algebra::Bits;
use crate::correlation::Demand;
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::{Fresh, Raw, Share};
use crate::step::Step;
use crate::transport::Lane;

/// The element-wise product of the rows of `rows`, each `words` words long; at least two rows.
///
/// # Errors
/// Those of [`and()`].
pub async fn and_all<S: Verify>(
    ctx: &Context<S>,
    rows: Raw<S::Share<Bits>>,
    words: usize,
) -> Result<Fresh<S::Share<Bits>>> {
    let mut rows = rows;
    for level in 0.. {
        let count = rows.share().shape() / words.max(1);
        let half = count / 2 * words;
        if half == 0 {
            break;
        }
        let left = Raw::linear(&[&rows], |parts| slice(parts, 0, half));
        let right = Raw::linear(&[&rows], |parts| slice(parts, half, half));
        let product = and(&ctx.narrow_nth("level", level), &left, &right).await?;
        if count == 2 {
            return Ok(product);
        }
        let odd = Raw::linear(&[&rows], |parts| slice(parts, 2 * half, words));
        rows = Raw::linear(&[&product.into_raw(), &odd], |parts| Bits::concat(parts.iter().copied()));
    }
    Err(Error::Internal("a product of fewer than two rows"))
}

fn slice(parts: &[&Bits], start: usize, words: usize) -> Bits {
    parts.first().map(|rows| rows.slice(start, words)).unwrap_or_default()
}

/// What [`and_all`] of `count` rows at `step` asks for.
pub fn demand(out: &mut Demand, step: &Step, lane: Lane, count: usize, words: usize) {
    let mut count = count;
    for level in 0.. {
        if count < 2 {
            return;
        }
        and::demand(out, &step.then_nth("level", level), lane, count / 2 * words);
        count = count.div_ceil(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{PARTIES, TestWorld, random_words, share_of};

    #[test]
    fn agrees_with_plain_products() {
        for sites in PARTIES {
            for (count, words) in [(2, 1), (3, 2), (5, 1), (16, 3), (12, 1)] {
                // Mostly ones, so that products are not all zero.
                let rows: Vec<u64> = (0..4).fold(vec![0; count * words], |rows, seed| {
                    rows.iter().zip(random_words(seed, count * words)).map(|(a, b)| a | b).collect()
                });
                let world = TestWorld::new(sites)
                    .demand(|out| demand(out, &Step::root().then("all"), Lane::MAIN, count, words));
                let product = world.reconstruct(|ctx| {
                    let rows = share_of(&ctx, "rows", &rows);
                    async move { Ok(and_all(&ctx.narrow("all"), rows?, words).await?.into_raw()) }
                });
                for (index, word) in product.words().iter().enumerate() {
                    let expected =
                        (0..count).fold(u64::MAX, |product, row| product & rows[row * words + index]);
                    assert_eq!(*word, expected, "{sites} sites, {count} rows, word {index}");
                }
            }
        }
    }
}
