//! Running a vertical plan at a site, whose rows are in the common order: count on shares, test that the people are enough,
//! then block by block decide on shares, and open the release bits and the cells of released pairs to the recipients, who
//! alone learn what is released; last, all sites compare what they saw opened.

use super::Columns;
use super::counts::{SharedCounts, count};
use super::plan::{COUNT, DECIDE, PEOPLE, VerticalPlan, WITHHOLD};
use crate::disclosure::{CELLS, decide_tables, enough_people, released_cells};
use crate::error::{Error, Result};
use crate::protocol::open::{open_output, verify};
use crate::protocol::zero_share::zero_share;
use crate::query::plan::Block;
use crate::query::run::{BlockRelease, Release, Sink, sum};
use crate::session::{Context, finish};
use crate::sharing::SemiHonest;
use crate::statistics::{ReleasedPair, Table2x2};
use crate::transport::{Lane, PartyId};
use futures::future::try_join_all;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

/// Computes the query with this site's own columns. What is released goes to `sink`, which only a recipient needs.
/// `progress` is called with the number of pairs done so far.
///
/// # Errors
/// [`Error::TooFewPeople`], [`Error::NotKept`], and those of links and protocols.
pub async fn run(
    ctx: &Context<SemiHonest>,
    plan: &VerticalPlan,
    own: &Columns,
    sink: Option<&dyn Sink>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Release> {
    let counts = count(&ctx.narrow(COUNT), plan.work(), own).await?;
    let people = counts.people().ok_or(Error::Internal("nobody counted the people"))?;
    if !enough_people(&ctx.narrow(PEOPLE), plan.rule(), people).await? {
        return Err(Error::TooFewPeople { minimum: plan.query().disclosure.min_people });
    }

    let recipients: BTreeSet<PartyId> =
        ctx.roster().sites().filter(|site| plan.query().recipients.contains(&site.index())).collect();
    let pairs: Vec<(u32, u32)> = plan.work().layout.pairs().collect();
    let done = AtomicU64::new(0);
    let lanes = (0..Lane::COUNT).map(Lane::nth).map(|lane| {
        let (recipients, done, pairs, counts) = (&recipients, &done, &pairs, &counts);
        async move {
            let mut released = Some(0);
            for block in plan.blocks().filter(|block| block.lane == lane) {
                let ctx = ctx.on_lane(lane);
                let opened = run_block(&ctx, plan, counts, pairs, &block, recipients).await?;
                released = sum([released, opened.hand_over(sink)?]);
                let decided = block.pairs.end - block.pairs.start;
                progress(done.fetch_add(decided, Ordering::Relaxed) + decided);
            }
            Ok(released)
        }
    });
    let released = sum(try_join_all(lanes).await?);
    finish(ctx).await?;
    Ok(Release { tested: plan.pairs(), released })
}

async fn run_block(
    ctx: &Context<SemiHonest>,
    plan: &VerticalPlan,
    counts: &SharedCounts,
    pairs: &[(u32, u32)],
    block: &Block,
    recipients: &BTreeSet<PartyId>,
) -> Result<BlockRelease> {
    let ctx = ctx.narrow_nth(Block::NAME, block.index);
    let range = block.pairs.start as usize..block.pairs.end as usize;
    let tables = counts.tables(pairs, range.clone())?;
    let bits = decide_tables(&ctx.narrow(DECIDE), plan.rule(), &tables).await?;
    let bits = bits.into_raw();
    let cells = released_cells(&ctx.narrow(WITHHOLD), plan.rule(), &tables, &bits).await?;
    let bits_step = ctx.narrow("bits");
    // The bits have just been used: their sharing is made new before it is shown.
    let opened = open_output(&bits_step, zero_share(&bits_step, bits)?, recipients).await?;
    let bits = verify(&bits_step, opened).await?;
    let cells_step = ctx.narrow("cells");
    let opened = open_output(&cells_step, cells, recipients).await?;
    let cells = verify(&cells_step, opened).await?;

    let named = pairs.get(range).unwrap_or_default();
    let pairs: Option<Vec<ReleasedPair>> = bits.zip(cells).map(|(bits, cells)| {
        let cell = |pair: usize, kind: usize| cells.values().get(kind * named.len() + pair).copied();
        let released = named.iter().enumerate().filter(|(pair, _)| bits.get(*pair));
        let pair = |(pair, &(a, b)): (usize, &(u32, u32))| {
            let cells: [u32; CELLS] = std::array::from_fn(|kind| cell(pair, kind).unwrap_or_default());
            ReleasedPair { a, b, table: Table2x2::of_cells(&cells) }
        };
        released.map(pair).collect()
    });
    let released = pairs.as_ref().map(|pairs| pairs.len() as u64);
    Ok(BlockRelease { index: block.index, released, pairs })
}
