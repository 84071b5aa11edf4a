//! A file that is written to while it is read is refused: what was read may be neither the old nor the new.

use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};

use crate::config::regular_file;
use crate::error::UserError;

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

    pub(super) fn file(&self) -> &File {
        &self.file
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
