//! Vertical queries on shares against the same in the clear, from columns in a common order of rows.
#![allow(clippy::unwrap_used, reason = "a test ends here")]

use mpc_core::error::Error;
use mpc_core::linkage::{Method, Normalisation};
use mpc_core::query::collected::Collected;
use mpc_core::query::run::Release;
use mpc_core::query::vertical::plan::VerticalPlan;
use mpc_core::query::vertical::run::run;
use mpc_core::query::vertical::{Columns, Layout};
use mpc_core::query::{
    Disclosure, Encoding, MissingRule, Pairs, Partition, Query, Select, Vertical, example,
};
use mpc_core::source::Preprocessing;
use mpc_core::source::ot::Field;
use mpc_core::statistics::cohort::{Cohort, Column};
use mpc_core::statistics::{ReleasedPair, Table2x2};
use mpc_core::test_world::{Parties, TestWorld, random_words};

/// Sites with some of the people each; a call of a marker is 0, 1 or missing.
struct World {
    /// For each site, its people's rows, in the order of its file.
    places: Vec<Vec<Option<u32>>>,
    /// For each site, its markers' calls of each of its people.
    calls: Vec<Vec<Vec<Option<u8>>>>,
    rows: usize,
}

impl World {
    fn new(markers: &[usize], rows: usize, missing: bool) -> Self {
        let (mut places, mut calls) = (Vec::new(), Vec::new());
        for (site, &markers) in markers.iter().enumerate() {
            let random = random_words(100 + site as u8, rows.max(1));
            // Everyone but one in eight, in an order of the site's own.
            let mut people: Vec<u32> =
                (0..rows as u32).filter(|&row| !random[row as usize].is_multiple_of(8)).collect();
            people.sort_by_key(|&row| random[row as usize] >> 8);
            let column = |marker: usize| -> Vec<Option<u8>> {
                let random = random_words((site * 40 + marker) as u8, rows.max(1));
                let call = |&row: &u32| {
                    let word = random[row as usize];
                    let dosage = u8::from(word % 64 < 64 >> (marker % 4 + 1));
                    (!missing || word >> 16 & 15 != 0).then_some(dosage)
                };
                people.iter().map(call).collect()
            };
            calls.push((0..markers).map(column).collect());
            places.push(people.into_iter().map(Some).collect());
        }
        Self { places, calls, rows }
    }

    fn cohort(&self, site: usize) -> Cohort {
        let columns = self.calls[site].iter().map(|calls| {
            let mut column = Column::default();
            calls.iter().for_each(|&call| column.push(call, Encoding::Carrier));
            column
        });
        let ids = (0..self.calls[site].len()).map(|marker| format!("m{site}-{marker}")).collect();
        Cohort { ids, columns: columns.collect(), people: self.places[site].len() }
    }

    /// The call of a site's marker at a row; `None` where the site does not have the person.
    fn call(&self, site: usize, marker: usize, row: u32) -> Option<Option<u8>> {
        let person = self.places[site].iter().position(|&place| place == Some(row))?;
        Some(self.calls[site][marker][person])
    }

    fn everywhere(&self) -> Vec<u32> {
        let at_all = |row: &u32| self.places.iter().all(|people| people.contains(&Some(*row)));
        (0..self.rows as u32).filter(at_all).collect()
    }

    fn table(&self, a: (usize, usize), b: (usize, usize), missing: MissingRule) -> Table2x2 {
        let mut table = Table2x2::default();
        for row in self.everywhere() {
            let calls = [a, b].map(|(site, marker)| self.call(site, marker, row).unwrap());
            if missing == MissingRule::PairwiseComplete && calls.contains(&None) {
                continue;
            }
            match calls.map(|call| call == Some(1)) {
                [true, true] => table.n11 += 1,
                [true, false] => table.n10 += 1,
                [false, true] => table.n01 += 1,
                [false, false] => table.n00 += 1,
            }
        }
        table
    }
}

