//! The check of the trees: that what their owner sent gives one set of leaves.

use super::super::Field;
use super::super::tree::Leaves;
use crate::random::Domain;
use crate::source::base_ot::{Ends, Pad, choice};
use crate::source::refusal::Refusal;
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

/// The hash of a leaf.
type Print = [u8; 32];

/// Bytes of a print.
const PRINT: usize = size_of::<Print>();

/// Bytes of the proof: the sum of each tree, and the hash of all.
pub(super) const fn proof_len(field: Field) -> usize {
    (field.trees() + 1) * PRINT
}

fn print(ends: &Ends, leaf: &Pad) -> Print {
    ends.hasher(Domain::OtLeaf).part(leaf).finish()
}

fn xor(a: &mut Print, b: &Print) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a ^= b);
}

fn prints(ends: &Ends, leaves: &[Pad]) -> Zeroizing<Vec<Print>> {
    Zeroizing::new(leaves.iter().map(|leaf| print(ends, leaf)).collect())
}

/// What shows who lacks a leaf of each tree that the others fit together.
pub(super) fn prove(ends: &Ends, field: Field, leaves: &Leaves) -> Vec<u8> {
    let mut proof = Vec::with_capacity(proof_len(field));
    let mut all = ends.hasher(Domain::OtLeaves);
    for leaves in leaves.chunks(field.leaves()) {
        let prints = prints(ends, leaves);
        let mut sum = Print::default();
        prints.iter().for_each(|print| xor(&mut sum, print));
        proof.extend_from_slice(&sum);
        all = all.part(prints.as_flattened());
    }
    proof.extend_from_slice(&all.finish());
    proof
}

/// Compares a proof with leaves in the order of [`receive`](super::super::tree::receive), the missing one first in each
/// tree.
///
/// # Errors
/// [`Refusal::Trees`] where they do not fit.
pub(super) fn verify(
    ends: &Ends,
    field: Field,
    delta: u128,
    leaves: &Leaves,
    proof: &[u8],
) -> Result<(), Refusal> {
    let (proof, rest) = proof.as_chunks::<PRINT>();
    let Some((expected, sums)) = proof.split_last().filter(|_| rest.is_empty()) else {
        return Err(Refusal::Length);
    };
    if sums.len() != field.trees() {
        return Err(Refusal::Length);
    }
    let mut all = ends.hasher(Domain::OtLeaves);
    for (tree, (leaves, sum)) in leaves.chunks(field.leaves()).zip(sums).enumerate() {
        let mut prints = prints(ends, leaves);
        if let Some((missing, others)) = prints.split_first_mut() {
            *missing = *sum;
            others.iter().for_each(|print| xor(missing, print));
        }
        restore(&mut prints, field, delta, tree);
        all = all.part(prints.as_flattened());
    }
    if bool::from(all.finish().ct_eq(expected)) { Ok(()) } else { Err(Refusal::Trees) }
}

