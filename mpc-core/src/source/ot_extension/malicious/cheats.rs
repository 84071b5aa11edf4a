//! Sites that deviate, over a network: what the others end with names the site and the step.

use super::*;
use crate::algebra::{Bits, Vector};
use crate::error::{Error, Result};
use crate::random::{Prg, Seed};
use crate::session::Roster;
use crate::sharing::SemiHonest;
use crate::source::Refusal;
use crate::source::base_ot::RECEIVER_BYTES;
use crate::source::ot_extension::{self as extension, Field, Link, Pair};
use crate::step::{SessionId, Step};
use crate::test_world::random_words;
use crate::transport::memory::MemoryNetwork;
use crate::transport::tamper::{Fate, TamperingTransport};
use crate::transport::{Lane, LinkFault, PartyId, Transport};
use futures::executor::block_on;
use futures::future::join_all;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const FIELDS: [Field; 3] = [Field::Bits2, Field::Bits4, Field::Bits8];
const SESSION: SessionId = SessionId([5; 32]);

type Change = Arc<dyn Fn(&mut Vec<u8>) -> Fate + Send + Sync>;

/// What one site holds with one other.
struct Held {
    offered: [Bits; 2],
    choices: Bits,
    chosen: Bits,
}

/// A federation, and who changes its messages of which step.
struct World {
    sites: u8,
    field: Field,
    session: SessionId,
    words: usize,
    width: usize,
    cheat: Option<(PartyId, Step, Change)>,
}

impl World {
    fn new(sites: u8, field: Field) -> Self {
        Self { sites, field, session: SESSION, words: 3, width: 2, cheat: None }
    }

    fn cheat(
        mut self,
        site: u8,
        path: &[&str],
        change: impl Fn(&mut Vec<u8>) -> Fate + Send + Sync + 'static,
    ) -> Self {
        self.cheat = Some((PartyId::new(site), step(path), Arc::new(change)));
        self
    }

    /// Every site's outcome, and the bytes that all have sent.
    fn run(&self) -> (Vec<Result<BTreeMap<PartyId, Held>>>, u64) {
        let network = MemoryNetwork::new(self.sites);
        let ends: Vec<_> = (0..self.sites).map(|site| network.end(PartyId::new(site))).collect();
        let bytes = Mutex::new(0);
        let parties = (0..).zip(ends).map(|(site, end)| {
            let me = PartyId::new(site);
            let mut transport: Arc<dyn Transport> = end.clone();
            if let Some((_, step, change)) = self.cheat.clone().filter(|(cheater, ..)| *cheater == me) {
                let tag = step.tag(&self.session);
                let tamper = Box::new(
                    move |_, _, sent, payload: &mut Vec<u8>| {
                        if sent == tag { change(payload) } else { Fate::Deliver }
                    },
                );
                transport = Arc::new(TamperingTransport::new(transport, tamper));
            }
            let bytes = &bytes;
            async move {
                let outcome = self.site(me, &*transport).await;
                *bytes.lock().unwrap() += end.bytes_sent();
                outcome
            }
        });
        let outcomes = block_on(join_all(parties));
        (outcomes, bytes.into_inner().unwrap())
    }

    /// Set-up, then transfers with each other site in both directions.
    async fn site(&self, me: PartyId, transport: &dyn Transport) -> Result<BTreeMap<PartyId, Held>> {
        let roster = Roster::new(me, self.sites, false);
        let seed = me.index() as u8 + 1 + self.session.0[0];
        let mut randomness = Prg::new(Seed::from_bytes([seed; 32]));
        let pairs = set_up(transport, &roster, &self.session, self.field, &mut randomness).await?;
        let mut all = BTreeMap::new();
        for (peer, Pair { sender, receiver }) in pairs {
            let link = Link { transport, lane: Lane::MAIN, peer, session: self.session };
            let choices = Bits::from_words(random_words(seed, self.words));
            let (mut offered, mut chosen) = (None, None);
            for direction in 0..2 {
                let step = step(&[]).then_nth("direction", direction);
                if (me < peer) == (direction == 0) {
                    let pads = offer(&link, &step, &sender, self.words, self.width, &mut randomness);
                    offered = Some(pads.await?);
                } else {
                    let pads = choose(&link, &step, &receiver, &choices, self.width, &mut randomness);
                    chosen = Some(pads.await?);
                }
            }
            all.insert(peer, Held { offered: offered.unwrap(), choices, chosen: chosen.unwrap() });
        }
        Ok(all)
    }

    /// Every honest site fails; how many of them name the cheater and the step, with this refusal.
    fn refused(self, path: &[&str], refusal: Refusal) -> usize {
        let (cheater, ..) = self.cheat.clone().unwrap();
        let named = refusal.by(cheater, &step(path));
        let honest = |site: &usize| *site != cheater.index();
        let outcomes = self.run().0.into_iter().enumerate().filter(|(site, _)| honest(site));
        let errors: Vec<Error> = outcomes.map(|(_, outcome)| outcome.err().unwrap()).collect();
        errors.iter().filter(|error| **error == named).count()
    }
}

