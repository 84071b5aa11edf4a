//! Released pairs on disk: blocks in the order in which they come, each led by its index and its number of pairs, so
//! that who reads the file later ([`Pairs`]) finds the order of the panel.
//!
//! All numbers are little-endian: index and number u64; a pair is its two positions u32 and its four cells u64.

use super::pairs::Pairs;
use super::scratch::Scratch;
use super::{OutputDir, ReportError};
use mpc_core::query::run::Sink;
use mpc_core::statistics::{ReleasedPair, Table2x2};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes before the pairs of a block.
pub(super) const HEAD_BYTES: usize = 2 * 8;

/// Bytes of a pair.
pub(super) const PAIR_BYTES: usize = 2 * 4 + 4 * 8;

/// Takes released pairs and keeps them on disk.
#[derive(Debug)]
pub struct Spool {
    file: File,
    scratch: Scratch,
    /// Where the next block goes: lanes write side by side.
    end: AtomicU64,
}

impl Spool {
    /// An empty one in the folder of results.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn new(output: &OutputDir) -> Result<Self, ReportError> {
        let scratch = output.scratch();
        let file = scratch.file().map_err(|error| scratch.error(error))?;
        Ok(Self { file, scratch, end: AtomicU64::new(0) })
    }

    /// In the empty file that another process has made and opened, from which its name is taken: so it is gone when
    /// both processes are.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn handed(path: &Path) -> Result<Self, ReportError> {
        let scratch = Scratch::new(path.parent().unwrap_or(Path::new(".")));
        let opened = File::options().write(true).open(path).and_then(|file| {
            fs::remove_file(path)?;
            Ok(file)
        });
        let file = opened.map_err(|error| scratch.error(error))?;
        Ok(Self { file, scratch, end: AtomicU64::new(0) })
    }

    /// What it has taken: so many pairs, where that is known.
    ///
    /// # Errors
    /// Where the file cannot be read, or has other ones.
    pub fn pairs(self, released: Option<u64>) -> Result<Pairs, ReportError> {
        Pairs::of(self.file, released).map_err(|error| self.scratch.error(error))
    }

    pub(super) fn append(&self, block: usize, pairs: &[ReleasedPair]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + PAIR_BYTES * pairs.len());
        bytes.extend_from_slice(&(block as u64).to_le_bytes());
        bytes.extend_from_slice(&(pairs.len() as u64).to_le_bytes());
        for ReleasedPair { a, b, table: Table2x2 { n11, n10, n01, n00 } } in pairs {
            bytes.extend_from_slice(&a.to_le_bytes());
            bytes.extend_from_slice(&b.to_le_bytes());
            for cell in [n11, n10, n01, n00] {
                bytes.extend_from_slice(&cell.to_le_bytes());
            }
        }
        let start = self.end.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.file.write_all_at(&bytes, start)
    }
}

impl Sink for Spool {
    fn take(&self, block: usize, pairs: Vec<ReleasedPair>) -> Result<(), String> {
        self.append(block, &pairs).map_err(|error| self.scratch.error(error).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::tempdir;

    fn pair(a: u32) -> ReleasedPair {
        let table = Table2x2 { n11: 1, n10: u64::MAX, n01: a.into(), n00: 1 << 40 };
        ReleasedPair { a, b: u32::MAX, table }
    }

    #[test]
    fn blocks_come_back_in_the_order_of_the_panel() {
        let folder = tempdir().unwrap();
        let spool = Spool::new(&OutputDir::open(folder.path()).unwrap()).unwrap();
        let blocks: [&[u32]; 5] = [&[0, 1, 2], &[], &[3], &[], &[4, 5]];
        for block in [3, 4, 0, 2, 1] {
            spool.take(block, blocks[block].iter().copied().map(pair).collect()).unwrap();
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "it has no name, and the lock is gone");
        let pairs = spool.pairs(Some(6)).unwrap();
        assert_eq!((pairs.len(), pairs.is_empty()), (6, false));
        for start in 0..=6 {
            for end in start..=6 {
                let truth: Vec<ReleasedPair> = (start..end).map(|at| pair(at as u32)).collect();
                assert_eq!(pairs.read(start..end).unwrap(), truth);
            }
        }
        assert!(pairs.read(4..7).is_err(), "there is no seventh");
    }

    #[test]
    fn a_handed_file_loses_its_name_and_is_read_by_who_made_it() {
        let folder = tempdir().unwrap();
        let made = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
        let spool = Spool::handed(made.path()).unwrap();
        assert!(!made.path().exists());
        spool.append(0, &[pair(7)]).unwrap();
        drop(spool);
        assert_eq!(Pairs::of(made.into_file(), Some(1)).unwrap().read(0..1).unwrap(), [pair(7)]);

        let error = Spool::handed(&folder.path().join("nowhere")).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{}: ", folder.path().display())), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_that_names_the_folder_and_what_to_do() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("full");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let error = Spool::handed(&path).unwrap().take(0, vec![pair(7)]).unwrap_err();
        for text in [folder.path().to_str().unwrap(), "No space left", "free space"] {
            assert!(error.contains(text), "no {text:?} in {error}");
        }
    }
}
