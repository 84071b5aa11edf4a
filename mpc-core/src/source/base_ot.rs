//! 128 random oblivious transfers between two parties, from a Diffie-Hellman key agreement on Ristretto255 (Masny,
//! Rindal, "Endemic Oblivious Transfer", CCS 2019, eprint 2019/706, the construction from two-round key agreement).
//!
//! The receiver has a choice b for each transfer. It draws `r[1 - b]` at random and sets `r[b] = a G - H_b(r[1 - b])`, so
//! that of the two keys `A_i = r[i] + H_i(r[1 - i])` it knows the discrete logarithm of the chosen one only. The sender
//! sends `B = b G`, the same for all transfers; the outputs are hashes of `b A_0` and `b A_1`, of which the receiver
//! computes the chosen one as `a B`. Half a round from each side, both at once: 8,192 bytes from the receiver, 32 from the
//! sender. All hashes bind the session, both parties, and the number of the transfer.
//!
//! Security, with a random oracle: a sender sees `r[0]` and `r[1]`, which are uniform and independent whatever b is. For a
//! receiver, of the queries `H_0(r[1])` and `H_1(r[0])` the later one is made when the point it is added to is fixed, so that
//! key is uniform, and to compute `b` times it solves the computational Diffie-Hellman problem (loss: the number of pairs
//! of queries). Both hold against malicious parties. The outputs are *endemic*: a malicious party may choose its own
//! outputs (the sender both, the receiver the one of its choice). The extension uses them to hide corrections, where a
//! party that chooses its own pad learns what it may learn anyway.

use super::refusal::Refusal;
use crate::random::{Domain, Prg, hash::Hasher};
use crate::step::SessionId;
use crate::transport::PartyId;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use std::collections::HashSet;
use subtle::{Choice, ConditionallySelectable};
use zeroize::{Zeroize, Zeroizing};

/// Transfers of a batch.
pub(super) const COUNT: usize = 128;

/// Bytes of an encoded point.
const POINT: usize = 32;

/// Bytes of the receiver's message.
pub(super) const RECEIVER_BYTES: usize = COUNT * 2 * POINT;

/// Bytes of the sender's message.
pub(super) const SENDER_BYTES: usize = POINT;

/// What one transfer gives for one choice.
pub(super) type Pad = [u8; 16];

/// Whose transfers: goes into every hash.
#[derive(Copy, Clone)]
pub(super) struct Ends {
    pub(super) session: SessionId,
    pub(super) sender: PartyId,
    pub(super) receiver: PartyId,
}

impl Ends {
    pub(super) fn hasher(&self, domain: Domain) -> Hasher {
        Hasher::new(domain)
            .part(&self.session.0)
            .number(self.sender.index() as u64)
            .number(self.receiver.index() as u64)
    }

    /// Half of H_side(point) of one transfer; halves, as encoding a batch doubles.
    fn half_hash(&self, index: usize, side: Choice, point: &CompressedRistretto) -> RistrettoPoint {
        let hasher = self.hasher(Domain::BaseOtPoint).number(index as u64).number(side.unwrap_u8().into());
        RistrettoPoint::from_uniform_bytes(&hasher.part(point.as_bytes()).finish_wide())
    }

    fn pad(
        &self,
        index: usize,
        side: Choice,
        theirs: &[u8; POINT],
        points: [&CompressedRistretto; 2],
        shared: &CompressedRistretto,
    ) -> Pad {
        let hasher = self.hasher(Domain::BaseOtKey).number(index as u64).number(side.unwrap_u8().into());
        let hasher = points.iter().fold(hasher.part(theirs), |hasher, point| hasher.part(point.as_bytes()));
        let mut digest = hasher.part(shared.as_bytes()).finish();
        let mut pad = Pad::default();
        pad.copy_from_slice(&digest[..16]);
        digest.zeroize();
        pad
    }
}

fn scalar(randomness: &mut Prg) -> Zeroizing<Scalar> {
    let wide = Zeroizing::new(randomness.array::<64>());
    Zeroizing::new(Scalar::from_bytes_mod_order_wide(&wide))
}

