//! Fixed amounts of work among three sites, as other frameworks report them: seconds from connected links to the result,
//! agreement, base transfers and correlated randomness included, and what all parties sent.
//!
//! The counterparts in MP-SPDZ (Keller, CCS 2020; `semi2k-party`, and `dealer-ring-party` with a helper) are programs of
//! `sint` with 64-bit rings and three parties. Its `<` is the sign of a difference, which is `negative` here; `less_than`
//! compares any two numbers.

use crate::release::{COUNTS, Release};
use crate::{source, start};
use mpc_core::source::ot::Field;
use mpc_core::test_world::Parties;
use mpc_party::bench::Run;
use mpc_party::bench::work::{Blocks, Work};

/// Sessions of each row; the median counts.
const SESSIONS: usize = 3;

/// Name in the list of work, blocks, and items of a block.
const ROWS: [(&str, usize, usize); 4] = [
    // A million.
    ("multiply", 64, 15_625),
    // A hundred thousand.
    ("negative", 16, 6_250),
    ("less_than", 16, 6_250),
    // 16 million.
    ("and", 16, 1_000_000),
];

/// Name of the row of pooled counts: a test of each, and the opening of those that pass.
const RELEASE: &str = "release";

/// Prints a row for each amount, with and without a helper, or for the work of this name.
pub(crate) fn print(name: Option<&str>) {
    println!("| work | items | source | set-up, s | seconds in all | items a second | MB sent by all |");
    println!("|---|---|---|---|---|---|---|");
    let wanted = |row: &str| name.is_none_or(|name| name == row);
    for parties in [Parties::without_helper(3, Field::Bits4), Parties::with_helper(3)] {
        let federation = start(parties);
        for (name, blocks, block) in ROWS.into_iter().filter(|(name, ..)| wanted(name)) {
            let work = Work::named(name).unwrap();
            let run = || federation.run(|party| Blocks::new(work, blocks, block, party)).unwrap();
            row(name, blocks * block, parties, run);
        }
        if wanted(RELEASE) {
            let run = || federation.run(|party| Release::new(parties, party)).unwrap();
            row(RELEASE, COUNTS, parties, run);
        }
    }
}

fn row(name: &str, items: usize, parties: Parties, run: impl Fn() -> Run) {
    let mut runs: Vec<Run> = (0..SESSIONS).map(|_| run()).collect();
    runs.sort_by_key(|run| run.set_up.elapsed + run.work.elapsed);
    let Run { set_up, work, .. } = runs[SESSIONS / 2];
    let bytes = set_up.site_bytes + set_up.helper_bytes + work.site_bytes + work.helper_bytes;
    let seconds = (set_up.elapsed + work.elapsed).as_secs_f64();
    println!(
        "| {name} | {items} | {} | {:.3} | {seconds:.3} | {:.0} | {:.2} |",
        source(parties),
        set_up.elapsed.as_secs_f64(),
        items as f64 / seconds,
        bytes as f64 / 1e6,
    );
}