fn step(path: &[&str]) -> Step {
    path.iter().fold(Step::root(), |step, name| step.then(name))
}

fn flip(payload: &mut [u8], places: impl IntoIterator<Item = usize>) -> Fate {
    places.into_iter().for_each(|place| payload[place] ^= 1);
    Fate::Deliver
}

#[test]
fn the_receiver_has_the_pads_of_its_choices() {
    for field in FIELDS {
        for sites in [2, 3] {
            // Around the words of an element, and of a tile.
            let sizes = [(0, 1), (1, 1), (2, 130), (3, 64), (5, 2), (6, 5), (7, 1), (17, 128)];
            for (words, width) in sizes.into_iter().step_by(if sites == 2 { 1 } else { 3 }) {
                let (outcomes, bytes) = World { words, width, ..World::new(sites, field) }.run();
                let held: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
                for (site, held_by) in (0..).zip(&held) {
                    assert_eq!(held_by.len(), usize::from(sites) - 1);
                    for (peer, Held { choices, chosen, .. }) in held_by {
                        let [zero, one] = &held[peer.index()][&PartyId::new(site)].offered;
                        assert_eq!([zero, one, chosen].map(|pads| pads.words().len()), [words * width; 3]);
                        assert!(words == 0 || zero.words() != one.words());
                        for (index, chosen) in chosen.words().iter().enumerate() {
                            let c = choices.words()[index % words];
                            assert_eq!(zero.words()[index] & !c | one.words()[index] & c, *chosen);
                        }
                    }
                }
                let pairs = u64::from(sites) * u64::from(sites - 1) / 2;
                assert_eq!(bytes, pairs * (set_up_bytes(field) + 2 * super::bytes(field, words)));
            }
        }
    }
}

#[test]
fn points_that_no_honest_site_sends_are_refused_by_name() {
    let path = ["transfers", "points"];
    let set = |at: usize, point: [u8; 32]| {
        move |payload: &mut Vec<u8>| {
            payload[at..at + 32].copy_from_slice(&point);
            Fate::Deliver
        }
    };
    for cheater in 0..3 {
        let world = || World::new(3, Field::Bits4);
        for at in [0, RECEIVER_BYTES - 32, RECEIVER_BYTES] {
            let neutral = world().cheat(cheater, &path, set(at, [0; 32]));
            assert!(neutral.refused(&path, Refusal::Neutral) > 0, "at {at}");
            let not_canonical = world().cheat(cheater, &path, set(at, [0xff; 32]));
            assert!(not_canonical.refused(&path, Refusal::NoPoint) > 0, "at {at}");
        }
        let repeated = world().cheat(cheater, &path, |payload| {
            payload.copy_within(..32, 64);
            Fate::Deliver
        });
        assert!(repeated.refused(&path, Refusal::Related) > 0);
        // A site that sends back, as its own, what is a point but not one of whose logarithm it knows anything.
        let other_key = world().cheat(cheater, &path, |payload| {
            payload.copy_within(..32, RECEIVER_BYTES);
            Fate::Deliver
        });
        assert!(other_key.refused(&["transfers", "trees"], Refusal::Trees) > 0);
    }
}

#[test]
fn trees_that_do_not_fit_together_are_refused_by_name() {
    let path = ["transfers", "trees"];
    for field in FIELDS {
        for cheater in 0..2 {
            // Both sums of a level, so that no path avoids the lie; and the proof.
            let world = World::new(2, field).cheat(cheater, &path, |payload| flip(payload, [320, 336]));
            assert_eq!(world.refused(&path, Refusal::Trees), 1);
            let world = World::new(2, field).cheat(cheater, &path, |payload| flip(payload, [4096]));
            assert_eq!(world.refused(&path, Refusal::Trees), 1);
        }
    }
}

#[test]
fn inconsistent_choices_and_wrong_answers_are_refused_by_name() {
    for field in FIELDS {
        for cheater in 0..2 {
            // The second site chooses first.
            let direction = format!("direction-{}", 1 - cheater);
            let [corrections, answer] = ["corrections", "answer"].map(|name| [direction.as_str(), name]);
            // One transfer in eight of the trees: all zero in their parts of Delta it would pass.
            let row = 8 * 6;
            let lie = move |payload: &mut Vec<u8>| flip(payload, (0..8).map(|tree| tree * row));
            let world = World::new(2, field).cheat(cheater, &corrections, lie);
            assert_eq!(world.refused(&answer, Refusal::Choices), 1);
            for byte in [0, 47] {
                let world =
                    World::new(2, field).cheat(cheater, &answer, move |payload| flip(payload, [byte]));
                assert_eq!(world.refused(&answer, Refusal::Choices), 1);
            }
        }
    }
}

