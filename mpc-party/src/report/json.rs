//! `result.json`, schema 1. Field names and their order are a contract; pairs are one a line.

use super::columns::{MARKER_NAMES, Row};
use super::rows::Format;
use super::{Report, Security};
use mpc_core::query::Disclosure;
use serde::{Serialize, Serializer};
use std::io::{self, Write};

/// Version of the file's layout.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct QueryFields<'a> {
    title: &'a str,
    hash: &'a str,
}

#[derive(Serialize)]
struct SecurityFields<'a> {
    adversary: &'a str,
    preprocessing: &'a str,
    shares_hidden_from: usize,
    residual_protects_against_sites: usize,
}

#[derive(Serialize)]
struct DisclosureFields {
    min_cell_count: u32,
    allow_zero: bool,
    leave_one_out: bool,
    /// `null` where leave_one_out is off: there is no such threshold.
    residual_min_count: Option<u32>,
    suppressed: u64,
}

#[derive(Serialize)]
struct CostFields<'a> {
    seconds: Entries<'a, f64>,
    bytes_sent: Entries<'a, u64>,
    rounds: u64,
    /// Absent where no party's system tells.
    #[serde(skip_serializing_if = "Entries::is_empty")]
    peak_memory: Entries<'a, u64>,
}

/// An object whose keys stay in order.
struct Entries<'a, T>(&'a [(String, T)]);

impl<T> Entries<'_, T> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for Entries<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// Writes everything before the first pair.
pub(super) fn head(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let results = &report.results;
    let Security { adversary, preprocessing, shares_hidden_from, residual_protects_against_sites } =
        results.security;
    out.write_all(b"{")?;
    field(out, "schema", &SCHEMA)?;
    out.write_all(b",")?;
    field(out, "query", &QueryFields { title: results.title, hash: results.query_hash })?;
    out.write_all(b",")?;
    field(out, "parties", results.parties)?;
    out.write_all(b",")?;
    let security =
        SecurityFields { adversary, preprocessing, shares_hidden_from, residual_protects_against_sites };
    field(out, "security", &security)?;
    out.write_all(b",")?;
    field(out, "pairs_tested", &results.pairs_tested)?;
    out.write_all(b",")?;
    field(out, "pairs_released", &results.pairs.len())?;
    out.write_all(b",\n  \"pairs\": [")
}

/// Writes everything after the last pair.
pub(super) fn tail(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let results = &report.results;
    let &Disclosure { min_cell_count, allow_zero, residual_min_count, .. } = results.disclosure;
    let disclosure = DisclosureFields {
        min_cell_count,
        allow_zero,
        leave_one_out: residual_min_count.is_some(),
        residual_min_count,
        suppressed: report.suppressed(),
    };
    let cost = CostFields {
        seconds: Entries(&results.cost.seconds),
        bytes_sent: Entries(&results.cost.bytes_sent),
        rounds: results.cost.rounds,
        peak_memory: Entries(&results.cost.peak_memory),
    };
    out.write_all(if results.pairs.is_empty() { b"]," } else { b"\n  ]," })?;
    field(out, "disclosure", &disclosure)?;
    out.write_all(b",")?;
    field(out, "warnings", results.warnings)?;
    out.write_all(b",")?;
    field(out, "learned", results.learned)?;
    out.write_all(b",")?;
    field(out, "cost", &cost)?;
    out.write_all(b"\n}\n")
}

fn field(out: &mut impl Write, name: &str, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    write!(out, "\n  \"{name}\": ")?;
    Ok(serde_json::to_writer(out, value)?)
}

/// Appends one pair.
pub(super) fn row(out: &mut Vec<u8>, format: &Format, row: &Row, first: bool) -> io::Result<()> {
    out.extend_from_slice(if first { b"\n    {" } else { b",\n    {" });
    let mut separator = "";
    for (name, marker) in MARKER_NAMES.iter().zip([row.pair.a, row.pair.b]) {
        let id = format.quoted.get(marker as usize).map_or("null", String::as_str);
        write!(out, "{separator}\"{name}\": {id}")?;
        separator = ", ";
    }
    for column in &format.columns {
        out.extend_from_slice(b", \"");
        out.extend_from_slice(column.name.as_bytes());
        out.extend_from_slice(b"\": ");
        if !(column.value)(row).write(out)? {
            out.extend_from_slice(b"null");
        }
    }
    out.push(b'}');
    Ok(())
}
