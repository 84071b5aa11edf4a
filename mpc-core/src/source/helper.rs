//! A helper that deals correlations: it is trusted not to pool what it knows with any site, and sees no input, no
//! opened value and no release bit. The shares of all sites but one are expanded from the seed each shares with the
//! helper; only the last one, the *corrected* site's, goes over the wire (seed compression as in MP-SPDZ's dealer).
//! The corrected site changes from step to step.
//!
//! Bytes from the helper, to one site: 8 a word (64 triples) for AND triples, `8 * 2^b` a word (64 tables) for
//! one-time tables. Rounds: none online, as nothing is asked back; the helper runs ahead as far as flow control lets it.

use super::helper_ring;
use crate::algebra::{Bits, Planes, PlanesShape, Vector};
use crate::correlation::{AndTriples, Demand, OneTimeTables, Place, Request, Source, TruthTable};
use crate::error::{Error, Result};
use crate::random::{Prg, Seed};
use crate::session::{Agreed, Roster, step_stream};
use crate::sharing::{Additive, SemiHonest};
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

/// What a site expands from its seed for AND triples.
fn expand_and(words: usize, prg: &mut Prg) -> [Bits; 3] {
    [(); 3].map(|()| Bits::random(words, prg))
}

/// What a site expands from its seed for one-time tables: mask and table.
fn expand_table(function: &TruthTable, words: usize, prg: &mut Prg) -> (Planes, Bits) {
    let mask = Planes::random(PlanesShape { width: function.width(), words }, prg);
    (mask, Bits::random(words << function.width(), prg))
}

/// A site's side: expands its shares, and receives those of the steps in which it is the corrected site.
pub struct HelperSource {
    transport: Arc<dyn Transport>,
    roster: Roster,
    helper: PartyId,
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
        Ok(Self { transport, roster, helper, seed })
    }

    /// Takes the helper's share instead of the expanded one, where this site is the step's corrected one.
    pub(super) async fn correct<V: Vector>(&self, place: &Place, share: &mut V) -> Result<()> {
        if corrected_site(&self.roster, place.tag) != self.roster.me() {
            return Ok(());
        }
        let shape = share.shape();
        let received = self.transport.receive(self.helper, place.lane, place.tag, V::byte_len(shape));
        let mut bytes = received.await.map_err(|link| Error::link(link, &place.step))?;
        share.zeroize();
        *share =
            V::read(shape, &bytes).ok_or_else(|| Error::malformed(self.helper, &place.step, "correction"))?;
        bytes.zeroize();
        Ok(())
    }
}

impl Source<SemiHonest> for HelperSource {
    fn and_triples(&self, place: Place, words: usize) -> BoxFuture<'_, Result<AndTriples<SemiHonest>>> {
        async move {
            let [a, b, mut c] = expand_and(words, &mut step_stream(&self.seed, place.tag));
            self.correct(&place, &mut c).await?;
            Ok(AndTriples { a: Additive::new(a), b: Additive::new(b), c: Additive::new(c) })
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
            let (mask, mut table) = expand_table(&function, words, &mut step_stream(&self.seed, place.tag));
            self.correct(&place, &mut table).await?;
            Ok(OneTimeTables { mask: Additive::new(mask), table: Additive::new(table) })
        }
        .boxed()
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
            let tag = entry.step.tag(&agreed.id);
            let correction = correction(roster, agreed, tag, &entry.request)?;
            let site = corrected_site(roster, tag);
            transport
                .send(site, lane, tag, correction)
                .await
                .map_err(|link| Error::link(link, &entry.step))?;
        }
        Ok(())
    });
    try_join_all(lanes).await.map(|_| ())
}

/// The corrected site's share: the correlation less what all other sites expand.
fn correction(roster: &Roster, agreed: &Agreed, tag: Tag, request: &Request) -> Result<Vec<u8>> {
    let corrected = corrected_site(roster, tag);
    let streams: Vec<(bool, Prg)> = roster
        .sites()
        .map(|site| {
            let seed = agreed.seeds.get(&site).ok_or(Error::Internal("no seed shared with a site"))?;
            Ok((site == corrected, step_stream(seed, tag)))
        })
        .collect::<Result<_>>()?;
    Ok(match request {
        Request::AndTriples { words } => encode(and_correction(*words, streams)),
        Request::OneTimeTables { function, words } => encode(table_correction(function, *words, streams)),
        Request::Triples { word, shape } => helper_ring::triples_correction(*word, *shape, streams),
        Request::DigitMasks { word, shape } => encode(helper_ring::digits_correction(*word, *shape, streams)),
    })
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
        let mut shares = expand_and(words, &mut stream);
        let [share_a, share_b, share_c] = &shares;
        a.add_assign(share_a);
        b.add_assign(share_b);
        if !corrected {
            c.add_assign(share_c);
        }
        shares.zeroize();
    }
    a.and_assign(&b);
    c.add_assign(&a);
    a.zeroize();
    b.zeroize();
    c
}

fn table_correction(function: &TruthTable, words: usize, streams: Vec<(bool, Prg)>) -> Bits {
    let mut mask = Planes::zeros(PlanesShape { width: function.width(), words });
    let mut others = Bits::zeros(words << function.width());
    for (corrected, mut stream) in streams {
        let (mut share_mask, mut share_table) = expand_table(function, words, &mut stream);
        mask.add_assign(&share_mask);
        if !corrected {
            others.add_assign(&share_table);
        }
        share_mask.zeroize();
        share_table.zeroize();
    }
    let mut table = rotated(function, &mask);
    table.add_assign(&others);
    mask.zeroize();
    others.zeroize();
    table
}

/// Rows `T[v] = f(v - r)` for the 64 elements of every word: the constant rows of f, moved up by 2^p rows where
/// bit p of r is set, for every p.
fn rotated(function: &TruthTable, mask: &Planes) -> Bits {
    let words = mask.shape().words;
    let mut rows = Bits::from_words(
        function
            .values()
            .iter()
            .flat_map(|&value| std::iter::repeat_n(u64::from(value).wrapping_neg(), words))
            .collect(),
    );
    let mut before = vec![0; rows.words().len()];
    for bit in 0..function.width() as usize {
        before.copy_from_slice(rows.words());
        let plane = mask.plane(bit);
        let height = function.values().len();
        for (v, row) in rows.words_mut().chunks_exact_mut(words.max(1)).enumerate() {
            let below = (v + height - (1 << bit)) % height * words;
            let moved = before.iter().skip(below);
            for ((here, there), chosen) in row.iter_mut().zip(moved).zip(plane) {
                *here ^= chosen & (*here ^ there);
            }
        }
    }
    before.zeroize();
    rows
}
