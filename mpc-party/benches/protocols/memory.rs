//! All parties in one thread, over the in-memory network: what computing costs, without a link.

use mpc_core::test_world::{Parties, TestWorld};
use mpc_core::transport::{Lane, PartyId};
use mpc_party::bench::Task;
use mpc_party::bench::work::{Blocks, Work};

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
    let blocks = |party| Blocks::new(work, BLOCKS, work.block, party);
    let demand = blocks(PartyId::new(0)).demand(parties.sites());
    let world = TestWorld::new(parties).demand(|out| *out = demand);
    let (results, traffic) = world.run_measured(|ctx| {
        let own = blocks(ctx.roster().me());
        async move {
            own.run(&ctx).await?;
            Ok(ctx.rounds())
        }
    });
    let rounds = results.into_iter().map(Result::unwrap).max().unwrap();
    Run { site_bytes: traffic.sites.iter().sum(), helper_bytes: traffic.helper, rounds }
}
