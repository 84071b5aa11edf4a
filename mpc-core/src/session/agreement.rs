//! Agreement before computing: all participants compare what they are about to do, and every pair draws a seed.
//!
//! One round of 136 bytes to each peer. The session id binds the description and a fresh nonce of every
//! participant, so no two runs share an id even if all but one party repeat their randomness; the pair seeds bind
//! the id and a secret contribution of both ends, sent inside the encrypted link.

use super::Roster;
use crate::error::{Error, Result, Subject};
use crate::random::{Domain, Prg, Seed, hash::Hasher};
use crate::step::{SessionId, Step};
use crate::transport::{Lane, PartyId, Transport};
use futures::future::{try_join, try_join_all};
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Version of the protocols: raised whenever a message, a derivation or a meaning changes.
pub const PROTOCOL_VERSION: u32 = 3;

/// What this party is about to do.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Hash over all that the participants, the helper included, have to agree on.
    pub description: [u8; 32],
    /// What only the sites compare: `None` at the helper.
    pub schema: Option<SchemaTerms>,
}

/// What the sites learned from each other's announcements.
#[derive(Copy, Clone, Debug)]
pub struct SchemaTerms {
    /// Hash of all sites' announcements.
    pub hash: [u8; 32],
    /// Number of markers of the resolved panel; the helper is told this number and nothing else.
    pub markers: u64,
}

/// What was agreed.
pub struct Agreed {
    /// Identity of the session.
    pub id: SessionId,
    /// Number of markers.
    pub markers: u64,
    pub(crate) seeds: BTreeMap<PartyId, Seed>,
    /// What only this party knows.
    pub(crate) own: Seed,
}

const DIGEST: usize = 32;
const MESSAGE: usize = DIGEST + DIGEST + 8 + DIGEST + Seed::BYTES;

struct Message {
    description: [u8; DIGEST],
    schema: [u8; DIGEST],
    markers: u64,
    nonce: [u8; DIGEST],
    contribution: [u8; Seed::BYTES],
}

impl Message {
    fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(MESSAGE);
        out.extend_from_slice(&self.description);
        out.extend_from_slice(&self.schema);
        out.extend_from_slice(&self.markers.to_le_bytes());
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.contribution);
        out
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (description, rest) = bytes.split_first_chunk()?;
        let (schema, rest) = rest.split_first_chunk()?;
        let (markers, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let (contribution, rest) = rest.split_first_chunk()?;
        rest.is_empty().then_some(Self {
            description: *description,
            schema: *schema,
            markers: u64::from_le_bytes(*markers),
            nonce: *nonce,
            contribution: *contribution,
        })
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        self.contribution.zeroize();
    }
}

/// Compares the terms with every participant and derives session id and pair seeds.
///
/// # Errors
/// [`Error::Disagreement`] naming the peer and the subject, or [`Error::Link`].
pub async fn agree(
    transport: &dyn Transport,
    roster: &Roster,
    terms: &Terms,
    randomness: &mut Prg,
) -> Result<Agreed> {
    let step = Step::root().then("agree");
    let tag = step.tag(&SessionId::NONE);
    transport.name_step(tag, &step);
    let me = roster.me();
    let nonce = randomness.array::<DIGEST>();
    let peers: Vec<PartyId> = roster.everyone().filter(|&peer| peer != me).collect();

    let mine: Vec<(PartyId, Message)> = peers
        .iter()
        .map(|&peer| {
            let to_helper = roster.helper() == Some(peer);
            let message = Message {
                description: terms.description,
                schema: terms.schema.filter(|_| !to_helper).map_or([0; DIGEST], |schema| schema.hash),
                markers: terms.schema.map_or(0, |schema| schema.markers),
                nonce,
                contribution: randomness.array(),
            };
            (peer, message)
        })
        .collect();

    let send = try_join_all(
        mine.iter().map(|(peer, message)| transport.send(*peer, Lane::MAIN, tag, message.write())),
    );
    let receive = try_join_all(peers.iter().map(|&peer| transport.receive(peer, Lane::MAIN, tag, MESSAGE)));
    let (_, received) = try_join(send, receive).await.map_err(|link| Error::link(link, &step))?;

    let mut nonces = BTreeMap::from([(me, nonce)]);
    let mut theirs = BTreeMap::new();
    let mut markers = terms.schema.map(|schema| schema.markers);
    for (&peer, mut bytes) in peers.iter().zip(received) {
        let message = Message::read(&bytes);
        bytes.zeroize();
        let Some(message) = message else {
            return Err(Error::malformed(peer, &step, "agreement"));
        };
        compare(roster, terms, peer, &message, &mut markers)?;
        nonces.insert(peer, message.nonce);
        theirs.insert(peer, message);
    }

    let markers = markers.ok_or(Error::Internal("agreed without sites"))?;
    let mut hasher = Hasher::new(Domain::SessionId).part(&terms.description).number(markers);
    for (party, nonce) in &nonces {
        hasher = hasher.number(party.index() as u64).part(nonce);
    }
    let id = SessionId(hasher.finish());

    let seeds = mine
        .iter()
        .filter_map(|(peer, message)| {
            let their = theirs.get(peer)?;
            let (low, high) = if me < *peer { (message, their) } else { (their, message) };
            let seed = Hasher::new(Domain::PairSeed)
                .part(&id.0)
                .number(me.min(*peer).index() as u64)
                .number(me.max(*peer).index() as u64)
                .part(&low.contribution)
                .part(&high.contribution)
                .finish_seed();
            Some((*peer, seed))
        })
        .collect();
    Ok(Agreed { id, markers, seeds, own: Seed::from_bytes(randomness.array()) })
}

