//! Rates of every protocol, at 2, 3 and 5 sites, with a helper and without: in one thread over the in-memory
//! network, and as `mpc-party bench` measures them, over QUIC on loopback. Correlations are dealt, or made by oblivious
//! transfer, within the measured time; over QUIC, agreement and base transfers are not in it.
//!
//! ```text
//! cargo bench --locked -p mpc-party                         all of it, by criterion
//! cargo bench --locked -p mpc-party -- quic/multiply        what contains these words
//! cargo bench --locked -p mpc-party -- table                the table of docs/performance.md: rates, bytes and rounds
//! cargo bench --locked -p mpc-party -- table multiply 3     one protocol among three sites, with a helper and without
//! cargo bench --locked -p mpc-party -- table multiply 3 ot  the same without (ot, ot-2, ot-8: field bits 4, 2, 8; helper)
//! cargo bench --locked -p mpc-party -- totals               fixed amounts of work among three processes: seconds and megabytes
//! cargo bench --locked -p mpc-party -- totals release       one of them (multiply, negative, less_than, and, release)
//! cargo bench --locked -p mpc-party -- product 100000 1000 1000 17
//!                                                  a matrix product between two sites, with a helper: rows, columns of
//!                                                  numbers and of bits, bits of a number
//! cargo bench --locked -p mpc-party -- counts 100000 100 100 17
//!                                                  counts of a vertical query at two sites, and with a third's membership
//! ```
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program for developers: it may end where it stands, and prints what it measured"
)]

mod computing;
mod counts;
mod memory;
mod processes;
mod product;
mod release;
mod table;
mod totals;

use criterion::{Criterion, Throughput};
use mpc_core::source::ot::Field;
use mpc_core::test_world::Parties;
use mpc_net::Interrupter;
use mpc_party::bench::work::{self, Blocks};
use mpc_party::bench::{Federation, Setting};
use std::time::Duration;

/// Who is measured.
const PARTIES: [Parties; 6] = [
    Parties::with_helper(2),
    Parties::with_helper(3),
    Parties::with_helper(5),
    Parties::without_helper(2, Field::Bits4),
    Parties::without_helper(3, Field::Bits4),
    Parties::without_helper(5, Field::Bits4),
];

/// The name of a source, for reports and on the command line.
fn source(parties: Parties) -> &'static str {
    match parties.field() {
        None => "helper",
        Some(Field::Bits2) => "ot-2",
        Some(Field::Bits4) => "ot",
        Some(Field::Bits8) => "ot-8",
    }
}

/// The parties of this name.
fn named(sites: u8, source: &str) -> Parties {
    match source {
        "ot" => Parties::without_helper(sites, Field::Bits4),
        "ot-2" => Parties::without_helper(sites, Field::Bits2),
        "ot-8" => Parties::without_helper(sites, Field::Bits8),
        _ => Parties::with_helper(sites),
    }
}

/// These parties, connected over QUIC.
fn start(parties: Parties) -> Federation {
    let setting = Setting { sites: parties.sites(), field: parties.field() };
    Federation::start(setting, Interrupter::new()).unwrap()
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    match arguments.next().as_deref() {
        Some("table") => {
            table::print(arguments.next().as_deref(), arguments.next(), arguments.next().as_deref());
        }
        Some("totals") => totals::print(arguments.next().as_deref()),
        Some(processes::PARTY) => processes::party(&arguments.collect::<Vec<_>>()),
        Some("counts") => counts::print(&arguments.collect::<Vec<_>>()),
        Some("product") => product::print(&arguments.collect::<Vec<_>>()),
        _ => criterion(),
    }
}

fn criterion() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    for parties in PARTIES {
        for work in work::ALL {
            let mut group = criterion.benchmark_group(format!("memory/{}", work.name));
            group.throughput(Throughput::Elements((memory::BLOCKS * work.block) as u64));
            group.bench_function(format!("{}/{}", source(parties), parties.sites()), |bencher| {
                bencher.iter(|| memory::run(work, parties));
            });
            group.finish();
        }
    }
    for parties in PARTIES {
        let mut federation = None;
        let name = format!("{}/{}", source(parties), parties.sites());
        for work in work::ALL {
            let mut group = criterion.benchmark_group(format!("quic/{}", work.name));
            group.throughput(Throughput::Elements(work.block as u64));
            group.bench_function(&name, |bencher| {
                let federation = federation.get_or_insert_with(|| start(parties));
                bencher.iter_custom(|blocks| {
                    let task = |party| Blocks::new(work, blocks as usize, work.block, party);
                    federation.run(task).unwrap().work.elapsed
                });
            });
            group.finish();
        }
    }
    criterion.final_summary();
}
