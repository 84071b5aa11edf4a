//! Both methods, against plain sets.

use super::{identifiers, limits};
use crate::error::{Error, Result};
use crate::linkage::{Limits, Linked, Method, bytes_by_site, link, rounds};
use crate::session::{Context, finish};
use crate::sharing::SemiHonest;
use crate::test_world::{Parties, TestWorld};
use crate::transport::PartyId;
use crate::transport::record::Record;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

const BOUND: u64 = 1000;

async fn program(ctx: Context<SemiHonest>, sites: &[Vec<u32>], all: bool) -> Result<(Linked, u64)> {
    let ids = identifiers(&sites[ctx.roster().me().index()]);
    let method = if all { Method::default() } else { Method::Intersection };
    let linked = link(&ctx.narrow("link"), method, &ids, limits(BOUND), &|_, _| ()).await?;
    let rounds = ctx.rounds();
    finish(&ctx).await?;
    Ok((linked, rounds))
}

fn world(sites: &[Vec<u32>], seed: u64) -> TestWorld {
    TestWorld::new(Parties::with_helper(sites.len() as u8)).seed(seed)
}

/// The row of everybody who has one.
fn rows(sites: &[Vec<u32>], seed: u64, all: bool) -> BTreeMap<u32, u32> {
    let results = world(sites, seed).run(|ctx| program(ctx, sites, all));
    let mut rows = BTreeMap::new();
    for (people, result) in sites.iter().zip(results) {
        let (linked, _) = result.unwrap();
        assert_eq!(linked.places.len(), people.len());
        assert_eq!(linked.smallest, sites.iter().map(Vec::len).min().unwrap());
        for (person, row) in people.iter().zip(&linked.places) {
            let Some(row) = *row else { continue };
            assert!((row as usize) < linked.rows);
            assert_eq!(*rows.entry(*person).or_insert(row), row, "one person, one row");
        }
        let expected = expected(sites, all);
        assert_eq!(linked.rows, expected.len());
        let found = linked.places.iter().flatten().count();
        assert_eq!(found, people.iter().filter(|person| expected.contains(person)).count());
    }
    let different: BTreeSet<u32> = rows.values().copied().collect();
    assert_eq!(different.len(), rows.len(), "one row, one person");
    rows
}

fn expected(sites: &[Vec<u32>], all: bool) -> BTreeSet<u32> {
    let everybody: BTreeSet<u32> = sites.iter().flatten().copied().collect();
    let at_all = |person: &u32| sites.iter().all(|site| site.contains(person));
    everybody.into_iter().filter(|person| all || at_all(person)).collect()
}

/// Sites of many shapes: for 2, 3 and 5 of them, in any order of people.
fn worlds() -> Vec<Vec<Vec<u32>>> {
    let mut worlds = Vec::new();
    for sites in [2, 3, 5] {
        worlds.push(vec![vec![]; sites as usize]);
        worlds.push(vec![vec![7]; sites as usize]);
        worlds.push((0..sites).map(|site| vec![site]).collect());
        worlds.push((0..sites).map(|site| if site == 1 { vec![] } else { vec![4, 9, 2] }).collect());
        worlds.push((0..sites).map(|site| (0..40).map(|id| (id + 7 * site) % 40).collect()).collect());
        worlds.push((0..sites).map(|site| (0..30).map(|id| 100 * site + id).collect()).collect());
        worlds.push(
            (0..sites)
                .map(|site| (0..60).filter(|id| (id * 7 + site) % (sites + 1) > 0).rev().collect())
                .collect(),
        );
    }
    worlds
}

#[test]
fn a_union_is_everybody_in_one_order() {
    for sites in worlds() {
        let rows = rows(&sites, 1, true);
        assert!(rows.keys().eq(&expected(&sites, true)));
        assert!(rows.values().copied().collect::<BTreeSet<_>>().into_iter().eq(0..rows.len() as u32));
    }
}

#[test]
fn an_intersection_is_who_is_at_all_sites_in_one_order() {
    for sites in worlds() {
        let rows = rows(&sites, 1, false);
        assert!(rows.keys().eq(&expected(&sites, false)));
        assert!(rows.values().copied().collect::<BTreeSet<_>>().into_iter().eq(0..rows.len() as u32));
    }
}

/// Numbers say less; who is who stays.
#[test]
fn dummies_are_common_to_all_sites_and_have_no_place() {
    const POOL: u32 = 400;
    let sites = [vec![1, 2, 3], vec![3, 2], vec![2]];
    let method = Method::Union { dummies: POOL };
    let run = |seed| -> Vec<Linked> {
        let results = world(&sites, seed).run(|ctx| {
            let ids = identifiers(&sites[ctx.roster().me().index()]);
            async move {
                let told = Mutex::new((0, 0));
                let tell = |done, total| *told.lock().unwrap() = (done, total);
                let linked = link(&ctx.narrow("link"), method, &ids, limits(3), &tell).await?;
                finish(&ctx).await?;
                let (done, total) = told.into_inner().unwrap();
                assert!(done > 0 && done == total, "{done} of {total}");
                Ok(linked)
            }
        });
        results.into_iter().map(Result::unwrap).collect()
    };
    let linked = run(1);
    let places: Vec<&[Option<u32>]> = linked.iter().map(|linked| linked.places.as_slice()).collect();
    assert_eq!(places.iter().map(|places| places.len()).collect::<Vec<_>>(), [3, 2, 1]);
    assert!(places.iter().all(|places| places.iter().all(Option::is_some)));
    assert_eq!([places[0][1], places[0][2]], [places[1][1], places[1][0]]);
    assert_eq!(places[0][1], places[2][0]);
    // Each dummy is at one of three sites at the least with probability 7/8; six standard deviations of 6.6.
    let rows = linked[0].rows - 3;
    assert!(rows.abs_diff(350) < 40, "{rows}");
    assert!(linked[0].smallest.abs_diff(200) < 60, "{}", linked[0].smallest);
    // Another session, other dummies.
    let again = run(2);
    assert_ne!((linked[0].rows, linked[0].smallest), (again[0].rows, again[0].smallest));
}

