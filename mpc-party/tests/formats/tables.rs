//! Tables of calls, written in every format, and federations over them.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::cohort::Numbers;
use flate2::Compression;
use flate2::write::GzEncoder;
use mpc_core::query::Encoding;
use mpc_party::dataset::{Loaded, Options, Wanted, read};

const NONE: &BTreeSet<String> = &BTreeSet::new();
const SITES: [&str; 3] = ["hospital-a", "hospital-b", "hospital-c"];

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Vcf,
    VcfGz,
    /// Many small members, as bgzip writes them but for their extra field.
    VcfBgz,
    Plink,
}

/// Calls of some people: for each marker its id, its alleles (counted, other), and the counted one's copies.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) ids: Vec<String>,
    pub(crate) alleles: Vec<(String, String)>,
    pub(crate) calls: Vec<Vec<Option<u8>>>,
    people: usize,
    seed: u64,
}

impl Table {
    /// Markers with one copy in every second person or so, and some missing calls.
    pub(crate) fn random(markers: usize, people: usize, seed: u64) -> Self {
        let mut state = seed;
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % 20
        };
        let mut call = || match next() {
            0 => None,
            1..9 => Some(0),
            9..15 => Some(1),
            _ => Some(2),
        };
        Self {
            ids: (0..markers).map(|marker| format!("rs{marker}")).collect(),
            alleles: vec![("C".into(), "A".into()); markers],
            calls: (0..markers).map(|_| (0..people).map(|_| call()).collect()).collect(),
            people,
            seed,
        }
    }

    /// Markers from rare to common, neighbours related, so that some pairs are released and others are not; one call
    /// in `missing` is missing, none where that is 0.
    pub(crate) fn uneven(markers: usize, people: usize, missing: u64, seed: u64) -> Self {
        let mut numbers = Numbers(seed);
        let mut table = Self::random(markers, people, seed);
        let mut before = vec![0; people];
        for (marker, calls) in table.calls.iter_mut().enumerate() {
            let per_mille = [40, 150, 300, 520, 80, 700, 220][marker % 7];
            for (call, before) in calls.iter_mut().zip(&mut before) {
                let mut copy = || u8::from(numbers.next() % 1000 < per_mille);
                let dosage = copy() + copy();
                *before = if numbers.next().is_multiple_of(3) { *before } else { dosage };
                *call = (missing == 0 || !numbers.next().is_multiple_of(missing)).then_some(*before);
            }
        }
        table
    }

    /// The same table, with the other allele counted in some markers.
    pub(crate) fn swapped(&self, which: impl Fn(usize) -> bool) -> Self {
        let mut table = self.clone();
        for marker in (0..table.ids.len()).filter(|marker| which(*marker)) {
            let (counted, other) = table.alleles[marker].clone();
            table.alleles[marker] = (other, counted);
            table.calls[marker].iter_mut().flatten().for_each(|copies| *copies = 2 - *copies);
        }
        table
    }

    /// The same table, with the markers in the other order.
    pub(crate) fn reversed(&self) -> Self {
        let mut table = self.clone();
        table.ids.reverse();
        table.alleles.reverse();
        table.calls.reverse();
        table
    }

    /// Writes it, and returns the path to give to the program.
    pub(crate) fn write(&self, folder: &Path, name: &str, format: Format) -> PathBuf {
        let path = |extension: &str| folder.join(format!("{name}.{extension}"));
        let put = |extension: &str, bytes: &[u8]| {
            std::fs::write(path(extension), bytes).unwrap();
            path(extension)
        };
        match format {
            Format::Csv => put("csv", self.csv().as_bytes()),
            Format::Vcf => put("vcf", self.vcf().as_bytes()),
            Format::VcfGz => put("vcf.gz", &gzip(self.vcf().as_bytes())),
            Format::VcfBgz => {
                put("vcf.bgz", &self.vcf().as_bytes().chunks(777).flat_map(gzip).collect::<Vec<_>>())
            }
            Format::Plink => {
                put("fam", self.fam().as_bytes());
                put("bim", self.bim().as_bytes());
                put("bed", &self.bed())
            }
        }
    }

    fn person(&self, person: usize) -> String {
        format!("p{}-{person}", self.seed)
    }

    fn csv(&self) -> String {
        let mut text = format!("id,{}\n", self.ids.join(","));
        for person in 0..self.people {
            let copies = |call: Option<u8>| call.map_or(String::new(), |copies| copies.to_string());
            let values: Vec<String> = self.calls.iter().map(|calls| copies(calls[person])).collect();
            text += &format!("{},{}\n", self.person(person), values.join(","));
        }
        text
    }

    fn vcf(&self) -> String {
        let people: String = (0..self.people).map(|person| format!("\t{}", self.person(person))).collect();
        let mut text =
            format!("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT{people}\n");
        for (marker, (id, (counted, other))) in self.ids.iter().zip(&self.alleles).enumerate() {
            text += &format!("1\t{}\t{id}\t{other}\t{counted}\t.\t.\t.\tGT", marker + 1);
            for (person, call) in self.calls[marker].iter().enumerate() {
                let forms = match call {
                    None => ["./.", ".|1", "."],
                    Some(0) => ["0|0", "0/0", "0/0"],
                    Some(1) => ["0|1", "1/0", "1|0"],
                    Some(_) => ["1|1", "1/1", "1/1"],
                };
                text += &format!("\t{}", forms[person % 3]);
            }
            text.push('\n');
        }
        text
    }

    fn fam(&self) -> String {
        (0..self.people).map(|person| format!("f {} 0 0 0 -9\n", self.person(person))).collect()
    }

    fn bim(&self) -> String {
        let rows = self.ids.iter().zip(&self.alleles).enumerate();
        rows.map(|(row, (id, (counted, other)))| format!("1\t{id}\t0\t{row}\t{counted}\t{other}\n")).collect()
    }

    fn bed(&self) -> Vec<u8> {
        let code = |call: &Option<u8>| match call {
            Some(2) => 0u8,
            None => 1,
            Some(1) => 2,
            Some(_) => 3,
        };
        let byte = |four: &[Option<u8>]| four.iter().rev().fold(0, |byte, call| byte << 2 | code(call));
        let rows = self.calls.iter().flat_map(|calls| calls.chunks(4).map(byte));
        [0x6c, 0x1b, 1].into_iter().chain(rows).collect()
    }
}

