//! Random bits that nobody knows, each the XOR of private bits of all sites, in digits: shared are the one-hot row of every
//! digit, by XOR, and the number that the bits make, in Z_2^k. Double bits, masks for comparisons and one-time tables are
//! forms of this. As a bit is an XOR, there are no carries.
//!
//! The sites come one after another, the first one chosen by the part's tag. What the first holds in the clear, its own
//! digits as one-hot rows and numbers, is moved by the bits of the second, then what these two share by those of the third,
//! and so on. To move it by a bit b of site j, each earlier holder has one transfer with j, who chooses by b, and which
//! carries two bit products:
//!
//! - *Rows.* Row v becomes row v + b 2^t: with s the holder's share, `s[v] + b (s[v] + s[v + 2^t])`, so half as many products
//!   as the digit has rows. Their sum over v is the sum of all of the holder's rows, which is 1 for the first holder and
//!   0 for others. So one of them needs neither message nor pad: its pads are the sums of the others'.
//! - *Numbers.* The bit x at place p becomes `x + b - 2 b x`. j adds its b, and -x is multiplied by b; modulo 2^(k-p-1), as
//!   the product is doubled and then counts 2^p.
//!
//! By all bits of one digit the holder's payloads depend on its own pads alone, so a holder sends one message to each later
//! site, who goes on when it has those of all earlier ones.
//!
//! The shares of a number's lowest bits are the private bits themselves, and those of the rows add up to what is
//! public: only zero-sharing makes them uniform, and it has to be done by whoever uses both.
//!
//! Bytes, all sites together, of a word (64 elements), for each two sites and bit p of a digit of b bits: corrections of a word of
//! transfers, and `8 (2^(b-1) - 1 + k - p - 1)`. Rounds: n, of which the first is the corrections'.

mod share;

use super::{Field, Messages, OtSource, PART_WORDS};
use crate::algebra::{Bits, Planes, PlanesShape, Vector};
use crate::correlation::{DIGIT_BITS, Place};
use crate::error::{Error, Result};
use crate::transport::PartyId;
use share::{Moves, Share};
use zeroize::Zeroizing;

/// What is made.
#[derive(Copy, Clone, Debug)]
pub(super) struct Form {
    /// Bits of a number that are random.
    bits: u32,
    /// Bits of a digit; the highest may have fewer.
    digit: u32,
    /// Bits of the ring: k.
    width: u32,
}

impl Form {
    /// One bit.
    pub(super) fn double_bit(width: u32) -> Self {
        Self { bits: 1, digit: 1, width }
    }

    /// A number of digits.
    pub(super) fn mask(width: u32) -> Self {
        Self { bits: width, digit: DIGIT_BITS as u32, width }
    }

    /// A number of one digit.
    pub(super) fn table(width: u32) -> Self {
        Self { bits: width, digit: width, width }
    }

    fn digits(self) -> usize {
        self.bits.div_ceil(self.digit.max(1)) as usize
    }

    /// Rows of a digit, also of a shorter one.
    fn digit_rows(self) -> usize {
        1 << self.digit
    }

    /// The digit of a bit, and the bit's place in it.
    fn place_in_digit(self, bit: u32) -> (usize, u32) {
        ((bit / self.digit) as usize, bit % self.digit)
    }

    /// Pairs of rows that a bit exchanges.
    fn row_pairs(self, bit: u32) -> usize {
        let length = self.digit.min(self.bits - bit / self.digit * self.digit);
        1 << (length - 1)
    }

    /// Rows of the pads of a bit that hide rows; after them come those that hide numbers.
    fn table_rows(self, bit: u32) -> usize {
        self.row_pairs(bit) - 1
    }

    /// Rows of the pads of a bit.
    fn pad_rows(self, bit: u32) -> usize {
        self.table_rows(bit) + (self.width - bit - 1) as usize
    }

    /// Rows of a holder's message.
    fn message_rows(self) -> usize {
        (0..self.bits).map(|bit| self.pad_rows(bit)).sum()
    }
}

/// The numbers, and the rows of all digits, one after another. Wiped when dropped.
pub(super) struct Digits {
    pub(super) numbers: Zeroizing<Planes>,
    pub(super) rows: Zeroizing<Bits>,
}

impl Digits {
    /// The rows alone.
    pub(super) fn into_rows(mut self) -> Bits {
        std::mem::take(&mut *self.rows)
    }
}

/// A part's chosen pads, bit by bit, of the transfers with one earlier holder.
type Chosen = (PartyId, Vec<Zeroizing<Bits>>);

impl OtSource {
    /// This site's shares of random digits. They are not zero-shared.
    pub(super) async fn make_digits(&self, place: &Place, form: Form, words: usize) -> Result<Digits> {
        let mut numbers = Zeroizing::new(Bits::zeros(form.width as usize * words));
        let mut rows = Zeroizing::new(Bits::zeros(form.digits() * form.digit_rows() * words));
        for (part, range) in self.parts(place, words, PART_WORDS / (form.bits as usize).max(1)) {
            let share = self.part_of_digits(&part, form, range.len()).await?;
            share.put(&mut numbers, &mut rows, words, range);
        }
        let numbers = Planes::from_bits(form.width, std::mem::take(&mut *numbers));
        Ok(Digits { numbers: Zeroizing::new(numbers), rows })
    }

