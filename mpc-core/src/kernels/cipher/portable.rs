//! The twin of all other forms: the `aes` crate, which has instructions of its own where the processor has them, and else
//! computes in constant time.

use super::{BLOCKS, Cipher, Key, LANES, ROWS, Row, TILES, Tile, halves};
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128Enc, Block};
use zeroize::Zeroize;

/// Columns of a tile.
const COLUMNS: usize = LANES * 64;

struct Portable(Vec<Aes128Enc>);

pub(super) fn new(keys: &[Key]) -> Box<dyn Cipher> {
    Box::new(Portable(keys.iter().map(|key| Aes128Enc::new(key.into())).collect()))
}

fn block(value: u128) -> Block {
    value.to_le_bytes().into()
}

fn value(block: Block) -> u128 {
    u128::from_le_bytes(block.into())
}

impl Cipher for Portable {
    fn expand(&self, bits: usize, counter: u128, tiles: &mut [Tile]) {
        let mut stream = [Block::default(); BLOCKS * TILES];
        for (chunk, tiles) in (0..).step_by(TILES * BLOCKS).zip(tiles.chunks_mut(TILES)) {
            tiles.iter_mut().for_each(|tile| *tile = Tile::ZERO);
            for (tree, keys) in self.0.chunks(1 << bits).enumerate() {
                for (x, key) in keys.iter().enumerate() {
                    for (index, out) in (chunk..).zip(&mut stream) {
                        *out = block(counter.wrapping_add(index));
                    }
                    key.encrypt_blocks(&mut stream);
                    for (tile, stream) in tiles.iter_mut().zip(stream.as_chunks::<BLOCKS>().0) {
                        let rows = tile.rows[tree * bits..][..bits].iter_mut().enumerate();
                        let rows = rows.filter(|(bit, _)| x >> bit & 1 == 1).map(|(_, row)| row);
                        for row in rows.chain([&mut tile.sums[tree]]) {
                            for (two, block) in row.as_chunks_mut::<2>().0.iter_mut().zip(stream) {
                                two.iter_mut()
                                    .zip(halves(value(*block)))
                                    .for_each(|(word, half)| *word ^= half);
                            }
                        }
                    }
                }
            }
        }
        stream.iter_mut().for_each(|block| block.zeroize());
    }

    fn hash(&self, first: u64, upper: u64, mask: u128, columns: &[Row; ROWS], out: &mut [Row; ROWS]) {
        let Some(pi) = self.0.first() else { return };
        let number = |index: usize| u128::from(first.wrapping_add(index as u64)) | u128::from(upper) << 64;
        let column = |index: usize| {
            let half = |row: usize| u128::from(columns[row + index % 64][index / 64]);
            half(0) | half(64) << 64
        };
        let mut once: [Block; COLUMNS] = std::array::from_fn(|index| block(column(index) ^ mask));
        pi.encrypt_blocks(&mut once);
        let mut twice: [Block; COLUMNS] =
            std::array::from_fn(|index| block(value(once[index]) ^ number(index)));
        pi.encrypt_blocks(&mut twice);
        for (index, (once, twice)) in once.iter_mut().zip(&mut twice).enumerate() {
            let pad = halves(value(*once) ^ value(*twice));
            (out[index % 64][index / 64], out[64 + index % 64][index / 64]) = (pad[0], pad[1]);
            once.zeroize();
            twice.zeroize();
        }
    }
}