fn query(sites: usize, pairs: Pairs, missing: MissingRule, disclosure: Disclosure, select: Select) -> Query {
    let vertical = Vertical {
        pairs,
        linkage: Method::default(),
        normalisation: Normalisation::IdV1,
        owners_may_receive: true,
    };
    // With three sites and more, one that owns columns does not receive.
    let recipients = (0..sites).filter(|site| *site != 1 || sites == 2).collect();
    Query {
        partition: Partition::Vertical(vertical),
        missing,
        disclosure,
        select,
        recipients,
        ..example(sites)
    }
}

fn released(table: &Table2x2, query: &Query) -> bool {
    let cells = [table.n11, table.n10, table.n01, table.n00];
    let rule = query.disclosure;
    let ok = |count: u64| count >= rule.min_cell_count.into() || rule.allow_zero && count == 0;
    let [n11, n10, n01, n00] = cells.map(u128::from);
    let (n, a, b) = (n11 + n10 + n01 + n00, n11 + n10, n11 + n01);
    let lift =
        query.select.minimum_lift_milli.is_none_or(|milli| 1000 * n11 * n >= u128::from(milli) * a * b);
    let chi_squared = query.select.minimum_chi_squared_milli.is_none_or(|milli| {
        n11 * n > a * b && {
            let d = n11 * n - a * b;
            1000 * n * d * d >= u128::from(milli) * a * (n - a) * b * (n - b)
        }
    });
    cells.into_iter().all(ok) && lift && chi_squared
}

/// The panel takes one marker of each site in turn.
fn owners(markers: &[usize]) -> Vec<usize> {
    let most = markers.iter().max().copied().unwrap_or(0);
    (0..most).flat_map(|place| (0..markers.len()).filter(move |&site| place < markers[site])).collect()
}

/// What a site knows and has at the end.
type Received = (Release, Option<Vec<ReleasedPair>>);

fn on_shares(query: &Query, world: &World, preprocessing: Preprocessing) -> Vec<Result<Received, Error>> {
    let Partition::Vertical(vertical) = query.partition else { unreachable!() };
    let markers: Vec<usize> = world.calls.iter().map(Vec::len).collect();
    let sites = markers.len();
    let layout = Layout::new(sites, owners(&markers), query.missing, vertical.pairs);
    let bound = world.places.iter().map(Vec::len).min().unwrap() as u64;
    let plan = VerticalPlan::new(query, layout.clone(), world.rows, bound, preprocessing).unwrap();
    let parties = match preprocessing {
        Preprocessing::Helper => Parties::with_helper(sites as u8),
        Preprocessing::ObliviousTransfer => Parties::without_helper(sites as u8, Field::Bits4),
    };
    let columns: Vec<Columns> = (0..sites)
        .map(|site| Columns::new(&world.cohort(site), world.rows, &world.places[site], &layout))
        .collect();
    TestWorld::new(parties).demand(|out| *out = plan.demand()).run(|ctx| {
        let (plan, columns) = (&plan, &columns);
        async move {
            let own = &columns[ctx.roster().me().index()];
            let collected = Collected::default();
            let release = run(&ctx, plan, own, Some(&collected), &|_| ()).await?;
            Ok((release, collected.pairs()))
        }
    })
}

fn check(query: &Query, world: &World, preprocessing: Preprocessing) -> (usize, usize) {
    let Partition::Vertical(vertical) = query.partition else { unreachable!() };
    let markers: Vec<usize> = world.calls.iter().map(Vec::len).collect();
    let owners = owners(&markers);
    let place = |marker: usize| {
        let owner = owners[marker];
        (owner, owners[..marker].iter().filter(|&&other| other == owner).count())
    };
    let mut tested = 0;
    let mut expected = Vec::new();
    for a in 0..owners.len() {
        for b in a + 1..owners.len() {
            if vertical.pairs == Pairs::AcrossSites && owners[a] == owners[b] {
                continue;
            }
            tested += 1;
            let table = world.table(place(a), place(b), query.missing);
            if released(&table, query) {
                expected.push(ReleasedPair { a: a as u32, b: b as u32, table });
            }
        }
    }
    for (site, release) in on_shares(query, world, preprocessing).into_iter().enumerate() {
        let (release, pairs) = release.unwrap();
        assert_eq!(release.tested, tested);
        // Only who receives the pairs learns even how many there are.
        let receives = query.recipients.contains(&site);
        assert_eq!(release.released, receives.then_some(expected.len() as u64), "site {site}");
        assert_eq!(pairs.as_ref(), receives.then_some(&expected), "site {site}");
    }
    (expected.len(), tested as usize)
}

