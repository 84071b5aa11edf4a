//! Products of one site's numbers with another's, in Z_2^k (Gilboa, Crypto 1999, section 4): with b bit by bit,
//! `a b = sum over t of b_t 2^t a`, a bit product for each bit. The term of bit t counts modulo 2^(k-t) before it is moved up,
//! so payloads decrease: k (k + 1) / 2 bits a product.
//!
//! Bits t and k - t together have payloads of k bits, and go in one number of the message, of the ring's own encoding. Bit 0
//! goes alone, and bit k/2 with half the width.
//!
//! Triples take a product in each direction between every two sites; shares of their results are uniform given their sum, as
//! every two honest sites have pads in them that no one else knows. Squares take one, of width k - 1, as it counts twice, and
//! zero-sharing for the lowest bit.
//!
//! Bytes of one direction, of 64 elements: corrections of k words of transfers, and 64 times the encodings of payloads: 4 k (k + 1)
//! where k/2 is a whole number of bytes. Rounds: 2.

use super::{Field, Messages, OtSource, PART_WORDS};
use crate::algebra::{Bits, Planes, Ring, RingShape, Vector, Word};
use crate::correlation::Place;
use crate::error::{Error, Result};
use crate::transport::PartyId;
use zeroize::{Zeroize, Zeroizing};

/// A number of a message: the payloads of one or two bits.
#[derive(Copy, Clone)]
struct Number {
    width: u32,
    low: u32,
    high: Option<u32>,
}

/// The numbers of a message, for each element one after another.
fn numbers(width: u32) -> impl Iterator<Item = Number> {
    (0..width).take_while(move |low| 2 * low <= width).map(move |low| match low {
        0 => Number { width, low, high: None },
        _ if 2 * low == width => Number { width: low, low, high: None },
        _ => Number { width, low, high: Some(width - low) },
    })
}

impl Number {
    /// Its bits, each with how far its payload, of this many bits, is moved up.
    fn parts(self, width: u32) -> impl Iterator<Item = Payload> {
        let low = Payload { bit: self.low, width: width - self.low, up: 0 };
        let high = self.high.map(|bit| Payload { bit, width: width - bit, up: low.width });
        std::iter::once(low).chain(high)
    }
}

/// What is sent for one bit.
struct Payload {
    bit: u32,
    /// Bits that count.
    width: u32,
    /// Its place in the number.
    up: u32,
}

/// Words of pads, one a transfer.
struct Pads<W: Word>(Vec<W>);

impl<W: Word> Drop for Pads<W> {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl<W: Word> Pads<W> {
    /// Those of a bit.
    fn of(&self, bit: u32, words: usize) -> &[W] {
        &self.0[bit as usize * 64 * words..][..64 * words]
    }
}

impl OtSource {
    /// This site's shares of the sums of products of its a with the peers' b, of those in `to`, and of its b with the a of those
    /// in `from`, element by element.
    pub(super) async fn cross_products<W: Word>(
        &self,
        place: &Place,
        a: &Ring<W>,
        b: &Ring<W>,
        to: &[PartyId],
        from: &[PartyId],
    ) -> Result<Zeroizing<Ring<W>>> {
        let RingShape { width, len } = a.shape();
        let mut products = vec![Zeroizing::new(Ring::zeros(RingShape { width, len: 0 }))];
        let words = if width == 0 { 0 } else { Bits::words_for(len) };
        for (part, range) in self.parts(place, words, PART_WORDS / (width as usize).max(1)) {
            let [a, b] =
                [a, b].map(|factor| Zeroizing::new(factor.slice(64 * range.start, 64 * range.len())));
            products.push(Zeroizing::new(self.part_of_products(&part, &a, &b, to, from).await?));
        }
        Ok(Zeroizing::new(Ring::concat(products.iter().map(|part| &**part))))
    }

