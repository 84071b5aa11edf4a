//! One extension with its check: corrections, a challenge, an answer. Types keep the order: a challenge is drawn
//! when the corrections are there, and pads come out after the answer only.

use super::super::pads::Rows;
use super::super::streams::row_of;
use super::super::{OtReceiver, OtSender};
use super::rows::{ADDITIONAL, RowHash, extended};
use crate::algebra::Bits;
use crate::kernels::cipher::{LANES, ROWS, Row};
use crate::random::{Domain, Prg};
use crate::sharing::Malicious;
use crate::source::base_ot::{Ends, choice};
use crate::source::refusal::Refusal;
use crate::transport::Tag;
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

/// Bytes of a challenge, and of the hash of choices.
pub(super) const ELEMENT_BYTES: usize = 16;

/// Bytes of an answer.
pub(super) const ANSWER_BYTES: usize = ELEMENT_BYTES + 32;

/// Of which extension, under which challenge.
struct Check {
    ends: Ends,
    tag: Tag,
    challenge: [u8; ELEMENT_BYTES],
}

impl Check {
    fn digest(&self, rows: impl Iterator<Item = u128>) -> [u8; 32] {
        let hasher = self.ends.hasher(Domain::OtRows).part(self.tag.as_bytes()).part(&self.challenge);
        rows.fold(hasher, |hasher, row| hasher.part(&row.to_le_bytes())).finish()
    }
}

impl OtReceiver<Malicious> {
    /// For 64 transfers a word of `choices`: the corrections to send, and what comes out of the check: `width` bits of each
    /// chosen pad, as rows one after another, row r with bit r of all pads.
    pub fn rows(
        &self,
        tag: Tag,
        choices: &Bits,
        width: usize,
        randomness: &mut Prg,
    ) -> (Vec<u8>, Unanswered<'_>) {
        let words = choices.words().len();
        let mut all = Zeroizing::new(vec![0; extended(words)]);
        all[..words].copy_from_slice(choices.words());
        let additional = all.len() - ADDITIONAL;
        randomness.fill_words(&mut all[additional..]);
        let mut pads = Rows::new(width, words);
        let mut kept = Zeroizing::new(Vec::with_capacity(all.len().div_ceil(LANES)));
        let corrections = self.extend(tag, &all, &mut pads, |_, tile| kept.push(tile.rows));
        (corrections, Unanswered { receiver: self, tag, choices: all, rows: kept, pads })
    }
}

/// The receiver's side of an extension whose corrections are made. Wiped when dropped.
#[must_use]
pub struct Unanswered<'a> {
    receiver: &'a OtReceiver<Malicious>,
    tag: Tag,
    choices: Zeroizing<Vec<u64>>,
    rows: Zeroizing<Vec<[Row; ROWS]>>,
    pads: Rows,
}

impl Unanswered<'_> {
    /// The answer to send, and the chosen pads.
    ///
    /// # Errors
    /// [`Refusal::Length`] of the challenge.
    pub fn answer(self, challenge: &[u8]) -> Result<(Vec<u8>, Bits), Refusal> {
        let challenge = challenge.try_into().map_err(|_| Refusal::Length)?;
        let check = Check { ends: self.receiver.ends, tag: self.tag, challenge };
        let mut choices = RowHash::new(challenge, 1, self.choices.len());
        let mut rows = RowHash::new(challenge, ROWS, self.choices.len());
        for (word, tile) in (0..).step_by(LANES).zip(self.rows.iter()) {
            choices.add(word, &[row_of(&self.choices, word)]);
            rows.add(word, tile);
        }
        let mut answer = Vec::with_capacity(ANSWER_BYTES);
        choices.finish().iter().for_each(|choices| answer.extend_from_slice(&choices.to_le_bytes()));
        answer.extend_from_slice(&check.digest(rows.finish().iter().copied()));
        Ok((answer, self.pads.into_bits()))
    }
}

impl OtSender<Malicious> {
    /// For `words` times 64 transfers and the receiver's corrections: what comes out of the check: `width` bits of both
    /// pads, as rows one after another.
    ///
    /// # Errors
    /// What is wrong with the corrections.
    pub fn rows(
        &self,
        tag: Tag,
        words: usize,
        width: usize,
        corrections: &[u8],
        randomness: &mut Prg,
    ) -> Result<Unproven<'_>, Refusal> {
        let check = Check { ends: self.ends, tag, challenge: randomness.array() };
        let mut pads = [(); 2].map(|()| Rows::new(width, words));
        let mut rows = RowHash::new(check.challenge, ROWS, extended(words));
        self.extend(tag, extended(words), corrections, &mut pads, |word, tile| rows.add(word, &tile.rows))?;
        Ok(Unproven { sender: self, check, rows: rows.finish(), pads })
    }
}

