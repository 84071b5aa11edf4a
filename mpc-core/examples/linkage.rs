//! Time and bytes of record linkage: all sites in one process, over the in-memory network, on all cores.
//!
//! ```text
//! cargo run --release --locked -p mpc-core --example linkage -- [people a site] [percent of them at all sites] [sites]
//! ```
//!
//! Without arguments 100,000 people, half of them at all sites, three sites. The rest of each site's people are nowhere else.
#![allow(clippy::print_stdout, reason = "what it is for")]

use mpc_core::linkage::{Limits, Method, Normalisation, bytes_by_site, link};
use mpc_core::test_world::{Parties, TestWorld};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |default: u64| arguments.next().map_or(Ok(default), |text| text.parse());
    let (people, percent, sites) = (argument(100_000)?, argument(50)?.min(100), argument(3)?.clamp(2, 16));
    let shared = people * percent / 100;
    let clock = (Instant::now(), cpu_seconds());
    let identify = |site: u64| {
        let own = (shared..people).map(move |id| (1 + site) * 1_000_000_000 + id);
        let ids = (0..shared).chain(own);
        ids.map(|id| Normalisation::IdV1.apply(&[id.to_string().as_bytes()])).collect::<Result<Vec<_>, _>>()
    };
    let ids = (0..sites).map(identify).collect::<Result<Vec<_>, _>>()?;
    let set_up = (clock.0.elapsed().as_secs_f64(), cpu_seconds() - clock.1);

    let clock = (Instant::now(), cpu_seconds());
    let results = TestWorld::new(Parties::with_helper(sites as u8)).run(|ctx| {
        let ids = ids.get(ctx.roster().me().index()).map(Vec::as_slice).unwrap_or_default();
        async move {
            link(&ctx, Method::default(), ids, Limits { people_bound: people, min_people: 0 }, &|_, _| ())
                .await
        }
    });
    let (wall, cpu) = (clock.0.elapsed().as_secs_f64(), cpu_seconds() - clock.1);
    let rows =
        results.into_iter().map(|linked| linked.map(|linked| linked.rows)).collect::<Result<Vec<_>, _>>()?;
    let rows = rows.first().copied().unwrap_or_default();
    let identifiers = (sites * people) as f64;
    let sent: u64 = bytes_by_site(&vec![people as usize; sites as usize], rows).iter().sum();
    println!("{sites} sites of {people} people, {shared} of them at all; {rows} rows");
    println!("normalised in {:.2} s, {:.1} us of CPU an identifier", set_up.0, 1e6 * set_up.1 / identifiers);
    println!("linked in {wall:.2} s, {:.1} us of CPU an identifier and site", 1e6 * cpu / identifiers);
    println!("sent {:.0} bytes an identifier and site", sent as f64 / identifiers);
    Ok(())
}

/// Processor time of this process so far. Linux; zero elsewhere.
fn cpu_seconds() -> f64 {
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else { return 0.0 };
    // After the name, which may contain spaces: user and system time are fields 14 and 15, in hundredths of a second.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}
