//! Oblivious transfers without number from 128 base transfers: SoftSpoken (Roy, Crypto 2022, eprint 2022/192), over
//! GF(2^k) for k = 2, 4 or 8.
//!
//! The receiver of the extension has 128/k trees with 2^k leaves each ([`tree`]), the sender all leaves but number
//! `Delta_g` of tree g. Each leaf is the key of a stream ([`expansion`]). Of the streams `R_x` of a tree, the receiver
//! computes `u_g = sum R_x` and the k bit rows of `v_g = sum x R_x`, the sender those of `w_g = sum (x + Delta_g) R_x =
//! v_g + Delta_g u_g`. For its choices c the receiver sends `u_g + c`, and the sender adds `Delta_g (u_g + c)`: now every
//! transfer has `q = v + c Delta` in 128 bits, and its pads are the hashes of `q` and `q + Delta` ([`pads`]), the
//! receiver's that of `v`.
//!
//! An extension is a function of the pair's state, a tag and the choices. Streams begin at a block that the tag says, and
//! the pads' hash is keyed by it, so that extensions need no order among them, and lanes no common counter. A tag is used
//! once in a session.
//!
//! Bytes from receiver to sender: `16 / k` a transfer. Rounds: half of one. The set-up takes three messages a pair:
//! both sides of [`base_ot`](super::base_ot), then 4,096 bytes of trees and `256 / k` of choices, then 4,096 bytes of the
//! trees of the other direction, whose base transfers the first direction has made.

mod expansion;
mod pads;
mod set_up;
mod tree;

pub(crate) use set_up::set_up;

use super::base_ot::Ends;
use super::refusal::Refusal;
use crate::algebra::{Bits, Word};
use crate::transport::Tag;
use expansion::Expansion;
use pads::{Hash, Rows, Sink, Words};
use zeroize::{Zeroize, Zeroizing};

/// Base transfers of a direction, and bits of the hashed blocks.
const ROWS: usize = 128;

/// Words of an extension that are computed at a time: even, as a block of a stream has two words.
const CHUNK: usize = 16;

/// The field of the extension: more bits, fewer bytes, more computing.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// GF(2^2): 8 bytes a transfer, 256 streams.
    Bits2,
    /// GF(2^4): 4 bytes a transfer, 512 streams.
    Bits4,
    /// GF(2^8): 2 bytes a transfer, 4,096 streams.
    Bits8,
}

impl Field {
    /// The exponent k.
    pub const fn bits(self) -> usize {
        match self {
            Self::Bits2 => 2,
            Self::Bits4 => 4,
            Self::Bits8 => 8,
        }
    }

    /// Number of trees.
    const fn trees(self) -> usize {
        ROWS / self.bits()
    }

    /// Leaves of a tree.
    const fn leaves(self) -> usize {
        1 << self.bits()
    }

    /// Bytes that the receiver of `words` times 64 transfers sends.
    pub(crate) const fn corrections_len(self, words: usize) -> usize {
        self.trees() * words * 8
    }
}

/// What this party shares with one peer: transfers in both directions. Wiped when dropped.
pub(crate) struct Pair {
    /// The direction in which this party sends.
    pub(crate) sender: OtSender,
    /// The direction in which this party chooses.
    pub(crate) receiver: OtReceiver,
}

/// The side that chooses.
pub(crate) struct OtReceiver {
    ends: Ends,
    expansion: Expansion,
}

/// The side that gets both pads of every transfer.
pub(crate) struct OtSender {
    ends: Ends,
    expansion: Expansion,
    delta: Zeroizing<u128>,
}

impl OtReceiver {
    /// For 64 transfers a word of `choices`: the corrections to send, and `width` bits of each chosen pad, as rows one after
    /// another, row r with bit r of all pads.
    pub(crate) fn rows(&self, tag: Tag, choices: &Bits, width: usize) -> (Vec<u8>, Bits) {
        let mut rows = Rows::new(width, choices.words().len());
        (self.extend(tag, choices, &mut rows), rows.into_bits())
    }

