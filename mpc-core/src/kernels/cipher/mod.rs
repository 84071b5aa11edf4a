//! AES-128 in bulk, for oblivious transfer: the streams of many keys, added up over a field, and the hash of blocks.
//!
//! A tile is 512 transfers: 128 rows of 512 bits each, or, [transposed](super::transpose), 512 columns of 128 bits: then
//! row i has the lower and row 64 + i the upper halves of columns i, 64 + i, 128 + i and so on.

mod portable;

#[cfg(target_arch = "x86_64")]
mod x86;

use super::level::AesLevel;
use std::sync::OnceLock;
use zeroize::Zeroize;

/// Words of a row.
pub(crate) const LANES: usize = 8;

/// Rows of a tile.
pub(crate) const ROWS: usize = 128;

/// Blocks of a stream that a row takes.
pub(crate) const BLOCKS: usize = LANES / 2;

/// Leaves of the smallest tree, and how many are expanded side by side.
const FOUR: usize = 4;

/// Tiles for which a round key is used when it is at hand.
pub(crate) const TILES: usize = 4;

/// One row of a tile.
pub(crate) type Row = [u64; LANES];

/// An AES-128 key.
pub(crate) type Key = [u8; 16];

/// 512 transfers.
#[derive(Clone)]
#[repr(align(64))]
pub(crate) struct Tile {
    /// For each tree, row b: the sum of the streams whose number has bit b.
    pub(crate) rows: [Row; ROWS],
    /// For each tree, the sum of its streams.
    pub(crate) sums: [Row; ROWS / 2],
}

impl Tile {
    /// All zero.
    pub(crate) const ZERO: Self = Self { rows: [[0; LANES]; ROWS], sums: [[0; LANES]; ROWS / 2] };
}

impl Zeroize for Tile {
    fn zeroize(&mut self) {
        self.rows.as_flattened_mut().zeroize();
        self.sums.as_flattened_mut().zeroize();
    }
}

/// Keys and what is done with them. Wiped when dropped.
pub(crate) trait Cipher: Send + Sync {
    /// Expands the streams of all keys, trees of `2^bits` keys one after another, into tiles. A stream's block b is the
    /// encryption of `counter + b`; the first tile has the first four.
    fn expand(&self, bits: usize, counter: u128, tiles: &mut [Tile]);

    /// Hashes the columns of a tile under the first key: `out = pi(pi(x) + t) + pi(x)`, where x is a column plus
    /// `mask`, and t its number, counted from `first`, with `block` as the upper half.
    fn hash(&self, first: u64, block: u64, mask: u128, columns: &[Row; ROWS], out: &mut [Row; ROWS]);
}

/// Takes charge of keys. Safe where the processor has what the form needs.
type New = unsafe fn(&[Key]) -> Box<dyn Cipher>;

/// The form of a level. Sound where [`AesLevel::supported`] lists it.
fn at(level: AesLevel) -> New {
    match level {
        AesLevel::Portable => portable::new,
        #[cfg(target_arch = "x86_64")]
        AesLevel::Aes => x86::aes,
        #[cfg(target_arch = "x86_64")]
        AesLevel::Vaes => x86::vaes,
        #[cfg(target_arch = "x86_64")]
        AesLevel::Vaes512 => x86::vaes512,
    }
}

/// Takes charge of keys.
pub(crate) fn new(keys: &[Key]) -> Box<dyn Cipher> {
    static WIDEST: OnceLock<New> = OnceLock::new();
    let widest = WIDEST.get_or_init(|| at(AesLevel::widest()));
    // SAFETY: the widest form is one that the processor supports.
    unsafe { widest(keys) }
}

/// The counters of a row.
fn counters(first: u128) -> Row {
    let mut row = Row::default();
    for (index, two) in (0..).zip(row.as_chunks_mut::<2>().0) {
        *two = halves(first.wrapping_add(index));
    }
    row
}

