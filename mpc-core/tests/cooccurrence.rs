//! The main job on shares against the same job in the clear.
#![allow(clippy::unwrap_used, reason = "a test ends here")]

use mpc_core::error::Error;
use mpc_core::query::collected::Collected;
use mpc_core::query::plan::Plan;
use mpc_core::query::run::{Release, Sink, run};
use mpc_core::query::{Encoding, MissingRule, Query, Select, example};
use mpc_core::source::Preprocessing;
use mpc_core::source::ot::Field;
use mpc_core::statistics::cohort::{Cohort, Column};
use mpc_core::statistics::counting::Counter;
use mpc_core::statistics::{ReleasedPair, Table2x2};
use mpc_core::step::Step;
use mpc_core::test_world::{Parties, TestWorld, Traffic, random_words};
use mpc_core::transport::PartyId;
use mpc_core::transport::tamper::Fate;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A cohort whose markers are carried by different shares of the people, with a few missing calls.
fn cohort(site: usize, people: usize, markers: usize, missing: bool) -> Cohort {
    let columns = (0..markers).map(|marker| {
        let mut column = Column::default();
        let seed = (site * 50 + marker % 50) as u8;
        for word in
            random_words(seed, people.max(1)).iter().take(people).map(|word| word.rotate_left(marker as u32))
        {
            let rarity = marker % 7 + 1;
            let dosage = if word % 64 < 64 >> rarity { 1 + (word >> 8 & 1) as u8 } else { 0 };
            let call = (!missing || word >> 16 & 31 != 0).then_some(dosage);
            column.push(call, Encoding::Carrier);
        }
        column
    });
    Cohort {
        ids: (0..markers).map(|marker| format!("m{marker}")).collect(),
        columns: columns.collect(),
        people,
    }
}

fn tables(cohorts: &[Cohort], rule: MissingRule) -> Vec<Vec<Table2x2>> {
    let of = |cohort: &Cohort| {
        let mut tables = Vec::new();
        let bit = |words: &[u64], person: usize| {
            words.get(person / 64).is_some_and(|word| word >> (person % 64) & 1 == 1)
        };
        for a in 0..cohort.columns.len() {
            for b in a + 1..cohort.columns.len() {
                let mut table = Table2x2::default();
                let (x, y) = (&cohort.columns[a], &cohort.columns[b]);
                for person in 0..cohort.people {
                    let left_out = bit(x.missing(), person) || bit(y.missing(), person);
                    if left_out && rule == MissingRule::PairwiseComplete {
                        continue;
                    }
                    match (bit(x.carrier(), person), bit(y.carrier(), person)) {
                        (true, true) => table.n11 += 1,
                        (true, false) => table.n10 += 1,
                        (false, true) => table.n01 += 1,
                        (false, false) => table.n00 += 1,
                    }
                }
                tables.push(table);
            }
        }
        tables
    };
    cohorts.iter().map(of).collect()
}

fn in_the_clear(query: &Query, cohorts: &[Cohort]) -> Vec<ReleasedPair> {
    let disclosure = query.disclosure;
    let ok = |count: u64, least: u32| count >= least.into() || disclosure.allow_zero && count == 0;
    let cells = |table: &Table2x2| [table.n11, table.n10, table.n01, table.n00];
    let by_site = tables(cohorts, query.missing);
    let markers = cohorts[0].columns.len() as u32;
    let names = (0..markers).flat_map(|a| (a + 1..markers).map(move |b| (a, b)));
    names
        .enumerate()
        .filter_map(|(pair, (a, b))| {
            let sites: Vec<[u64; 4]> = by_site.iter().map(|tables| cells(&tables[pair])).collect();
            let total = |cell: usize| sites.iter().map(|site| site[cell]).sum::<u64>();
            let released = (0..4).all(|cell| {
                ok(total(cell), disclosure.min_cell_count)
                    && disclosure
                        .residual_min_count
                        .is_none_or(|least| sites.iter().all(|site| ok(total(cell) - site[cell], least)))
            });
            let table = Table2x2 { n11: total(0), n10: total(1), n01: total(2), n00: total(3) };
            let released = released && selected(&query.select, table);
            released.then_some(ReleasedPair { a, b, table })
        })
        .collect()
}

