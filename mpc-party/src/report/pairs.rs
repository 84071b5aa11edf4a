//! Reading what a [`Spool`](super::Spool) has written, piece by piece.

use super::spool::{HEAD_BYTES, PAIR_BYTES};
use mpc_core::statistics::{ReleasedPair, Table2x2};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Pairs looked at at once.
const READ_AT_ONCE: usize = 1 << 14;

/// Bytes compared at once.
const COMPARED: usize = 1 << 18;

/// Released pairs in panel order, on disk.
#[derive(Debug)]
pub struct Pairs {
    file: File,
    /// In panel order; blocks without pairs are left out.
    blocks: Vec<Block>,
    len: u64,
}

/// Where the pairs of a block are.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
struct Block {
    /// Positions of its pairs among all.
    first: u64,
    end: u64,
    /// Place of the first one in the file.
    offset: u64,
}

impl Pairs {
    /// Finds out whether all of it has reached the disk: a write that fails late is told here only.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Finds the blocks of all pairs that were released. Refuses a file that is cut off, lacks a block, or has another
    /// number of pairs.
    ///
    /// # Errors
    /// Those of reading; [`io::ErrorKind::InvalidData`].
    pub fn of(file: File, released: Option<u64>) -> io::Result<Self> {
        let size = file.metadata()?.len();
        let mut found = Vec::new();
        let mut at = 0;
        while at < size {
            let mut head = [0; HEAD_BYTES];
            file.read_exact_at(&mut head, at)?;
            let [index, pairs] = head.as_chunks::<8>().0 else { return Err(malformed()) };
            let [index, pairs] = [index, pairs].map(|number| u64::from_le_bytes(*number));
            let offset = at + HEAD_BYTES as u64;
            let bytes = pairs.checked_mul(PAIR_BYTES as u64).filter(|&bytes| bytes <= size - offset);
            at = offset + bytes.ok_or_else(malformed)?;
            found.push((index, pairs, offset));
        }
        found.sort_unstable();
        if !found.iter().map(|(index, ..)| *index).eq(0..found.len() as u64) {
            return Err(malformed());
        }
        let mut len = 0;
        let mut blocks = Vec::new();
        for (_, pairs, offset) in found.into_iter().filter(|(_, pairs, _)| *pairs > 0) {
            blocks.push(Block { first: len, end: len + pairs, offset });
            len += pairs;
        }
        if released != Some(len) {
            return Err(malformed());
        }
        Ok(Self { file, blocks, len })
    }

    /// Number of pairs.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The pairs at these positions.
    ///
    /// # Errors
    /// Those of reading, and positions beyond the last.
    pub fn read(&self, range: Range<u64>) -> io::Result<Vec<ReleasedPair>> {
        if range.end > self.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; (range.end.saturating_sub(range.start)) as usize * PAIR_BYTES];
        let mut rest = bytes.as_mut_slice();
        let mut at = range.start;
        let from = self.blocks.partition_point(|block| block.end <= range.start);
        for block in self.blocks.iter().skip(from) {
            let pairs = block.end.min(range.end).saturating_sub(at);
            let Some((part, others)) = rest.split_at_mut_checked(pairs as usize * PAIR_BYTES) else { break };
            self.file.read_exact_at(part, block.offset + (at - block.first) * PAIR_BYTES as u64)?;
            (rest, at) = (others, at + pairs);
            if rest.is_empty() {
                break;
            }
        }
        bytes.as_chunks::<PAIR_BYTES>().0.iter().map(|pair| decode(pair).ok_or_else(malformed)).collect()
    }

    /// The smallest number of people that a pair counts; `None` where there is no pair.
    ///
    /// # Errors
    /// Those of reading.
    pub fn fewest_people(&self) -> io::Result<Option<u64>> {
        let mut fewest = None;
        for start in (0..self.len).step_by(READ_AT_ONCE) {
            let pairs = self.read(start..self.len.min(start + READ_AT_ONCE as u64))?;
            fewest = pairs.iter().map(|pair| pair.table.n()).chain(fewest).min();
        }
        Ok(fewest)
    }

    /// Whether another file has the same pairs, in blocks of the same sizes.
    ///
    /// # Errors
    /// Those of reading.
    pub fn same_as(&self, other: &Self) -> io::Result<bool> {
        let ends = |pairs: &Self| pairs.blocks.iter().map(|block| block.end).collect::<Vec<_>>();
        if ends(self) != ends(other) {
            return Ok(false);
        }
        let (mut own, mut others) = (vec![0; COMPARED], vec![0; COMPARED]);
        for (block, its) in self.blocks.iter().zip(&other.blocks) {
            let mut left = (block.end - block.first) * PAIR_BYTES as u64;
            let (mut at, mut there) = (block.offset, its.offset);
            while left > 0 {
                let step = left.min(COMPARED as u64);
                own.resize(step as usize, 0);
                others.resize(step as usize, 0);
                self.file.read_exact_at(&mut own, at)?;
                other.file.read_exact_at(&mut others, there)?;
                if own != others {
                    return Ok(false);
                }
                (left, at, there) = (left - step, at + step, there + step);
            }
        }
        Ok(true)
    }
}

