//! Trees of which one side knows all leaves and the other all but one (Goldreich, Goldwasser, Micali, J. ACM 1986;
//! Boyle et al., CCS 2019, eprint 2019/1159, for the transfer of all but one path).
//!
//! The leaves' owner draws a root, and the children of a node are halves of its hash. For each level it sends two sums:
//! of all left children and of all right ones, each under one pad of a base transfer. Who is to lack leaf `Delta` takes,
//! level by level, the sum of the side that its path leaves, and so knows every node off the path. Bytes: 32 a level and
//! tree.
//!
//! Who lacks a leaf keeps node x at place `x + Delta` of its level, so that the missing one is always first and no memory
//! access depends on `Delta`.

use super::Field;
use crate::kernels::cipher::ROWS;
use crate::random::{Domain, Prg, hash::Hasher};
use crate::source::base_ot::{Pad, choice};
use subtle::ConditionallySelectable;
use zeroize::{Zeroize, Zeroizing};

/// Bytes of a level.
const LEVEL: usize = 32;

/// Bytes of the sums of all trees.
pub(super) const BYTES: usize = ROWS * LEVEL;

/// Leaves of all trees, one tree after another: keys of streams.
pub(super) type Leaves = Zeroizing<Vec<Pad>>;

fn children(node: &Pad) -> [Pad; 2] {
    let mut digest = Hasher::new(Domain::OtTree).part(node).finish();
    let mut children = [Pad::default(); 2];
    children.as_flattened_mut().copy_from_slice(&digest);
    digest.zeroize();
    children
}

fn xor(a: &mut Pad, b: &Pad) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a ^= b);
}

/// Grows trees, and what is sent. `pads` has both pads of the base transfer of each row.
pub(super) fn grow(field: Field, pads: &[[Pad; 2]], randomness: &mut Prg) -> (Leaves, Vec<u8>) {
    let mut leaves = Leaves::default();
    let mut message = Vec::with_capacity(BYTES);
    for pads in pads.chunks(field.bits()) {
        let mut level = Zeroizing::new(vec![randomness.array()]);
        // The first level decides about the highest bit of a leaf's number.
        for pads in pads.iter().rev() {
            level = Zeroizing::new(level.iter().flat_map(children).collect());
            let mut sums = *pads;
            for [left, right] in level.as_chunks().0 {
                xor(&mut sums[0], left);
                xor(&mut sums[1], right);
            }
            message.extend_from_slice(sums.as_flattened());
        }
        leaves.extend_from_slice(&level);
    }
    (leaves, message)
}

/// All leaves but number `Delta` of each tree, leaf x at place `x + Delta`; the first one is zero. `pads` has the pad of
/// each row's base transfer, in which the complement of the row's bit of `delta` was chosen. `None`: wrong length.
pub(super) fn receive(field: Field, delta: u128, pads: &[Pad], message: &[u8]) -> Option<Leaves> {
    let (levels, rest) = message.as_chunks::<LEVEL>();
    if !rest.is_empty() || levels.len() != ROWS {
        return None;
    }
    let mut leaves = Leaves::default();
    let rows = (0..ROWS).zip(pads).collect::<Vec<_>>();
    for (rows, levels) in rows.chunks(field.bits()).zip(levels.chunks(field.bits())) {
        let mut level = Zeroizing::new(vec![Pad::default()]);
        for ((row, pad), sums) in rows.iter().rev().zip(levels) {
            let on_path = choice(delta, *row);
            level = Zeroizing::new(level.iter().flat_map(children).collect());
            let (left, right) = sums.split_at(LEVEL / 2);
            let mut missing = **pad;
            for ((byte, left), right) in missing.iter_mut().zip(left).zip(right) {
                *byte ^= u8::conditional_select(right, left, on_path);
            }
            let pairs = level.as_chunks_mut::<2>().0;
            for [on, off] in pairs.iter_mut() {
                Pad::conditional_swap(on, off, on_path);
            }
            pairs.iter().skip(1).for_each(|[_, off]| xor(&mut missing, off));
            if let Some([on, off]) = pairs.first_mut() {
                *on = Pad::default();
                *off = missing;
            }
            missing.zeroize();
        }
        leaves.extend_from_slice(&level);
    }
    Some(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;
    use std::collections::HashSet;

    fn prg(seed: u8) -> Prg {
        Prg::new(Seed::from_bytes([seed; 32]))
    }

    #[test]
    fn all_leaves_but_one_arrive() {
        let pads: Vec<[Pad; 2]> = (0..ROWS).map(|_| [(); 2].map(|()| prg(1).array())).collect();
        for field in [Field::Bits2, Field::Bits4, Field::Bits8] {
            for delta in [0, u128::MAX, u128::from_le_bytes(prg(2).array())] {
                let (grown, message) = grow(field, &pads, &mut prg(3));
                assert_eq!(message.len(), BYTES);
                let chosen: Vec<Pad> =
                    (0..).zip(&pads).map(|(row, pads)| pads[usize::from(delta >> row & 1 == 0)]).collect();
                let got = receive(field, delta, &chosen, &message).unwrap();
                assert_eq!(got.len(), grown.len());
                let trees = grown.chunks(field.leaves()).zip(got.chunks(field.leaves()));
                for (tree, (grown, got)) in trees.enumerate() {
                    let missing = (delta >> (tree * field.bits())) as usize % field.leaves();
                    for (x, leaf) in grown.iter().enumerate() {
                        assert_eq!(got[x ^ missing] == *leaf, x != missing, "{field:?} tree {tree} leaf {x}");
                    }
                    assert_eq!(got[0], Pad::default());
                }
                assert_eq!(
                    grown.iter().collect::<HashSet<_>>().len(),
                    grown.len(),
                    "no two leaves are alike"
                );
                assert!(receive(field, delta, &chosen, &message[1..]).is_none());
                assert!(receive(field, delta, &chosen, &message[LEVEL..]).is_none());
                assert!(
                    receive(field, delta, &chosen, &[message.as_slice(), &[0; LEVEL]].concat()).is_none()
                );
            }
        }
    }
}
