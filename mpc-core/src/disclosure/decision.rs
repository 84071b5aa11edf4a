//! One shared bit a pair: it passes every test of the release rule and every selected condition. Nothing but this bit
//! is opened of a pair that is withheld.

use super::release::{self, Shared, release_rows};
use super::rule::ReleaseRule;
use super::select::{self, SelectRule, selected_rows};
use crate::algebra::Bits;
use crate::correlation::Demand;
use crate::error::Result;
use crate::protocol::and_all::{self, and_all};
use crate::session::Context;
use crate::sharing::{Additive, Fresh, Raw, SemiHonest};
use crate::statistics::counting::Cells;
use crate::step::Step;
use crate::transport::Lane;

/// What decides about a pair.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What may be released.
    pub release: ReleaseRule,
    /// What was asked for.
    pub select: SelectRule,
    /// Whether the source has transfers between two sites.
    pub transfers: bool,
}

impl Decision {
    /// Tests and selected conditions that a pair has to pass.
    pub fn tests(&self) -> usize {
        self.release.tests() + self.select.conditions()
    }

    /// Rows of bits that decide about a pair.
    fn rows(&self) -> usize {
        release::rows(&self.release, self.transfers) + self.select.conditions()
    }
}

/// Whether each pair is released, from this site's counts. Elements beyond the last pair mean nothing.
///
/// # Errors
/// Those of the protocols used.
pub async fn decide(
    ctx: &Context<SemiHonest>,
    decision: &Decision,
    counts: &Cells,
) -> Result<Fresh<Additive<Bits>>> {
    let words = Bits::words_for(counts.n11.len());
    let mut rows: Vec<Shared> = Vec::new();
    let step = ctx.narrow("release");
    rows.push(release_rows(&step, &decision.release, decision.transfers, counts).await?);
    rows.extend(selected_rows(&ctx.narrow("select"), &decision.select, counts).await?);
    let rows: Vec<&Shared> = rows.iter().collect();
    let rows = Raw::linear(&rows, |parts| Bits::concat(parts.iter().copied()));
    and_all(&ctx.narrow("all"), rows, words).await
}

/// What [`decide`] at `step` asks for, for this many pairs.
pub fn demand(out: &mut Demand, step: &Step, lane: Lane, decision: &Decision, pairs: usize) {
    let words = Bits::words_for(pairs);
    release::demand(out, &step.then("release"), lane, &decision.release, decision.transfers, words);
    select::demand(out, &step.then("select"), lane, &decision.select, pairs);
    and_all::demand(out, &step.then("all"), lane, decision.rows(), words);
}
