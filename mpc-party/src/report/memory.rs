//! Memory of a recipient: the same for many pairs as for ten times as many.

#![cfg(target_os = "linux")]

use super::strongest::strongest_pairs;
use super::testing::{Example, random_pairs};
use super::*;
use crate::memory::peak;
use std::io::Write;
use std::process::Command;

/// Tells the process that this test starts how many pairs to make, as memory is measured by process.
const PAIRS: &str = "MPC_TEST_PAIRS";

/// Everything that is done with released pairs but for the files themselves; the peak of memory in bytes.
fn work(count: u64) -> u64 {
    let mut example = Example::new();
    example.statistics = [Statistic::ChiSquared].into();
    example.tested = 2 * count;
    let folder = tempfile::tempdir().unwrap();
    let output = OutputDir::open(folder.path()).unwrap();
    let spool = Spool::new(&output).unwrap();
    let block = random_pairs(1 << 16);
    let blocks = count.div_ceil(1 << 16) as usize;
    (0..blocks).rev().for_each(|at| spool.append(at, &block).unwrap());
    let pairs = spool.pairs(Some((blocks as u64) << 16)).unwrap();
    assert!(pairs.len() >= count);
    let report = Report::new(example.results(&pairs), &output).unwrap();
    assert_eq!(strongest_pairs(&report, 10).unwrap().len(), 10);
    rows::write(&report, &mut io::sink(), &mut io::sink()).unwrap();
    peak().unwrap()
}

#[test]
fn ten_times_the_pairs_need_no_more() {
    if let Ok(pairs) = std::env::var(PAIRS) {
        writeln!(io::stdout(), "peak {}", work(pairs.parse().unwrap())).unwrap();
        return;
    }
    // Its own name, as the test harness knows it.
    let (_, module) = module_path!().split_once("::").unwrap();
    let name = format!("{module}::ten_times_the_pairs_need_no_more");
    let peak_with = |pairs: u64| -> u64 {
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", &name, "--nocapture"]).env(PAIRS, pairs.to_string());
        let output = String::from_utf8(again.output().unwrap().stdout).unwrap();
        let peak =
            output.lines().find_map(|line| line.split_once("peak ")).unwrap_or_else(|| panic!("{output}"));
        peak.1.trim().parse().unwrap()
    };
    // From where on p-values are no longer sorted in one run.
    let (few, many) = (peak_with(600_000), peak_with(6_000_000));
    assert!(many < 150_000_000, "{many} bytes");
    // Kept in memory, they would take 400 MB more.
    assert!(many < few + 40_000_000, "{few} bytes, and {many} with ten times the pairs");
}
