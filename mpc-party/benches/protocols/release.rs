//! One test of each pooled count, and the opening of those that pass: what the release rule does, with a single test.

use futures::FutureExt;
use futures::future::BoxFuture;
use mpc_core::algebra::{Bits, Planes, Ring};
use mpc_core::correlation::{Demand, TruthTable};
use mpc_core::disclosure::{ReleaseRule, Threshold};
use mpc_core::error::{Error, Result};
use mpc_core::protocol::input::own_summand;
use mpc_core::protocol::open::{open_output, verify};
use mpc_core::protocol::private_table::{self, PrivateTable};
use mpc_core::protocol::table_lookup;
use mpc_core::protocol::zero_share::zero_share;
use mpc_core::query::Disclosure;
use mpc_core::random::{Prg, Seed};
use mpc_core::session::Context;
use mpc_core::sharing::SemiHonest;
use mpc_core::step::Step;
use mpc_core::test_world::Parties;
use mpc_core::transport::{Lane, PartyId};
use mpc_party::bench::Task;

/// Pooled counts, as many as pairs of a hundred markers.
pub(crate) const COUNTS: usize = 4_950;
/// The least count that is opened.
const LEAST: u32 = 10;
/// Bits of a pooled count.
const COUNT_BITS: u32 = 20;
/// The test's step.
const TEST: &str = "test";

/// A party's part.
pub(crate) struct Release {
    /// This site's counts.
    counts: Vec<u32>,
    /// Decides on the sum of clamped counts, which the sites share.
    table: TruthTable,
    /// Decides on the sites' own clamped counts by their transfers; `None` with a helper.
    private: Option<PrivateTable>,
}

impl Release {
    /// At this party.
    pub(crate) fn new(parties: Parties, party: PartyId) -> Self {
        let only =
            Disclosure { min_cell_count: LEAST, allow_zero: false, residual_min_count: None, min_people: 1 };
        let rule = ReleaseRule::new(parties.sites().into(), only);
        let private = parties.field().and_then(|_| rule.private_table());
        let table = rule.pooled().as_ref().and_then(Threshold::table).unwrap();
        // About half of the sums pass.
        let mut words = vec![0; COUNTS];
        Prg::new(Seed::from_bytes([party.index() as u8; 32])).fill_words(&mut words);
        let counts = words.into_iter().map(|word| (word % 8) as u32).collect();
        Self { counts, table, private }
    }

    /// This site's counts as no more than the threshold.
    fn clamped(&self, width: u32) -> Planes {
        Planes::from_clamped(width, Bits::words_for(COUNTS), LEAST, &[&self.counts])
    }
}

impl Task for Release {
    fn demand(&self, _: u8) -> Demand {
        let (mut out, step, words) = (Demand::default(), Step::root().then(TEST), Bits::words_for(COUNTS));
        match &self.private {
            Some(table) => private_table::demand(&mut out, &step, Lane::MAIN, table, words),
            None => table_lookup::demand(&mut out, &step, Lane::MAIN, &[(self.table.clone(), words)]),
        }
        out
    }

    fn run<'a>(&'a self, ctx: &'a Context<SemiHonest>) -> BoxFuture<'a, Result<()>> {
        async move {
            let test = ctx.narrow(TEST);
            let passes = match &self.private {
                Some(table) => {
                    let own = self.clamped(table.width());
                    zero_share(&test, private_table::look_up(&test, table, &own).await?)?
                }
                None => {
                    let index = own_summand(self.clamped(self.table.width()));
                    let looked_up = table_lookup::look_up(&test, &[(self.table.clone(), index)]).await?;
                    looked_up.into_iter().next().ok_or(Error::Internal("no table was looked up"))?
                }
            };
            let everyone = ctx.roster().sites().collect();
            let opened = open_output(&ctx.narrow("bits"), passes, &everyone).await?;
            let bits = verify(ctx, opened).await?.unwrap_or_default();
            let passing = self.counts.iter().enumerate().filter(|(at, _)| bits.get(*at));
            let passing = Ring::new(COUNT_BITS, passing.map(|(_, count)| *count).collect());
            let cells = ctx.narrow("cells");
            let opened = open_output(&cells, zero_share(&cells, own_summand(passing))?, &everyone).await?;
            let cells = verify(ctx, opened).await?.unwrap_or_default();
            let right = cells.values().iter().all(|&count| count >= LEAST);
            if right && !cells.values().is_empty() { Ok(()) } else { Err(Error::Internal("a wrong release")) }
        }
        .boxed()
    }
}
