//! Is the whole cohort within its bounds? Two shared bits about the number of people of all sites together: at least
//! `min_people`, and not more than `people_bound`, to which every width was fitted. The number itself is not opened.

use crate::algebra::{Planes, bits_for};
use crate::correlation::Demand;
use crate::error::Result;
use crate::protocol::open::{open_output, verify};
use crate::protocol::sum_at_least::{self, sum_at_least};
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::step::Step;
use crate::transport::Lane;

/// The outcome, known to all sites.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct PeopleTest {
    /// At least `min_people`.
    pub enough: bool,
    /// More than `people_bound`.
    pub too_many: bool,
}

/// Bits of the sum of `sites` numbers up to `bound`, and of the thresholds.
fn width(sites: usize, bound: u64, minimum: u32) -> u32 {
    bits_for((sites as u64 * bound).max(minimum.into()))
}

/// Tests the number of people of all sites together; `own`, this site's, is at most `bound`.
///
/// # Errors
/// Those of the protocols used.
pub async fn test_people(
    ctx: &Context<SemiHonest>,
    own: u64,
    bound: u64,
    minimum: u32,
) -> Result<PeopleTest> {
    let width = width(ctx.roster().site_count(), bound, minimum);
    let own = Planes::from_values(width, 1, [own, own].into_iter());
    let thresholds = [u64::from(minimum), bound + 1].into_iter();
    let bits = sum_at_least(ctx, &own, thresholds).await?;
    let everyone = ctx.roster().sites().collect();
    let opened = open_output(ctx, bits, &everyone).await?;
    let opened = verify(ctx, opened).await?.unwrap_or_default();
    Ok(PeopleTest { enough: opened.get(0), too_many: opened.get(1) })
}

/// What [`test_people`] at `step` asks for.
pub fn demand(out: &mut Demand, step: &Step, lane: Lane, sites: usize, bound: u64, minimum: u32) {
    sum_at_least::demand(out, step, lane, sites, width(sites, bound, minimum), 1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;

    #[test]
    fn both_bounds_are_exact() {
        for (held, bound, minimum) in [
            (vec![3, 4], 7, 7),
            (vec![3, 4], 6, 8),
            (vec![1000, 0, 1504], 2504, 2504),
            (vec![1000, 0, 1504], 2503, 2505),
            (vec![2_147_483_647; 5], 2_147_483_647, 1),
            (vec![0, 0, 0], 1, 1),
        ] {
            let sites = held.len();
            let step = Step::root().then("people");
            let world = TestWorld::new(sites as u8)
                .demand(|out| demand(out, &step, Lane::MAIN, sites, bound, minimum));
            let outcomes = world.run(|ctx| {
                let own = held[ctx.roster().me().index()];
                async move { test_people(&ctx.narrow("people"), own, bound, minimum).await }
            });
            let total: u64 = held.iter().sum();
            for outcome in outcomes {
                let expected = PeopleTest { enough: total >= minimum.into(), too_many: total > bound };
                assert_eq!(outcome.unwrap(), expected, "{held:?}");
            }
        }
    }
}