fn malformed() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

fn decode(record: &[u8; PAIR_BYTES]) -> Option<ReleasedPair> {
    let (positions, cells) = record.split_at(8);
    let [a, b] = positions.as_chunks::<4>().0 else { return None };
    let [n11, n10, n01, n00] = cells.as_chunks::<8>().0 else { return None };
    let [n11, n10, n01, n00] = [n11, n10, n01, n00].map(|cell| u64::from_le_bytes(*cell));
    let [a, b] = [a, b].map(|position| u32::from_le_bytes(*position));
    Some(ReleasedPair { a, b, table: Table2x2 { n11, n10, n01, n00 } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(parts: &[(u64, u64, usize)]) -> File {
        let file = tempfile::tempfile().unwrap();
        let mut bytes = Vec::new();
        for &(index, pairs, present) in parts {
            bytes.extend_from_slice(&index.to_le_bytes());
            bytes.extend_from_slice(&pairs.to_le_bytes());
            bytes.extend(std::iter::repeat_n(index as u8, present));
        }
        file.write_all_at(&bytes, 0).unwrap();
        file
    }

    #[test]
    fn what_no_spool_writes_is_refused() {
        assert!(Pairs::of(file(&[]), Some(0)).unwrap().is_empty());
        let parts = [(1, 1, 40), (0, 2, 80)];
        assert_eq!(Pairs::of(file(&parts), Some(3)).unwrap().len(), 3);
        for released in [None, Some(2), Some(4)] {
            assert!(Pairs::of(file(&parts), released).is_err(), "{released:?}");
        }
        for parts in [
            &[(0, 1, 39)][..],
            &[(0, 2, 40)],
            &[(0, u64::MAX, 40)],
            &[(0, u64::MAX / 40 + 1, 40)],
            &[(1, 1, 40)],
            &[(0, 1, 40), (2, 1, 40)],
            &[(0, 1, 40), (0, 1, 40)],
            &[(0, 1, 41)],
        ] {
            let pairs = parts.iter().fold(0u64, |sum, (_, pairs, _)| sum.wrapping_add(*pairs));
            assert!(Pairs::of(file(parts), Some(pairs)).is_err(), "{parts:?}");
        }
    }

    #[test]
    fn other_pairs_are_told_from_the_same_ones_in_another_order_of_blocks() {
        let of = |parts: &[(u64, u64, usize)]| {
            Pairs::of(file(parts), Some(parts.iter().map(|(_, pairs, _)| pairs).sum())).unwrap()
        };
        let many = COMPARED / PAIR_BYTES + 2;
        let pairs = of(&[(0, many as u64, many * 40), (1, 0, 0), (2, 1, 40)]);
        assert!(pairs.same_as(&of(&[(2, 1, 40), (0, many as u64, many * 40), (1, 0, 0)])).unwrap());
        assert!(!pairs.same_as(&of(&[(0, many as u64, many * 40), (1, 1, 40), (2, 0, 0)])).unwrap());
        assert!(!pairs.same_as(&of(&[(0, many as u64, many * 40), (1, 0, 0)])).unwrap());
        let other = file(&[(0, many as u64, many * 40), (1, 0, 0), (2, 1, 40)]);
        other.write_all_at(&[9], (HEAD_BYTES + many * PAIR_BYTES - 1) as u64).unwrap();
        assert!(!pairs.same_as(&Pairs::of(other, Some(pairs.len())).unwrap()).unwrap());
    }
}
