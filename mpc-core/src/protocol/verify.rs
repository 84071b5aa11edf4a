//! The checks of a security level, at the places where protocols need them: openings are noted as they happen, all
//! of them are checked before an output is opened, and an output is checked before it is believed.
//! Semi-honest parties have nothing to check: the flow is the same, the checks are empty.

use crate::error::Result;
use crate::session::Context;
use crate::sharing::{Security, SemiHonest};
use futures::FutureExt;
use futures::future::BoxFuture;

/// A security level with its checks.
pub trait Verify: Security {
    /// Passes once every masked opening so far has been checked. Nothing is output before.
    fn check_openings(ctx: &Context<Self>) -> BoxFuture<'_, Result<()>>;

    /// Passes once the outputs that were opened at `ctx` have been checked.
    fn check_output(ctx: &Context<Self>) -> BoxFuture<'_, Result<()>>;
}

impl Verify for SemiHonest {
    fn check_openings(_: &Context<Self>) -> BoxFuture<'_, Result<()>> {
        futures::future::ready(Ok(())).boxed()
    }

    fn check_output(_: &Context<Self>) -> BoxFuture<'_, Result<()>> {
        futures::future::ready(Ok(())).boxed()
    }
}
