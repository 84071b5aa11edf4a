//! AND triples. Site i has a_i and b_i; of the product of the sums it computes `a_i b_i` alone, and every two sites share
//! `a_i b_j` and `a_j b_i` by one bit product in each direction.
//!
//! The same b_j is chosen by with all peers. The a_i of a sender is the sum of the two pads that it has with the site after
//! it, uniform to that site as it lacks one of them: so with that site nothing has to be sent, the shares of the product
//! are `m0` and `m_b` (Asharov, Lindell, Schneider, Zohner, CCS 2013, section 5.1, for two parties). c is uniform given its
//! sum, as every two honest sites have pads in it that no one else knows.
//!
//! Bytes, all sites together, of a word (64 triples): corrections of n(n - 1) words of transfers, and 8 n(n - 2). Rounds: 1 for
//! two sites, and 2 for more.

use super::{Field, Messages, OtSource, PART_WORDS};
use crate::algebra::{Bits, Vector};
use crate::correlation::Place;
use crate::error::{Error, Result};
use crate::transport::PartyId;
use zeroize::Zeroizing;

type Wiped = Zeroizing<Bits>;

impl OtSource {
    /// This site's a, b and c.
    pub(super) async fn make_and_triples(&self, place: &Place, words: usize) -> Result<[Bits; 3]> {
        let mut made = Vec::new();
        for (part, words) in self.parts(place, words, PART_WORDS) {
            made.push(self.part_of_and_triples(&part, words.len()).await?);
        }
        Ok([0, 1, 2].map(|factor| Bits::concat(made.iter().map(|part| &*part[factor]))))
    }

    async fn part_of_and_triples(&self, place: &Place, words: usize) -> Result<[Wiped; 3]> {
        let b = Wiped::new(Bits::random(words, &mut self.own_stream(place)?));
        let mut c = Wiped::new(Bits::zeros(words));
        let mut corrections = Messages::new();
        for (&peer, pair) in &self.pairs {
            let (message, chosen) = pair.receiver.rows(place.tag, &b, 1);
            c.add_assign(&Wiped::new(chosen));
            corrections.push((peer, message));
        }
        let length = self.field.corrections_len(words);
        let all: Vec<_> = self.pairs.keys().map(|&peer| (peer, length)).collect();
        let corrections = self.exchange(place, "corrections", corrections, &all).await?;

        let mut sums: Vec<(PartyId, Wiped)> = Vec::new();
        for (peer, message) in corrections {
            let pads = self.pair(peer)?.sender.rows(place.tag, words, 1, &message);
            let [zero, one] = pads.map_err(|refusal| refusal.by(peer, &place.step))?.map(Wiped::new);
            c.add_assign(&zero);
            let mut sum = zero;
            sum.add_assign(&one);
            sums.push((peer, sum));
        }
        // After this one, and the one that this one is after.
        let [next, previous] = self.neighbours();
        let a = sums.iter().position(|(peer, _)| *peer == next).map(|at| sums.remove(at).1);
        let a = a.ok_or(Error::Internal("a source of a single site"))?;

        let masked = |(peer, mut sum): (PartyId, Wiped)| {
            sum.add_assign(&a);
            let mut message = Vec::with_capacity(Bits::byte_len(words));
            sum.write(&mut message);
            (peer, message)
        };
        let masked = sums.into_iter().map(masked).collect();
        let others = self.pairs.keys().filter(|&&peer| peer != previous);
        let others: Vec<_> = others.map(|&peer| (peer, Bits::byte_len(words))).collect();
        // The sum of what the chosen pads lack: for each b, of all or nothing.
        let mut rest = a.clone();
        for (peer, message) in self.exchange(place, "masked", masked, &others).await? {
            let added = rest.add_encoded(&message);
            added.ok_or_else(|| Error::malformed(peer, &place.step, "masked factor"))?;
        }
        rest.and_assign(&b);
        c.add_assign(&rest);
        Ok([a, b, c])
    }

    /// The site after this one and the one before, as if they sat in a circle.
    fn neighbours(&self) -> [PartyId; 2] {
        let sites: Vec<PartyId> = self.roster.sites().collect();
        let me = self.roster.me().index();
        [1, sites.len().max(1) - 1].map(|on| {
            let at = (me + on) % sites.len().max(1);
            sites.get(at).copied().unwrap_or(self.roster.me())
        })
    }
}

/// Bytes that all sites together send.
pub(super) fn bytes(words: usize, sites: usize, field: Field) -> u64 {
    let links = sites * (sites - 1);
    (links * field.corrections_len(words) + links.saturating_sub(sites) * Bits::byte_len(words)) as u64
}
