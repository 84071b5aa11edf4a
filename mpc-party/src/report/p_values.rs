//! A p-value, or that there is none, for each released pair, in a scratch file.

use super::scratch::Scratch;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Bytes of a value.
const BYTES: usize = 8;

/// Stands for no value: a NaN that no computation gives.
const NONE: u64 = u64::MAX;

/// The values, by position of their pair.
#[derive(Debug)]
pub(super) struct PValues {
    file: File,
    len: u64,
}

impl PValues {
    /// None yet.
    pub(super) fn new(scratch: &Scratch) -> io::Result<Self> {
        Ok(Self { file: scratch.file()?, len: 0 })
    }

    /// Finds out whether all of it has reached the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Number of values.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Adds the values of the next positions.
    pub(super) fn append(&mut self, values: &[Option<f64>]) -> io::Result<()> {
        write(&self.file, self.len, values.iter().map(|value| value.map_or(NONE, f64::to_bits)))?;
        self.len += values.len() as u64;
        Ok(())
    }

    /// The values at these positions.
    pub(super) fn read(&self, range: Range<u64>) -> io::Result<Vec<Option<f64>>> {
        let value = |bits| (bits != NONE).then(|| f64::from_bits(bits));
        Ok(read(&self.file, range)?.into_iter().map(value).collect())
    }
}

/// Writes numbers to a file of nothing else, the first at this position.
pub(super) fn write(file: &File, first: u64, numbers: impl ExactSizeIterator<Item = u64>) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(numbers.len() * BYTES);
    numbers.for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
    file.write_all_at(&bytes, first * BYTES as u64)
}

/// The numbers at these positions of such a file.
pub(super) fn read(file: &File, range: Range<u64>) -> io::Result<Vec<u64>> {
    let mut bytes = vec![0; range.end.saturating_sub(range.start) as usize * BYTES];
    file.read_exact_at(&mut bytes, range.start * BYTES as u64)?;
    Ok(bytes.as_chunks::<BYTES>().0.iter().map(|number| u64::from_le_bytes(*number)).collect())
}
