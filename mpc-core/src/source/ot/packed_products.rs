//! One site's numbers with another's, in Z_2^k, by encryptions of 16,384 numbers at once (`lattice::packed`), which
//! many products need fewer bytes for than bit products.
//!
//! Of every two sites one is the holder; which one changes from step to step. A triple's product takes both its
//! numbers, so one exchange serves both orders. Shares of the results are uniform given their sum: the evaluator's are
//! masks that no one else knows.
//!
//! Bytes: [`Shape::bytes`]. Rounds: 2 for each 65,536 numbers.

use super::{Field, OtSource, products};
use crate::algebra::{Ring, RingShape, Vector, Word};
use crate::correlation::Place;
use crate::error::{Error, Result};
use crate::lattice::packed::{Common, Evaluator, Holder, Own, Shape};
use crate::step::Step;
use crate::transport::{PartyId, Tag};
use futures::future::try_join_all;
use std::ops::Range;
use zeroize::Zeroizing;

/// The request's shape for this way, if it sends less than bit products: for `terms` products, 1 in one order or 2 in
/// both.
pub(super) fn packed(shape: RingShape, terms: usize, field: Field) -> Option<Shape> {
    let packed = Shape { width: shape.width, len: shape.len, terms };
    (shape.width > 0 && packed.bytes() < terms as u64 * products::bytes(shape, field)).then_some(packed)
}

/// Bytes that two sites send for these products, the way that sends less.
pub(super) fn bytes(shape: RingShape, terms: usize, field: Field) -> u64 {
    let bits = terms as u64 * products::bytes(shape, field);
    packed(shape, terms, field).map_or(bits, |packed| packed.bytes())
}

impl OtSource {
    /// This site's shares of the sums of products with all peers: of the vectors `held` where it is the holder, with
    /// the peer's `evaluated`, and the other way round.
    pub(super) async fn packed_products<W: Word>(
        &self,
        place: &Place,
        shape: Shape,
        held: &[&Ring<W>],
        evaluated: &[&Ring<W>],
    ) -> Result<Zeroizing<Ring<W>>> {
        let with_peer = |peer| async move {
            let me = self.roster.me();
            let holds = self.sends_to(place, peer);
            let (holder, evaluator) = if holds { (me, peer) } else { (peer, me) };
            let step = place.step.then_nth("held-by", holder.index());
            let exchange =
                Exchange { source: self, place, peer, step: step.then_nth("times-of", evaluator.index()) };
            let shares = if holds {
                exchange.hold(shape, held).await?
            } else {
                exchange.evaluate(shape, evaluated).await?
            };
            Ok(Zeroizing::new(Ring::new(shape.width, shares)))
        };
        let shares = try_join_all(self.roster.other_sites().map(with_peer)).await?;
        let mut sum = Zeroizing::new(Ring::zeros(RingShape { width: shape.width, len: shape.len }));
        shares.iter().for_each(|shares| sum.add_assign(shares));
        Ok(sum)
    }
}

/// A request between two sites.
struct Exchange<'a> {
    source: &'a OtSource,
    place: &'a Place,
    peer: PartyId,
    step: Step,
}

impl Exchange<'_> {
    /// The stream of a step that both sites have.
    fn common(&self, step: &Step) -> Result<Common> {
        let streams = self.source.common.get(&self.peer).ok_or(Error::Internal("no seed for this pair"))?;
        Ok(Common(streams.take(self.tag(step))?))
    }

    /// The stream of a step that only this site has.
    fn own(&self, step: &Step) -> Result<Own> {
        Ok(Own(self.source.own.take(self.tag(step))?))
    }

    fn tag(&self, step: &Step) -> Tag {
        step.tag(&self.source.session)
    }

    async fn send(&self, step: &Step, message: Vec<u8>) -> Result<()> {
        let sent = self.source.transport.send(self.peer, self.place.lane, self.tag(step), message).await;
        sent.map_err(|link| Error::link(link, step))
    }

    async fn receive(&self, step: &Step, length: usize) -> Result<Vec<u8>> {
        let received =
            self.source.transport.receive(self.peer, self.place.lane, self.tag(step), length).await;
        received.map_err(|link| Error::link(link, step))
    }

    fn malformed(&self, step: &Step) -> Error {
        Error::malformed(self.peer, step, "remainder not below its prime")
    }

    async fn hold<W: Word>(&self, shape: Shape, vectors: &[&Ring<W>]) -> Result<Vec<W>> {
        let step = self.step.then("key");
        let (holder, key) = Holder::new(shape, &mut self.common(&step)?, &mut self.own(&step)?);
        self.send(&step, key).await?;
        let parts: Vec<(Step, Range<usize>)> = shape
            .messages()
            .enumerate()
            .map(|(part, range)| (self.step.then_nth("part", part), range))
            .collect();
        let mut shares = Zeroizing::new(Vec::with_capacity(shape.len));
        // One part ahead, so that both sites compute at the same time.
        let mut ahead = parts.iter();
        self.send_part(&holder, ahead.next(), vectors).await?;
        for (step, range) in &parts {
            self.send_part(&holder, ahead.next(), vectors).await?;
            let step = step.then("answer");
            let answer = self.receive(&step, shape.answer_bytes(range.len())).await?;
            let part = holder.shares(range.len(), &answer).ok_or_else(|| self.malformed(&step))?;
            shares.extend_from_slice(&Zeroizing::new(part));
        }
        Ok(std::mem::take(&mut *shares))
    }

    async fn send_part<W: Word>(
        &self,
        holder: &Holder,
        part: Option<&(Step, Range<usize>)>,
        vectors: &[&Ring<W>],
    ) -> Result<()> {
        let Some((step, range)) = part else { return Ok(()) };
        let message =
            holder.encrypt(&parts_of(vectors, range), &mut self.common(step)?, &mut self.own(step)?);
        self.send(step, message).await
    }

    async fn evaluate<W: Word>(&self, shape: Shape, vectors: &[&Ring<W>]) -> Result<Vec<W>> {
        let step = self.step.then("key");
        let key = self.receive(&step, Shape::KEY_BYTES).await?;
        let evaluator = Evaluator::new(shape, &mut self.common(&step)?, &key);
        let evaluator = evaluator.ok_or_else(|| self.malformed(&step))?;
        let mut shares = Zeroizing::new(Vec::with_capacity(shape.len));
        for (part, range) in shape.messages().enumerate() {
            let step = self.step.then_nth("part", part);
            let message = self.receive(&step, shape.encrypted_bytes(range.len())).await?;
            let (common, own) = (&mut self.common(&step)?, &mut self.own(&step)?);
            let answer = evaluator.answer(&parts_of(vectors, &range), &message, common, own);
            let (answer, part) = answer.ok_or_else(|| self.malformed(&step))?;
            let part = Zeroizing::new(part);
            self.send(&step.then("answer"), answer).await?;
            shares.extend_from_slice(&part);
        }
        Ok(std::mem::take(&mut *shares))
    }
}

/// The same range of each vector.
fn parts_of<'a, W: Word>(vectors: &[&'a Ring<W>], range: &Range<usize>) -> Vec<&'a [W]> {
    vectors.iter().filter_map(|vector| vector.values().get(range.clone())).collect()
}
