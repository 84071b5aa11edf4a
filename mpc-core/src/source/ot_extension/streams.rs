//! The streams of all leaves, tile by tile.

use super::{Field, tree::Leaves};
use crate::kernels::cipher::{self, BLOCKS, Cipher, LANES, Row, TILES, Tile};
use crate::transport::Tag;
use zeroize::Zeroize;

/// The keys of all leaves.
pub(super) struct Streams {
    field: Field,
    keys: Box<dyn Cipher>,
}

impl Streams {
    pub(super) fn new(field: Field, leaves: &Leaves) -> Self {
        Self { field, keys: cipher::new(leaves) }
    }

    pub(super) fn field(&self) -> Field {
        self.field
    }

    /// Expands `words` words of the streams that begin at `tag`: shows each tile, with the number of its first word.
    pub(super) fn tiles(&self, tag: Tag, words: usize, mut show: impl FnMut(usize, &mut Tile)) {
        let mut counter = u128::from_le_bytes(*tag.as_bytes());
        let count = words.div_ceil(LANES);
        let mut tiles = vec![Tile::ZERO; count.min(TILES)];
        for first in (0..count).step_by(TILES) {
            let tiles = &mut tiles[..TILES.min(count - first)];
            self.keys.expand(self.field.bits(), counter, tiles);
            counter = counter.wrapping_add((BLOCKS * TILES) as u128);
            for (tile, word) in tiles.iter_mut().zip((first * LANES..).step_by(LANES)) {
                show(word, tile);
            }
        }
        tiles.iter_mut().for_each(Zeroize::zeroize);
    }
}

/// Words `start ..` as a row; zero beyond the last.
pub(super) fn row_of(words: &[u64], start: usize) -> Row {
    let mut row = Row::default();
    row.iter_mut().zip(words.iter().skip(start)).for_each(|(lane, word)| *lane = *word);
    row
}
