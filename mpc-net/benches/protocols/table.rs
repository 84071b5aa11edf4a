//! The table of docs/performance.md.

use crate::federation::Federation;
use crate::work::{ALL, Work};
use crate::{SITES, memory};
use std::time::{Duration, Instant};

/// A measured session lasts about this long.
const LONG_ENOUGH: Duration = Duration::from_secs(1);

/// Sessions that are measured; the median counts.
const SESSIONS: usize = 5;

/// Prints a row for each protocol and number of sites, or for one of them.
pub(crate) fn print(name: Option<&str>, sites: Option<String>) {
    let sites = sites.map(|sites| sites.parse::<u8>().unwrap());
    println!(
        "| protocol | n | element | in memory, M/s | QUIC, M/s | ns of computing | bytes a site | bytes of the helper | on the wire | rounds |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for n in SITES.into_iter().filter(|&n| sites.is_none_or(|sites| sites == n)) {
        let mut federation = Federation::start(n);
        for work in ALL.iter().filter(|work| name.is_none_or(|name| name == work.name)) {
            row(work, n, &mut federation);
        }
    }
}

fn row(work: &'static Work, sites: u8, federation: &mut Federation) {
    let payload = memory::run(work, sites);
    let start = Instant::now();
    for _ in 0..SESSIONS {
        memory::run(work, sites);
    }
    let in_memory = millions(SESSIONS * memory::BLOCKS * work.elements, start.elapsed());

    let probe = federation.run(work, 16);
    let blocks = (16.0 * LONG_ENOUGH.as_secs_f64() / probe.elapsed.as_secs_f64()) as usize;
    let blocks = blocks.clamp(16, 16_000);
    let mut runs: Vec<_> = (0..SESSIONS).map(|_| federation.run(work, blocks)).collect();
    runs.sort_by_key(|run| run.elapsed);
    let median = &runs[SESSIONS / 2];
    let elements = (blocks * work.elements) as f64;
    let per_element = |bytes: u64| bytes as f64 / (memory::BLOCKS * work.elements) as f64;
    println!(
        "| {} | {sites} | {} | {in_memory:.1} | {:.1} | {:.1} | {:.2} | {:.2} | {:.2} | {} |",
        work.name,
        work.element,
        millions(blocks * work.elements, median.elapsed),
        median.computing.as_nanos() as f64 / elements,
        per_element(payload.site_bytes) / f64::from(sites),
        per_element(payload.helper_bytes),
        median.bytes as f64 / elements,
        payload.rounds,
    );
}

/// Millions of elements a second.
fn millions(elements: usize, elapsed: Duration) -> f64 {
    elements as f64 / elapsed.as_secs_f64() / 1e6
}