/// The selected conditions in exact integers.
fn selected(select: &Select, table: Table2x2) -> bool {
    let [n11, n10, n01, n00] = [table.n11, table.n10, table.n01, table.n00].map(u128::from);
    let (n, a, b) = (n11 + n10 + n01 + n00, n11 + n10, n11 + n01);
    select.minimum_lift_milli.is_none_or(|milli| 1000 * n11 * n >= u128::from(milli) * a * b)
        && select.minimum_chi_squared_milli.is_none_or(|milli| {
            n11 * n > a * b && {
                let d = n11 * n - a * b;
                1000 * n * d * d >= u128::from(milli) * a * (n - a) * b * (n - b)
            }
        })
}

/// Both ways to make correlations.
const PREPROCESSING: [Preprocessing; 2] = [Preprocessing::Helper, Preprocessing::ObliviousTransfer];

/// What a site knows and has at the end.
type Received = (Release, Option<Vec<ReleasedPair>>);

fn on_shares(
    query: &Query,
    cohorts: &[Cohort],
    preprocessing: Preprocessing,
) -> (Vec<Result<Received, Error>>, Traffic) {
    let plan = Plan::new(query, cohorts[0].columns.len() as u32, preprocessing).unwrap();
    let sites = cohorts.len() as u8;
    let parties = match preprocessing {
        Preprocessing::Helper => Parties::with_helper(sites),
        Preprocessing::ObliviousTransfer => Parties::without_helper(sites, Field::Bits4),
    };
    TestWorld::new(parties).demand(|out| *out = plan.demand()).run_measured(|ctx| {
        let cohort = &cohorts[ctx.roster().me().index()];
        let plan = &plan;
        async move {
            let counter = Counter::new(cohort, plan.query().missing);
            let collected = Collected::default();
            let release = run(&ctx, plan, &counter, cohort.people as u64, Some(&collected), &|_| {}).await?;
            Ok((release, collected.pairs()))
        }
    })
}

fn check(query: &Query, cohorts: &[Cohort]) -> usize {
    let expected = in_the_clear(query, cohorts);
    for preprocessing in PREPROCESSING {
        let (releases, _) = on_shares(query, cohorts, preprocessing);
        for (site, release) in releases.into_iter().enumerate() {
            let (release, pairs) = release.unwrap();
            assert_eq!(release.released, Some(expected.len() as u64));
            assert_eq!(pairs.is_some(), query.recipients.contains(&site));
            let equal = pairs.is_none_or(|pairs| pairs == expected);
            assert!(equal, "site {site}, {preprocessing:?}: {query:?}");
        }
    }
    expected.len()
}

#[test]
fn released_pairs_and_cells_equal_the_clear() {
    for (sites, people) in [(2, 150), (3, 130), (4, 90), (5, 70)] {
        for missing in [false, true] {
            let cohorts: Vec<Cohort> =
                (0..sites).map(|site| cohort(site, people + 13 * site, 24, missing)).collect();
            let mut query = example(sites);
            let mut released = Vec::new();
            for (min, residual, allow_zero) in [
                (10, Some(5), false),
                (10, None, false),
                (3, Some(3), true),
                (1, None, true),
                (90, Some(60), false),
            ] {
                query.disclosure.min_cell_count = min;
                query.disclosure.residual_min_count = residual;
                query.disclosure.allow_zero = allow_zero;
                for rule in [MissingRule::AsNoncarrier, MissingRule::PairwiseComplete] {
                    query.missing = rule;
                    released.push(check(&query, &cohorts));
                }
            }
            assert!(released[0] > 0 && released[0] < 276, "{released:?}");
            assert_eq!(released[6], 276, "minimum one with zeros allowed releases all");
        }
    }
}