    /// For 64 transfers a word of `choices`: the corrections to send, and a word of each chosen pad.
    pub(crate) fn words<W: Word>(&self, tag: Tag, choices: &Bits) -> (Vec<u8>, Vec<W>) {
        let mut words = Words::new(choices.words().len());
        (self.extend(tag, choices, &mut words), words.into_words())
    }

    fn extend(&self, tag: Tag, choices: &Bits, sink: &mut impl Sink) -> Vec<u8> {
        let trees = self.expansion.field().trees();
        let words = choices.words().len();
        let hash = Hash::new(&self.ends, tag);
        let mut corrections = vec![0; self.expansion.field().corrections_len(words)];
        let (mut products, mut sums) = ([0; ROWS * CHUNK], vec![0; trees * CHUNK]);
        for (start, choices) in (0..).step_by(CHUNK).zip(choices.words().chunks(CHUNK)) {
            self.expansion.expand(tag, start, &mut products, &mut sums);
            for (sums, out) in sums.chunks_exact(CHUNK).zip(corrections.chunks_exact_mut(words * 8)) {
                let out = out[start * 8..].as_chunks_mut::<8>().0;
                for ((sum, choices), out) in sums.iter().zip(choices).zip(out) {
                    *out = (sum ^ choices).to_le_bytes();
                }
            }
            for word in 0..choices.len() {
                pads::put(&hash, start + word, &pads::column(&products, word), sink);
            }
        }
        products.zeroize();
        sums.zeroize();
        corrections
    }
}

impl OtSender {
    /// For `words` times 64 transfers and the receiver's corrections: `width` bits of both pads, as rows one after another.
    pub(crate) fn rows(
        &self,
        tag: Tag,
        words: usize,
        width: usize,
        corrections: &[u8],
    ) -> Result<[Bits; 2], Refusal> {
        let mut rows = [(); 2].map(|()| Rows::new(width, words));
        self.extend(tag, words, corrections, &mut rows)?;
        Ok(rows.map(Rows::into_bits))
    }

    /// For `words` times 64 transfers and the receiver's corrections: a word of both pads.
    pub(crate) fn words<W: Word>(
        &self,
        tag: Tag,
        words: usize,
        corrections: &[u8],
    ) -> Result<[Vec<W>; 2], Refusal> {
        let mut pads = [(); 2].map(|()| Words::new(words));
        self.extend(tag, words, corrections, &mut pads)?;
        Ok(pads.map(Words::into_words))
    }

    fn extend(
        &self,
        tag: Tag,
        words: usize,
        corrections: &[u8],
        [zero, one]: &mut [impl Sink; 2],
    ) -> Result<(), Refusal> {
        let field = self.expansion.field();
        if corrections.len() != field.corrections_len(words) {
            return Err(Refusal::Length);
        }
        let hash = Hash::new(&self.ends, tag);
        let (mut products, mut sums) = ([0; ROWS * CHUNK], vec![0; field.trees() * CHUNK]);
        for start in (0..words).step_by(CHUNK) {
            self.expansion.expand(tag, start, &mut products, &mut sums);
            for (row, products) in products.chunks_exact_mut(CHUNK).enumerate() {
                let mask = 0u64.wrapping_sub((*self.delta >> row & 1) as u64);
                let tree = &corrections[row / field.bits() * words * 8..][..words * 8];
                for (product, eight) in products.iter_mut().zip(tree[start * 8..].as_chunks::<8>().0) {
                    *product ^= mask & u64::from_le_bytes(*eight);
                }
            }
            for word in 0..CHUNK.min(words - start) {
                let mut column = pads::column(&products, word);
                pads::put(&hash, start + word, &column, zero);
                column.iter_mut().for_each(|block| *block ^= *self.delta);
                pads::put(&hash, start + word, &column, one);
                column.zeroize();
            }
        }
        products.zeroize();
        sums.zeroize();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
