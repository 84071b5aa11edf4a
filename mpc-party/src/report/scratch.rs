//! Files without a name in the folder of results, for what is too much for memory: on the user's own disk, open to
//! nobody else, and gone when the process ends, however it ends, where the file system is a local one.

use super::ReportError;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Where such files are made.
#[derive(Clone, Debug)]
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// In this folder.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// A new file.
    pub(super) fn file(&self) -> io::Result<File> {
        tempfile::tempfile_in(&self.folder)
    }

    /// The error that a file's fault is to the user.
    pub fn error(&self, source: io::Error) -> ReportError {
        let path = self.folder.clone();
        match source.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => ReportError::Spoilt { path, source },
            _ => ReportError::Scratch { path, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ExitClass, Failure};

    #[test]
    fn a_full_disk_is_the_users_and_a_spoilt_file_the_programs() {
        let scratch = Scratch::new(Path::new("somewhere"));
        for (kind, class, text) in [
            (io::ErrorKind::StorageFull, ExitClass::Usage, "cannot write to this folder"),
            (io::ErrorKind::InvalidData, ExitClass::Internal, "does not come back as it was"),
            (io::ErrorKind::UnexpectedEof, ExitClass::Internal, "does not come back as it was"),
        ] {
            let failure = Failure::from(scratch.error(kind.into()));
            assert_eq!(failure.class, class);
            assert!(
                failure.message.contains("somewhere") && failure.message.contains(text),
                "{}",
                failure.message
            );
        }
    }
}
