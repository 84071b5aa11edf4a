//! The folder of a run's results. Opening it creates and locks it and removes the results of an earlier run; both files
//! are written aside and renamed at the end, `result.json` last: where it is, the run was completed.

use super::scratch::Scratch;
use super::{Report, ReportError, json, rows};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

const JSON: &str = "result.json";
const CSV: &str = "result.csv";
const LOCK: &str = ".result.lock";
/// Files that are being written; a run that was killed leaves them, the next one removes them.
const UNFINISHED: (&str, &str) = (".result-", ".unfinished");

/// A folder that this run alone writes to, until this is dropped.
#[derive(Debug)]
pub struct OutputDir {
    path: PathBuf,
    _lock: Lock,
}

impl OutputDir {
    /// Creates the folder with its parents, locks it, and removes an earlier result.
    pub fn open(path: &Path) -> Result<Self, ReportError> {
        let unusable = |source| ReportError::Folder { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(unusable)?;
        let lock = Lock::acquire(&path.join(LOCK))
            .map_err(unusable)?
            .ok_or_else(|| ReportError::Busy { path: path.to_owned() })?;
        for name in [JSON, CSV] {
            remove(path.join(name))?;
        }
        for entry in fs::read_dir(path).map_err(unusable)? {
            let entry = entry.map_err(unusable)?;
            let name = entry.file_name();
            let unfinished = |name: &str| name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1);
            if name.to_str().is_some_and(unfinished) {
                remove(entry.path())?;
            }
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Where this run keeps what is too much for memory.
    pub fn scratch(&self) -> Scratch {
        Scratch::new(&self.path)
    }

    /// A scratch file with a name, for a process that is started to open it and take the name away.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn to_hand_over(&self) -> Result<NamedTempFile, ReportError> {
        Self::builder().tempfile_in(&self.path).map_err(|source| self.scratch().error(source))
    }

    /// Writes both files and lets them appear. After an error neither is there.
    pub fn commit(self, report: &Report) -> Result<(), ReportError> {
        let (json_path, csv_path) = (self.path.join(JSON), self.path.join(CSV));
        let mut json_file = self.unfinished()?;
        let mut csv_file = self.unfinished()?;
        write(report, &mut json_file, &mut csv_file)
            .map_err(|source| ReportError::Write { path: json_path.clone(), source })?;
        report.sync()?;
        persist(csv_file, &csv_path)?;
        if let Err(error) = persist(json_file, &json_path) {
            remove(csv_path)?;
            return Err(error);
        }
        // The names too should outlast a power failure; not every system can promise it.
        let _ = File::open(&self.path).and_then(|folder| folder.sync_all());
        Ok(())
    }

    fn builder() -> tempfile::Builder<'static, 'static> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED.0).suffix(UNFINISHED.1);
        builder
    }

    fn unfinished(&self) -> Result<NamedTempFile, ReportError> {
        let mut builder = Self::builder();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As any new file, less what the user's umask takes away; a result is no secret of its reader.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        builder
            .tempfile_in(&self.path)
            .map_err(|source| ReportError::Folder { path: self.path.clone(), source })
    }
}

fn write(report: &Report, json_file: &mut NamedTempFile, csv_file: &mut NamedTempFile) -> io::Result<()> {
    let mut json_out = BufWriter::new(json_file.as_file_mut());
    let mut csv_out = BufWriter::new(csv_file.as_file_mut());
    json::head(report, &mut json_out)?;
    rows::write(report, &mut json_out, &mut csv_out)?;
    json::tail(report, &mut json_out)?;
    for mut out in [json_out, csv_out] {
        out.flush()?;
        out.get_ref().sync_all()?;
    }
    Ok(())
}

fn persist(file: NamedTempFile, path: &Path) -> Result<(), ReportError> {
    match file.persist(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(ReportError::Write { path: path.to_owned(), source: error.error }),
    }
}

fn remove(path: PathBuf) -> Result<(), ReportError> {
    match fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(ReportError::Stale { path, source }),
        _ => Ok(()),
    }
}

/// An advisory lock on a file that is removed with the lock.
#[derive(Debug)]
struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// `None` where someone else holds it.
    fn acquire(path: &Path) -> io::Result<Option<Self>> {
        loop {
            // Opening a pipe would wait for ever, and a link would make a file elsewhere.
            if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
                return Err(io::Error::other(format!("{LOCK} is not a file; remove it")));
            }
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // Its holder may have removed it between our opening and locking; a lock on a removed file keeps nobody
            // out.
            if is_at(&file, path)? {
                return Ok(Some(Self { path: path.to_owned(), file }));
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while still locked: see `acquire`. Where that fails, a file without a lock stays and does no harm.
        let _ = fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let opened = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((opened.dev(), opened.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Elsewhere a file that is open cannot be removed.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}

#[cfg(test)]
mod tests {
    use super::super::testing::Example;
    use super::*;

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn commit(output: OutputDir) -> Result<(), ReportError> {
        let example = Example::new();
        let pairs = example.pairs_in(&output);
        let report = example.report(&pairs, &output);
        output.commit(&report)
    }

    #[test]
    fn both_files_appear_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/and/deep");
        let output = OutputDir::open(&path).unwrap();
        assert_eq!(names(&path), [LOCK]);
        commit(output).unwrap();
        assert_eq!(names(&path), [CSV, JSON]);
    }

    #[test]
    fn an_unfinished_run_leaves_no_result() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        commit(OutputDir::open(path).unwrap()).unwrap();
        fs::write(path.join(".result-abc.unfinished"), "half").unwrap();
        fs::write(path.join("notes.txt"), "kept").unwrap();
        let output = OutputDir::open(path).unwrap();
        assert_eq!(names(path), [LOCK, "notes.txt"], "removed at the start");
        drop(output);
        assert_eq!(names(path), ["notes.txt"]);
    }

    #[test]
    fn a_second_run_is_kept_out_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let first = OutputDir::open(path).unwrap();
        let error = OutputDir::open(path).unwrap_err();
        assert!(matches!(&error, ReportError::Busy { path: busy } if busy == path));
        assert!(error.to_string().contains("--out"), "{error}");
        drop(first);
        commit(OutputDir::open(path).unwrap()).unwrap();
        OutputDir::open(path).unwrap();
    }

    #[test]
    fn a_lock_file_left_behind_locks_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(LOCK), "").unwrap();
        drop(OutputDir::open(folder.path()).unwrap());
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn only_one_of_many_threads_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let holders = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        if let Ok(output) = OutputDir::open(folder.path()) {
                            assert_eq!(holders.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                            holders.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                            drop(output);
                        }
                    }
                });
            }
        });
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = OutputDir::open(&file).unwrap_err();
        assert!(matches!(&error, ReportError::Folder { path, .. } if *path == file), "{error}");

        fs::create_dir(folder.path().join(JSON)).unwrap();
        let error = OutputDir::open(folder.path()).unwrap_err();
        assert!(matches!(&error, ReportError::Stale { path, .. } if path.ends_with(JSON)), "{error}");
        assert_eq!(names(folder.path()), ["file", JSON], "and the lock is gone");
    }

    #[test]
    fn when_one_file_cannot_appear_neither_does() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputDir::open(folder.path()).unwrap();
        // In the way of the last rename only.
        fs::create_dir(folder.path().join(JSON)).unwrap();
        let error = commit(output).unwrap_err();
        assert!(matches!(&error, ReportError::Write { path, .. } if path.ends_with(JSON)), "{error}");
        assert_eq!(names(folder.path()), [JSON]);
    }
}
