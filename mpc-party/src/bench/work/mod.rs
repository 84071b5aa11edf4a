//! What is measured: pieces of work on blocks of items, which run side by side on the lanes.

mod inputs;
mod list;

pub use list::ALL;

use super::task::Task;
use futures::FutureExt;
use futures::future::{BoxFuture, try_join_all};
use inputs::{Inputs, Kind};
use mpc_core::correlation::Demand;
use mpc_core::error::Result;
use mpc_core::session::Context;
use mpc_core::sharing::SemiHonest;
use mpc_core::step::Step;
use mpc_core::transport::{Lane, PartyId};

/// A protocol, with inputs of one kind.
#[derive(Debug)]
pub struct Work {
    /// Its name, for reports and to choose it.
    pub name: &'static str,
    /// What an item is.
    pub item: &'static str,
    /// Items of a block that is large enough to be done as fast as may be, and small enough for the memory.
    pub block: usize,
    kind: Kind,
    demand: fn(&mut Demand, &At<'_>, usize),
    run: for<'a> fn(&'a Context<SemiHonest>, &'a Inputs) -> BoxFuture<'a, Result<()>>,
}

/// Where a block is computed.
struct At<'a> {
    step: &'a Step,
    lane: Lane,
    sites: usize,
}

impl Work {
    /// The piece of work of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|work| work.name == name)
    }
}

/// A number of blocks of one size, as one party has them.
pub struct Blocks {
    work: &'static Work,
    blocks: usize,
    inputs: Inputs,
}

impl Blocks {
    /// So many blocks, of so many items each, at this party. Bits are computed 64 at a time.
    pub fn new(work: &'static Work, blocks: usize, items: usize, party: PartyId) -> Self {
        Self { work, blocks, inputs: Inputs::new(work.kind, items, party) }
    }
}

impl Task for Blocks {
    fn demand(&self, sites: u8) -> Demand {
        let mut demand = Demand::default();
        for block in 0..self.blocks {
            let step = Step::root().then_nth("block", block);
            let at = At { step: &step, lane: Lane::nth(block), sites: sites.into() };
            (self.work.demand)(&mut demand, &at, self.inputs.len);
        }
        demand
    }

    fn run<'a>(&'a self, ctx: &'a Context<SemiHonest>) -> BoxFuture<'a, Result<()>> {
        let lanes = (0..Lane::COUNT).map(|lane| async move {
            for block in (lane..self.blocks).step_by(Lane::COUNT) {
                let ctx = ctx.narrow_nth("block", block).on_lane(Lane::nth(lane));
                (self.work.run)(&ctx, &self.inputs).await?;
            }
            Ok(())
        });
        try_join_all(lanes).map(|done| done.map(drop)).boxed()
    }
}