    async fn part_of_products<W: Word>(
        &self,
        place: &Place,
        a: &Ring<W>,
        b: &Ring<W>,
        to: &[PartyId],
        from: &[PartyId],
    ) -> Result<Ring<W>> {
        let shape = a.shape();
        let choices = Zeroizing::new(Planes::from_ring(b));
        let all_choices = Zeroizing::new(choices.as_bits());
        let words = choices.shape().words;
        let mut sums = Sums { choices: &choices, shape, words, sums: Pads(vec![W::default(); shape.len]) };

        let (mut corrections, mut chosen) = (Messages::new(), Vec::new());
        for &peer in from {
            let (message, pads) = self.pair(peer)?.receiver.words(place.tag, &all_choices);
            corrections.push((peer, message));
            chosen.push(Pads(pads));
        }
        let length = self.field.corrections_len(all_choices.words().len());
        let choosing: Vec<_> = to.iter().map(|&peer| (peer, length)).collect();
        let mut messages = Messages::new();
        for (peer, corrections) in self.exchange(place, "corrections", corrections, &choosing).await? {
            let pads = self.pair(peer)?.sender.words(place.tag, all_choices.words().len(), &corrections);
            let [zero, one] = pads.map_err(|refusal| refusal.by(peer, &place.step))?.map(Pads);
            messages.push((peer, sums.send(a.values(), [&zero, &one])));
        }
        let length = message_len(shape);
        let sending: Vec<_> = from.iter().map(|&peer| (peer, length)).collect();
        let received = self.exchange(place, "payloads", messages, &sending).await?;
        for (pads, (peer, message)) in chosen.iter().zip(received) {
            let taken = sums.take(pads, &message);
            taken.ok_or_else(|| Error::malformed(peer, &place.step, "payloads"))?;
        }
        Ok(sums.into_ring())
    }

    /// Which of two sites has the payload where one product serves both directions: changes from step to step.
    pub(super) fn sends_to(&self, place: &Place, peer: PartyId) -> bool {
        let me = self.roster.me();
        let sum = me.index() + peer.index() + usize::from(place.tag.as_bytes()[2]);
        (me < peer) == sum.is_multiple_of(2)
    }
}

/// This site's shares of a part's sums of products.
struct Sums<'a, W: Word> {
    choices: &'a Planes,
    shape: RingShape,
    words: usize,
    sums: Pads<W>,
}

impl<W: Word> Sums<'_, W> {
    /// As the sender, with both pads: the message.
    fn send(&mut self, a: &[W], [zero, one]: [&Pads<W>; 2]) -> Vec<u8> {
        let width = self.shape.width;
        let mut message = Vec::with_capacity(message_len(self.shape));
        for number in numbers(width) {
            let mut packed = Pads(vec![W::default(); self.shape.len]);
            for Payload { bit, width, up } in number.parts(width) {
                let pads = zero.of(bit, self.words).iter().zip(one.of(bit, self.words));
                let elements = packed.0.iter_mut().zip(&mut self.sums.0).zip(a).zip(pads);
                for (((packed, sum), a), (zero, one)) in elements {
                    let masked = zero.wrapping_sub(*one).wrapping_add(*a).low_bits(width);
                    *packed = packed.wrapping_add(masked.wrapping_shl(up));
                    *sum = sum.wrapping_sub(zero.wrapping_shl(bit));
                }
            }
            write(number.width, &mut packed, &mut message);
        }
        message
    }

    /// As the receiver, with the chosen pads. `None` where the message has another length or an encoding that is not canonical.
    fn take(&mut self, chosen: &Pads<W>, message: &[u8]) -> Option<()> {
        let mut rest = message;
        for number in numbers(self.shape.width) {
            let shape = RingShape { width: number.width, len: self.shape.len };
            let (head, tail) = rest.split_at_checked(Ring::<W>::byte_len(shape))?;
            rest = tail;
            let packed = Ring::<W>::read(shape, head)?;
            for Payload { bit, width, up } in number.parts(self.shape.width) {
                let choices = self.choices.plane(bit as usize);
                let elements = self.sums.0.chunks_mut(64).zip(packed.values().chunks(64));
                let pads = chosen.of(bit, self.words).chunks(64);
                for (((sums, packed), pads), choices) in elements.zip(pads).zip(choices) {
                    for (((sum, packed), pad), at) in sums.iter_mut().zip(packed).zip(pads).zip(0..) {
                        let choice = W::from_u64(choices >> at & 1);
                        let masked = packed.wrapping_shr(up).low_bits(width).wrapping_mul(choice);
                        *sum = sum.wrapping_add(pad.wrapping_add(masked).wrapping_shl(bit));
                    }
                }
            }
        }
        rest.is_empty().then_some(())
    }

    fn into_ring(mut self) -> Ring<W> {
        Ring::new(self.shape.width, std::mem::take(&mut self.sums.0))
    }
}

fn write<W: Word>(width: u32, values: &mut Pads<W>, message: &mut Vec<u8>) {
    let mut ring = Ring::new(width, std::mem::take(&mut values.0));
    ring.write(message);
    ring.zeroize();
}

/// Bytes of the payloads of one direction.
fn message_len(shape: RingShape) -> usize {
    let bytes = |number: Number| Ring::<u128>::byte_len(RingShape { width: number.width, len: shape.len });
    numbers(shape.width).map(bytes).sum()
}

/// Bytes of one direction.
pub(super) fn bytes(shape: RingShape, field: Field) -> u64 {
    let words = shape.width as usize * Bits::words_for(shape.len);
    (field.corrections_len(words) + message_len(shape)) as u64
}
