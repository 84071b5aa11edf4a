//! A common order of the people who are at all sites.

use super::link::link;
use super::normalise::Identifier;
use super::own::Keys;
use super::{Linked, Method};
use crate::error::Result;
use crate::session::Context;
use crate::sharing::SemiHonest;

/// Every site gets the number of people who are at all sites, and which of its own these are, with their rows. The
/// identifiers must be different; more than `people_bound` at any site end it.
///
/// # Errors
/// [`TooManyIdentifiers`](crate::error::Error::TooManyIdentifiers), those of the links, and what no honest site sends.
pub async fn intersection(
    ctx: &Context<SemiHonest>,
    ids: &[Identifier],
    people_bound: u64,
) -> Result<Linked> {
    let keys = Keys::draw(&mut ctx.narrow("exponents").own_stream()?);
    link(ctx, Method::Intersection, ids, people_bound, keys).await
}