/// The point of a canonical encoding, if it is not neutral.
fn decode(bytes: &[u8; POINT]) -> Result<RistrettoPoint, Refusal> {
    let point = CompressedRistretto(*bytes).decompress().ok_or(Refusal::NoPoint)?;
    if point.is_identity() { Err(Refusal::Neutral) } else { Ok(point) }
}

/// Choice of transfer `index`, of choices packed as bits.
pub(super) fn choice(choices: u128, index: usize) -> Choice {
    Choice::from((choices >> index & 1) as u8)
}

/// The side that chooses.
pub(super) struct Receiver {
    ends: Ends,
    choices: Zeroizing<u128>,
    halves: Zeroizing<Vec<Scalar>>,
    points: Vec<[CompressedRistretto; 2]>,
}

impl Receiver {
    /// Chooses, and what is sent.
    pub(super) fn new(ends: Ends, choices: u128, randomness: &mut Prg) -> (Self, Vec<u8>) {
        let others: Vec<RistrettoPoint> =
            (0..COUNT).map(|_| RistrettoPoint::from_uniform_bytes(&randomness.array())).collect();
        let halves: Zeroizing<Vec<Scalar>> =
            Zeroizing::new((0..COUNT).map(|_| *scalar(randomness)).collect());
        // Which of a pair is which would tell the choice.
        let others = Zeroizing::new(RistrettoPoint::double_and_compress_batch(&others));
        let chosen: Vec<RistrettoPoint> = others
            .iter()
            .zip(halves.iter())
            .enumerate()
            .map(|(index, (other, half))| {
                RistrettoPoint::mul_base(half) - ends.half_hash(index, choice(choices, index), other)
            })
            .collect();
        let chosen = Zeroizing::new(RistrettoPoint::double_and_compress_batch(&chosen));
        let points: Vec<[CompressedRistretto; 2]> = chosen
            .iter()
            .zip(others.iter())
            .enumerate()
            .map(|(index, (chosen, other))| {
                let (mut zero, mut one) = (chosen.to_bytes(), other.to_bytes());
                <[u8; POINT]>::conditional_swap(&mut zero, &mut one, choice(choices, index));
                [zero, one].map(CompressedRistretto)
            })
            .collect();
        let message = points.iter().flatten().flat_map(|point| point.to_bytes()).collect();
        (Self { ends, choices: Zeroizing::new(choices), halves, points }, message)
    }

    /// The pads of the choices.
    pub(super) fn finish(self, message: &[u8]) -> Result<Zeroizing<Vec<Pad>>, Refusal> {
        let theirs: &[u8; POINT] = message.try_into().map_err(|_| Refusal::Length)?;
        let point = decode(theirs)?;
        let shared: Zeroizing<Vec<RistrettoPoint>> =
            Zeroizing::new(self.halves.iter().map(|half| half * point).collect());
        let shared = Zeroizing::new(RistrettoPoint::double_and_compress_batch(shared.iter()));
        let pads = self.points.iter().zip(shared.iter()).enumerate().map(|(index, ([zero, one], shared))| {
            self.ends.pad(index, choice(*self.choices, index), theirs, [zero, one], shared)
        });
        Ok(Zeroizing::new(pads.collect()))
    }
}

/// The side that gets both pads of every transfer.
pub(super) struct Sender {
    ends: Ends,
    half: Zeroizing<Scalar>,
    message: [u8; POINT],
}

impl Sender {
    /// Draws the key, and what is sent.
    pub(super) fn new(ends: Ends, randomness: &mut Prg) -> (Self, Vec<u8>) {
        let half = scalar(randomness);
        let message = RistrettoPoint::mul_base(&(*half + *half)).compress().to_bytes();
        (Self { ends, half, message }, message.to_vec())
    }

