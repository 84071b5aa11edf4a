//! Correlations that the sites make among themselves, by oblivious transfer between every two of them
//! (`source::ot_extension`). No helper takes part, and nobody has to be trusted: up to n - 1 sites may pool what they
//! saw.
//!
//! **Bit product.** The receiver of a transfer has a bit b, the sender a value a of any group. With the pads m0 and m1
//! the sender sends `s = m0 - m1 + a`; the receiver computes `m_b + b s`, which is `m0 + b a`, and the sender keeps
//! `-m0`: shares of `b a`. The receiver lacks the other pad, which hides a; the sender gets nothing but the corrections
//! of the extension, which hide b. Everything here but packed products is a sum of such products and of what one site
//! computes alone:
//!
//! | correlation | file |
//! |---|---|
//! | AND triples | `and_triples` |
//! | double bits, masks for comparisons, one-time tables: masks of which each site has random bits | `digits` |
//! | multiplication triples and squares in Z_2^k | `products`, or `packed_products` where that sends less |
//! | transfers themselves, for private choices | `transfers` |
//!
//! Bytes and rounds stand in each; `bytes` is their sum. A request runs on its own lane, its messages are steps below
//! the request's own, and a large one is made in parts, which bounds its memory. Transfers use the part's tag, or that
//! of a step below it, once.
//!
//! **Zero-sharing.** Where shares are not uniform given their sum, every two sites add and subtract one stream at the
//! end, as in `protocol::zero_share`.
//!
//! Semi-honest. Of a site that deviates only what no honest one sends is noticed: messages of another length, step or
//! session, or numbers that are too large, end the session with an error that names the peer and the step.

mod and_triples;
mod digits;
mod packed_products;
mod products;
mod ring;
mod streams;
mod tables;
mod transfers;

pub use super::ot_extension::Field;

use super::ot_extension::{self, Pair, set_up};
use crate::algebra::{Bits, RingShape, Vector};
use crate::correlation::{
    AndTriples, MatrixTriples, ObliviousTransfer, OneTimeTables, Place, Request, Source, TruthTable,
};
use crate::error::{Error, Result};
use crate::random::{Prg, Seed};
use crate::session::{Agreed, Roster, step_stream};
use crate::sharing::{Additive, SemiHonest};
use crate::step::{SessionId, Step};
use crate::transport::{PartyId, Transport};
use digits::Form;
use futures::FutureExt;
use futures::future::{BoxFuture, try_join, try_join_all};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use streams::Streams;

/// Words of transfers with one peer that are in memory at once: 2^20 transfers.
const PART_WORDS: usize = 1 << 14;

/// Messages, each with the peer that it goes to or came from.
type Messages = Vec<(PartyId, Vec<u8>)>;

/// A site's end: what it shares with each other site for the session.
pub struct OtSource {
    transport: Arc<dyn Transport>,
    roster: Roster,
    session: SessionId,
    field: Field,
    pairs: BTreeMap<PartyId, Pair<SemiHonest>>,
    /// Of this site's own randomness.
    own: Streams,
    /// Shared with each peer.
    common: BTreeMap<PartyId, Streams>,
}

impl OtSource {
    /// The source of an agreed session: base transfers with all peers at once, on the main lane.
    ///
    /// # Errors
    /// [`Error::Link`] naming peer and step.
    pub async fn set_up(
        transport: Arc<dyn Transport>,
        roster: Roster,
        agreed: &Agreed,
        field: Field,
        randomness: &mut Prg,
    ) -> Result<Self> {
        let session = agreed.id;
        let pairs = set_up(&*transport, &roster, &session, field, randomness).await?;
        let tag = Step::root().then("source").tag(&session);
        let common = roster.other_sites().filter_map(|peer| {
            let seed = agreed.seeds.get(&peer)?;
            Some((peer, Streams::new(Seed::from_bytes(step_stream(seed, tag).array()))))
        });
        let common = common.collect();
        let own = Streams::new(Seed::from_bytes(randomness.array()));
        Ok(Self { transport, roster, session, field, pairs, own, common })
    }

    /// The place of a step below a request's.
    fn below(&self, place: &Place, name: &str, index: usize) -> Place {
        let step = place.step.then_nth(name, index);
        Place { tag: step.tag(&self.session), step, lane: place.lane }
    }

