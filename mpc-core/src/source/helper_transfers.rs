//! Oblivious transfers that the helper deals. The sender expands both pads of each from the seed that it has in common with the
//! helper, and the receiver random choices from its own; the helper sends the receiver the pads of these choices. The receiver
//! tells the sender where it wants the other choice (Beaver, Crypto 1995, section 2), and there the sender swaps its pads.
//!
//! The sender sees choices under a mask that only receiver and helper know; the receiver sees no pad but the dealt one.
//!
//! Bits of each transfer with pads of l bits: l from the helper to the receiver, 1 from the receiver to the sender. 1 round.

use super::helper::HelperSource;
use crate::algebra::{Bits, Vector};
use crate::correlation::{ObliviousTransfer, Place};
use crate::error::{Error, Result};
use crate::random::{Prg, Seed};
use crate::session::step_stream;
use crate::transport::{PartyId, Tag};
use futures::FutureExt;
use futures::future::BoxFuture;
use zeroize::{Zeroize, Zeroizing};

/// The pads of choice 0 and those of choice 1.
fn expand_pads(words: usize, width: usize, stream: &mut Prg) -> [Bits; 2] {
    [(); 2].map(|()| Bits::random(words * width, stream))
}

/// Moves, in each row of pads, the bits where `other` is set from the second to the first, and those of the first to the second.
fn swap(pads: &mut [Bits; 2], other: &Bits) {
    let [zero, one] = pads;
    let rows = zero.words_mut().iter_mut().zip(one.words_mut());
    for ((zero, one), other) in rows.zip(other.words().iter().cycle()) {
        let moved = (*zero ^ *one) & other;
        *zero ^= moved;
        *one ^= moved;
    }
}

impl ObliviousTransfer for HelperSource {
    fn offer(
        &self,
        place: Place,
        receiver: PartyId,
        words: usize,
        width: usize,
    ) -> BoxFuture<'_, Result<[Bits; 2]>> {
        async move {
            let mut pads = expand_pads(words, width, &mut step_stream(&self.seed, place.tag));
            let other = self.receive_from(receiver, &place, Bits::byte_len(words)).await?;
            let other = Bits::read(words, &other)
                .ok_or_else(|| Error::malformed(receiver, &place.step, "masked choices"))?;
            swap(&mut pads, &other);
            Ok(pads)
        }
        .boxed()
    }

    fn choose(
        &self,
        place: Place,
        sender: PartyId,
        choices: Bits,
        width: usize,
    ) -> BoxFuture<'_, Result<Bits>> {
        async move {
            let words = choices.shape();
            let mut masked = Zeroizing::new(choices);
            masked.add_random(&mut step_stream(&self.seed, place.tag));
            let mut message = Vec::with_capacity(Bits::byte_len(words));
            masked.write(&mut message);
            self.send_to(sender, &place, message).await?;
            let mut bytes = self.receive(&place.step, place.lane, Bits::byte_len(words * width)).await?;
            let pads = Bits::read(words * width, &bytes)
                .ok_or_else(|| Error::malformed(self.helper(), &place.step, "pads"))?;
            bytes.as_mut_slice().zeroize();
            Ok(pads)
        }
        .boxed()
    }
}

/// What the helper sends the receiver: the pads of the choices that it expands.
pub(super) fn pads(words: usize, width: usize, tag: Tag, [sender, receiver]: [&Seed; 2]) -> Bits {
    let mut pads = expand_pads(words, width, &mut step_stream(sender, tag));
    let choices = Zeroizing::new(Bits::random(words, &mut step_stream(receiver, tag)));
    swap(&mut pads, &choices);
    let [chosen, mut other] = pads;
    other.zeroize();
    chosen
}
