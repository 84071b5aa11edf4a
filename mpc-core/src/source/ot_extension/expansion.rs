//! Streams of leaves, and their sums over the field.

use super::{CHUNK, Field, ROWS, tree::Leaves};
use crate::transport::Tag;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128Enc, Block};
use zeroize::Zeroize;

/// The keys of all leaves.
pub(super) struct Expansion {
    field: Field,
    keys: Vec<Aes128Enc>,
}

impl Expansion {
    pub(super) fn new(field: Field, leaves: &Leaves) -> Self {
        Self { field, keys: leaves.iter().map(|leaf| Aes128Enc::new(leaf.into())).collect() }
    }

    pub(super) fn field(&self) -> Field {
        self.field
    }

    /// Of words `start ..` of the streams `R_x` of each tree: `sums = sum R_x`, and the rows of `products = sum x R_x`,
    /// row b of a tree with the streams whose number has bit b.
    pub(super) fn expand(
        &self,
        tag: Tag,
        start: usize,
        products: &mut [u64; ROWS * CHUNK],
        sums: &mut [u64],
    ) {
        let nonce = u128::from_le_bytes(*tag.as_bytes());
        let counter = nonce.wrapping_add(start as u128 / 2);
        products.fill(0);
        sums.fill(0);
        let mut stream = [Block::default(); CHUNK / 2];
        let trees = products.chunks_exact_mut(self.field.bits() * CHUNK).zip(sums.chunks_exact_mut(CHUNK));
        for (keys, (products, sum)) in self.keys.chunks(self.field.leaves()).zip(trees) {
            for (x, key) in keys.iter().enumerate() {
                for (index, block) in (0..).zip(&mut stream) {
                    *block = counter.wrapping_add(index).to_le_bytes().into();
                }
                key.encrypt_blocks(&mut stream);
                let rows = products.chunks_exact_mut(CHUNK).enumerate();
                let rows = rows.filter(|(bit, _)| x >> bit & 1 == 1).map(|(_, row)| row);
                for row in rows.chain([&mut *sum]) {
                    for (two, block) in row.as_chunks_mut::<2>().0.iter_mut().zip(&stream) {
                        for (word, eight) in two.iter_mut().zip(block.as_chunks().0) {
                            *word ^= u64::from_le_bytes(*eight);
                        }
                    }
                }
            }
        }
        stream.iter_mut().for_each(|block| block.zeroize());
    }
}