    async fn part_of_digits(&self, place: &Place, form: Form, words: usize) -> Result<Share> {
        let shape = PlanesShape { width: form.bits, words };
        let own = Zeroizing::new(Planes::random(shape, &mut self.own_stream(place)?));
        let (earlier, later) = self.order(place);

        let (corrections, chosen) = self.choose(place, form, &own, &earlier)?;
        let length = form.bits as usize * self.field.corrections_len(words);
        let from: Vec<_> = later.iter().map(|&peer| (peer, length)).collect();
        let corrections = self.exchange(place, "corrections", corrections, &from).await?;

        let mut share = if earlier.is_empty() {
            Share::first(form, &own)
        } else {
            let length = Bits::byte_len(form.message_rows() * words);
            let from: Vec<_> = earlier.iter().map(|&peer| (peer, length)).collect();
            let messages = self.exchange(place, "moved", Messages::new(), &from).await?;
            moved(place, form, &own, chosen, messages)?
        };
        for (peer, corrections) in corrections {
            let message = self.pass_on(place, form, &mut share, peer, &corrections)?;
            self.exchange(place, "moved", vec![(peer, message)], &[]).await?;
        }
        Ok(share)
    }

    /// The sites before this one and those after it. Which is first changes from part to part.
    fn order(&self, place: &Place) -> (Vec<PartyId>, Vec<PartyId>) {
        let mut sites: Vec<PartyId> = self.roster.sites().collect();
        let first = usize::from(place.tag.as_bytes()[2]) % sites.len().max(1);
        sites.rotate_left(first);
        let me = self.roster.me();
        let mut halves = sites.split(|&site| site == me).map(<[_]>::to_vec);
        (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
    }

    /// Chooses by this site's bits in transfers with each earlier holder.
    fn choose(
        &self,
        place: &Place,
        form: Form,
        own: &Planes,
        earlier: &[PartyId],
    ) -> Result<(Messages, Vec<Chosen>)> {
        let mut messages = Messages::new();
        let mut chosen = Vec::new();
        for &peer in earlier {
            let receiver = &self.pair(peer)?.receiver;
            let (mut message, mut pads) = (Vec::new(), Vec::new());
            for bit in 0..form.bits {
                let choices = Zeroizing::new(Bits::from_words(own.plane(bit as usize).to_vec()));
                let tag = self.below(place, "bit", bit as usize).tag;
                let (corrections, of_bit) = receiver.rows(tag, &choices, form.pad_rows(bit));
                message.extend_from_slice(&corrections);
                pads.push(Zeroizing::new(of_bit));
            }
            messages.push((peer, message));
            chosen.push((peer, pads));
        }
        Ok((messages, chosen))
    }

    /// Moves this site's share by the bits of a later one; what that has to be sent.
    fn pass_on(
        &self,
        place: &Place,
        form: Form,
        share: &mut Share,
        peer: PartyId,
        corrections: &[u8],
    ) -> Result<Vec<u8>> {
        let sender = &self.pair(peer)?.sender;
        let words = share.words();
        let of_bit = self.field.corrections_len(words).max(1);
        let mut message = Vec::with_capacity(form.message_rows() * words);
        for (bit, corrections) in (0..form.bits).zip(corrections.chunks(of_bit)) {
            let tag = self.below(place, "bit", bit as usize).tag;
            let pads = sender.rows(tag, words, form.pad_rows(bit), corrections);
            let pads = pads.map_err(|refusal| refusal.by(peer, &place.step))?.map(Zeroizing::new);
            share.pass_on(bit, [pads[0].words(), pads[1].words()], &mut message);
        }
        let mut bytes = Vec::with_capacity(Bits::byte_len(message.len()));
        Bits::from_words(message).write(&mut bytes);
        Ok(bytes)
    }
}

/// A later site's share, of the messages of all earlier holders.
fn moved(place: &Place, form: Form, own: &Planes, chosen: Vec<Chosen>, messages: Messages) -> Result<Share> {
    let words = own.shape().words;
    let mut moves = Moves::new(form, own);
    for (position, ((peer, pads), (_, message))) in chosen.into_iter().zip(messages).enumerate() {
        let message = Bits::read(form.message_rows() * words, &message);
        let message = message.ok_or_else(|| Error::malformed(peer, &place.step, "moved digits"))?;
        let pads: Vec<&[u64]> = pads.iter().map(|pads| pads.words()).collect();
        moves.take(position == 0, &pads, message.words());
    }
    Ok(moves.into_share())
}

/// Bytes that all sites together send.
pub(super) fn bytes(form: Form, words: usize, sites: usize, field: Field) -> u64 {
    let corrections = form.bits as usize * field.corrections_len(words);
    let pairs = sites * (sites - 1) / 2;
    (pairs * (corrections + Bits::byte_len(form.message_rows() * words))) as u64
}
