//! Fixed amounts of work among three sites, as other frameworks report them: seconds from connected links to the result,
//! agreement, base transfers and correlated randomness included, and what all parties sent. Each party is a process.
//!
//! The counterparts in MP-SPDZ (Keller, CCS 2020; `semi2k-party`, and `dealer-ring-party` with a helper) are programs of
//! `sint` with 64-bit rings and three parties. Its `<` is the sign of a difference, which is `negative` here; `less_than`
//! compares any two numbers.

use crate::processes::{Processes, Run};
use crate::release::{COUNTS, Release};
use crate::source;
use futures::future::BoxFuture;
use mpc_core::correlation::Demand;
use mpc_core::error::Result;
use mpc_core::session::Context;
use mpc_core::sharing::SemiHonest;
use mpc_core::source::ot::Field;
use mpc_core::test_world::Parties;
use mpc_core::transport::PartyId;
use mpc_party::bench::Task;
use mpc_party::bench::work::{Blocks, Work};

/// Sessions of each row; the median counts.
const SESSIONS: usize = 3;

/// Name in the list of work, blocks, and items of a block.
const ROWS: [(&str, usize, usize); 4] = [
    // A million.
    ("multiply", 16, 62_500),
    // A hundred thousand.
    ("negative", 16, 6_250),
    ("less_than", 16, 6_250),
    // 16 million.
    ("and", 16, 1_000_000),
];

/// Name of the row of pooled counts: a test of each, and the opening of those that pass.
const RELEASE: &str = "release";

/// A party's part in the work of a row.
pub(crate) enum Totals {
    Blocks(Box<Blocks>),
    Release(Release),
}

impl Totals {
    /// In the work of this name, at this party.
    pub(crate) fn named(name: &str, parties: Parties, me: PartyId) -> Self {
        match ROWS.iter().find(|(row, ..)| *row == name) {
            Some((_, blocks, block)) => {
                Self::Blocks(Box::new(Blocks::new(Work::named(name).unwrap(), *blocks, *block, me)))
            }
            None => Self::Release(Release::new(parties, me)),
        }
    }
}

impl Task for Totals {
    fn demand(&self, sites: u8) -> Demand {
        match self {
            Self::Blocks(blocks) => blocks.demand(sites),
            Self::Release(release) => release.demand(sites),
        }
    }

    fn run<'a>(&'a self, ctx: &'a Context<SemiHonest>) -> BoxFuture<'a, Result<()>> {
        match self {
            Self::Blocks(blocks) => blocks.run(ctx),
            Self::Release(release) => release.run(ctx),
        }
    }
}

/// Prints a row for each amount, with and without a helper, or for the work of this name.
pub(crate) fn print(name: Option<&str>) {
    println!("| work | items | source | set-up, s | seconds in all | items a second | MB sent by all |");
    println!("|---|---|---|---|---|---|---|");
    let amounts = ROWS.map(|(name, blocks, block)| (name, blocks * block));
    let amounts = amounts.into_iter().chain([(RELEASE, COUNTS)]);
    let wanted = amounts.filter(|(row, _)| name.is_none_or(|name| name == *row));
    for parties in [Parties::without_helper(3, Field::Bits4), Parties::with_helper(3)] {
        let mut processes = Processes::start(parties);
        for (name, items) in wanted.clone() {
            let mut runs: Vec<Run> = (0..SESSIONS).map(|_| processes.run(name)).collect();
            runs.sort_by_key(|run| run.total);
            let Run { set_up, total, bytes } = runs[SESSIONS / 2];
            println!(
                "| {name} | {items} | {} | {:.3} | {:.3} | {:.0} | {:.2} |",
                source(parties),
                set_up.as_secs_f64(),
                total.as_secs_f64(),
                items as f64 / total.as_secs_f64(),
                bytes as f64 / 1e6,
            );
        }
    }
}
