//! The counts of a vertical query, from columns in a common order of rows to shares: the first two sites hold columns, and
//! all sites their memberships.

use crate::{source, start};
use futures::FutureExt;
use futures::future::BoxFuture;
use mpc_core::algebra::{Bits, Vector};
use mpc_core::correlation::Demand;
use mpc_core::error::Result;
use mpc_core::query::vertical::counts::{Work, count};
use mpc_core::query::vertical::{Columns, Layout};
use mpc_core::query::{Encoding, MissingRule, Pairs};
use mpc_core::random::{Prg, Seed};
use mpc_core::session::Context;
use mpc_core::sharing::SemiHonest;
use mpc_core::source::Preprocessing;
use mpc_core::source::ot::Field;
use mpc_core::statistics::cohort::{Cohort, Column};
use mpc_core::statistics::counting::Counter;
use mpc_core::step::Step;
use mpc_core::test_world::Parties;
use mpc_core::transport::{Lane, PartyId};
use mpc_party::bench::Task;
use std::hint::black_box;
use std::time::Instant;

const STEP: &str = "counts";

/// Sessions of each row; the median counts.
const SESSIONS: usize = 3;

/// A party's part.
struct Counts {
    work: Work,
    own: Option<Columns>,
}

/// What a site has: random carriers.
fn cohort(rows: usize, markers: usize, party: usize) -> Cohort {
    let mut prg = Prg::new(Seed::from_bytes([party as u8; 32]));
    let column = |_| {
        let mut column = Column::default();
        let carriers = Bits::random(Bits::words_for(rows), &mut prg);
        (0..rows).for_each(|row| column.push(Some(carriers.get(row).into()), Encoding::Carrier));
        column
    };
    let columns = (0..markers).map(column).collect();
    Cohort { ids: (0..markers).map(|marker| format!("{party}-{marker}")).collect(), columns, people: rows }
}

impl Counts {
    /// What this party has of it: everybody but one in eight.
    fn new(work: &Work, party: PartyId) -> Self {
        let own = work.layout.markers().get(party.index()).map(|&markers| {
            let place = |row: usize| (row % 8 != party.index()).then_some(row as u32);
            let places: Vec<Option<u32>> = (0..work.rows).map(place).collect();
            Columns::new(&cohort(work.rows, markers, party.index()), work.rows, &places, &work.layout)
        });
        Self { work: work.clone(), own }
    }
}

/// Seconds of counting all pairs of both sites' columns in the clear, on one core.
fn in_the_clear(rows: usize, [first, second]: [usize; 2]) -> f64 {
    let (mut joined, other) = (cohort(rows, first, 0), cohort(rows, second, 1));
    joined.columns.extend(other.columns);
    joined.ids.extend(other.ids);
    let counter = Counter::new(&joined, MissingRule::AsNoncarrier);
    let start = Instant::now();
    black_box(counter.count(0..counter.pairs()));
    start.elapsed().as_secs_f64()
}

impl Task for Counts {
    fn demand(&self, _: u8) -> Demand {
        let mut out = Demand::default();
        self.work.demand(&mut out, &Step::root().then(STEP), Lane::MAIN);
        out
    }

    fn run<'a>(&'a self, ctx: &'a Context<SemiHonest>) -> BoxFuture<'a, Result<()>> {
        async move {
            match &self.own {
                Some(own) => count(&ctx.narrow(STEP), &self.work, own).await.map(drop),
                None => Ok(()),
            }
        }
        .boxed()
    }
}

/// Measures counts of this size: rows, columns of the first site, columns of the second, bits of a number.
pub(crate) fn print(words: &[String]) {
    let [rows, first, second, width] = [0, 1, 2, 3].map(|word: usize| words[word].parse::<usize>().unwrap());
    println!("| rows, columns, width | sites | source | seconds | MB on the wire |");
    println!("|---|---|---|---|---|");
    let clear = in_the_clear(rows, [first, second]);
    println!("| {} | 1 | in the clear, all pairs | {clear:.4} | |", words.join(" "));
    for field in [None, Some(Field::Bits4)] {
        for sites in [2, 3] {
            let (parties, preprocessing) = match field {
                None => (Parties::with_helper(sites), Preprocessing::Helper),
                Some(field) => (Parties::without_helper(sites, field), Preprocessing::ObliviousTransfer),
            };
            let markers = [first, second, 0].into_iter().take(sites.into()).collect::<Vec<_>>();
            let layout = Layout::of_counts(&markers, MissingRule::AsNoncarrier, Pairs::AcrossSites);
            let work = Work::new(layout, rows, width as u32, preprocessing);
            let federation = start(parties);
            let mut runs: Vec<_> = (0..SESSIONS)
                .map(|_| federation.run(|party| Counts::new(&work, party)).unwrap().work)
                .collect();
            runs.sort_by_key(|run| run.elapsed);
            let median = &runs[SESSIONS / 2];
            println!(
                "| {} | {sites} | {} | {:.2} | {:.0} |",
                words.join(" "),
                source(parties),
                median.elapsed.as_secs_f64(),
                median.udp_bytes as f64 / 1e6,
            );
        }
    }
}
