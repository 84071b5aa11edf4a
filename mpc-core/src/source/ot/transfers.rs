//! The transfers themselves, for protocols that put private bits into their choices (`correlation::ObliviousTransfer`).
//!
//! Bytes from the receiver to the sender: those of an extension (`source::ot_extension`). Rounds: half of one.

use super::OtSource;
use crate::algebra::Bits;
use crate::correlation::{ObliviousTransfer, Place};
use crate::error::{Error, Result};
use crate::transport::PartyId;
use futures::FutureExt;
use futures::future::BoxFuture;
use zeroize::Zeroize;

impl ObliviousTransfer for OtSource {
    fn offer(
        &self,
        place: Place,
        receiver: PartyId,
        words: usize,
        width: usize,
    ) -> BoxFuture<'_, Result<[Bits; 2]>> {
        async move {
            let length = self.field.corrections_len(words);
            let corrections = self.transport.receive(receiver, place.lane, place.tag, length).await;
            let corrections = corrections.map_err(|link| Error::link(link, &place.step))?;
            let sender = &self.pair(receiver)?.sender;
            let pads = sender.rows(place.tag, words, width, &corrections);
            pads.map_err(|refusal| refusal.by(receiver, &place.step))
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
            let mut choices = choices;
            let (corrections, pads) = self.pair(sender)?.receiver.rows(place.tag, &choices, width);
            choices.zeroize();
            let sent = self.transport.send(sender, place.lane, place.tag, corrections).await;
            sent.map_err(|link| Error::link(link, &place.step))?;
            Ok(pads)
        }
        .boxed()
    }
}