/// Reads all markers of a file.
pub(crate) fn load(path: &Path, encoding: Encoding) -> Loaded {
    let options = Options {
        markers: Wanted::All { exclude: NONE },
        person_id: &[],
        encoding,
        people_bound: 1_000_000,
        linked: None,
    };
    read(path, &options, &|_, _| {}).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A query and the data of some hospitals in a folder of its own.
pub(crate) struct Federation {
    folder: tempfile::TempDir,
    paths: Vec<PathBuf>,
}

/// What a run wrote.
pub(crate) struct Outcome {
    pub(crate) csv: String,
    pub(crate) json: serde_json::Value,
}

impl Federation {
    /// `extra` are lines of [markers].
    pub(crate) fn new(tables: &[Table], formats: &[Format], extra: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let written = tables.iter().zip(formats).zip(SITES);
        let paths =
            written.map(|((table, format), site)| table.write(folder.path(), site, *format)).collect();
        let federation = Self { folder, paths };
        federation.ask(&format!("ids = {:?}\n{extra}", tables[0].ids));
        federation
    }

    /// Over files of any content, each with the name that its site's file is to have.
    pub(crate) fn of_files(files: &[(&str, Vec<u8>)], markers: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let put = |(name, bytes): &(&str, Vec<u8>)| {
            std::fs::write(folder.path().join(name), bytes).unwrap();
            folder.path().join(name)
        };
        let paths = files.iter().map(put).collect();
        let federation = Self { folder, paths };
        federation.ask(markers);
        federation
    }

    /// Writes the query; `markers` are the lines of [markers].
    fn ask(&self, markers: &str) {
        let sites = &SITES[..self.paths.len()];
        let query = format!(
            "schema = 1\nkind = \"cooccurrence\"\ntitle = \"t\"\npurpose = \"p\"\n[population]\npartition = \
             \"horizontal\"\nsites = {sites:?}\n[markers]\n{markers}\n[result]\nrecipients = {sites:?}\n"
        );
        std::fs::write(self.folder.path().join("q.toml"), query).unwrap();
    }

    /// Replaces a site's file.
    pub(crate) fn set_path(&mut self, site: usize, path: PathBuf) {
        self.paths[site] = path;
    }

    /// A file in its folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A site's file.
    pub(crate) fn path(&self, site: usize) -> PathBuf {
        self.paths[site].clone()
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = self.loud();
        command.arg("--quiet");
        command
    }

    /// `local` with all that it says.
    pub(crate) fn loud(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpc-party"));
        command.arg("local").arg(self.folder.path().join("q.toml"));
        command.arg("--out").arg(self.folder.path().join("out"));
        for (site, path) in SITES.iter().zip(&self.paths) {
            command.arg("--site").arg(format!("{site}={}", path.display()));
        }
        command
    }

    pub(crate) fn run(&self) -> Outcome {
        self.run_with(&[])
    }

    pub(crate) fn run_with(&self, arguments: &[&str]) -> Outcome {
        let output = self.command().args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let read = |name: &str| std::fs::read_to_string(self.folder.path().join("out").join(name)).unwrap();
        Outcome { csv: read("result.csv"), json: serde_json::from_str(&read("result.json")).unwrap() }
    }

    /// The exit code and what was said of a run that must leave nothing behind.
    pub(crate) fn refusal(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.command().args(arguments).output().unwrap();
        for name in ["result.csv", "result.json"] {
            assert!(!self.folder.path().join("out").join(name).exists());
        }
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

impl Outcome {
    pub(crate) fn released(&self) -> u64 {
        self.json["pairs_released"].as_u64().unwrap()
    }

    pub(crate) fn warnings(&self) -> String {
        self.json["warnings"].to_string()
    }
}
