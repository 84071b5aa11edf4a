//! Rates of every protocol, at 2, 3 and 5 sites with a helper: in one thread over the in-memory network, and with a
//! process for each party over QUIC on loopback. Correlations are dealt within the measured time.
//!
//! ```text
//! cargo bench -p mpc-net                         all of it, by criterion
//! cargo bench -p mpc-net -- quic/multiply        what contains these words
//! cargo bench -p mpc-net -- table                the table of docs/performance.md: rates, bytes and rounds
//! cargo bench -p mpc-net -- table multiply 3     one protocol among three sites
//! ```
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program for developers: it may end where it stands, and prints what it measured"
)]

mod federation;
mod memory;
mod table;
mod work;

use criterion::{Criterion, Throughput};
use federation::Federation;
use std::time::Duration;

/// Numbers of sites that are measured.
const SITES: [u8; 3] = [2, 3, 5];

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    match arguments.next().as_deref() {
        Some(federation::PARTY) => federation::party(arguments),
        Some("table") => table::print(arguments.next().as_deref(), arguments.next()),
        _ => criterion(),
    }
}

fn criterion() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    for sites in SITES {
        for work in work::ALL {
            let mut group = criterion.benchmark_group(format!("memory/{}", work.name));
            group.throughput(Throughput::Elements((memory::BLOCKS * work.elements) as u64));
            group.bench_function(sites.to_string(), |bencher| {
                bencher.iter(|| memory::run(work, sites));
            });
            group.finish();
        }
    }
    for sites in SITES {
        let mut federation = None;
        for work in work::ALL {
            let mut group = criterion.benchmark_group(format!("quic/{}", work.name));
            group.throughput(Throughput::Elements(work.elements as u64));
            group.bench_function(sites.to_string(), |bencher| {
                let federation = federation.get_or_insert_with(|| Federation::start(sites));
                bencher.iter_custom(|blocks| federation.run(work, blocks as usize).elapsed);
            });
            group.finish();
        }
    }
    criterion.final_summary();
}