/// The sender's side of an extension whose choices are not yet shown to be consistent. Wiped when dropped.
#[must_use]
pub struct Unproven<'a> {
    sender: &'a OtSender<Malicious>,
    check: Check,
    rows: Zeroizing<Vec<u128>>,
    pads: [Rows; 2],
}

impl Unproven<'_> {
    /// The challenge to send.
    pub fn challenge(&self) -> Vec<u8> {
        self.check.challenge.to_vec()
    }

    /// Both pads, if the answer is right.
    ///
    /// # Errors
    /// [`Refusal::Choices`] where it is not, and the session must end; [`Refusal::Length`] of the answer.
    pub fn verify(self, answer: &[u8]) -> Result<[Bits; 2], Refusal> {
        let (choices, digest) = answer.split_at_checked(ELEMENT_BYTES).ok_or(Refusal::Length)?;
        let choices = u128::from_le_bytes(choices.try_into().map_err(|_| Refusal::Length)?);
        let digest: [u8; 32] = digest.try_into().map_err(|_| Refusal::Length)?;
        let delta = &self.sender.delta;
        let rows = self.rows.iter().enumerate();
        let expected =
            rows.map(|(row, hash)| hash ^ u128::conditional_select(&0, &choices, choice(**delta, row)));
        if bool::from(self.check.digest(expected).ct_eq(&digest)) {
            Ok(self.pads.map(Rows::into_bits))
        } else {
            Err(Refusal::Choices)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::streams::Streams;
    use super::super::super::{Field, tree};
    use super::*;
    use crate::algebra::Vector;
    use crate::random::Seed;
    use crate::sharing::SemiHonest;
    use crate::source::base_ot::Pad;
    use crate::step::{SessionId, Step};
    use crate::test_world::random_words;
    use crate::transport::PartyId;

    const FIELDS: [Field; 3] = [Field::Bits2, Field::Bits4, Field::Bits8];
    const WORDS: usize = 9;
    const WIDTH: usize = 3;
    const SESSION: SessionId = SessionId([5; 32]);

    fn prg(seed: u8) -> Prg {
        Prg::new(Seed::from_bytes([seed; 32]))
    }

    fn tag() -> Tag {
        Step::root().then("a").tag(&SESSION)
    }

    /// Both sides after an honest set-up.
    fn sides<S>(field: Field, delta: u128) -> (OtSender<S>, OtReceiver<S>) {
        let ends = Ends { session: SESSION, sender: PartyId::new(0), receiver: PartyId::new(1) };
        let mut randomness = prg(1);
        let pads: Vec<[Pad; 2]> = (0..ROWS).map(|_| [randomness.array(), randomness.array()]).collect();
        let chosen: Vec<Pad> =
            (0..).zip(&pads).map(|(row, pads)| pads[usize::from(delta >> row & 1 == 0)]).collect();
        let (leaves, message) = tree::grow(field, &pads, &mut randomness);
        let received = tree::receive(field, delta, &chosen, &message).unwrap();
        let sender = OtSender::new(ends, Streams::new(field, &received), Zeroizing::new(delta));
        (sender, OtReceiver::new(ends, Streams::new(field, &leaves)))
    }

    fn delta() -> u128 {
        u128::from_le_bytes(prg(2).array())
    }

    fn choices() -> Bits {
        Bits::from_words(random_words(3, WORDS))
    }

    /// Where the correction of a transfer in a tree is.
    fn place(tree: usize, transfer: usize) -> (usize, u8) {
        (tree * extended(WORDS) * 8 + transfer / 8, 1 << (transfer % 8))
    }

    /// What the sender says when the receiver's messages are changed on their way.
    fn outcome(
        field: Field,
        delta: u128,
        corrections: impl FnOnce(&mut Vec<u8>),
        answer: impl FnOnce(&mut Vec<u8>),
    ) -> (Result<[Bits; 2], Refusal>, Bits) {
        let (sender, receiver) = sides::<Malicious>(field, delta);
        let (mut first, unanswered) = receiver.rows(tag(), &choices(), WIDTH, &mut prg(4));
        corrections(&mut first);
        let unproven = match sender.rows(tag(), WORDS, WIDTH, &first, &mut prg(6)) {
            Ok(unproven) => unproven,
            Err(refusal) => return (Err(refusal), Bits::zeros(0)),
        };
        let (mut second, chosen) = unanswered.answer(&unproven.challenge()).unwrap();
        answer(&mut second);
        (unproven.verify(&second), chosen)
    }

    /// Places where what was chosen is not the pad of the choice.
    fn wrong([zero, one]: &[Bits; 2], chosen: &Bits) -> Vec<(usize, u64)> {
        let choices = choices();
        let words = zero.words().iter().zip(one.words()).zip(choices.words().iter().cycle());
        let wrong = words.zip(chosen.words()).map(|(((zero, one), c), chosen)| zero & !c ^ one & c ^ chosen);
        wrong.enumerate().filter(|(_, wrong)| *wrong != 0).collect()
    }

    #[test]
    fn an_honest_receiver_passes() {
        for field in FIELDS {
            for delta in [0, u128::MAX, delta()] {
                let (pads, chosen) = outcome(field, delta, |_| (), |_| ());
                assert!(wrong(&pads.unwrap(), &chosen).is_empty());
            }
        }
    }

    #[test]
    fn challenges_are_drawn_anew() {
        let (sender, receiver) = sides::<Malicious>(Field::Bits4, delta());
        let (first, _) = receiver.rows(tag(), &choices(), WIDTH, &mut prg(4));
        let mut randomness = prg(6);
        let [one, other] = [(); 2].map(|()| {
            sender.rows(tag(), WORDS, WIDTH, &first, &mut randomness).unwrap().challenge().to_vec()
        });
        assert_ne!(one, other);
        assert_ne!(one, vec![0; one.len()]);
    }

    #[test]
    fn digests_belong_to_a_step_a_challenge_and_a_session() {
        let ends = Ends { session: SESSION, sender: PartyId::new(0), receiver: PartyId::new(1) };
        let digest = |ends, tag, challenge| Check { ends, tag, challenge }.digest([1, 2, 3].into_iter());
        let other = Step::root().then("b").tag(&SESSION);
        let elsewhere = Ends { session: SessionId([6; 32]), ..ends };
        let first = digest(ends, tag(), [1; ELEMENT_BYTES]);
        assert_ne!(first, digest(ends, other, [1; ELEMENT_BYTES]));
        assert_ne!(first, digest(ends, tag(), [2; ELEMENT_BYTES]));
        assert_ne!(first, digest(elsewhere, tag(), [1; ELEMENT_BYTES]));
    }

    #[test]
    fn one_correction_of_one_tree_is_noticed() {
        for field in FIELDS {
            for tree in 0..field.trees() {
                let bits = delta() >> (tree * field.bits()) & ((1 << field.bits()) - 1);
                // Data, the padding of an odd word, and additional transfers.
                for transfer in [0, 64 * WORDS - 1, 64 * WORDS, 64 * extended(WORDS) - 1] {
                    let (byte, bit) = place(tree, transfer);
                    let (pads, chosen) = outcome(field, delta(), |message| message[byte] ^= bit, |_| ());
                    // Nothing is added to q, and nothing is wrong, where this part of Delta is zero.
                    match pads {
                        Err(refusal) => assert!(refusal == Refusal::Choices && bits != 0),
                        Ok(pads) => assert!(bits == 0 && wrong(&pads, &chosen).is_empty()),
                    }
                }
            }
        }
    }

    #[test]
    fn one_trees_other_choices_are_noticed() {
        for field in FIELDS {
            let tree = (0..field.trees()).find(|tree| delta() >> (tree * field.bits()) & 1 == 1).unwrap();
            let flip = |message: &mut Vec<u8>| {
                let start = place(tree, 0).0;
                message[start..start + 8 * WORDS].iter_mut().for_each(|byte| *byte = !*byte);
            };
            assert!(outcome(field, delta(), flip, |_| ()).0.err() == Some(Refusal::Choices));
            // Other choices in all trees are just other choices, which the answer then belies.
            let all = |message: &mut Vec<u8>| message.iter_mut().for_each(|byte| *byte = !*byte);
            assert!(outcome(field, delta(), all, |_| ()).0.err() == Some(Refusal::Choices));
        }
    }

    /// The same at the semi-honest level: a transfer goes wrong exactly where Delta has bits there, which tells them.
    #[test]
    fn without_the_check_one_correction_passes_unnoticed() {
        for field in FIELDS {
            let (sender, receiver) = sides::<SemiHonest>(field, delta());
            let (mut corrections, chosen) = receiver.rows(tag(), &choices(), WIDTH);
            let tree = (0..field.trees()).find(|tree| delta() >> (tree * field.bits()) & 1 == 1).unwrap();
            corrections[tree * WORDS * 8] ^= 1 << 5;
            let pads = sender.rows(tag(), WORDS, WIDTH, &corrections).unwrap();
            let wrong = wrong(&pads, &chosen);
            assert!(!wrong.is_empty());
            assert!(wrong.iter().all(|(place, bits)| place % WORDS == 0 && *bits == 1 << 5));
        }
    }

    /// The best that a receiver can do: it answers as if it knew the part of Delta that its lie depends on.
    #[test]
    fn a_lie_passes_for_one_value_of_delta() {
        const TRANSFER: usize = 77;
        for field in [Field::Bits2, Field::Bits4] {
            let tree = 3;
            let mask = (1u128 << field.bits()) - 1;
            let part = delta() >> (tree * field.bits()) & mask;
            for guess in 0..=mask {
                let (sender, receiver) = sides::<Malicious>(field, delta());
                let (mut corrections, unanswered) = receiver.rows(tag(), &choices(), WIDTH, &mut prg(4));
                let (byte, bit) = place(tree, TRANSFER);
                corrections[byte] ^= bit;
                let unproven = sender.rows(tag(), WORDS, WIDTH, &corrections, &mut prg(6)).unwrap();

                let challenge = unproven.challenge().try_into().unwrap();
                let mut lie = vec![0; extended(WORDS)];
                lie[TRANSFER / 64] = 1 << (TRANSFER % 64);
                let mut of_lie = RowHash::new(challenge, 1, lie.len());
                let mut rows = RowHash::new(challenge, ROWS, lie.len());
                for (word, tile) in (0..).step_by(LANES).zip(unanswered.rows.iter()) {
                    of_lie.add(word, &[row_of(&lie, word)]);
                    rows.add(word, tile);
                }
                let (of_lie, mut rows) = (of_lie.finish()[0], rows.finish());
                for bit in 0..field.bits() {
                    rows[tree * field.bits() + bit] ^= of_lie * (guess >> bit & 1);
                }
                let check = Check { ends: receiver.ends, tag: tag(), challenge };
                let digest = check.digest(rows.iter().copied());
                let (mut answer, _) = unanswered.answer(&challenge).unwrap();
                answer[ELEMENT_BYTES..].copy_from_slice(&digest);
                let verdict = unproven.verify(&answer).err();
                assert_eq!(verdict, (guess != part).then_some(Refusal::Choices), "{field:?} {guess}");
            }
        }
    }

    #[test]
    fn answers_that_are_not_right_are_refused() {
        for byte in [0, ELEMENT_BYTES - 1, ELEMENT_BYTES, ANSWER_BYTES - 1] {
            let refused = outcome(Field::Bits4, delta(), |_| (), |answer| answer[byte] ^= 0x80).0.err();
            assert_eq!(refused, Some(Refusal::Choices), "byte {byte}");
        }
        let wrong_length = |change: fn(&mut Vec<u8>)| outcome(Field::Bits4, delta(), |_| (), change).0.err();
        assert_eq!(wrong_length(|answer| answer.truncate(ANSWER_BYTES - 1)), Some(Refusal::Length));
        assert_eq!(wrong_length(|answer| answer.push(0)), Some(Refusal::Length));
        assert_eq!(wrong_length(|answer| answer.clear()), Some(Refusal::Length));
        let corrections = |change: fn(&mut Vec<u8>)| outcome(Field::Bits4, delta(), change, |_| ()).0.err();
        assert_eq!(corrections(|message| message.push(0)), Some(Refusal::Length));
        // What an honest semi-honest receiver would send.
        let semi_honest = Field::Bits4.corrections_len(WORDS);
        assert!(
            outcome(Field::Bits4, delta(), |message| message.truncate(semi_honest), |_| ()).0.err()
                == Some(Refusal::Length)
        );
        let (_, receiver) = sides::<Malicious>(Field::Bits4, delta());
        let (_, unanswered) = receiver.rows(tag(), &choices(), WIDTH, &mut prg(4));
        assert_eq!(unanswered.answer(&[0; ELEMENT_BYTES + 1]).err(), Some(Refusal::Length));
    }

    /// What the answer says of the choices is hidden by the additional ones.
    #[test]
    fn answers_say_nothing_of_the_choices() {
        let (_, receiver) = sides::<Malicious>(Field::Bits4, delta());
        let answer = |choices: &Bits, challenge: u8, seed| {
            let (_, unanswered) = receiver.rows(tag(), choices, WIDTH, &mut prg(seed));
            let (answer, _) = unanswered.answer(&[challenge; ELEMENT_BYTES]).unwrap();
            u128::from_le_bytes(answer[..ELEMENT_BYTES].try_into().unwrap())
        };
        // Ones in 100 hashes of choices that are all zero: 6,400 of 12,800 bits, with a standard deviation of 57.
        for challenge in [0, 1, 0xff] {
            let ones: u32 =
                (0..100).map(|seed| answer(&Bits::zeros(WORDS), challenge, seed).count_ones()).sum();
            assert!(ones.abs_diff(6400) < 400, "{ones}");
        }
    }
}