/// Lower and upper half.
fn halves(block: u128) -> [u64; 2] {
    [block as u64, (block >> 64) as u64]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    fn keys(count: usize) -> Vec<Key> {
        random_words(1, 2 * count).as_chunks::<2>().0.iter().map(|two| key(*two)).collect()
    }

    fn key([low, high]: [u64; 2]) -> Key {
        (u128::from(high) << 64 | u128::from(low)).to_le_bytes()
    }

    fn forms(keys: &[Key]) -> Vec<(AesLevel, Box<dyn Cipher>)> {
        // SAFETY: the level is supported.
        AesLevel::supported().into_iter().map(|level| (level, unsafe { at(level)(keys) })).collect()
    }

    fn random_tile(seed: u8) -> Tile {
        let mut tile = Tile::ZERO;
        tile.rows.as_flattened_mut().copy_from_slice(&random_words(seed, ROWS * LANES));
        tile.sums.as_flattened_mut().copy_from_slice(&random_words(seed, ROWS / 2 * LANES));
        tile
    }

    /// The example of FIPS 197, appendix C.1, as the first block of a stream of the only key that counts.
    #[test]
    fn streams_are_aes() {
        let key: Key = std::array::from_fn(|index| index as u8);
        let plain: [u8; 16] = std::array::from_fn(|index| 0x11 * index as u8);
        let encrypted =
            [0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a];
        let keys = [[9; 16], key, [8; 16], [7; 16]];
        for (level, cipher) in forms(&keys) {
            let mut tiles = [Tile::ZERO];
            cipher.expand(2, u128::from_le_bytes(plain), &mut tiles);
            let others = keys.map(|other| {
                let mut tiles = [Tile::ZERO];
                forms(&[other, other, other, other])[0].1.expand(2, u128::from_le_bytes(plain), &mut tiles);
                tiles[0].rows[0]
            });
            assert_eq!(others[0], [0; LANES], "equal streams cancel");
            let block = |row: Row| (u128::from(row[1]) << 64 | u128::from(row[0])).to_le_bytes();
            // Row 0 has streams 1 and 3; row 1 streams 2 and 3.
            let single = |x: usize| {
                use aes::cipher::{BlockCipherEncrypt, KeyInit};
                let mut out = plain.into();
                aes::Aes128Enc::new(&keys[x].into()).encrypt_block(&mut out);
                u128::from_le_bytes(out.into())
            };
            assert_eq!(single(1).to_le_bytes(), encrypted);
            let rows = tiles[0].rows.map(block).map(u128::from_le_bytes);
            assert_eq!(rows[0], single(1) ^ single(3), "{level:?}");
            assert_eq!(rows[1], single(2) ^ single(3), "{level:?}");
        }
    }

    #[test]
    fn every_form_expands_the_same() {
        for bits in [2, 4, 8] {
            let keys = keys((ROWS / bits) << bits);
            let forms = forms(&keys);
            // Counters that carry from the lower half, and that begin again after the last.
            for counter in [0, u128::from(u64::MAX) - 5, u128::MAX - 17, 0x1234_5678 << 70] {
                for count in [1, 2, TILES - 1, TILES, TILES + 1] {
                    let mut expected = vec![random_tile(1); count];
                    forms[0].1.expand(bits, counter, &mut expected);
                    for (level, cipher) in &forms[1..] {
                        let mut tiles = vec![random_tile(2); count];
                        cipher.expand(bits, counter, &mut tiles);
                        for (tile, expected) in tiles.iter().zip(&expected) {
                            assert!(tile.rows == expected.rows, "{level:?}, {bits} bits, {count} tiles");
                            assert!(tile.sums == expected.sums, "{level:?}, {bits} bits, {count} tiles");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_form_hashes_the_same() {
        let forms = forms(&keys(1));
        let columns = random_tile(3).rows;
        for first in [0, 512, u64::MAX - 100] {
            for (block, mask) in [(0, 0), (1, 1), (3, 0x1234_5678_9abc_def0 << 50)] {
                let mut expected = random_tile(1).rows;
                forms[0].1.hash(first, block, mask, &columns, &mut expected);
                for (level, cipher) in &forms[1..] {
                    let mut out = random_tile(2).rows;
                    cipher.hash(first, block, mask, &columns, &mut out);
                    assert!(out == expected, "{level:?}");
                }
            }
        }
    }

    #[test]
    fn a_hash_depends_on_column_number_block_and_mask() {
        let cipher = new(&keys(1));
        let hash = |first, block, mask, columns: &[Row; ROWS]| {
            let mut out = [[0; LANES]; ROWS];
            cipher.hash(first, block, mask, columns, &mut out);
            out
        };
        let columns = [[7; LANES]; ROWS];
        let usual = hash(0, 0, 0, &columns);
        // All columns are the same: only their numbers make their hashes differ.
        let mut seen: Vec<[u64; 2]> = (0..512)
            .map(|index| [usual[index % 64][index / 64], usual[64 + index % 64][index / 64]])
            .collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 512);
        // Numbers go on from tile to tile.
        assert_eq!(hash(64, 0, 0, &columns)[5][0], usual[5][1]);
        assert!(hash(512, 0, 0, &columns) != usual);
        assert!(hash(0, 1, 0, &columns) != usual);
        // The mask is added to the columns.
        let masked = std::array::from_fn(|row| if row < 64 { [7 ^ 2; LANES] } else { [7 ^ 1; LANES] });
        assert!(hash(0, 0, 1 << 64 | 2, &masked) == usual);
    }
}
