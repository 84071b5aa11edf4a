//! All that a site receives of a vertical query, the helper's messages included, does not depend on what others hold beyond
//! the released tables: which rows their people are in, and the cells of withheld pairs.

use super::independent::{OBSERVER, Trial, compare};
use super::{IMPROBABLE, SITES};
use crate::linkage::{Method, Normalisation};
use crate::query::collected::Collected;
use crate::query::run::Release;
use crate::query::vertical::plan::VerticalPlan;
use crate::query::vertical::run::run;
use crate::query::vertical::{Columns, Layout};
use crate::query::{Disclosure, Encoding, MissingRule, Pairs, Partition, Query, Select, Vertical, example};
use crate::source::Preprocessing;
use crate::source::ot::Field;
use crate::statistics::ReleasedPair;
use crate::statistics::cohort::{Cohort, Column};
use crate::test_world::{Parties, TestWorld};
use crate::transport::record::Record;

const ROWS: usize = 130;

/// Owners of the markers: the observer has none.
const OWNERS: [usize; 4] = [1, 2, 1, 2];

fn query(pairs: Pairs, select: Select) -> Query {
    Query {
        partition: Partition::Vertical(Vertical {
            pairs,
            linkage: Method::default(),
            normalisation: Normalisation::IdV1,
            owners_may_receive: false,
        }),
        missing: MissingRule::AsNoncarrier,
        disclosure: Disclosure {
            min_cell_count: 8,
            allow_zero: false,
            residual_min_count: None,
            min_people: 10,
        },
        select,
        recipients: [OBSERVER.index()].into(),
        ..example(SITES.into())
    }
}

/// A site's columns. In the second input all others' people are in other rows, and nobody carries the last marker, which
/// is too rare for release in both.
fn columns(site: usize, input: usize, layout: &Layout) -> Columns {
    let held: Vec<usize> = (0..OWNERS.len()).filter(|&marker| OWNERS[marker] == site).collect();
    let people: Vec<usize> =
        (0..ROWS).filter(|person| site == OBSERVER.index() || person % (5 + site) != 0).collect();
    let column = |&marker: &usize| {
        let mut column = Column::default();
        for person in &people {
            let carries =
                if marker == 3 { input == 0 && *person < 6 } else { person * (marker + 2) % 11 < 6 };
            column.push(Some(u8::from(carries)), Encoding::Carrier);
        }
        column
    };
    let cohort = Cohort {
        ids: held.iter().map(|marker| format!("m{marker}")).collect(),
        columns: held.iter().map(column).collect(),
        people: people.len(),
    };
    let row = |&person: &usize| Some(if input == 0 { person } else { ROWS - 1 - person } as u32);
    Columns::new(&cohort, ROWS, &people.iter().map(row).collect::<Vec<_>>(), layout)
}

fn shows_nothing_but_its_result(preprocessing: Preprocessing, pairs: Pairs, select: Select) {
    let query = query(pairs, select);
    let layout = Layout::new(SITES.into(), OWNERS.to_vec(), query.missing, pairs);
    let plan = VerticalPlan::new(&query, layout.clone(), ROWS, ROWS as u64, preprocessing).unwrap();
    let parties = match preprocessing {
        Preprocessing::Helper => Parties::with_helper(SITES),
        Preprocessing::ObliviousTransfer => Parties::without_helper(SITES, Field::Bits4),
    };
    let held = [0, 1].map(|input| [0, 1, 2].map(|site| columns(site, input, &layout)));
    let trial = |seed, input: usize| -> Trial<(Release, Option<Vec<ReleasedPair>>)> {
        let record = Record::default();
        let world = TestWorld::new(parties).seed(seed).demand(|out| *out = plan.demand());
        let mut sites = world.observe(OBSERVER, record.clone()).run(|ctx| {
            let (plan, own) = (&plan, &held[input][ctx.roster().me().index()]);
            async move {
                let collected = Collected::default();
                let release = run(&ctx, plan, own, Some(&collected), &|_| ()).await?;
                Ok((ctx.session_id(), (release, collected.pairs())))
            }
        });
        let (session, release) = sites.swap_remove(OBSERVER.index()).unwrap();
        let released = release.0.released.unwrap();
        assert!(0 < released && released < release.0.tested, "{release:?}");
        (session, release, record.take())
    };
    let least = compare(&plan.demand(), trial);
    assert!(least > IMPROBABLE, "{preprocessing:?}, {select:?}: p = {least}");
}

const SELECT: Select = Select { minimum_lift_milli: Some(900), minimum_chi_squared_milli: None };

#[test]
fn a_vertical_query_with_a_helper_shows_nothing_but_its_result() {
    shows_nothing_but_its_result(Preprocessing::Helper, Pairs::All, Select::default());
    shows_nothing_but_its_result(Preprocessing::Helper, Pairs::AcrossSites, SELECT);
}

#[test]
fn a_vertical_query_without_a_helper_shows_nothing_but_its_result() {
    shows_nothing_but_its_result(Preprocessing::ObliviousTransfer, Pairs::AcrossSites, Select::default());
}
