//! Formats the rows of both files in one pass: chunks in parallel, written in order, so that memory stays small.

use super::columns::{Column, Row, columns};
use super::in_order::in_order;
use super::{Report, csv, json};
use crate::progress::Phase;
use std::io::{self, Write};
use std::ops::Range;

/// Rows of a chunk.
const CHUNK: u64 = 2048;

/// Chunks formatted before they are written: some megabytes of text.
const WAVE: usize = 32;

/// What formatting a row needs.
pub(super) struct Format<'a> {
    pub(super) columns: Vec<&'static Column>,
    pub(super) markers: &'a [String],
    /// Marker names as JSON strings.
    pub(super) quoted: Vec<String>,
}

/// The text of one chunk.
struct Texts {
    rows: u64,
    json: Vec<u8>,
    csv: Vec<u8>,
}

/// Writes the CSV file, and the elements of the JSON file's array of pairs.
pub(super) fn write(report: &Report, json_out: &mut impl Write, csv_out: &mut impl Write) -> io::Result<()> {
    let markers = report.results.markers;
    let quoted = markers.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    let format = Format { columns: columns(&report.derivation), markers, quoted };
    csv_out.write_all(&csv::header(&format.columns)?)?;

    let pairs = report.results.pairs.len();
    let mut done = 0;
    in_order(
        pairs,
        CHUNK,
        WAVE,
        |range| chunk(report, &format, range),
        |Texts { rows, json, csv }| {
            json_out.write_all(&json)?;
            csv_out.write_all(&csv)?;
            done += rows;
            (report.results.progress)(Phase::Writing, done, pairs);
            Ok(())
        },
    )
}

fn chunk(report: &Report, format: &Format, range: Range<u64>) -> io::Result<Texts> {
    let mut json = Vec::new();
    let mut csv = csv::Rows::default();
    let first = range.start == 0;
    let pairs = report.read(range)?;
    for (at, tested) in pairs.iter().enumerate() {
        let row = Row::new(&report.derivation, tested);
        json::row(&mut json, format, &row, first && at == 0)?;
        csv.row(format, &row)?;
    }
    Ok(Texts { rows: pairs.len() as u64, json, csv: csv.finish()? })
}