    /// The parts of a request, each with its place and its words.
    fn parts(&self, place: &Place, words: usize, most: usize) -> impl Iterator<Item = (Place, Range<usize>)> {
        let most = most.max(1);
        let ranges = (0..words.div_ceil(most)).map(move |part| part * most..words.min((part + 1) * most));
        ranges.enumerate().map(|(part, range)| (self.below(place, "part", part), range))
    }

    /// This site's own randomness of a part.
    fn own_stream(&self, place: &Place) -> Result<Prg> {
        self.own.take(place.tag)
    }

    /// Sends each message, and receives one of a known length of each of `from`, in that order; all at once.
    async fn exchange(
        &self,
        place: &Place,
        name: &str,
        messages: Messages,
        from: &[(PartyId, usize)],
    ) -> Result<Messages> {
        let step = place.step.then(name);
        let tag = step.tag(&self.session);
        let sends =
            messages.into_iter().map(|(peer, message)| self.transport.send(peer, place.lane, tag, message));
        let receives =
            from.iter().map(|&(peer, length)| self.transport.receive(peer, place.lane, tag, length));
        let (_, received) = try_join(try_join_all(sends), try_join_all(receives))
            .await
            .map_err(|link| Error::link(link, &step))?;
        Ok(from.iter().map(|&(peer, _)| peer).zip(received).collect())
    }

    fn pair(&self, peer: PartyId) -> Result<&Pair<SemiHonest>> {
        self.pairs.get(&peer).ok_or(Error::Internal("no transfers with this peer"))
    }

    /// Makes shares uniform given their sum.
    fn zero_share<V: Vector>(&self, place: &Place, name: &str, share: &mut V) -> Result<()> {
        let tag = place.step.then(name).tag(&self.session);
        for (&peer, streams) in &self.common {
            let mut stream = streams.take(tag)?;
            if self.roster.me() < peer {
                share.add_random(&mut stream);
            } else {
                share.sub_random(&mut stream);
            }
        }
        Ok(())
    }
}

impl Source<SemiHonest> for OtSource {
    fn and_triples(&self, place: Place, words: usize) -> BoxFuture<'_, Result<AndTriples<SemiHonest>>> {
        async move {
            let [a, b, c] = self.make_and_triples(&place, words).await?.map(Additive::new);
            Ok(AndTriples { a, b, c })
        }
        .boxed()
    }

    fn one_time_tables(
        &self,
        place: Place,
        function: TruthTable,
        words: usize,
    ) -> BoxFuture<'_, Result<OneTimeTables<SemiHonest>>> {
        async move {
            let (mask, table) = self.make_tables(&place, &function, words).await?;
            Ok(OneTimeTables { mask: Additive::new(mask), table: Additive::new(table) })
        }
        .boxed()
    }

    fn transfers(&self) -> &dyn ObliviousTransfer {
        self
    }

    fn matrix_triples(&self) -> Option<&dyn MatrixTriples> {
        None
    }
}

/// Bytes that all sites together send for the set-up of a session.
pub fn set_up_bytes(sites: usize, field: Field) -> u64 {
    (sites * (sites - 1) / 2) as u64 * ot_extension::set_up_bytes(field)
}

/// Bytes that all sites together send for a request; none for matrix triples, which sites do not make.
pub fn bytes(request: &Request, sites: usize, field: Field) -> u64 {
    let of_digits = |form, words| digits::bytes(form, words, sites, field);
    let of_bits = |shape: RingShape| Bits::words_for(shape.len);
    let pairs = (sites * (sites - 1) / 2) as u64;
    match request {
        Request::Transfers { words, .. } => field.corrections_len(*words) as u64,
        Request::AndTriples { words } => and_triples::bytes(*words, sites, field),
        Request::OneTimeTables { function, words } => of_digits(Form::table(function.width()), *words),
        Request::Triples { shape, .. } => packed_products::bytes(*shape, 2, field) * pairs,
        Request::Squares { shape, .. } => {
            let crossed = RingShape { width: shape.width.saturating_sub(1), len: shape.len };
            packed_products::bytes(crossed, 1, field) * pairs
        }
        Request::DoubleBits { shape, .. } => of_digits(Form::double_bit(shape.width), of_bits(*shape)),
        Request::DigitMasks { shape, .. } => of_digits(Form::mask(shape.width), of_bits(*shape)),
        Request::MatrixTriples { .. } => 0,
    }
}

#[cfg(test)]
mod tests;
