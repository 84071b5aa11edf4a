//! A helper that deals correlations: it is trusted not to pool what it knows with any site, and sees no input, no
//! opened value and no release bit. The shares of all sites but one are expanded from the seed each shares with the
//! helper; only the last one, the *corrected* site's, goes over the wire (seed compression as in MP-SPDZ's dealer).
//! The corrected site changes from step to step.
//!
//! Bytes from the helper, to one site: 8 a word (64 triples) for AND triples, `8 * 2^b` a word (64 tables) for
//! one-time tables. Rounds: none online, as nothing is asked back; the helper runs ahead as far as flow control lets it.

use super::{helper_matrix, helper_ring, helper_transfers};
use crate::algebra::{Bits, Planes, PlanesShape, Vector};
use crate::correlation::{
    AndTriples, Demand, Entry, MatrixTriples, ObliviousTransfer, OneTimeTables, Place, Request, Source,
    TruthTable,
};
use crate::error::{Error, Result};
use crate::kernels::tables;
use crate::random::{Prg, Seed};
use crate::session::{Agreed, Roster, step_stream};
use crate::sharing::{Additive, SemiHonest};
use crate::step::{SessionId, Step};
use crate::transport::{Lane, PartyId, Tag, Transport};
use futures::FutureExt;
use futures::future::{BoxFuture, try_join_all};
use std::sync::Arc;
use zeroize::Zeroize;

/// The site whose share of this step's correlation is sent rather than expanded.
fn corrected_site(roster: &Roster, tag: Tag) -> PartyId {
    let index = usize::from(tag.as_bytes()[1]) % roster.site_count().max(1);
    roster.sites().nth(index).unwrap_or(roster.me())
}

/// The factors of AND triples, which are first in the stream.
fn expand_factors(words: usize, prg: &mut Prg) -> [Bits; 2] {
    [(); 2].map(|()| Bits::random(words, prg))
}

/// The masks of one-time tables, which are first in the stream.
fn expand_mask(function: &TruthTable, words: usize, prg: &mut Prg) -> Planes {
    Planes::random(PlanesShape { width: function.width(), words }, prg)
}

/// A site's side: expands its shares, and receives those of the steps in which it is the corrected site.
pub struct HelperSource {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) roster: Roster,
    pub(super) session: SessionId,
    pub(super) helper: PartyId,
    pub(super) seed: Seed,
}

impl HelperSource {
    /// The source of an agreed session with a helper.
    ///
    /// # Errors
    /// [`Error::Internal`] where the session has no helper.
    pub fn new(transport: Arc<dyn Transport>, roster: Roster, agreed: &mut Agreed) -> Result<Self> {
        let helper = roster.helper().ok_or(Error::Internal("this session has no helper"))?;
        let seed = agreed.seeds.remove(&helper).ok_or(Error::Internal("no seed shared with the helper"))?;
        Ok(Self { transport, roster, session: agreed.id, helper, seed })
    }

    /// What the helper sends at a step below a request's.
    pub(super) async fn receive(&self, step: &Step, lane: Lane, length: usize) -> Result<Vec<u8>> {
        let received = self.transport.receive(self.helper, lane, step.tag(&self.session), length).await;
        received.map_err(|link| Error::link(link, step))
    }

    /// The share that is corrected at one site, such as the products of triples or the rows of tables, which are next in
    /// the stream of all other sites.
    pub(super) async fn corrected<V: Vector>(
        &self,
        place: &Place,
        shape: V::Shape,
        mut stream: Prg,
    ) -> Result<V> {
        if corrected_site(&self.roster, place.tag) != self.roster.me() {
            return Ok(V::random(shape, &mut stream));
        }
        let mut bytes = self.receive(&place.step, place.lane, V::byte_len(shape)).await?;
        let share =
            V::read(shape, &bytes).ok_or_else(|| Error::malformed(self.helper, &place.step, "correction"))?;
        // As one block, which a vector does byte by byte.
        bytes.as_mut_slice().zeroize();
        Ok(share)
    }
}

impl Source<SemiHonest> for HelperSource {
    fn and_triples(&self, place: Place, words: usize) -> BoxFuture<'_, Result<AndTriples<SemiHonest>>> {
        async move {
            let mut stream = step_stream(&self.seed, place.tag);
            let [a, b] = expand_factors(words, &mut stream).map(Additive::new);
            let c = self.corrected(&place, words, stream).await?;
            Ok(AndTriples { a, b, c: Additive::new(c) })
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
            let mut stream = step_stream(&self.seed, place.tag);
            let mask = Additive::new(expand_mask(&function, words, &mut stream));
            let table = self.corrected(&place, words << function.width(), stream).await?;
            Ok(OneTimeTables { mask, table: Additive::new(table) })
        }
        .boxed()
    }

    fn transfers(&self) -> &dyn ObliviousTransfer {
        self
    }

    fn matrix_triples(&self) -> Option<&dyn MatrixTriples> {
        Some(self)
    }
}

