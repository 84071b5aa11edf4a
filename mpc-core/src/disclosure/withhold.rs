//! Cells of released pairs as they are, of withheld ones zero, on shares: so that only who receives cells learns which
//! pairs are released.
//!
//! A site that owns a column knows it, and a release bit tells whether the counts of that column with another site's are
//! large enough. From many such bits the other column can be worked out, so they are opened to recipients only, and then
//! nobody else knows whose cells to send.
//!
//! 2 rounds: a bit to the ring (`protocol::convert`), and the products (`protocol::multiply`).

use super::rule::CELLS;
use super::shared_tables::{SharedTables, TableRule};
use crate::algebra::{Bits, Ring, RingShape};
use crate::correlation::Demand;
use crate::error::Result;
use crate::protocol::convert::{self, bits_to_ring};
use crate::protocol::input::own_summand;
use crate::protocol::multiply::{self, multiply};
use crate::session::Context;
use crate::sharing::{Additive, Fresh, Raw, SemiHonest};
use crate::step::Step;
use crate::transport::Lane;

/// n11, n10, n01, n00 of all pairs, kind after kind, each times the pair's bit.
///
/// # Errors
/// Those of the protocols used.
pub async fn released_cells(
    ctx: &Context<SemiHonest>,
    rule: &TableRule,
    tables: &SharedTables,
    bits: &Raw<Additive<Bits>>,
) -> Result<Fresh<Additive<Ring<u32>>>> {
    let cells = own_summand(Ring::concat(tables.cells().iter()));
    let pairs = RingShape { len: cells.share_shape().len / CELLS, width: rule.width() };
    let released = bits_to_ring(&ctx.narrow("bits"), bits, pairs).await?.into_raw();
    let released =
        Raw::linear(&[&released], |parts| Ring::concat(parts.iter().flat_map(|part| [*part; CELLS])));
    multiply(&ctx.narrow("products"), &released, &cells).await
}

/// What [`released_cells`] at `step` asks for, for this many pairs.
pub fn demand(out: &mut Demand, step: &Step, lane: Lane, rule: &TableRule, pairs: usize) {
    let pairs = RingShape { len: pairs, width: rule.width() };
    convert::demand::<u32>(out, &step.then("bits"), lane, pairs);
    multiply::demand::<u32>(out, &step.then("products"), lane, RingShape { len: CELLS * pairs.len, ..pairs });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{Select, example};
    use crate::sharing::Share;
    use crate::test_world::{PARTIES, TestWorld, random_words, ring_share_of, share_of};

    #[test]
    fn withheld_pairs_have_zeros() {
        let rule = TableRule::new(&example(3).disclosure, &Select::default(), 1_000).unwrap();
        let step = Step::root().then("withhold");
        for pairs in [1, 64, 100] {
            let words = random_words(5, Bits::words_for(pairs));
            let counts: Vec<u32> = (1..=pairs as u32).collect();
            let counts = Ring::new(rule.width(), counts);
            for sites in PARTIES {
                let world = TestWorld::new(sites).demand(|out| demand(out, &step, Lane::MAIN, &rule, pairs));
                let cells = world.reconstruct(|ctx| {
                    let share = |name, times: u32| {
                        let times = Ring::new(rule.width(), vec![times; pairs]);
                        let mut numbers = counts.clone();
                        numbers.mul_assign(&times);
                        ring_share_of(&ctx, name, &numbers)
                    };
                    let bits = share_of(&ctx, "bits", &words);
                    let shares = [("n11", 1), ("a", 3), ("b", 4), ("people", 10)]
                        .map(|(name, times)| share(name, times));
                    let (rule, ctx) = (&rule, ctx.narrow("withhold"));
                    async move {
                        let [n11, carriers_a, carriers_b, people] =
                            shares.map(|share| share.unwrap().into_share().opening().clone());
                        let tables = SharedTables { n11, carriers_a, carriers_b, people };
                        Ok(released_cells(&ctx, rule, &tables, &bits?).await?.into_raw())
                    }
                });
                // n11 = 1, n10 = 3 - 1, n01 = 4 - 1 and n00 = 10 - 3 - 3 times the pair's number.
                for (kind, times) in [1, 2, 3, 4].into_iter().enumerate() {
                    for pair in 0..pairs {
                        let bit = (words[pair / 64] >> (pair % 64) & 1) as u32;
                        let expected = bit * times * (pair as u32 + 1) % (1 << rule.width());
                        assert_eq!(
                            cells.values()[kind * pairs + pair],
                            expected,
                            "{sites} sites, pair {pair}"
                        );
                    }
                }
            }
        }
    }
}
