//! W^T Y modulo 2^width, shared between a holder of numbers W and an evaluator of bits Y. `docs/protocols.md`, "Lattice
//! products", has construction, parameters, error bound and proofs.
//!
//! The holder sends 13 bytes for each number and 4,096 more numbers a column; the evaluator 13 bytes for each result and
//! for 4,096 numbers a column of bits. 2 rounds. Sums are kept for [one message](super) of the holder's columns at a time;
//! the memory beside the inputs is 16 bytes a result at the holder, and the bits once more at the evaluator.
//!
//! Table look-ups are indexed by the parties' own secrets, keys and bits: what else runs on a party's own machine could
//! observe which lines of its cache are used. That is outside the threat model, as all side channels there.

pub use super::evaluator::evaluate;
pub use super::holder::hold;
pub use super::shape::{Cost, MAX_ERROR_PROBABILITY, Shape};

use super::public::Public;
use crate::error::Result;
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::transport::PartyId;

/// The step of a product of these two sites.
pub(super) fn step(ctx: &Context<SemiHonest>, holder: PartyId, evaluator: PartyId) -> Context<SemiHonest> {
    ctx.narrow_nth("numbers-of", holder.index()).narrow_nth("bits-of", evaluator.index())
}

/// What both sites know.
pub(super) fn public(ctx: &Context<SemiHonest>, peer: PartyId, shape: &Shape) -> Result<Public> {
    Ok(Public::expand(ctx.narrow("public").pair_stream(peer)?, shape.blocks().len()))
}
