//! A file that is written to while it is read is refused: what was read may be neither the old nor the new. Reading it
//! is told to a meter.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::config::regular_file;
use crate::error::UserError;
use crate::progress::Meter;

/// A regular file under watch.
pub(super) struct Watched {
    path: PathBuf,
    file: File,
    before: Metadata,
}

impl Watched {
    /// Opens it.
    pub(super) fn open(path: &Path) -> Result<Self, UserError> {
        let (file, before) = regular_file::open(path)?;
        Ok(Self { path: path.to_owned(), file, before })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its bytes, from the front. To be asked for once.
    pub(super) fn reader<'a>(&'a self, meter: &'a Meter<'a>) -> Metered<'a> {
        Metered { file: &self.file, meter, at: 0 }
    }

    /// Its size in bytes when it was opened.
    pub(super) fn size(&self) -> u64 {
        self.before.len()
    }

    /// Refuses it if it has changed since it was opened.
    pub(super) fn check(&self) -> Result<(), UserError> {
        let after = self.file.metadata().map_err(|error| regular_file::unreadable(&self.path, &error))?;
        if self.before.len() != after.len() || self.before.modified().ok() != after.modified().ok() {
            return Err(UserError::new("the file changed while it was read")
                .advise("run again when nothing writes to it")
                .in_file(&self.path));
        }
        Ok(())
    }
}

/// A file that is being read.
pub(super) struct Metered<'a> {
    file: &'a File,
    meter: &'a Meter<'a>,
    /// Where it stands.
    at: u64,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.at += count as u64;
        self.meter.add(count as u64);
        Ok(count)
    }
}

impl Seek for Metered<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.file.seek(to)?;
        // What is passed over needs no time any more.
        self.meter.add(at.saturating_sub(self.at));
        self.at = at;
        Ok(at)
    }
}
