//! Random transfers with one peer, checked: three messages, the receiver's corrections first.

use super::super::link::Link;
use super::super::{Field, OtReceiver, OtSender};
use super::extension::{ANSWER_BYTES, ELEMENT_BYTES};
use super::rows::extended;
use crate::algebra::Bits;
use crate::error::Result;
use crate::random::Prg;
use crate::sharing::Malicious;
use crate::source::refusal::Refusal;
use crate::step::Step;

/// Names of the messages.
const STEPS: [&str; 3] = ["corrections", "challenge", "answer"];

/// Bytes that both sites send for 64 times `words` transfers.
pub const fn bytes(field: Field, words: usize) -> u64 {
    (field.corrections_len(extended(words)) + ELEMENT_BYTES + ANSWER_BYTES) as u64
}

/// Offers 64 times `words` transfers to the peer: `width` bits of both pads, row r with bit r of all pads.
///
/// # Errors
/// [`Error::Link`](crate::error::Error::Link) naming peer and step; the session and its transfers must end then.
pub async fn offer(
    link: &Link<'_>,
    step: &Step,
    sender: &OtSender<Malicious>,
    words: usize,
    width: usize,
    randomness: &mut Prg,
) -> Result<[Bits; 2]> {
    let [corrections, challenge, answer] = STEPS.map(|name| step.then(name));
    let received = link.receive(&corrections, sender.field().corrections_len(extended(words))).await?;
    let tag = step.tag(&link.session);
    let unproven = sender.rows(tag, words, width, &received, randomness);
    let unproven = unproven.map_err(|refusal| refusal.by(link.peer, &corrections))?;
    link.send(&challenge, unproven.challenge()).await?;
    let received = link.receive(&answer, ANSWER_BYTES).await?;
    unproven.verify(&received).map_err(|refusal: Refusal| refusal.by(link.peer, &answer))
}

/// Chooses in 64 transfers of the peer a word of `choices`: `width` bits of the chosen pads.
///
/// # Errors
/// As [`offer`].
pub async fn choose(
    link: &Link<'_>,
    step: &Step,
    receiver: &OtReceiver<Malicious>,
    choices: &Bits,
    width: usize,
    randomness: &mut Prg,
) -> Result<Bits> {
    let [corrections, challenge, answer] = STEPS.map(|name| step.then(name));
    let (message, unanswered) = receiver.rows(step.tag(&link.session), choices, width, randomness);
    link.send(&corrections, message).await?;
    let received = link.receive(&challenge, ELEMENT_BYTES).await?;
    let answered = unanswered.answer(&received).map_err(|refusal| refusal.by(link.peer, &challenge))?;
    let (message, pads) = answered;
    link.send(&answer, message).await?;
    Ok(pads)
}