    /// Both pads of every transfer.
    pub(super) fn finish(self, message: &[u8]) -> Result<Zeroizing<Vec<[Pad; 2]>>, Refusal> {
        let (encoded, rest) = message.as_chunks::<POINT>();
        let (pairs, odd) = encoded.as_chunks::<2>();
        if !(rest.is_empty() && odd.is_empty() && pairs.len() == COUNT) {
            return Err(Refusal::Length);
        }
        let mut keys = Zeroizing::new(Vec::with_capacity(2 * COUNT));
        for (index, pair) in pairs.iter().enumerate() {
            let points = [decode(&pair[0])?, decode(&pair[1])?];
            for ((side, point), other) in (0..).zip(&points).zip(pair.iter().rev()) {
                let hash = self.ends.half_hash(index, Choice::from(side), &CompressedRistretto(*other));
                let key = point + hash + hash;
                if key.is_identity() {
                    return Err(Refusal::Neutral);
                }
                keys.push(*self.half * key);
            }
        }
        let keys = Zeroizing::new(RistrettoPoint::double_and_compress_batch(keys.iter()));
        let distinct: HashSet<[u8; POINT]> =
            encoded.iter().copied().chain(keys.iter().map(CompressedRistretto::to_bytes)).collect();
        if distinct.len() != encoded.len() + keys.len() {
            return Err(Refusal::Related);
        }
        let pads = pairs.iter().zip(keys.as_chunks::<2>().0).enumerate().map(|(index, (pair, keys))| {
            let points = pair.map(CompressedRistretto);
            let pad = |side: u8| {
                let key = &keys[usize::from(side)];
                self.ends.pad(index, side.into(), &self.message, [&points[0], &points[1]], key)
            };
            [pad(0), pad(1)]
        });
        Ok(Zeroizing::new(pads.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;
    use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
    use curve25519_dalek::traits::Identity;

    const CHOICES: u128 = 0x0123_4567_89ab_cdef_0011_2233_4455_6677;

    fn ends() -> Ends {
        Ends { session: SessionId([3; 32]), sender: PartyId::new(0), receiver: PartyId::new(1) }
    }

    fn prg(seed: u8) -> Prg {
        Prg::new(Seed::from_bytes([seed; 32]))
    }

    #[test]
    fn transfers_and_sides_have_hashes_of_their_own() {
        let point = RISTRETTO_BASEPOINT_POINT.compress();
        let sides = [0u8, 1].map(Choice::from);
        let places = (0..3).flat_map(|index| sides.map(|side| (index, side)));
        let mut halves: Vec<_> =
            places.clone().map(|(index, side)| ends().half_hash(index, side, &point).compress().0).collect();
        let mut pads: Vec<Pad> = places
            .map(|(index, side)| ends().pad(index, side, point.as_bytes(), [&point; 2], &point))
            .collect();
        halves.sort_unstable();
        halves.dedup();
        pads.sort_unstable();
        pads.dedup();
        assert_eq!((halves.len(), pads.len()), (6, 6));
    }

    /// Outcome at the sender, and at the receiver, when the receiver's message is changed on its way.
    fn sent(change: impl FnOnce(&mut Vec<u8>)) -> Result<Zeroizing<Vec<[Pad; 2]>>, Refusal> {
        let (_, mut message) = Receiver::new(ends(), CHOICES, &mut prg(1));
        change(&mut message);
        Sender::new(ends(), &mut prg(2)).0.finish(&message)
    }

    fn refused(change: impl FnOnce(&mut Vec<u8>)) -> Option<Refusal> {
        sent(change).err()
    }

    fn set(message: &mut [u8], index: usize, point: &[u8; POINT]) {
        message[index * POINT..][..POINT].copy_from_slice(point);
    }

    #[test]
    fn the_receiver_has_the_pad_of_its_choice_and_no_pad_repeats() {
        for choices in [0, u128::MAX, CHOICES] {
            let (receiver, points) = Receiver::new(ends(), choices, &mut prg(1));
            let (sender, key) = Sender::new(ends(), &mut prg(2));
            assert_eq!((points.len(), key.len()), (RECEIVER_BYTES, SENDER_BYTES));
            let pads = sender.finish(&points).unwrap();
            let chosen = receiver.finish(&key).unwrap();
            assert_eq!((pads.len(), chosen.len()), (COUNT, COUNT));
            for (index, (pads, chosen)) in pads.iter().zip(chosen.iter()).enumerate() {
                let bit = usize::from(choices >> index & 1 == 1);
                assert_eq!(pads[bit], *chosen, "transfer {index}");
                assert_ne!(pads[1 - bit], *chosen, "transfer {index}");
            }
            let distinct: HashSet<Pad> = pads.iter().flatten().copied().collect();
            assert_eq!(distinct.len(), 2 * COUNT);
        }
    }

    #[test]
    fn pads_belong_to_a_session_and_to_its_parties() {
        let all = [
            ends(),
            Ends { session: SessionId([4; 32]), ..ends() },
            Ends { sender: PartyId::new(2), ..ends() },
            Ends { receiver: PartyId::new(2), ..ends() },
        ];
        let (_, points) = Receiver::new(ends(), CHOICES, &mut prg(1));
        let pads: HashSet<Pad> = all
            .iter()
            .flat_map(|ends| Sender::new(*ends, &mut prg(2)).0.finish(&points).unwrap().concat())
            .collect();
        assert_eq!(pads.len(), all.len() * 2 * COUNT);
    }

    #[test]
    fn points_that_no_honest_receiver_sends_are_refused() {
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|message| message.truncate(RECEIVER_BYTES - 1)), Some(Refusal::Length));
        assert_eq!(refused(|message| message.truncate(RECEIVER_BYTES - POINT)), Some(Refusal::Length));
        assert_eq!(refused(|message| message.push(0)), Some(Refusal::Length));
        assert_eq!(refused(|message| message.clear()), Some(Refusal::Length));
        // The neutral element; zero plus the field's prime, which is another encoding of it; a negative number.
        assert_eq!(refused(|message| set(message, 7, &[0; POINT])), Some(Refusal::Neutral));
        let mut prime = [0xff; POINT];
        (prime[0], prime[31]) = (0xed, 0x7f);
        assert_eq!(refused(|message| set(message, 7, &prime)), Some(Refusal::NoPoint));
        let mut one = [0; POINT];
        one[0] = 1;
        assert_eq!(refused(|message| set(message, 255, &one)), Some(Refusal::NoPoint));
        assert_eq!(refused(|message| set(message, 0, &[0xff; POINT])), Some(Refusal::NoPoint));
    }

    #[test]
    fn related_points_are_refused() {
        // Both points of a transfer alike, and a point of one in another.
        for (from, to) in [(0, 1), (2, 7), (255, 4)] {
            let copied = refused(|message| {
                let point = message[from * POINT..][..POINT].try_into().unwrap();
                set(message, to, &point);
            });
            assert_eq!(copied, Some(Refusal::Related), "{from} {to}");
        }
        // A key of discrete logarithm zero, and one key in two transfers.
        let planted = |logarithms: [(usize, u64); 2]| {
            refused(|message| {
                for (index, logarithm) in logarithms {
                    let other =
                        CompressedRistretto::from_slice(&message[2 * index * POINT..][..POINT]).unwrap();
                    let hash = ends().half_hash(index, Choice::from(1), &other);
                    let key = RISTRETTO_BASEPOINT_POINT * Scalar::from(logarithm) - hash - hash;
                    set(message, 2 * index + 1, key.compress().as_bytes());
                }
            })
        };
        assert_eq!(planted([(3, 5), (9, 6)]), None);
        assert_eq!(planted([(3, 5), (9, 0)]), Some(Refusal::Neutral));
        assert_eq!(planted([(3, 5), (9, 5)]), Some(Refusal::Related));
    }

    #[test]
    fn a_senders_key_that_is_no_point_is_refused() {
        let finish = |message: &[u8]| Receiver::new(ends(), CHOICES, &mut prg(1)).0.finish(message).err();
        assert_eq!(finish(RISTRETTO_BASEPOINT_POINT.compress().as_bytes()), None);
        assert_eq!(finish(RistrettoPoint::identity().compress().as_bytes()), Some(Refusal::Neutral));
        assert_eq!(finish(&[0xff; POINT]), Some(Refusal::NoPoint));
        assert_eq!(finish(&[1; POINT - 1]), Some(Refusal::Length));
        assert_eq!(finish(&[1; POINT + 1]), Some(Refusal::Length));
    }
}
