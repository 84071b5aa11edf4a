//! Running a plan at a site: first the size of the cohort, then block by block: count, decide on shares, open the
//! release bits to all sites, and the cells of released pairs to the recipients; last, all sites compare what they
//! saw opened.

use super::plan::{Block, DECIDE, PEOPLE, Plan};
use crate::algebra::Ring;
use crate::disclosure::{CELLS, decide, test_people};
use crate::error::{Error, Result};
use crate::protocol::input::own_summand;
use crate::protocol::open::{open_output, verify};
use crate::protocol::zero_share::zero_share;
use crate::session::{Context, finish};
use crate::sharing::SemiHonest;
use crate::statistics::counting::{Cells, Counter};
use crate::statistics::pairs::pairs_in;
use crate::statistics::{ReleasedPair, Table2x2};
use crate::transport::{Lane, PartyId};
use futures::future::try_join_all;
use std::collections::BTreeSet;

/// What a site knows at the end, beside the pairs that its [`Sink`] has.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Pairs tested.
    pub tested: u64,
    /// Pairs released; `None` at a site that is not told: one that is no recipient of a vertical query.
    pub released: Option<u64>,
}

/// Takes what is released to a recipient. The engine itself keeps no block: all pairs may be more than fit in memory.
///
/// What it has taken is no result before [`run`] has ended well: sites compare what they saw opened at the end.
pub trait Sink: Sync {
    /// Takes the released pairs of one block, in panel order, which may be none. Blocks come in any order, each of
    /// `0..number of blocks` once; one after the other they are all pairs in panel order.
    ///
    /// # Errors
    /// Why they cannot be kept, in words for the user. The run ends then, with [`Error::NotKept`].
    fn take(&self, block: usize, pairs: Vec<ReleasedPair>) -> std::result::Result<(), String>;
}

/// Computes the query with this site's own cohort, whose columns are the panel in order. What is released goes to `sink`,
/// which only a recipient needs. `progress` is called with the number of pairs done so far.
///
/// # Errors
/// [`Error::TooManyPeople`], [`Error::TooFewPeople`], [`Error::NotKept`], and those of links and protocols.
pub async fn run(
    ctx: &Context<SemiHonest>,
    plan: &Plan,
    counter: &Counter<'_>,
    people: u64,
    sink: Option<&dyn Sink>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Release> {
    let query = plan.query();
    let (bound, minimum) = (query.people_bound, query.disclosure.min_people);
    let test = test_people(&ctx.narrow(PEOPLE), people, bound, minimum).await?;
    if test.too_many {
        return Err(Error::TooManyPeople { bound });
    }
    if !test.enough {
        return Err(Error::TooFewPeople { minimum });
    }

    let recipients: BTreeSet<PartyId> =
        ctx.roster().sites().filter(|site| query.recipients.contains(&site.index())).collect();
    let done = std::sync::atomic::AtomicU64::new(0);
    let lanes = (0..Lane::COUNT).map(Lane::nth).map(|lane| {
        let (recipients, done) = (&recipients, &done);
        async move {
            let mut released = Some(0);
            for block in plan.blocks_on(lane) {
                let opened = run_block(&ctx.on_lane(lane), plan, counter, &block, recipients).await?;
                released = sum([released, opened.hand_over(sink)?]);
                let pairs = block.pairs.end - block.pairs.start;
                progress(done.fetch_add(pairs, std::sync::atomic::Ordering::Relaxed) + pairs);
            }
            Ok(released)
        }
    });
    let released = sum(try_join_all(lanes).await?);
    finish(ctx).await?;
    Ok(Release { tested: plan.pairs(), released })
}

/// All parts together, if all are known.
pub(super) fn sum(parts: impl IntoIterator<Item = Option<u64>>) -> Option<u64> {
    parts.into_iter().sum()
}

/// What was released of one block.
pub(super) struct BlockRelease {
    pub(super) index: usize,
    /// Pairs released, where this site is told.
    pub(super) released: Option<u64>,
    /// These pairs, where this site receives them.
    pub(super) pairs: Option<Vec<ReleasedPair>>,
}

impl BlockRelease {
    /// Hands the pairs over, if this site receives them, and says how many were released.
    pub(super) fn hand_over(self, sink: Option<&dyn Sink>) -> Result<Option<u64>> {
        if let Some(pairs) = self.pairs {
            let sink = sink.ok_or(Error::Internal("a recipient has no place for what is released"))?;
            sink.take(self.index, pairs).map_err(Error::NotKept)?;
        }
        Ok(self.released)
    }
}

async fn run_block(
    ctx: &Context<SemiHonest>,
    plan: &Plan,
    counter: &Counter<'_>,
    block: &Block,
    recipients: &BTreeSet<PartyId>,
) -> Result<BlockRelease> {
    let ctx = ctx.narrow_nth(Block::NAME, block.index);
    let counts = counter.count(block.pairs.clone());
    if counts.n11.len() as u64 != block.pairs.end - block.pairs.start {
        return Err(Error::Internal("the cohort has another number of markers than the plan"));
    }

    let bits = decide(&ctx.narrow(DECIDE), plan.decision(), &counts).await?;
    let everyone = ctx.roster().sites().collect();
    let bits_step = ctx.narrow("bits");
    let opened = open_output(&bits_step, bits, &everyone).await?;
    let bits = verify(&bits_step, opened).await?.unwrap_or_default();
    let released: Vec<usize> = (0..counts.n11.len()).filter(|&pair| bits.get(pair)).collect();

    let cells_step = ctx.narrow("cells");
    let own = own_summand(Ring::new(plan.count_width(), released_cells(&counts, &released)));
    let opened = open_output(&cells_step, zero_share(&cells_step, own)?, recipients).await?;
    let cells = verify(&cells_step, opened).await?;

    let markers = counter.marker_count();
    let numbers: Vec<(u32, u32)> = pairs_in(block.pairs.clone(), markers).collect();
    let pairs = cells.map(|cells| {
        let tables = cells.values().as_chunks::<CELLS>().0.iter().map(Table2x2::of_cells);
        let named = released.iter().filter_map(|&pair| numbers.get(pair));
        named.zip(tables).map(|(&(a, b), table)| ReleasedPair { a, b, table }).collect()
    });
    Ok(BlockRelease { index: block.index, released: Some(released.len() as u64), pairs })
}

/// This site's cells of the released pairs, one pair after another.
fn released_cells(counts: &Cells, released: &[usize]) -> Vec<u32> {
    let cells = [&counts.n11, &counts.n10, &counts.n01, &counts.n00];
    released.iter().flat_map(|&pair| cells.map(|cell| cell.get(pair).copied().unwrap_or(0))).collect()
}