/// Moves number x from place `x + Delta` to its own, without an access that depends on `Delta`.
fn restore(prints: &mut [Print], field: Field, delta: u128, tree: usize) {
    for bit in 0..field.bits() {
        let moved = choice(delta, tree * field.bits() + bit);
        for block in prints.chunks_mut(2 << bit) {
            let (lower, upper) = block.split_at_mut(1 << bit);
            for (lower, upper) in lower.iter_mut().zip(upper) {
                Print::conditional_swap(lower, upper, moved);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tree;
    use super::*;
    use crate::kernels::cipher::ROWS;
    use crate::random::{Prg, Seed};
    use crate::step::SessionId;
    use crate::transport::PartyId;

    /// Bytes of a level's sums, the left one first.
    const LEVEL: usize = 32;

    fn ends() -> Ends {
        Ends { session: SessionId([3; 32]), sender: PartyId::new(0), receiver: PartyId::new(1) }
    }

    fn prg(seed: u8) -> Prg {
        Prg::new(Seed::from_bytes([seed; 32]))
    }

    /// Leaves that the owner has, those that arrive, and the verdict, when the owner's messages are changed.
    fn sent(
        field: Field,
        delta: u128,
        change: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>),
    ) -> (Leaves, Leaves, Result<(), Refusal>) {
        let mut randomness = prg(1);
        let pads: Vec<[Pad; 2]> = (0..ROWS).map(|_| [randomness.array(), randomness.array()]).collect();
        let chosen: Vec<Pad> =
            (0..).zip(&pads).map(|(row, pads)| pads[usize::from(delta >> row & 1 == 0)]).collect();
        let (grown, mut message) = tree::grow(field, &pads, &mut randomness);
        let mut proof = prove(&ends(), field, &grown);
        assert_eq!(proof.len(), proof_len(field));
        change(&mut message, &mut proof);
        let got = tree::receive(field, delta, &chosen, &message).unwrap();
        let verdict = verify(&ends(), field, delta, &got, &proof);
        (grown, got, verdict)
    }

    /// All leaves but the missing ones are the owner's.
    fn fit(field: Field, delta: u128, grown: &Leaves, got: &Leaves) -> bool {
        grown.chunks(field.leaves()).zip(got.chunks(field.leaves())).enumerate().all(
            |(tree, (grown, got))| {
                let missing = (delta >> (tree * field.bits())) as usize % field.leaves();
                (0..field.leaves()).all(|x| x == missing || got[x ^ missing] == grown[x])
            },
        )
    }

    #[test]
    fn an_honest_owner_passes() {
        for field in [Field::Bits2, Field::Bits4, Field::Bits8] {
            for delta in [0, u128::MAX, u128::from_le_bytes(prg(2).array())] {
                assert_eq!(sent(field, delta, |_, _| ()).2, Ok(()), "{field:?}");
            }
        }
    }

    /// An owner that spoils one sum, to see by the abort which side the path takes: it is caught for each Delta for
    /// which a leaf came out wrong. Without the check it is never caught, and wrong leaves are used.
    #[test]
    fn a_spoilt_sum_passes_only_where_no_leaf_depends_on_it() {
        for field in [Field::Bits2, Field::Bits4] {
            let tree = 1;
            for level in 0..field.bits() {
                for side in [0, LEVEL / 2] {
                    let mut caught = 0;
                    for part in 0..field.leaves() {
                        let delta = (part as u128) << (tree * field.bits());
                        let at = (tree * field.bits() + level) * LEVEL + side;
                        let (grown, got, verdict) = sent(field, delta, |message, _| message[at] ^= 1);
                        let right = fit(field, delta, &grown, &got);
                        assert_eq!(verdict, if right { Ok(()) } else { Err(Refusal::Trees) });
                        caught += usize::from(!right);
                    }
                    assert_eq!(caught, field.leaves() / 2, "{field:?} level {level}");
                }
            }
        }
    }

    #[test]
    fn a_proof_that_does_not_fit_is_refused() {
        let field = Field::Bits4;
        let delta = u128::from_le_bytes(prg(2).array());
        for byte in [0, PRINT, proof_len(field) - PRINT - 1, proof_len(field) - 1] {
            assert_eq!(sent(field, delta, |_, proof| proof[byte] ^= 1).2, Err(Refusal::Trees), "byte {byte}");
        }
        for length in [0, PRINT, proof_len(field) - PRINT, proof_len(field) - 1, proof_len(field) + 1] {
            let verdict = sent(field, delta, |_, proof| proof.resize(length, 0)).2;
            assert_eq!(verdict, Err(Refusal::Length), "{length} bytes");
        }
        let mut proof = Vec::new();
        let (_, got, verdict) = sent(field, delta, |_, honest| proof.clone_from(honest));
        assert_eq!(verdict, Ok(()));
        let other = Ends { session: SessionId([4; 32]), ..ends() };
        assert_eq!(verify(&other, field, delta, &got, &proof), Err(Refusal::Trees), "another session's");
    }
}