#[test]
fn selected_pairs_equal_the_clear() {
    for sites in [2, 3, 5] {
        for missing in [MissingRule::AsNoncarrier, MissingRule::PairwiseComplete] {
            let cohorts: Vec<Cohort> = (0..sites).map(|site| cohort(site, 400, 20, true)).collect();
            let mut query = example(sites);
            query.missing = missing;
            let mut released = vec![check(&query, &cohorts)];
            for (lift, chi_squared) in [(Some(1_000), None), (None, Some(500)), (Some(1_050), Some(1_000))] {
                query.select = Select { minimum_lift_milli: lift, minimum_chi_squared_milli: chi_squared };
                released.push(check(&query, &cohorts));
            }
            assert!(released[1..].iter().all(|&count| count > 0 && count < released[0]), "{released:?}");
        }
    }
}

#[test]
fn only_recipients_receive() {
    let cohorts: Vec<Cohort> = (0..3).map(|site| cohort(site, 100, 10, false)).collect();
    let mut query = example(3);
    for recipients in [vec![0], vec![2], vec![0, 1], vec![0, 1, 2]] {
        query.recipients = BTreeSet::from_iter(recipients);
        assert!(check(&query, &cohorts) > 0);
    }
}

#[test]
fn more_than_one_block_on_several_lanes() {
    let cohorts: Vec<Cohort> = (0..3).map(|site| cohort(site, 64, 600, false)).collect();
    let query = example(3);
    assert!(Plan::new(&query, 600, Preprocessing::Helper).unwrap().blocks().count() > 2);
    assert!(check(&query, &cohorts) > 0);
}

#[test]
fn an_empty_site_contributes_zeros_and_no_pair_may_pass() {
    let mut cohorts: Vec<Cohort> = (0..3).map(|site| cohort(site, 100, 6, false)).collect();
    cohorts[1] = cohort(1, 0, 6, false);
    let mut query = example(3);
    check(&query, &cohorts);
    query.disclosure.min_cell_count = 1_000_000;
    assert_eq!(check(&query, &cohorts), 0);
}

#[test]
fn cohorts_out_of_bounds_open_nothing() {
    let cohorts: Vec<Cohort> = (0..3).map(|site| cohort(site, 40, 6, false)).collect();
    let mut query = example(3);
    query.people_bound = 119;
    for outcome in on_shares(&query, &cohorts, Preprocessing::Helper).0 {
        assert_eq!(outcome, Err(Error::TooManyPeople { bound: 119 }));
    }
    query.people_bound = 120;
    query.disclosure.min_people = 121;
    for outcome in on_shares(&query, &cohorts, Preprocessing::Helper).0 {
        assert_eq!(outcome, Err(Error::TooFewPeople { minimum: 121 }));
    }
    query.disclosure.min_people = 120;
    assert!(on_shares(&query, &cohorts, Preprocessing::Helper).0.iter().all(Result::is_ok));
}

#[test]
fn an_opening_that_differs_from_site_to_site_ends_the_run() {
    let cohorts: Vec<Cohort> = (0..3).map(|site| cohort(site, 100, 6, false)).collect();
    let query = example(3);
    let plan = Plan::new(&query, 6, Preprocessing::Helper).unwrap();
    let steps: [&[&str]; 2] = [&["decide", "release", "tables", "open", "broadcast"], &["bits", "output"]];
    for path in steps {
        let step = path.iter().fold(Step::root().then_nth("block", 0), |step, name| step.then(name));
        let cheated = Arc::new(AtomicBool::new(false));
        let seen = cheated.clone();
        let world = TestWorld::new(3).demand(|out| *out = plan.demand());
        let outcomes = world
            .cheat(PartyId::new(0), step, move |to, payload| {
                if let Some(first) = payload.first_mut().filter(|_| to == PartyId::new(2)) {
                    *first ^= 1;
                    seen.store(true, Ordering::Relaxed);
                }
                Fate::Deliver
            })
            .run(|ctx| {
                let (cohort, plan) = (&cohorts[ctx.roster().me().index()], &plan);
                async move {
                    let counter = Counter::new(cohort, plan.query().missing);
                    run(&ctx, plan, &counter, cohort.people as u64, Some(&Collected::default()), &|_| {})
                        .await
                }
            });
        assert!(cheated.load(Ordering::Relaxed), "there is no step {path:?}");
        for outcome in outcomes {
            assert!(outcome.is_err(), "at {path:?}");
        }
    }
}

