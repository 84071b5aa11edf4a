//! Opening files that a user names: only regular files, and only up to a size.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::error::UserError;

/// Opens a regular file. Pipes, devices and directories are refused before they are opened, because opening a pipe
/// waits for its writer. Links are followed: hospitals keep data on other disks.
pub fn open(path: &Path) -> Result<(File, Metadata), UserError> {
    let before = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    refuse_irregular(path, &before)?;
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    refuse_irregular(path, &metadata)?;
    Ok((file, metadata))
}

/// Reads a regular file of at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, UserError> {
    let (file, _) = open(path)?;
    let mut bytes = Vec::new();
    // One byte more than allowed, so that a file that grows while it is read is noticed too.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > limit {
        return Err(UserError::new(format!("the file is larger than {limit} bytes")).in_file(path));
    }
    Ok(bytes)
}

/// A file that cannot be read, in words.
pub fn unreadable(path: &Path, error: &std::io::Error) -> UserError {
    let reason = match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::PermissionDenied => "this user may not read the file".to_owned(),
        _ => format!("the file cannot be read: {error}"),
    };
    UserError::new(reason).in_file(path)
}

fn refuse_irregular(path: &Path, metadata: &Metadata) -> Result<(), UserError> {
    let reason = match metadata {
        m if m.is_file() => return Ok(()),
        m if m.is_dir() => "this is a directory, not a file",
        _ => "this is not a regular file",
    };
    Err(UserError::new(reason).in_file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_bounded_size_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert_eq!(read(&path, 4).unwrap_err().message, "the file is larger than 4 bytes");
        assert_eq!(read(dir.path(), 9).unwrap_err().message, "this is a directory, not a file");
        assert_eq!(read(&dir.path().join("b"), 9).unwrap_err().message, "there is no such file");
        assert_eq!(read(Path::new("/dev/null"), 9).unwrap_err().message, "this is not a regular file");
    }

    #[test]
    fn a_pipe_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert_eq!(read(&path, 9).unwrap_err().message, "this is not a regular file");
    }
}
