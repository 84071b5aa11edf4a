//! Parties that deviate: each deviation that semi-honest mode can notice ends the honest parties with an error that
//! names peer and cause. (A well-formed wrong share sent alike to all is not among them: that is what malicious mode
//! is for.)
#![allow(clippy::unwrap_used, reason = "a test ends here")]

use mpc_core::algebra::Ring;
use mpc_core::error::{Error, Subject};
use mpc_core::protocol::and::{and, demand};
use mpc_core::protocol::input::own_summand;
use mpc_core::protocol::open::{open_output, verify};
use mpc_core::protocol::zero_share::zero_share;
use mpc_core::session::{Context, finish};
use mpc_core::sharing::SemiHonest;
use mpc_core::step::Step;
use mpc_core::test_world::{TestWorld, random_words, share_of};
use mpc_core::transport::tamper::Fate;
use mpc_core::transport::{Lane, LinkFault, PartyId};
use std::collections::BTreeSet;

const SITES: u8 = 3;

/// An AND, its output to all, and the comparison at the end.
async fn program(ctx: Context<SemiHonest>, words: usize) -> Result<Vec<u64>, Error> {
    let x = share_of(&ctx, "x", &random_words(1, words))?;
    let y = share_of(&ctx, "y", &random_words(2, words))?;
    let product = and(&ctx.narrow("and"), &x, &y).await?;
    let everyone: BTreeSet<PartyId> = ctx.roster().sites().collect();
    let opened = open_output(&ctx.narrow("product"), product, &everyone).await?;
    let product = verify(&ctx, opened).await?.unwrap_or_default();
    finish(&ctx).await?;
    Ok(product.words().to_vec())
}

fn world(words: usize) -> TestWorld {
    TestWorld::new(SITES).demand(|out| demand(out, &Step::root().then("and"), Lane::MAIN, words))
}

fn step(path: &[&str]) -> Step {
    path.iter().fold(Step::root(), |step, name| step.then(name))
}

/// What every site ends with when `cheater` changes what it sends at a step.
fn outcome(
    words: usize,
    cheater: u8,
    path: &[&str],
    change: impl Fn(PartyId, &mut Vec<u8>) -> Fate + Send + Sync + 'static,
) -> Vec<Result<Vec<u64>, Error>> {
    world(words).cheat(PartyId::new(cheater), step(path), change).run(|ctx| program(ctx, words))
}

fn flip_first_bit(payload: &mut [u8]) {
    if let Some(byte) = payload.first_mut() {
        *byte ^= 1;
    }
}

#[test]
fn honest_parties_agree() {
    for words in [3, 9000] {
        let expected: Vec<u64> =
            random_words(1, words).iter().zip(random_words(2, words)).map(|(x, y)| x & y).collect();
        for outcome in world(words).run(|ctx| program(ctx, words)) {
            assert_eq!(outcome.as_ref(), Ok(&expected));
        }
    }
}

#[test]
fn different_shares_to_different_parties_are_found_out() {
    let victim = PartyId::new(2);
    for path in [&["and", "open", "broadcast"][..], &["product", "output"]] {
        let outcomes = outcome(3, 0, path, move |to, payload| {
            if to == victim {
                flip_first_bit(payload);
            }
            Fate::Deliver
        });
        for (site, outcome) in outcomes.into_iter().enumerate() {
            assert!(
                matches!(outcome, Err(Error::Inconsistent { .. })),
                "site {site} at {path:?}: {outcome:?}"
            );
        }
    }
}

#[test]
fn a_king_that_sends_different_sums_is_found_out() {
    let mut found_out = 0;
    for king in 0..SITES {
        let victim = PartyId::new((king + 1) % SITES);
        let outcomes = outcome(9000, king, &["and", "open", "from-king"], move |to, payload| {
            if to == victim {
                flip_first_bit(payload);
            }
            Fate::Deliver
        });
        let inconsistent =
            outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Inconsistent { .. }))).count();
        assert!(inconsistent == 0 || inconsistent == usize::from(SITES), "{outcomes:?}");
        found_out += usize::from(inconsistent > 0);
    }
    assert_eq!(found_out, 1, "one site is the king of this step");
}

