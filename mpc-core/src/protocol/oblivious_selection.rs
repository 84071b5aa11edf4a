//! Selection from one site's table by another site's index, to a sharing by XOR between the two: an oblivious transfer of
//! 1 out of m entries from ceil(log2 m) of 1 out of 2, by a tree (after Naor, Pinkas, STOC 1999, section 2; here with the
//! outcome shared rather than received). Semi-honest.
//!
//! The index decides bit by bit, lowest first, between neighbours: with its bit w as the choice and the pads p0 and p1, the
//! sender sends `c = p0 + p1 + even + odd` and keeps `p0 + even`; the receiver has `pw + w c = p0 + w (even + odd)`. The two
//! add up to `even`, or to `odd` where w = 1, and are the table of half the size that the next bit decides in, each site its
//! own part. An entry without a neighbour stays as it is: the index is below m. The receiver sees c under a pad that it did
//! not choose; the sender sees the transfers' corrections only.
//!
//! Each selection of an entry of l bits: ceil(log2 m) transfers, and l (m - 1) bits from the sender. 2 rounds.

use crate::algebra::{Bits, Planes, Vector};
use crate::correlation::{Demand, Request};
use crate::error::Result;
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::step::Step;
use crate::transport::{Lane, PartyId};
use zeroize::{Zeroize, Zeroizing};

/// Shape of a table: each entry has rows of bits, of as many words each as the index has in a plane.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct TableShape {
    /// Entries.
    pub(super) entries: usize,
    /// Rows of an entry.
    pub(super) rows: usize,
    /// Words of a row.
    pub(super) words: usize,
}

impl TableShape {
    /// Words of an entry, at least one.
    fn entry(self) -> usize {
        (self.rows * self.words).max(1)
    }

    /// The tables between which one bit after another decides; the last has one entry.
    fn levels(self) -> impl Iterator<Item = Self> {
        let halved = |table: &Self| Some(Self { entries: table.entries.div_ceil(2), ..*table });
        std::iter::successors(Some(self), halved).take_while(|table| table.entries > 1)
    }

    /// Pairs of neighbours.
    fn pairs(self) -> usize {
        self.entries / 2
    }

    /// Bits of a pad: those of one entry of each pair.
    fn pad_width(self) -> usize {
        self.pairs() * self.rows
    }
}

/// The sender's side. Its share of the selected entry.
///
/// # Errors
/// Those of the transfers, and of the link.
pub(super) async fn offer(
    ctx: &Context<SemiHonest>,
    receiver: PartyId,
    shape: TableShape,
    table: Zeroizing<Bits>,
) -> Result<Zeroizing<Bits>> {
    let mut table = table;
    let mut message = Vec::new();
    for (number, level) in shape.levels().enumerate() {
        let step = ctx.narrow_nth("level", number);
        let (transfers, place) = step.transfers()?;
        let [mut kept, mut other] = transfers.offer(place, receiver, level.words, level.pad_width()).await?;
        let entries = table.words().chunks(2 * level.entry());
        let pads = kept.words_mut().chunks_mut(level.entry());
        for ((neighbours, kept), other) in
            entries.clone().zip(pads).zip(other.words_mut().chunks_mut(level.entry()))
        {
            let (even, odd) = neighbours.split_at(level.entry().min(neighbours.len()));
            for (((kept, other), even), odd) in kept.iter_mut().zip(other).zip(even).zip(odd) {
                *other ^= *kept ^ even ^ odd;
                *kept ^= even;
            }
        }
        other.write(&mut message);
        other.zeroize();
        let alone = entries.skip(level.pairs()).flatten();
        let mut halved = kept.words().to_vec();
        halved.extend(alone);
        kept.zeroize();
        table = Zeroizing::new(Bits::from_words(halved));
    }
    ctx.narrow("table").send_to(receiver, message).await?;
    Ok(table)
}

/// The receiver's side, with the index bit by bit. Its share of the selected entry.
///
/// # Errors
/// Those of the transfers, and of the link.
pub(super) async fn choose(
    ctx: &Context<SemiHonest>,
    sender: PartyId,
    shape: TableShape,
    index: &Planes,
) -> Result<Zeroizing<Bits>> {
    let mut pads = Vec::new();
    let mut length = 0;
    for (number, level) in shape.levels().enumerate() {
        let step = ctx.narrow_nth("level", number);
        let (transfers, place) = step.transfers()?;
        let choices = Bits::from_words(index.plane(number).to_vec());
        let width = level.pad_width();
        pads.push((level, Zeroizing::new(transfers.choose(place, sender, choices, width).await?)));
        length += Bits::byte_len(width * level.words);
    }
    let message = ctx.narrow("table").receive_from(sender, length).await?;
    let mut rest = message.as_slice();
    // The receiver has no part in the table before the first bit.
    let mut table = Zeroizing::new(Bits::zeros(shape.entries * shape.entry()));
    for (number, (level, mut pad)) in pads.into_iter().enumerate() {
        let sent = rest.split_at_checked(Bits::byte_len(pad.shape())).and_then(|(head, tail)| {
            rest = tail;
            Bits::read(pad.shape(), head)
        });
        let sent = sent.ok_or_else(|| ctx.malformed(sender, "table"))?;
        let choices = index.plane(number);
        let entries = table.words().chunks(2 * level.entry());
        let rows = pad.words_mut().chunks_mut(level.entry());
        for ((neighbours, pad), sent) in entries.clone().zip(rows).zip(sent.words().chunks(level.entry())) {
            let (even, odd) = neighbours.split_at(level.entry().min(neighbours.len()));
            let choices = choices.iter().cycle();
            for ((((pad, sent), even), odd), choice) in
                pad.iter_mut().zip(sent).zip(even).zip(odd).zip(choices)
            {
                *pad ^= even ^ (choice & (sent ^ even ^ odd));
            }
        }
        let alone = entries.skip(level.pairs()).flatten();
        let mut halved = pad.words().to_vec();
        halved.extend(alone);
        table = Zeroizing::new(Bits::from_words(halved));
    }
    Ok(table)
}

/// What a selection at `step` asks for, by the receiver from the sender's table.
pub(super) fn demand(
    out: &mut Demand,
    step: &Step,
    lane: Lane,
    [sender, receiver]: [PartyId; 2],
    shape: TableShape,
) {
    for (number, level) in shape.levels().enumerate() {
        let request = Request::Transfers { sender, receiver, words: level.words, width: level.pad_width() };
        out.push(&step.then_nth("level", number), lane, request);
    }
}
