//! A site that sends what no honest one does ends the session of whom it sends it to, with its name and the step.

use super::{identifiers, limits, step};
use crate::error::{Error, Result};
use crate::linkage::refusal::Refusal;
use crate::linkage::{Method, link};
use crate::session::finish;
use crate::test_world::TestWorld;
use crate::transport::tamper::Fate;
use crate::transport::{LinkFault, PartyId};

const PEOPLE: [&[u32]; 3] = [&[1, 2, 3, 4, 5, 6], &[4, 5, 6, 7, 8], &[1, 5, 8, 9]];

/// Who sends which message to whom: one of each kind.
const SETS: (u8, &[&str], usize) = (1, &["sets", "list-1", "hop-1", "part-0"], 2);
const SETS_ON: (u8, &[&str], usize) = (0, &["sets", "list-2", "hop-2", "part-0"], 1);
const COLLECT: (u8, &[&str], usize) = (1, &["collect", "list-2", "part-0"], 0);
const SECOND: (u8, &[&str], usize) = (1, &["second", "from-1", "part-0"], 2);
const ORDER: (u8, &[&str], usize) = (2, &["second", "order", "to-1", "part-0"], 1);
const NAMES: (u8, &[&str], usize) = (0, &["names", "list-0", "hop-1", "part-0"], 1);
const NAMES_BACK: (u8, &[&str], usize) = (2, &["names", "list-0", "hop-3", "part-0"], 0);

const KINDS: [(u8, &[&str], usize); 7] = [SETS, SETS_ON, COLLECT, SECOND, ORDER, NAMES, NAMES_BACK];

/// What every site ends with when `cheater` changes what it sends at a step.
fn outcomes(
    cheater: u8,
    path: &[&str],
    change: impl Fn(PartyId, &mut Vec<u8>) + Send + Sync + 'static,
) -> Vec<Result<usize>> {
    let change = move |to: PartyId, payload: &mut Vec<u8>| {
        change(to, payload);
        Fate::Deliver
    };
    TestWorld::new(3).cheat(PartyId::new(cheater), step(path), change).run(|ctx| async move {
        let linked = link(
            &ctx,
            Method::default(),
            &identifiers(PEOPLE[ctx.roster().me().index()]),
            limits(10),
            &|_, _| (),
        )
        .await?;
        finish(&ctx).await?;
        Ok(linked.rows)
    })
}

fn is_refused(
    (cheater, path, victim): (u8, &[&str], usize),
    refusal: Refusal,
    change: impl Fn(&mut Vec<u8>) + Send + Sync + 'static,
) {
    // A repeated name is found when the whole list is there.
    let at = if refusal == Refusal::Repeated { &path[..path.len() - 1] } else { path };
    let outcome = outcomes(cheater, path, move |_, payload| change(payload)).swap_remove(victim);
    assert_eq!(outcome, Err(refusal.by(PartyId::new(cheater), &step(at))), "{path:?}");
}

#[test]
fn honest_sites_link() {
    for (cheater, path, _) in KINDS {
        assert!(outcomes(cheater, path, |_, _| ()).into_iter().all(|rows| rows == Ok(9)));
    }
}

#[test]
fn the_neutral_element_is_refused_in_every_message() {
    for kind in KINDS {
        is_refused(kind, Refusal::Neutral, |payload| payload[..32].fill(0));
    }
}

#[test]
fn what_is_no_point_is_refused_in_every_message() {
    for kind in KINDS {
        is_refused(kind, Refusal::NoPoint, |payload| {
            let last = payload.len() - 32;
            payload[last..].fill(0xff);
        });
    }
}

#[test]
fn sets_come_in_their_order() {
    for kind in [SETS, SETS_ON, COLLECT, SECOND, ORDER] {
        is_refused(kind, Refusal::Order, |payload| payload.as_chunks_mut::<32>().0.swap(0, 1));
        is_refused(kind, Refusal::Order, |payload| payload.copy_within(..32, 32));
    }
}

#[test]
fn repeated_names_are_refused() {
    for kind in [NAMES, NAMES_BACK] {
        is_refused(kind, Refusal::Repeated, |payload| payload.copy_within(..32, 32));
    }
}

#[test]
fn other_lengths_are_refused() {
    for (cheater, path, victim) in KINDS {
        for longer in [true, false] {
            let mut outcomes = outcomes(cheater, path, move |_, payload| {
                payload.resize(if longer { payload.len() + 32 } else { payload.len() - 32 }, 1);
            });
            let Err(Error::Link { link, .. }) = outcomes.swap_remove(victim) else {
                panic!("{path:?} of another length")
            };
            assert_eq!(link.peer, PartyId::new(cheater));
            assert!(matches!(link.fault, LinkFault::WrongLength { .. }), "{path:?}: {link}");
        }
    }
}

#[test]
fn an_impossible_number_of_rows_is_refused() {
    for rows in [0, 5, 16, u64::MAX - 1] {
        let outcomes = outcomes(0, &["rows"], move |_, payload| *payload = rows.to_le_bytes().to_vec());
        for outcome in &outcomes[1..] {
            assert_eq!(*outcome, Err(Refusal::Rows.by(PartyId::new(0), &step(&["rows"]))), "{rows}");
        }
    }
    // A possible one that is not that of the list.
    let outcomes = outcomes(0, &["rows"], |_, payload| payload[0] += 1);
    assert!(outcomes.into_iter().all(|outcome| outcome.is_err()));
}

#[test]
fn different_sizes_to_different_sites_end_it() {
    for victim in [0, 2] {
        let outcomes = outcomes(1, &["sizes"], move |to, payload| {
            payload[0] += u8::from(to == PartyId::new(victim));
        });
        assert!(outcomes.into_iter().all(|outcome| outcome.is_err()));
    }
}
