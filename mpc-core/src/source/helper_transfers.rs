//! The helper's oblivious transfers. From the seed that each has in common with the helper, the sender expands two keys for each
//! transfer and the receiver a random choice bit; the helper sends the receiver the keys of these. The receiver tells the
//! sender where its choices differ from the random ones, and there the sender swaps its keys.
//!
//! A pad of up to [`KEY`] bits is the key itself. A wider one is the key's hash as in the extension of transfers
//! (`source::ot_extension`), pseudorandom where AES under a public key is an ideal permutation.
//!
//! *Security.* The sender sees choices under random bits that only the receiver and the helper know. The receiver has, of each
//! transfer, the key that it chose; the other is expanded from a seed that it does not know.
//!
//! Bits of a transfer of w bits: min(w, 128) from the helper to the receiver, 1 from the receiver to the sender. Half a round.

use super::base_ot::Ends;
use super::helper::HelperSource;
use super::ot_extension::widen;
use crate::algebra::{Bits, Vector};
use crate::correlation::{ObliviousTransfer, Place};
use crate::error::{Error, Result};
use crate::random::Seed;
use crate::session::step_stream;
use crate::transport::{PartyId, Tag};
use futures::FutureExt;
use futures::future::BoxFuture;
use zeroize::{Zeroize, Zeroizing};

/// Bits of a key.
const KEY: usize = 128;

/// Words of the keys of transfers of a width, as rows.
const fn key_words(words: usize, width: usize) -> usize {
    words * if width < KEY { width } else { KEY }
}

/// Bytes that the helper sends for `words` times 64 transfers.
pub(crate) fn key_bytes(words: usize, width: usize) -> u64 {
    Bits::byte_len(key_words(words, width)) as u64
}

/// Bytes that the receiver sends to the sender.
pub(crate) fn choice_bytes(words: usize) -> u64 {
    Bits::byte_len(words) as u64
}

/// Changes `first` to `second` where a bit of `choices` is set, in every row; to the difference of the two, it does it in both.
fn choose_rows(choices: &Bits, first: &mut Bits, difference: &Bits) {
    let choices = choices.words().iter().cycle();
    for ((first, difference), choice) in first.words_mut().iter_mut().zip(difference.words()).zip(choices) {
        *first ^= difference & choice;
    }
}

/// What a key of choice 1 differs by from that of choice 0.
fn difference([zero, one]: &[Bits; 2]) -> Zeroizing<Bits> {
    let mut difference = Zeroizing::new(zero.clone());
    difference.add_assign(one);
    difference
}

impl HelperSource {
    /// Keys to pads of a width.
    fn pads(
        &self,
        place: &Place,
        [sender, receiver]: [PartyId; 2],
        words: usize,
        width: usize,
        mut keys: Bits,
    ) -> Bits {
        if width <= KEY {
            return keys;
        }
        let ends = Ends { session: self.session, sender, receiver };
        let pads = widen(&ends, place.tag, words, width, &keys);
        keys.zeroize();
        pads
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
            let mut stream = step_stream(&self.seed, place.tag);
            let mut keys = [(); 2].map(|()| Bits::random(key_words(words, width), &mut stream));
            let length = Bits::byte_len(words);
            let moved = self.transport.receive(receiver, place.lane, place.tag, length).await;
            let moved = moved.map_err(|link| Error::link(link, &place.step))?;
            let moved = Bits::read(words, &moved);
            let moved = moved.ok_or_else(|| Error::malformed(receiver, &place.step, "choices"))?;
            let difference = difference(&keys);
            keys.iter_mut().for_each(|keys| choose_rows(&moved, keys, &difference));
            Ok(keys.map(|keys| self.pads(&place, [self.roster.me(), receiver], words, width, keys)))
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
            let mut moved = choices;
            moved.add_random(&mut step_stream(&self.seed, place.tag));
            let mut message = Vec::with_capacity(Bits::byte_len(words));
            moved.write(&mut message);
            let sent = self.transport.send(sender, place.lane, place.tag, message).await;
            sent.map_err(|link| Error::link(link, &place.step))?;
            let shape = key_words(words, width);
            let mut bytes = self.receive(&place.step, place.lane, Bits::byte_len(shape)).await?;
            let keys = Bits::read(shape, &bytes);
            bytes.as_mut_slice().zeroize();
            let keys = keys.ok_or_else(|| Error::malformed(self.helper, &place.step, "keys"))?;
            Ok(self.pads(&place, [sender, self.roster.me()], words, width, keys))
        }
        .boxed()
    }
}

/// The keys of the receiver's random choices.
pub(super) fn chosen_keys(words: usize, width: usize, tag: Tag, [sender, receiver]: [&Seed; 2]) -> Bits {
    let mut stream = step_stream(sender, tag);
    let keys = [(); 2].map(|()| Bits::random(key_words(words, width), &mut stream));
    let choices = Zeroizing::new(Bits::random(words, &mut step_stream(receiver, tag)));
    let difference = difference(&keys);
    let [mut zero, mut one] = keys;
    one.zeroize();
    choose_rows(&choices, &mut zero, &difference);
    zero
}
