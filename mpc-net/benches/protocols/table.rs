//! The table of docs/performance.md.

use crate::federation::Federation;
use crate::work::{ALL, Work};
use crate::{PARTIES, memory, named, source};
use mpc_core::test_world::Parties;
use std::time::{Duration, Instant};

/// A measured session lasts about this long.
const LONG_ENOUGH: Duration = Duration::from_secs(1);

/// Sessions that are measured; the median counts.
const SESSIONS: usize = 5;

/// Prints a row for each protocol, number of sites and source, or for one of each.
pub(crate) fn print(name: Option<&str>, sites: Option<String>, of: Option<&str>) {
    let sites = sites.map(|sites| sites.parse::<u8>().unwrap());
    let one = sites.zip(of).map(|(sites, of)| vec![named(sites, of)]);
    println!(
        "| protocol | n | source | element | in memory, M/s | QUIC, M/s | ns of computing | bytes a site | bytes of the helper | on the wire | rounds |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let all = PARTIES.into_iter().filter(|parties| sites.is_none_or(|sites| sites == parties.sites()));
    for parties in one.unwrap_or_else(|| all.collect()) {
        let mut federation = Federation::start(parties);
        for work in ALL.iter().filter(|work| name.is_none_or(|name| name == work.name)) {
            row(work, parties, &mut federation);
        }
    }
}

fn row(work: &'static Work, parties: Parties, federation: &mut Federation) {
    let payload = memory::run(work, parties);
    let start = Instant::now();
    for _ in 0..SESSIONS {
        memory::run(work, parties);
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
        "| {} | {} | {} | {} | {in_memory:.3} | {:.3} | {:.1} | {:.2} | {:.2} | {:.2} | {} |",
        work.name,
        parties.sites(),
        source(parties),
        work.element,
        millions(blocks * work.elements, median.elapsed),
        median.computing.as_nanos() as f64 / elements,
        per_element(payload.site_bytes) / f64::from(parties.sites()),
        per_element(payload.helper_bytes),
        median.bytes as f64 / elements,
        payload.rounds,
    );
}

/// Millions of elements a second.
fn millions(elements: usize, elapsed: Duration) -> f64 {
    elements as f64 / elapsed.as_secs_f64() / 1e6
}
