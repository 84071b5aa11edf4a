//! A common order of all people of all sites.

use super::link::link;
use super::normalise::Identifier;
use super::own::Keys;
use super::{Linked, Method};
use crate::error::Result;
use crate::session::Context;
use crate::sharing::SemiHonest;

/// Every site gets the number of different people at all sites together, and the row of each of its own. The identifiers
/// must be different; more than `people_bound` at any site end it.
///
/// # Errors
/// [`TooManyIdentifiers`](crate::error::Error::TooManyIdentifiers), those of the links, and what no honest site sends.
pub async fn union(ctx: &Context<SemiHonest>, ids: &[Identifier], people_bound: u64) -> Result<Linked> {
    let keys = Keys::draw(&mut ctx.narrow("exponents").own_stream()?);
    link(ctx, Method::Union, ids, people_bound, keys).await
}