const RULE: Disclosure =
    Disclosure { min_cell_count: 12, allow_zero: false, residual_min_count: None, min_people: 10 };

#[test]
fn equals_the_clear() {
    for (markers, rows) in
        [(vec![3, 4], 150), (vec![4, 0, 3], 200), (vec![2, 3, 2], 300), (vec![1, 2, 0, 2, 1], 260)]
    {
        for pairs in [Pairs::All, Pairs::AcrossSites] {
            for missing in [MissingRule::AsNoncarrier, MissingRule::PairwiseComplete] {
                let world = World::new(&markers, rows, true);
                let query = query(markers.len(), pairs, missing, RULE, Select::default());
                for preprocessing in [Preprocessing::ObliviousTransfer, Preprocessing::Helper] {
                    let (released, tested) = check(&query, &world, preprocessing);
                    assert!(released > 0 && released < tested, "{released} of {tested} decides nothing");
                }
            }
        }
    }
}

#[test]
fn zeros_and_selected_conditions() {
    let world = World::new(&[3, 2, 3], 200, false);
    let zeros = Disclosure { min_cell_count: 20, allow_zero: true, ..RULE };
    let select = |lift, chi| Select { minimum_lift_milli: lift, minimum_chi_squared_milli: chi };
    for (disclosure, select) in [
        (zeros, Select::default()),
        (RULE, select(Some(1_000), None)),
        (RULE, select(None, Some(500))),
        (zeros, select(Some(900), Some(100))),
        (Disclosure { min_cell_count: 1_000_000, ..RULE }, Select::default()),
    ] {
        let query = query(3, Pairs::All, MissingRule::AsNoncarrier, disclosure, select);
        let (released, tested) = check(&query, &world, Preprocessing::ObliviousTransfer);
        let some = disclosure.min_cell_count < 1_000_000;
        assert_eq!(released > 0, some, "{disclosure:?}, {select:?}");
        assert!(released < tested, "{disclosure:?}, {select:?}");
    }
}

#[test]
fn too_few_people_are_refused_on_shares() {
    let world = World::new(&[2, 1, 1], 64, false);
    let people = world.everywhere().len() as u32;
    for (minimum, enough) in [(people, true), (people + 1, false), (1_000_000, false)] {
        let disclosure = Disclosure { min_people: minimum, ..RULE };
        let query = query(3, Pairs::All, MissingRule::AsNoncarrier, disclosure, Select::default());
        for release in on_shares(&query, &world, Preprocessing::ObliviousTransfer) {
            match release {
                Ok(_) => assert!(enough, "{minimum} of {people}"),
                Err(error) => assert_eq!((error, enough), (Error::TooFewPeople { minimum }, false)),
            }
        }
    }
}

#[test]
fn nobody_in_common() {
    let mut world = World::new(&[2, 1], 70, false);
    // Each site has rows of its own.
    let half = world.places.iter().map(Vec::len).min().unwrap() / 2;
    for (site, places) in world.places.iter_mut().enumerate() {
        places.truncate(half);
        world.calls[site].iter_mut().for_each(|calls| calls.truncate(half));
        for (place, row) in places.iter_mut().zip((site * half) as u32..) {
            *place = Some(row);
        }
    }
    let query = query(2, Pairs::All, MissingRule::AsNoncarrier, RULE, Select::default());
    for release in on_shares(&query, &world, Preprocessing::ObliviousTransfer) {
        assert_eq!(release.unwrap_err(), Error::TooFewPeople { minimum: 10 });
    }
}
