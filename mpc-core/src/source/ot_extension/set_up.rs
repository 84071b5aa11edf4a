//! The state that every two sites keep for a session: base transfers in one direction, and from them the other one.

use super::link::Link;
use super::streams::Streams;
use super::{Field, OtReceiver, OtSender, Pair, tree};
use crate::algebra::Bits;
use crate::error::Result;
use crate::random::{Prg, Seed};
use crate::session::Roster;
use crate::sharing::SemiHonest;
use crate::source::base_ot::{self, Pad};
use crate::source::refusal::Refusal;
use crate::step::{SessionId, Step};
use crate::transport::{Lane, PartyId, Transport};
use futures::future::try_join_all;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Words of choices of the second direction's base transfers.
const CHOICE_WORDS: usize = base_ot::COUNT / 64;

/// Bytes that both sites of a pair send.
pub const fn set_up_bytes(field: Field) -> u64 {
    let base = base_ot::SENDER_BYTES + base_ot::RECEIVER_BYTES;
    (base + 2 * tree::BYTES + field.corrections_len(CHOICE_WORDS)) as u64
}

/// What this party will share with each other site. All pairs at once.
///
/// # Errors
/// [`Error::Link`](crate::error::Error::Link) naming peer and step.
pub async fn set_up(
    transport: &dyn Transport,
    roster: &Roster,
    session: &SessionId,
    field: Field,
    randomness: &mut Prg,
) -> Result<BTreeMap<PartyId, Pair<SemiHonest>>> {
    let me = roster.me();
    let pairs = roster.other_sites().map(|peer| {
        let link = Link { transport, lane: Lane::MAIN, peer, session: *session };
        let mut randomness = Prg::new(Seed::from_bytes(randomness.array()));
        async move {
            let pair = if me < peer {
                low(&link, me, field, &mut randomness).await
            } else {
                high(&link, me, field, &mut randomness).await
            };
            Ok((peer, pair?))
        }
    });
    Ok(try_join_all(pairs).await?.into_iter().collect())
}

/// The first party of a pair: receiver of the base transfers, so sender of the first extension.
async fn low(link: &Link<'_>, me: PartyId, field: Field, randomness: &mut Prg) -> Result<Pair<SemiHonest>> {
    let [mine, theirs] = link.ends(me);
    let [points, trees, answer] = STEPS.map(|name| Step::root().then("transfers").then(name));

    let delta = Zeroizing::new(u128::from_le_bytes(randomness.array()));
    let (base, message) = base_ot::Receiver::new(theirs, !*delta, randomness);
    let received = link.exchange(&points, message, base_ot::SENDER_BYTES).await?;
    let pads = base.finish(&received).map_err(|refusal| refusal.by(link.peer, &points))?;

    let received = link.receive(&trees, tree::BYTES + field.corrections_len(CHOICE_WORDS)).await?;
    let refused = |refusal: Refusal| refusal.by(link.peer, &trees);
    let (sums, corrections) = received.split_at_checked(tree::BYTES).ok_or(refused(Refusal::Length))?;
    let leaves = tree::receive(field, *delta, &pads, sums).ok_or(refused(Refusal::Length))?;
    let sender = OtSender::new(mine, Streams::new(field, &leaves), delta);

    let tag = trees.tag(&link.session);
    let [zero, one] = sender.words(tag, CHOICE_WORDS, corrections).map_err(refused)?.map(Zeroizing::new);
    let pads: Zeroizing<Vec<[Pad; 2]>> =
        Zeroizing::new(zero.iter().zip(one.iter()).map(|pads: (&u128, &u128)| both(pads)).collect());
    let (leaves, message) = tree::grow(field, &pads, randomness);
    link.send(&answer, message).await?;
    Ok(Pair { sender, receiver: OtReceiver::new(theirs, Streams::new(field, &leaves)) })
}

/// The second party of a pair: sender of the base transfers, so receiver of the first extension, which makes the base
/// transfers of the second.
async fn high(link: &Link<'_>, me: PartyId, field: Field, randomness: &mut Prg) -> Result<Pair<SemiHonest>> {
    let [mine, theirs] = link.ends(me);
    let [points, trees, answer] = STEPS.map(|name| Step::root().then("transfers").then(name));

    let (base, message) = base_ot::Sender::new(mine, randomness);
    let received = link.exchange(&points, message, base_ot::RECEIVER_BYTES).await?;
    let pads = base.finish(&received).map_err(|refusal| refusal.by(link.peer, &points))?;

    let (leaves, mut message) = tree::grow(field, &pads, randomness);
    let receiver = OtReceiver::new(theirs, Streams::new(field, &leaves));
    let delta = Zeroizing::new(u128::from_le_bytes(randomness.array()));
    let mut choices = Bits::from_words(vec![!*delta as u64, (!*delta >> 64) as u64]);
    let (corrections, pads) = receiver.words::<u128>(trees.tag(&link.session), &choices);
    zeroize::Zeroize::zeroize(&mut choices);
    let pads = Zeroizing::new(pads);
    message.extend_from_slice(&corrections);
    link.send(&trees, message).await?;

    let received = link.receive(&answer, tree::BYTES).await?;
    let pads: Zeroizing<Vec<Pad>> = Zeroizing::new(pads.iter().map(|pad| pad.to_le_bytes()).collect());
    let leaves = tree::receive(field, *delta, &pads, &received)
        .ok_or_else(|| Refusal::Length.by(link.peer, &answer))?;
    let sender = OtSender::new(mine, Streams::new(field, &leaves), delta);
    Ok(Pair { sender, receiver })
}

/// Names of the messages.
const STEPS: [&str; 3] = ["points", "trees", "answer"];

fn both((zero, one): (&u128, &u128)) -> [Pad; 2] {
    [zero.to_le_bytes(), one.to_le_bytes()]
}