#[test]
fn malformed_and_misplaced_messages_name_peer_and_step() {
    let cheater = PartyId::new(1);
    let link = |outcome: &Result<Vec<u64>, Error>| match outcome {
        Err(Error::Link { link, step }) => Some((link.clone(), step.clone())),
        _ => None,
    };
    type Change = fn(PartyId, &mut Vec<u8>) -> Fate;
    let truncated: Change = |_, payload| {
        payload.pop();
        Fate::Deliver
    };
    let over_long: Change = |_, payload| {
        payload.push(0);
        Fate::Deliver
    };
    let empty: Change = |_, payload| {
        payload.clear();
        Fate::Deliver
    };
    for change in [truncated, over_long, empty] {
        let outcomes = outcome(3, 1, &["and", "open", "broadcast"], change);
        let (fault, step) = link(&outcomes[0]).unwrap();
        assert_eq!(fault.peer, cheater);
        assert!(matches!(fault.fault, LinkFault::WrongLength { expected: 48, .. }), "{fault:?}");
        assert_eq!(step, "/and/open/broadcast");
    }
    // What comes instead of a lost message is the next step's, or nothing.
    let skipped = outcome(3, 1, &["and", "open", "broadcast"], |_, _| Fate::Drop);
    let (fault, step) = link(&skipped[0]).unwrap();
    assert_eq!((fault.peer, step.as_str()), (cheater, "/and/open/broadcast"));
    assert!(matches!(fault.fault, LinkFault::UnexpectedTag { .. }));
    let silent = outcome(3, 1, &["finish"], |_, _| Fate::Drop);
    let (fault, step) = link(&silent[0]).unwrap();
    assert_eq!((fault.peer, step.as_str()), (cheater, "/finish"));
    assert!(matches!(fault.fault, LinkFault::Deadline { .. } | LinkFault::Lost(_)), "{fault:?}");

    // The second copy arrives where the next step's message is due.
    let replayed = outcome(3, 1, &["and", "open", "broadcast"], |_, _| Fate::Duplicate);
    let (fault, step) = link(&replayed[0]).unwrap();
    assert_eq!((fault.peer, step.as_str()), (cheater, "/product/output"));
    assert!(matches!(fault.fault, LinkFault::UnexpectedTag { .. }));
}

#[test]
fn encodings_that_are_not_canonical_are_refused() {
    let run = |ctx: Context<SemiHonest>| async move {
        let own = own_summand(Ring::<u32>::new(20, vec![7]));
        let everyone: BTreeSet<PartyId> = ctx.roster().sites().collect();
        let opened = open_output(&ctx, zero_share(&ctx, own)?, &everyone).await?;
        verify(&ctx, opened).await.map(|sum| sum.unwrap().values().to_vec())
    };
    for honest in TestWorld::new(SITES).run(run) {
        assert_eq!(honest, Ok(vec![21]));
    }
    let outcomes = TestWorld::new(SITES)
        .cheat(PartyId::new(1), step(&["output"]), |_, payload| {
            payload[2] |= 0x10;
            Fate::Deliver
        })
        .run(run);
    assert!(
        matches!(&outcomes[0], Err(Error::Link { link, .. })
            if link.peer == PartyId::new(1) && matches!(link.fault, LinkFault::Malformed(_))),
        "{:?}",
        outcomes[0]
    );
}

#[test]
fn a_wrong_correction_of_the_helper_is_noticed_where_its_form_is_wrong() {
    let helper = PartyId::new(SITES);
    let outcomes = world(3)
        .cheat(helper, step(&["and", "triples"]), |_, payload| {
            payload.pop();
            Fate::Deliver
        })
        .run(|ctx| program(ctx, 3));
    let named = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(Error::Link { link, .. }) if link.peer == helper));
    assert_eq!(named.count(), 1, "the corrected site names the helper: {outcomes:?}");
}

#[test]
fn parties_with_other_terms_do_not_start() {
    for (odd, about) in [(0, Subject::Description), (2, Subject::Schema), (1, Subject::Markers)] {
        let outcomes = world(3)
            .terms(PartyId::new(odd), |terms| match about {
                Subject::Description => terms.description[31] ^= 1,
                Subject::Schema => terms.schema.as_mut().unwrap().hash[0] ^= 1,
                Subject::Markers => terms.schema.as_mut().unwrap().markers += 1,
                Subject::Sizes => panic!("sizes are told later"),
            })
            .run(|ctx| program(ctx, 3));
        for (site, outcome) in outcomes.into_iter().enumerate() {
            let Err(Error::Disagreement { peer, about: subject }) = outcome else {
                panic!("site {site} with {about}: {outcome:?}")
            };
            assert_eq!(subject, about);
            assert!(site == usize::from(odd) || peer == PartyId::new(odd), "site {site} blames {peer}");
        }
    }
}

#[test]
fn a_helper_with_another_description_is_refused_by_every_site() {
    let helper = PartyId::new(SITES);
    let outcomes = world(3).terms(helper, |terms| terms.description[0] ^= 1).run(|ctx| program(ctx, 3));
    for outcome in outcomes {
        assert_eq!(outcome, Err(Error::Disagreement { peer: helper, about: Subject::Description }));
    }
}

#[test]
fn a_step_cannot_be_used_twice() {
    let outcomes = TestWorld::new(SITES).run(|ctx| async move {
        share_of(&ctx, "x", &[1])?;
        share_of(&ctx, "x", &[2]).map(|_| ())
    });
    for outcome in outcomes {
        assert_eq!(outcome, Err(Error::Internal("a step was used twice")));
    }
}