#[test]
fn without_the_checks_the_same_lies_pass_unnoticed() {
    let semi_honest = |name: &str, places: [usize; 2]| {
        let network = MemoryNetwork::new(2);
        let tag = step(&["transfers", name]).tag(&SESSION);
        let tamper = Box::new(move |_, _, sent, payload: &mut Vec<u8>| {
            flip(payload, places.into_iter().filter(|_| sent == tag))
        });
        let parties = (0..2).map(|site| {
            let me = PartyId::new(site);
            let mut transport: Arc<dyn Transport> = network.end(me);
            if site == 1 {
                transport = Arc::new(TamperingTransport::new(transport, tamper.clone()));
            }
            async move {
                let mut randomness = Prg::new(Seed::from_bytes([site + 1; 32]));
                let roster = Roster::new(me, 2, false);
                extension::set_up(&*transport, &roster, &SESSION, Field::Bits4, &mut randomness).await
            }
        });
        block_on(join_all(parties))
            .into_iter()
            .map(Result::unwrap)
            .collect::<Vec<BTreeMap<_, Pair<SemiHonest>>>>()
    };
    let agree = |held: &[BTreeMap<PartyId, Pair<SemiHonest>>]| {
        let (sender, receiver) = (&held[0][&PartyId::new(1)].sender, &held[1][&PartyId::new(0)].receiver);
        let tag = step(&["a"]).tag(&SESSION);
        let (corrections, chosen) = receiver.rows(tag, &Bits::zeros(3), 2);
        sender.rows(tag, 3, 2, &corrections).unwrap()[0] == chosen
    };
    // Places that no message has.
    assert!(agree(&semi_honest("none", [0, 0])));
    assert!(!agree(&semi_honest("trees", [320, 336])), "no error, and wrong leaves");
}

#[test]
fn wrong_lengths_and_copies_are_refused_by_name() {
    let paths: [&[&str]; 5] = [
        &["transfers", "points"],
        &["transfers", "trees"],
        &["direction-0", "corrections"],
        &["direction-0", "challenge"],
        &["direction-0", "answer"],
    ];
    for path in paths {
        // The first site sends the challenge, the second what is answered.
        let cheater = u8::from(path[1] != "challenge");
        let errors = |change: fn(&mut Vec<u8>) -> Fate| {
            let world = World::new(2, Field::Bits4).cheat(cheater, path, change);
            let outcome = world.run().0.swap_remove(usize::from(1 - cheater));
            match outcome.err().unwrap() {
                Error::Link { link, step } => (link, step),
                error => panic!("{error}"),
            }
        };
        let longer = |payload: &mut Vec<u8>| {
            payload.push(0);
            Fate::Deliver
        };
        let shorter = |payload: &mut Vec<u8>| {
            payload.pop();
            Fate::Deliver
        };
        for change in [longer, shorter] {
            let (link, at) = errors(change);
            assert_eq!((link.peer, at), (PartyId::new(cheater), step(path).to_string()));
            assert!(matches!(link.fault, LinkFault::WrongLength { .. }), "{link}");
        }
        let (link, _) = errors(|_| Fate::Duplicate);
        assert_eq!(link.peer, PartyId::new(cheater));
        assert!(matches!(link.fault, LinkFault::UnexpectedTag { .. }), "{path:?}: {link}");
    }
}

/// Messages of another session, put under this one's tags by a site that controls its link.
#[test]
fn messages_of_another_session_are_refused_by_name() {
    let trees: [&str; 2] = ["transfers", "trees"];
    let answer: [&str; 2] = ["direction-0", "answer"];
    let cases: [(&[&str], &[&str], Refusal); 4] = [
        (&["transfers", "points"], &trees, Refusal::Trees),
        (&trees, &trees, Refusal::Trees),
        (&["direction-0", "corrections"], &answer, Refusal::Choices),
        (&answer, &answer, Refusal::Choices),
    ];
    for field in FIELDS {
        for (path, at, refusal) in cases {
            let old = Arc::new(Mutex::new(Vec::new()));
            let record = old.clone();
            let earlier = World { session: SessionId([9; 32]), ..World::new(2, field) };
            let earlier = earlier.cheat(1, path, move |payload| {
                record.lock().unwrap().clone_from(payload);
                Fate::Deliver
            });
            assert!(earlier.run().0.iter().all(Result::is_ok));
            let replayed = World::new(2, field).cheat(1, path, move |payload| {
                payload.clone_from(&old.lock().unwrap());
                Fate::Deliver
            });
            assert_eq!(replayed.refused(at, refusal), 1, "{path:?}");
        }
    }
}