fn compare(
    roster: &Roster,
    terms: &Terms,
    peer: PartyId,
    their: &Message,
    markers: &mut Option<u64>,
) -> Result<()> {
    let disagree = |about| Err(Error::Disagreement { peer, about });
    if !bool::from(their.description.ct_eq(&terms.description)) {
        return disagree(Subject::Description);
    }
    if roster.helper() == Some(peer) {
        return Ok(());
    }
    if let Some(schema) = &terms.schema
        && !bool::from(their.schema.ct_eq(&schema.hash))
    {
        return disagree(Subject::Schema);
    }
    if *markers.get_or_insert(their.markers) != their.markers {
        return disagree(Subject::Markers);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::memory::MemoryNetwork;
    use crate::transport::tamper::{Fate, TamperingTransport};
    use std::sync::{Arc, Mutex};

    const SITES: u8 = 3;

    fn seen_from(index: u8) -> Roster {
        Roster::new(PartyId::new(index), SITES, true)
    }

    /// All participants' outcomes, the helper last. `change` sees every message: from whom, to whom.
    fn agreed(
        randomness: [u8; 4],
        change: impl Fn(PartyId, PartyId, &mut Vec<u8>) + Send + Sync + 'static,
    ) -> Vec<Agreed> {
        let network = MemoryNetwork::new(SITES + 1);
        let change = Arc::new(change);
        let parties = (0..=SITES).zip(randomness).map(|(index, seed)| {
            let (roster, end) = (seen_from(index), network.end(PartyId::new(index)));
            let change = change.clone();
            let tamper = move |to, _, _, payload: &mut Vec<u8>| {
                change(PartyId::new(index), to, payload);
                Fate::Deliver
            };
            let schema = (index < SITES).then_some(SchemaTerms { hash: [7; 32], markers: 5 });
            async move {
                let transport = TamperingTransport::new(end, Box::new(tamper));
                let terms = Terms { description: [1; 32], schema };
                let mut randomness = Prg::new(Seed::from_bytes([seed; 32]));
                agree(&transport, &roster, &terms, &mut randomness).await
            }
        });
        futures::executor::block_on(try_join_all(parties)).unwrap()
    }

    fn seed(agreed: &[Agreed], from: u8, to: u8) -> [u8; 32] {
        *agreed[usize::from(from)].seeds[&PartyId::new(to)].expose()
    }

    #[test]
    fn pairs_share_a_seed_that_differs_from_all_others() {
        let agreed = agreed([1, 2, 3, 4], |_, _, _| ());
        let mut seen = BTreeMap::new();
        for from in 0..=SITES {
            assert_eq!(agreed[usize::from(from)].id.0, agreed[0].id.0);
            for to in (0..=SITES).filter(|&to| to != from) {
                assert_eq!(seed(&agreed, from, to), seed(&agreed, to, from));
                seen.insert(seed(&agreed, from, to), (from, to));
            }
        }
        assert_eq!(seen.len(), 6, "as many seeds as pairs");
    }

    #[test]
    fn one_partys_fresh_randomness_makes_another_session() {
        let usual = agreed([1, 2, 3, 4], |_, _, _| ());
        for party in 0..=usize::from(SITES) {
            let mut randomness = [1, 2, 3, 4];
            randomness[party] = 99;
            assert_ne!(agreed(randomness, |_, _, _| ())[0].id.0, usual[0].id.0, "party {party}");
        }
    }

    #[test]
    fn both_ends_put_a_secret_into_their_seed() {
        for (from, to) in [(0, 1), (1, 0), (2, 1), (0, 3), (3, 0)] {
            let agreed = agreed([1, 2, 3, 4], move |sender, recipient, payload| {
                if (sender, recipient) == (PartyId::new(from), PartyId::new(to)) {
                    let last = payload.last_mut().unwrap();
                    *last ^= 1;
                }
            });
            assert_eq!(agreed[0].id.0, agreed[1].id.0, "a contribution is no part of the id");
            assert_ne!(seed(&agreed, from, to), seed(&agreed, to, from), "{from} to {to}");
        }
    }

    #[test]
    fn the_helper_is_not_told_what_the_sites_announced() {
        let seen = Arc::new(Mutex::new(Vec::<(PartyId, Vec<u8>)>::new()));
        let record = seen.clone();
        agreed([1, 2, 3, 4], move |_, to, payload| record.lock().unwrap().push((to, payload.clone())));
        for (to, message) in seen.lock().unwrap().iter() {
            let message = Message::read(message).unwrap();
            let helper = PartyId::new(SITES);
            // The helper itself announces nothing.
            if *to == helper {
                assert_eq!(message.schema, [0; DIGEST]);
            }
        }
        let hashes =
            seen.lock().unwrap().iter().filter(|(_, bytes)| bytes[DIGEST..2 * DIGEST] == [7; 32]).count();
        assert_eq!(hashes, 6, "the sites tell each other");
    }
}
