//! The table of docs/performance.md.

use crate::computing::computing;
use crate::{PARTIES, memory, named, source, start};
use mpc_core::test_world::Parties;
use mpc_party::bench::work::{ALL, Blocks, Work};
use mpc_party::bench::{Federation, Run};
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
        let federation = start(parties);
        for work in ALL.iter().filter(|work| name.is_none_or(|name| name == work.name)) {
            row(work, parties, &federation);
        }
    }
}

fn row(work: &'static Work, parties: Parties, federation: &Federation) {
    let payload = memory::run(work, parties);
    let start = Instant::now();
    for _ in 0..SESSIONS {
        memory::run(work, parties);
    }
    let in_memory = millions(SESSIONS * memory::BLOCKS * work.block, start.elapsed());

    let session = |blocks| {
        let before = computing();
        let run: Run = federation.run(|party| Blocks::new(work, blocks, work.block, party)).unwrap();
        (run.work, computing() - before)
    };
    let probe = session(16).0.elapsed;
    let blocks = (16.0 * LONG_ENOUGH.as_secs_f64() / probe.as_secs_f64()) as usize;
    let blocks = blocks.clamp(16, 16_000);
    let mut runs: Vec<_> = (0..SESSIONS).map(|_| session(blocks)).collect();
    runs.sort_by_key(|(took, _)| took.elapsed);
    let (took, computing) = &runs[SESSIONS / 2];
    let elements = (blocks * work.block) as f64;
    let per_element = |bytes: u64| bytes as f64 / (memory::BLOCKS * work.block) as f64;
    println!(
        "| {} | {} | {} | {} | {in_memory:.3} | {:.3} | {:.1} | {:.2} | {:.2} | {:.2} | {} |",
        work.name,
        parties.sites(),
        source(parties),
        work.item,
        millions(blocks * work.block, took.elapsed),
        computing.as_nanos() as f64 / elements,
        per_element(payload.site_bytes) / f64::from(parties.sites()),
        per_element(payload.helper_bytes),
        took.udp_bytes as f64 / elements,
        payload.rounds,
    );
}

/// Millions of elements a second.
fn millions(elements: usize, elapsed: Duration) -> f64 {
    elements as f64 / elapsed.as_secs_f64() / 1e6
}
