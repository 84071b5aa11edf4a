//! All parties in one thread, over the in-memory network: what computing costs, without a link.

use crate::work::{Inputs, Work};
use mpc_core::test_world::{Parties, TestWorld};
use mpc_core::transport::Lane;
use std::sync::Arc;

/// Blocks of a run: one a lane.
pub(crate) const BLOCKS: usize = Lane::COUNT;

/// What a run took.
pub(crate) struct Run {
    /// Payload that all sites sent.
    pub(crate) site_bytes: u64,
    /// Payload that the helper sent.
    pub(crate) helper_bytes: u64,
    /// Rounds of a block.
    pub(crate) rounds: u64,
}

/// Runs [`BLOCKS`] blocks.
pub(crate) fn run(work: &'static Work, parties: Parties) -> Run {
    let demand = work.demand(parties.sites(), BLOCKS);
    let world = TestWorld::new(parties).demand(|out| *out = demand);
    let (results, traffic) = world.run_measured(|ctx| async move {
        let inputs = Arc::new(Inputs::new(ctx.roster().me().index() as u8));
        work.run(&ctx, &inputs, BLOCKS).await?;
        Ok(ctx.rounds())
    });
    let rounds = results.into_iter().map(Result::unwrap).max().unwrap();
    Run { site_bytes: traffic.sites.iter().sum(), helper_bytes: traffic.helper, rounds }
}