/// The helper's side: deals everything that was demanded, each lane on its own, and forgets it.
///
/// # Errors
/// [`Error::Link`] naming the site that was lost.
pub async fn deal(
    transport: &dyn Transport,
    roster: &Roster,
    agreed: &Agreed,
    demand: &Demand,
) -> Result<()> {
    let lanes = (0..Lane::COUNT).map(Lane::nth).map(|lane| async move {
        for entry in demand.on_lane(lane) {
            let (site, messages) = messages(roster, agreed, entry)?;
            for (step, message) in messages {
                let sent = transport.send(site, lane, step.tag(&agreed.id), message).await;
                sent.map_err(|link| Error::link(link, &step))?;
            }
        }
        Ok(())
    });
    try_join_all(lanes).await.map(|_| ())
}

/// Messages to one site, each with its step.
type Messages = (PartyId, Vec<(Step, Vec<u8>)>);

/// What is sent for a request.
fn messages(roster: &Roster, agreed: &Agreed, entry: &Entry) -> Result<Messages> {
    let tag = entry.step.tag(&agreed.id);
    match &entry.request {
        Request::MatrixTriples { holder, evaluator, shape } => {
            let seeds = [seed_of(agreed, *holder)?, seed_of(agreed, *evaluator)?];
            let parts = helper_matrix::corrections(*shape, tag, seeds).into_iter().enumerate();
            let parts =
                parts.map(|(part, message)| (entry.step.then_nth(helper_matrix::PART, part), message));
            Ok((*evaluator, parts.collect()))
        }
        Request::Transfers { sender, receiver, words, width } => {
            let seeds = [seed_of(agreed, *sender)?, seed_of(agreed, *receiver)?];
            let keys = encode(helper_transfers::chosen_keys(*words, *width, tag, seeds));
            Ok((*receiver, vec![(entry.step.clone(), keys)]))
        }
        request => {
            let correction = correction(roster, agreed, tag, request)?;
            Ok((corrected_site(roster, tag), vec![(entry.step.clone(), correction)]))
        }
    }
}

/// The seed that a site has in common with the helper.
fn seed_of(agreed: &Agreed, site: PartyId) -> Result<&Seed> {
    agreed.seeds.get(&site).ok_or(Error::Internal("no seed shared with a site"))
}

/// The corrected site's share: the correlation less what all other sites expand.
fn correction(roster: &Roster, agreed: &Agreed, tag: Tag, request: &Request) -> Result<Vec<u8>> {
    let corrected = corrected_site(roster, tag);
    let streams: Vec<(bool, Prg)> = roster
        .sites()
        .map(|site| Ok((site == corrected, step_stream(seed_of(agreed, site)?, tag))))
        .collect::<Result<_>>()?;
    match request {
        Request::AndTriples { words } => Ok(encode(and_correction(*words, streams))),
        Request::OneTimeTables { function, words } => Ok(encode(table_correction(function, *words, streams))),
        ring => helper_ring::correction(ring, streams).ok_or(Error::Internal("a request for no ring")),
    }
}

/// The bytes of a correction, which is wiped.
pub(super) fn encode<V: Vector>(mut share: V) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(V::byte_len(share.shape()));
    share.write(&mut bytes);
    share.zeroize();
    bytes
}

fn and_correction(words: usize, streams: Vec<(bool, Prg)>) -> Bits {
    let (mut a, mut b, mut c) = (Bits::zeros(words), Bits::zeros(words), Bits::zeros(words));
    for (corrected, mut stream) in streams {
        stream.xor_words(a.words_mut());
        stream.xor_words(b.words_mut());
        if !corrected {
            stream.xor_words(c.words_mut());
        }
    }
    a.and_assign(&b);
    c.add_assign(&a);
    a.zeroize();
    b.zeroize();
    c
}

fn table_correction(function: &TruthTable, words: usize, streams: Vec<(bool, Prg)>) -> Bits {
    let mut mask = Planes::zeros(PlanesShape { width: function.width(), words });
    let mut others = Vec::new();
    for (corrected, mut stream) in streams {
        let mut share = expand_mask(function, words, &mut stream);
        mask.add_assign(&share);
        share.zeroize();
        if !corrected {
            others.push(stream);
        }
    }
    let mut table = rotated(function, &mask);
    others.iter_mut().for_each(|stream| stream.xor_words(table.words_mut()));
    mask.zeroize();
    table
}

/// Rows `T[v] = f(v - r)` for the 64 elements of every word.
fn rotated(function: &TruthTable, mask: &Planes) -> Bits {
    let planes: Vec<&[u64]> = (0..function.width() as usize).map(|bit| mask.plane(bit)).collect();
    Bits::from_words(tables::rotate(function.values(), mask.shape().words, &planes).unwrap_or_default())
}
