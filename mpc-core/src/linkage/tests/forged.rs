//! Lists of true points that do not belong where they are: a site's own elements come back to it, lists of another session,
//! rows of nobody.

use super::{identifiers, keys, limits, step};
use crate::error::{Error, Result};
use crate::linkage::Method;
use crate::linkage::blind::{Element, Exponent};
use crate::linkage::link::link_with;
use crate::linkage::own::Keys;
use crate::linkage::refusal::Refusal;
use crate::random::{Prg, Seed};
use crate::session::finish;
use crate::step::SessionId;
use crate::test_world::TestWorld;
use crate::transport::PartyId;
use crate::transport::record::{Received, Record};
use crate::transport::tamper::Fate;
use std::sync::{Arc, Mutex, OnceLock};

/// A federation in which one site sees what it gets before it sends.
struct Forgery<'a> {
    people: &'a [&'a [u32]],
    seed: u64,
    forger: u8,
    path: &'a [&'a str],
}

impl Forgery<'_> {
    /// What every site ends with. The forger changes its message at the path; it can ask for what it got at another.
    fn run(
        &self,
        keys: impl Fn(usize) -> Keys,
        forge: impl Fn(&dyn Fn(&[&str]) -> Vec<u8>, &mut Vec<u8>) + Send + Sync + 'static,
    ) -> Vec<Result<usize>> {
        let forger = PartyId::new(self.forger);
        let (record, session) = (Record::default(), Arc::<OnceLock<SessionId>>::default());
        let (seen, id) = (record.clone(), session.clone());
        let kept = Mutex::<Vec<Received>>::default();
        let change = move |_, payload: &mut Vec<u8>| {
            let mut kept = kept.lock().unwrap();
            kept.extend(seen.take());
            let got = |path: &[&str]| {
                let tag = step(path).tag(id.get().unwrap());
                kept.iter().find(|message| message.tag == tag).unwrap().payload.clone()
            };
            forge(&got, payload);
            Fate::Deliver
        };
        let (people, keys) = (self.people, &keys);
        let world = TestWorld::new(self.people.len() as u8).seed(self.seed);
        world.observe(forger, record).cheat(forger, step(self.path), change).run(|ctx| {
            session.get_or_init(|| ctx.session_id());
            let me = ctx.roster().me().index();
            async move {
                let ids = identifiers(people[me]);
                let linked =
                    link_with(&ctx, Method::default(), &ids, limits(100), keys(me), &|_, _| ()).await?;
                finish(&ctx).await?;
                Ok(linked.rows)
            }
        })
    }

    fn refused(&self, victim: usize, refusal: Refusal, at: &[&str], outcomes: &[Result<usize>]) {
        assert_eq!(
            outcomes[victim],
            Err(refusal.by(PartyId::new(self.forger), &step(at))),
            "{:?}",
            self.path
        );
    }
}

const ALIKE: &[&[u32]] = &[&[1, 2, 3], &[3, 2, 1]];
const APART: &[&[u32]] = &[&[1, 2, 3], &[3, 4, 5, 6, 7, 8]];

#[test]
fn a_sites_own_list_does_not_come_back_to_it() {
    let cases: [(u8, &[&str], &[&str]); 4] = [
        // The set, unblinded; the names, unblinded; the rows, unblinded; the other's set instead of the rows.
        (1, &["collect", "list-0", "part-0"], &["sets", "list-0", "hop-1", "part-0"]),
        (1, &["names", "list-0", "hop-2", "part-0"], &["names", "list-0", "hop-1", "part-0"]),
        (1, &["second", "order", "to-0", "part-0"], &["second", "from-0", "part-0"]),
        (0, &["second", "from-0", "part-0"], &["sets", "list-1", "hop-1", "part-0"]),
    ];
    for (forger, path, from) in cases {
        let forgery = Forgery { people: ALIKE, seed: 1, forger, path };
        let from: Vec<String> = from.iter().map(|name| (*name).to_owned()).collect();
        let outcomes = forgery.run(keys, move |got, payload| {
            *payload = got(&from.iter().map(String::as_str).collect::<Vec<_>>());
        });
        forgery.refused(usize::from(1 - forger), Refusal::Own, path, &outcomes);
    }
}

