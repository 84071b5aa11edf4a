//! What every two sites keep for a session: base transfers and trees in both directions, the trees checked.

use super::super::link::Link;
use super::super::streams::Streams;
use super::super::{Field, OtReceiver, OtSender, Pair, tree};
use super::trees;
use crate::error::Result;
use crate::random::{Prg, Seed};
use crate::session::Roster;
use crate::sharing::Malicious;
use crate::source::base_ot::{RECEIVER_BYTES, Receiver, SENDER_BYTES, Sender};
use crate::source::refusal::Refusal;
use crate::step::{SessionId, Step};
use crate::transport::{Lane, PartyId, Transport};
use futures::future::try_join_all;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Names of the messages.
const STEPS: [&str; 2] = ["points", "trees"];

/// Bytes that both sites of a pair send.
pub const fn set_up_bytes(field: Field) -> u64 {
    2 * (RECEIVER_BYTES + SENDER_BYTES + tree::BYTES + trees::proof_len(field)) as u64
}

/// What this party will share with each other site. All pairs at once, on the main lane.
///
/// # Errors
/// [`Error::Link`](crate::error::Error::Link) naming peer and step: also where a peer's points or trees fail their check.
pub async fn set_up(
    transport: &dyn Transport,
    roster: &Roster,
    session: &SessionId,
    field: Field,
    randomness: &mut Prg,
) -> Result<BTreeMap<PartyId, Pair<Malicious>>> {
    let me = roster.me();
    let pairs = roster.other_sites().map(|peer| {
        let link = Link { transport, lane: Lane::MAIN, peer, session: *session };
        let mut randomness = Prg::new(Seed::from_bytes(randomness.array()));
        async move { Ok((peer, pair(&link, me, field, &mut randomness).await?)) }
    });
    Ok(try_join_all(pairs).await?.into_iter().collect())
}

async fn pair(link: &Link<'_>, me: PartyId, field: Field, randomness: &mut Prg) -> Result<Pair<Malicious>> {
    let [mine, theirs] = link.ends(me);
    let [points, trees] = STEPS.map(|name| Step::root().then("transfers").then(name));

    // Who sends in an extension chooses in its base transfers.
    let delta = Zeroizing::new(u128::from_le_bytes(randomness.array()));
    let (chooser, mut message) = Receiver::new(theirs, !*delta, randomness);
    let (giver, key) = Sender::new(mine, randomness);
    message.extend_from_slice(&key);
    let received = link.exchange(&points, message, RECEIVER_BYTES + SENDER_BYTES).await?;
    let refused = |refusal: Refusal| refusal.by(link.peer, &points);
    let (their_points, their_key) =
        received.split_at_checked(RECEIVER_BYTES).ok_or(refused(Refusal::Length))?;
    let both = giver.finish(their_points).map_err(refused)?;
    let chosen = chooser.finish(their_key).map_err(refused)?;

    let (leaves, mut message) = tree::grow(field, &both, randomness);
    message.extend_from_slice(&trees::prove(&theirs, field, &leaves));
    let receiver = OtReceiver::new(theirs, Streams::new(field, &leaves));
    let received = link.exchange(&trees, message, tree::BYTES + trees::proof_len(field)).await?;
    let refused = |refusal: Refusal| refusal.by(link.peer, &trees);
    let (sums, proof) = received.split_at_checked(tree::BYTES).ok_or(refused(Refusal::Length))?;
    let leaves = tree::receive(field, *delta, &chosen, sums).ok_or(refused(Refusal::Length))?;
    trees::verify(&mine, field, *delta, &leaves, proof).map_err(refused)?;
    Ok(Pair { sender: OtSender::new(mine, Streams::new(field, &leaves), delta), receiver })
}