/// Whoever compares sees dummies, too, so linking may go on where too few people are in common; the test on shares is exact.
#[test]
fn dummies_hide_neither_too_many_people_nor_are_they_people() {
    let run = |sites: [Vec<u32>; 2], dummies, limits: Limits| {
        world(&sites, 1).run(move |ctx| {
            let ids = identifiers(&sites[ctx.roster().me().index()]);
            async move {
                let method = Method::Union { dummies };
                let linked = link(&ctx.narrow("link"), method, &ids, limits, &|_, _| ()).await?;
                finish(&ctx).await?;
                Ok(linked.places.len())
            }
        })
    };
    for dummies in [0, 400] {
        for outcome in run([vec![1, 2], (0..60).collect()], dummies, limits(10)) {
            assert_eq!(outcome, Err(Error::TooManyIdentifiers { site: PartyId::new(1), bound: 10 }));
        }
    }
    let few = Limits { people_bound: 10, min_people: 10 };
    let apart = [vec![1, 2, 3], vec![4, 5]];
    for outcome in run(apart.clone(), 0, few) {
        assert_eq!(outcome, Err(Error::TooFewPeople { minimum: 10 }));
    }
    assert_eq!(run(apart, 400, few), [Ok(3), Ok(2)]);
}

#[test]
fn orders_belong_to_a_session() {
    let sites = &worlds()[4];
    for all in [true, false] {
        let [one, again, other] = [1, 1, 2].map(|seed| rows(sites, seed, all));
        assert!(one == again);
        assert!(one != other);
        let alike = one.values().zip(other.values()).filter(|(one, other)| one == other).count();
        assert!(alike < 10, "{alike} of {} rows are the same", one.len());
    }
}

#[test]
fn a_list_of_several_parts() {
    let sites = vec![(0..20_000).collect(), (10_000..40_000).collect::<Vec<u32>>()];
    let run = |bound| {
        let sites = &sites;
        TestWorld::new(2).run(move |ctx| async move {
            let ids = identifiers(&sites[ctx.roster().me().index()]);
            link(&ctx, Method::default(), &ids, limits(bound), &|_, _| ()).await
        })
    };
    for (linked, people) in run(30_000).into_iter().zip(&sites) {
        let linked = linked.unwrap();
        assert_eq!(linked.rows, 40_000);
        assert_eq!(linked.places.into_iter().flatten().collect::<BTreeSet<_>>().len(), people.len());
    }
}

#[test]
fn the_cost_formula_is_what_is_sent() {
    for sites in worlds() {
        let (_, nothing) = world(&sites, 1).run_measured(|ctx| async move { finish(&ctx).await });
        for all in [true, false] {
            let (results, traffic) = world(&sites, 1).run_measured(|ctx| program(ctx, &sites, all));
            for result in results {
                assert_eq!(result.unwrap().1, rounds(sites.len() as u64));
            }
            let sizes: Vec<usize> = sites.iter().map(Vec::len).collect();
            let formula = bytes_by_site(&sizes, expected(&sites, all).len());
            for ((sent, before), formula) in traffic.sites.iter().zip(&nothing.sites).zip(formula) {
                assert_eq!(sent - before, formula);
            }
        }
    }
}

#[test]
fn too_many_people_are_refused_by_all() {
    let run = |bound| {
        TestWorld::new(3).run(move |ctx| async move {
            let people = if ctx.roster().me().index() == 1 { vec![1, 2, 3] } else { vec![4] };
            link(&ctx, Method::default(), &identifiers(&people), limits(bound), &|_, _| ())
                .await
                .map(|linked| linked.rows)
        })
    };
    assert!(run(3).into_iter().all(|rows| rows == Ok(4)));
    let site = PartyId::new(1);
    assert!(run(2).into_iter().all(|rows| rows == Err(Error::TooManyIdentifiers { site, bound: 2 })));
}

#[test]
fn an_identifier_given_twice_is_a_fault_of_the_caller() {
    let results = TestWorld::new(2).run(|ctx| async move {
        link(&ctx, Method::default(), &identifiers(&[5, 6, 5]), limits(BOUND), &|_, _| ())
            .await
            .map(|linked| linked.rows)
    });
    assert!(results.into_iter().all(|rows| rows == Err(Error::Internal("an identifier is there twice"))));
}

#[test]
fn too_few_people_at_all_sites_end_it_before_there_are_rows() {
    let sites = [vec![1, 2, 3, 4], vec![2, 3, 4, 5], vec![4, 3, 9]];
    for method in [Method::default(), Method::Intersection] {
        for (min_people, enough) in [(2, true), (3, false)] {
            let record = Record::default();
            let world = world(&sites, 3).observe(PartyId::new(1), record.clone());
            let results = world.run(|ctx| {
                let ids = identifiers(&sites[ctx.roster().me().index()]);
                async move {
                    link(&ctx, method, &ids, Limits { people_bound: BOUND, min_people }, &|_, _| ())
                        .await
                        .map(drop)
                }
            });
            let expected = if enough { Ok(()) } else { Err(Error::TooFewPeople { minimum: 3 }) };
            assert!(results.iter().all(|result| *result == expected), "{method:?}, {min_people}");
            let last = record.take().pop().map(|message| message.payload);
            assert_eq!(last == Some(u64::MAX.to_le_bytes().to_vec()), !enough, "{method:?}, {min_people}");
        }
    }
}