#[test]
fn lists_that_are_not_blinded_are_refused_where_they_show() {
    let sets: &[&str] = &["sets", "list-1", "hop-1", "part-0"];
    let forgery = Forgery { people: APART, seed: 1, forger: 1, path: sets };
    let plain =
        |site| Keys { first: if site == 1 { Exponent::one() } else { keys(site).first }, ..keys(site) };
    forgery.refused(0, Refusal::Own, sets, &forgery.run(plain, |_, _| ()));
    let names: &[&str] = &["names", "list-1", "hop-1", "part-0"];
    let forgery = Forgery { path: names, ..forgery };
    let plain = |site| Keys { once: if site == 1 { Exponent::one() } else { keys(site).once }, ..keys(site) };
    forgery.refused(0, Refusal::Own, names, &forgery.run(plain, |_, _| ()));
    // Nobody after the collector has a second exponent.
    let order: &[&str] = &["second", "order", "to-0", "part-0"];
    let forgery = Forgery { path: order, ..forgery };
    let plain =
        |site| Keys { second: if site == 1 { Exponent::one() } else { keys(site).second }, ..keys(site) };
    forgery.refused(0, Refusal::Own, order, &forgery.run(plain, |_, _| ()));
}

/// A true list of other points, of the same length.
fn other_points(list: &[u8]) -> Vec<Element> {
    let mut prg = Prg::new(Seed::from_bytes([99; 32]));
    let mut points = Exponent::draw(&mut prg).blind(list.as_chunks().0).unwrap();
    points.sort_unstable();
    points
}

#[test]
fn rows_without_a_sites_own_people_are_refused() {
    for path in [&["second", "order", "to-0", "part-0"][..], &["names", "list-0", "hop-2", "part-0"]] {
        let forgery = Forgery { people: APART, seed: 1, forger: 1, path };
        let outcomes = forgery.run(keys, |_, payload| *payload = other_points(payload).concat());
        forgery.refused(0, Refusal::Missing, &["second"], &outcomes);
    }
}

#[test]
fn a_list_of_another_session_links_nobody() {
    let path: &[&str] = &["second", "order", "to-0", "part-0"];
    let earlier = Arc::<Mutex<Vec<u8>>>::default();
    let keep = earlier.clone();
    let forgery = Forgery { people: APART, seed: 1, forger: 1, path };
    let outcomes = forgery.run(keys, move |_, payload| keep.lock().unwrap().clone_from(payload));
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(8)));
    let replayed = Forgery { seed: 2, ..forgery };
    // With the same exponents even: the points of identifiers are others.
    let outcomes = replayed.run(keys, move |_, payload| payload.clone_from(&earlier.lock().unwrap()));
    replayed.refused(0, Refusal::Missing, &["second"], &outcomes);
}

#[test]
fn another_order_for_one_site_is_found_at_the_end() {
    // The row after a point that is nobody's is replaced by it: not one of the victim's own.
    let people: &[&[u32]] = &[&[1], &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]];
    let forgery = Forgery { people, seed: 3, forger: 1, path: &["second", "order", "to-0", "part-0"] };
    let outcomes = forgery.run(keys, |_, payload| {
        let strange = other_points(payload)[0];
        let rows = payload.as_chunks_mut().0;
        let place = rows.partition_point(|row| *row < strange).min(rows.len() - 1);
        rows[place] = strange;
    });
    assert!(
        outcomes.iter().all(|outcome| matches!(outcome, Err(Error::Inconsistent { .. }))),
        "{outcomes:?}"
    );
}
