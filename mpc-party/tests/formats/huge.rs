//! Files that are larger than they have a right to be: refused at a limit, in memory that does not depend on them.

#![cfg(target_os = "linux")]

use crate::tables::Federation;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const GOOD: &[u8] = b"id,rs0,rs1\np1,0,1\n";
const HEAD: &str = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\n";
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// The most memory that a process has had in use, as the system sees it.
fn peak_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Processes that a process has started, the ended ones left out.
fn children_of(process: u32) -> Vec<u32> {
    let read = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    read.unwrap_or_default().split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

/// Runs `local` on three sites, of which the second has this file. It must end with this code and these texts, and no
/// process of it may have needed more memory than `bound`. Returns the most that one needed.
#[track_caller]
fn bounded(name: &str, write: impl Fn(&Path), code: i32, texts: &[&str], bound: u64) -> u64 {
    let files = [("a.csv", GOOD.to_vec()), (name, Vec::new()), ("c.csv", GOOD.to_vec())];
    let federation = Federation::of_files(&files, "all = true");
    write(&federation.file(name));
    let mut most = 0;
    for dry in [true, false] {
        let mut command = federation.command();
        command.stderr(Stdio::piped()).stdout(Stdio::null());
        if dry {
            command.arg("--dry-run");
        }
        let mut process = command.spawn().unwrap();
        let end = Instant::now() + Duration::from_secs(100);
        // Peaks never fall, so looking often enough misses little.
        while process.try_wait().unwrap().is_none() {
            let parties = children_of(process.id());
            let peaks = parties.into_iter().chain([process.id()]).filter_map(peak_of);
            most = peaks.fold(most, u64::max);
            if most > bound || Instant::now() > end {
                let _ = process.kill();
                panic!("{name}: {} MiB in use, or too slow", most / MIB);
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        let output = process.wait_with_output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{message}");
        for text in texts {
            assert!(message.contains(text), "no {text:?} in {message}");
        }
        assert!(!federation.file("out").join("result.json").exists());
    }
    most
}

/// `start`, `count` bytes of `fill`, then nothing but holes up to `size`.
fn sparse(path: &Path, start: &[u8], fill: u8, count: u64, size: u64) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    file.write_all(start).unwrap();
    let block = vec![fill; MIB as usize];
    (0..count / MIB).for_each(|_| file.write_all(&block).unwrap());
    file.into_inner().unwrap().set_len(size).unwrap();
}

/// Compressed: `start`, then `piece` again and again.
fn bomb(path: &Path, start: &[u8], piece: &[u8], bytes: u64) {
    let mut encoder = GzEncoder::new(BufWriter::new(File::create(path).unwrap()), Compression::fast());
    encoder.write_all(start).unwrap();
    let block = piece.repeat((MIB as usize).div_ceil(piece.len()));
    (0..bytes / MIB).for_each(|_| encoder.write_all(&block).unwrap());
    encoder.finish().unwrap();
}

#[test]
fn lines_of_a_gibibyte() {
    let csv = |path: &Path| sparse(path, b"id,rs0,rs1\np1,0,", b'1', 40 * MIB, GIB);
    bounded("b.csv", csv, 2, &["b.csv:2", "longer than 16777216 bytes"], 80 * MIB);
    let quoted = |path: &Path| sparse(path, b"id,rs0,rs1\np1,0,\"", b'\n', 40 * MIB, GIB);
    bounded("b.csv", quoted, 2, &["b.csv:2", "longer than 16777216 bytes", "never closed"], 80 * MIB);
    let vcf = |path: &Path| sparse(path, HEAD.as_bytes(), b'1', 0, GIB);
    let most = bounded("b.vcf", vcf, 2, &["b.vcf:3", "longer than 67108864 bytes"], 160 * MIB);
    // What is measured is the reader's memory: it holds one line up to the limit.
    assert!(most > 64 * MIB, "{} MiB", most / MIB);
    let head = |path: &Path| sparse(path, b"##fileformat=VCFv4.2\n##", b'1', 0, GIB);
    bounded("b.vcf", head, 2, &["b.vcf:2", "longer than"], 160 * MIB);
    for other in ["bim", "fam"] {
        let plink = |path: &Path| {
            for part in ["bed", "bim", "fam"] {
                sparse(&path.with_extension(part), b"", b'1', 0, if part == other { GIB } else { 0 });
            }
        };
        bounded("b.bed", plink, 2, &[&format!("b.{other}:1"), "longer than 1048576 bytes"], 40 * MIB);
    }
}

#[test]
fn a_bed_of_holes() {
    // As long as it should be: a gibibyte of calls of a marker that nobody asks for costs no memory.
    let people = 50_000;
    let markers = GIB / (people / 4);
    let plink = |path: &Path| {
        sparse(path, &[0x6c, 0x1b, 1], 0, 0, 3 + markers * people / 4);
        let fam: String = (0..people).map(|person| format!("f {person} 0 0 1 1\n")).collect();
        std::fs::write(path.with_extension("fam"), fam).unwrap();
        let bim: String = (0..markers).map(|marker| format!("1 x{marker} 0 1 A C\n")).collect();
        std::fs::write(path.with_extension("bim"), bim).unwrap();
    };
    bounded("b.bed", plink, 2, &["b.bim:20001", "more than 20000 wanted markers"], 60 * MIB);
    let short = |path: &Path| {
        plink(path);
        std::fs::write(path.with_extension("bim"), "1 x 0 1 A C\n").unwrap();
    };
    bounded("b.bed", short, 2, &["b.bed", "1 markers of 50000 people"], 40 * MIB);
}

#[test]
fn gzip_bombs() {
    let line = |path: &Path| bomb(path, HEAD.as_bytes(), b"1", GIB);
    bounded("b.vcf.gz", line, 2, &["b.vcf.gz:3", "longer than 67108864 bytes"], 160 * MIB);
    let meta = |path: &Path| bomb(path, b"##fileformat=VCFv4.2\n", b"##x\n", 256 * MIB);
    bounded("b.vcf.gz", meta, 2, &["b.vcf.gz:", "before the row of column names"], 40 * MIB);
    let lines = |path: &Path| bomb(path, HEAD.as_bytes(), b"\n", 256 * MIB);
    bounded("b.vcf.gz", lines, 2, &["b.vcf.gz:1003", "empty lines"], 40 * MIB);
    let rows = |path: &Path| bomb(path, HEAD.as_bytes(), b"1\t1\trs0\tA\tG\t.\t.\t.\tGT\t0/1\n", 256 * MIB);
    bounded("b.vcf.gz", rows, 2, &["b.vcf.gz:4", "as in line 3"], 40 * MIB);
}

#[test]
fn a_million_columns() {
    let names = |separator: char, count: usize| -> String {
        (0..count).flat_map(|column| [separator.to_string(), format!("c{column}")]).collect()
    };
    let csv = |path: &Path| std::fs::write(path, format!("id{}\n", names(',', 1_000_000))).unwrap();
    bounded("b.csv", csv, 2, &["b.csv:1", "more than 100000 fields"], 60 * MIB);
    let empty = |path: &Path| sparse(path, b"id", b',', 20 * MIB, 20 * MIB);
    bounded("b.csv", empty, 2, &["b.csv:1", "more than 100000 fields"], 60 * MIB);
    // As many columns as there may be people.
    let vcf = |path: &Path| {
        let head = HEAD.trim_end();
        std::fs::write(path, format!("{head}{}\n", names('\t', 1_000_000))).unwrap();
    };
    bounded("b.vcf", vcf, 2, &["b.vcf:2", "more people than people_bound = 1000000"], 160 * MIB);
}