#[test]
fn message_sizes_do_not_depend_on_the_data() {
    let mut query = example(3);
    // Nothing is released, so all that was sent is a function of the query alone.
    query.disclosure.min_cell_count = 1_000;
    for preprocessing in PREPROCESSING {
        let traffic = [10, 200].map(|people| {
            let cohorts: Vec<Cohort> = (0..3).map(|site| cohort(site, people, 12, people == 200)).collect();
            on_shares(&query, &cohorts, preprocessing).1
        });
        assert_eq!(traffic[0], traffic[1], "{preprocessing:?}");
    }
}

#[test]
fn the_cost_formula_is_what_is_sent() {
    let cases =
        PREPROCESSING.map(|preprocessing| [(2, 300), (3, 300), (5, 200)].map(|case| (case, preprocessing)));
    for ((sites, markers), preprocessing) in cases.into_iter().flatten() {
        // Conditions without a helper take minutes here.
        let select = sites == 5 && preprocessing == Preprocessing::Helper;
        let cohorts: Vec<Cohort> = (0..sites).map(|site| cohort(site, 50, markers, false)).collect();
        let mut query = example(sites);
        if select {
            query.select = Select { minimum_lift_milli: Some(500), minimum_chi_squared_milli: Some(1) };
        }
        let cost = Plan::new(&query, markers as u32, preprocessing).unwrap().cost();
        let (outcomes, traffic) = on_shares(&query, &cohorts, preprocessing);
        let released = outcomes[0].as_ref().unwrap().0.released.unwrap();
        let links = sites as u64 * (sites as u64 - 1);
        let expected = cost.site_bytes + cost.released_pair_bytes * released * links;
        let sent: u64 = traffic.sites.iter().sum();
        let near = |sent: u64, expected: u64| (sent as f64 / expected as f64 - 1.0).abs() < 0.01;
        assert!(near(sent, expected), "{sites} sites sent {sent}, expected {expected}, {preprocessing:?}");
        assert!(
            (traffic.helper, cost.helper_bytes) == (0, 0) || near(traffic.helper, cost.helper_bytes),
            "helper sent {}, expected {}",
            traffic.helper,
            cost.helper_bytes
        );
    }
}

/// Keeps nothing.
struct Full;

impl Sink for Full {
    fn take(&self, _: usize, _: Vec<ReleasedPair>) -> Result<(), String> {
        Err("the disk is full".into())
    }
}

#[test]
fn what_cannot_be_kept_ends_the_run_with_the_reason() {
    let cohorts: Vec<Cohort> = (0..3).map(|site| cohort(site, 60, 12, false)).collect();
    let query = example(3);
    let plan = Plan::new(&query, 12, Preprocessing::Helper).unwrap();
    let outcomes = TestWorld::new(3).demand(|out| *out = plan.demand()).run(|ctx| {
        let (me, plan) = (ctx.roster().me().index(), &plan);
        let cohort = &cohorts[me];
        async move {
            let counter = Counter::new(cohort, plan.query().missing);
            let collected = Collected::default();
            let sink: &dyn Sink = if me == 1 { &Full } else { &collected };
            run(&ctx, plan, &counter, cohort.people as u64, Some(sink), &|_| {}).await
        }
    });
    assert_eq!(outcomes[1], Err(Error::NotKept("the disk is full".into())));
    // The others wait for the comparison at the end, in vain.
    assert!(outcomes.iter().all(Result::is_err));
}
