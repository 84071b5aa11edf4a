//! What a session of a measured federation is for.

use futures::future::BoxFuture;
use mpc_core::correlation::Demand;
use mpc_core::error::Result;
use mpc_core::session::Context;
use mpc_core::sharing::SemiHonest;

/// A computation, as one of the parties has it.
pub trait Task: Send + Sync {
    /// All that the sites will ask their source for, which the helper deals.
    fn demand(&self, sites: u8) -> Demand;

    /// A site's part.
    fn run<'a>(&'a self, ctx: &'a Context<SemiHonest>) -> BoxFuture<'a, Result<()>>;
}
