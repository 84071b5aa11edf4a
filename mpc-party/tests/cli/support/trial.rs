//! One federation on this machine: query, data, where the result goes.

use super::cohort::People;
use super::process::{Ended, PROGRAM, run};
use super::query::{Query, name};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A folder with a query and a data file for each site.
pub(crate) struct Trial {
    folder: TempDir,
    /// Site names and data files, as they are given to `--site`.
    pub(crate) sites: Vec<(String, PathBuf)>,
}

impl Trial {
    pub(crate) fn new(query: &Query, people: &[People]) -> Self {
        let trial = Self::of_texts(query, &people.iter().map(People::csv).collect::<Vec<_>>());
        assert_eq!(query.sites.len(), people.len());
        trial
    }

    /// With data files of any content.
    pub(crate) fn of_texts(query: &Query, texts: &[impl AsRef<[u8]>]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut trial = Self { folder, sites: Vec::new() };
        std::fs::create_dir(trial.path("tmp")).expect("a folder");
        trial.ask(query);
        for (site, text) in texts.iter().enumerate() {
            let path = trial.path(&format!("{}.csv", name(site)));
            std::fs::write(&path, text).expect("data");
            trial.sites.push((name(site), path));
        }
        trial
    }

    /// Replaces the query.
    pub(crate) fn ask(&self, query: &Query) {
        std::fs::write(self.path("query.toml"), query.to_string()).expect("a query");
    }

    /// A file of the trial.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where results go.
    pub(crate) fn out(&self) -> PathBuf {
        self.path("out")
    }

    /// `local`, with its temporary folders within the trial's folder.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("local").arg(self.path("query.toml")).arg("--out").arg(self.out());
        for (name, path) in &self.sites {
            command.arg("--site").arg(format!("{name}={}", path.display()));
        }
        command.env("TMPDIR", self.path("tmp"));
        command
    }

    /// Runs `local` quietly; whatever happens, nothing may be left behind.
    #[track_caller]
    pub(crate) fn run(&self) -> Ended {
        let ended = run(self.command().arg("--quiet"));
        self.left_nothing_behind();
        ended
    }

    /// Runs `local`, which must succeed without a word, and gives its result.
    #[track_caller]
    pub(crate) fn result(&self) -> Value {
        let ended = self.run();
        ended.done();
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""), "--quiet");
        self.json()
    }

    /// As [`Self::result`], with a helper.
    #[track_caller]
    pub(crate) fn result_with_helper(&self) -> Value {
        run(self.command().args(["--quiet", "--preprocessing", "helper"])).done();
        self.left_nothing_behind();
        self.json()
    }

    /// Runs `local`, which must fail without a result.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, texts: &[&str]) -> Ended {
        let ended = self.run();
        ended.failed(code, texts);
        self.no_result();
        ended
    }

    /// `result.json`.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let text = std::fs::read(self.out().join("result.json")).expect("result.json");
        serde_json::from_slice(&text).expect("valid JSON")
    }

    /// `result.csv`, header included.
    #[track_caller]
    pub(crate) fn csv(&self) -> Vec<Vec<String>> {
        let reader = csv::ReaderBuilder::new().has_headers(false).from_path(self.out().join("result.csv"));
        let rows = reader.expect("result.csv").into_records();
        rows.map(|row| row.expect("valid CSV").iter().map(str::to_owned).collect()).collect()
    }

    #[track_caller]
    pub(crate) fn no_result(&self) {
        assert_eq!(files_in(&self.out()), Vec::<String>::new(), "no file after a failure");
    }

    /// No process of the trial, no temporary file.
    #[track_caller]
    pub(crate) fn left_nothing_behind(&self) {
        assert_eq!(files_in(&self.path("tmp")), Vec::<String>::new(), "temporary files");
        assert_eq!(self.processes(), Vec::new(), "processes");
    }

    /// The process that `local` started for a party.
    pub(crate) fn process_of(&self, party: &str) -> Option<u32> {
        let config = format!("/{party}/site.toml");
        self.processes().into_iter().find(|(_, line)| line.contains(&config)).map(|(id, _)| id)
    }

    /// Running processes whose command line names the trial's folder, as far as the system tells.
    fn processes(&self) -> Vec<(u32, String)> {
        let folder = self.folder.path().to_string_lossy().into_owned();
        let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
        let line = |entry: std::fs::DirEntry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let line = std::fs::read(entry.path().join("cmdline")).ok()?;
            Some((id, String::from_utf8_lossy(&line).replace('\0', " ")))
        };
        entries.flatten().filter_map(line).filter(|(_, line)| line.contains(&folder)).collect()
    }
}

/// Names of the files in a folder; none if there is no folder.
pub(crate) fn files_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
