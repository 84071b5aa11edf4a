//! Formats the rows of both files in one pass: chunks in parallel, written in order, so that memory stays small.

use super::columns::{Column, Row, columns};
use super::{Report, csv, json};
use crate::progress::Phase;
use mpc_core::parallel::fill;
use std::io::{self, Write};

/// Rows of a chunk.
const CHUNK: usize = 2048;

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
#[derive(Default)]
struct Texts {
    json: Vec<u8>,
    csv: Vec<u8>,
}

/// Writes the CSV file, and the elements of the JSON file's array of pairs.
pub(super) fn write(report: &Report, json_out: &mut impl Write, csv_out: &mut impl Write) -> io::Result<()> {
    let markers = report.results.markers;
    let quoted = markers.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    let format = Format { columns: columns(&report.derivation), markers, quoted };
    csv_out.write_all(&csv::header(&format.columns)?)?;

    let chunks = report.results.pairs.len().div_ceil(CHUNK);
    for wave in (0..chunks).step_by(WAVE) {
        let mut texts: Vec<io::Result<Texts>> = Vec::new();
        texts.resize_with(WAVE.min(chunks - wave), || Ok(Texts::default()));
        fill(&mut texts, 1, |at| chunk(report, &format, wave + at));
        for texts in texts {
            let texts = texts?;
            json_out.write_all(&texts.json)?;
            csv_out.write_all(&texts.csv)?;
        }
        let pairs = report.results.pairs.len();
        let done = pairs.min((wave + WAVE) * CHUNK);
        (report.results.progress)(Phase::Writing, done as u64, pairs as u64);
    }
    Ok(())
}

fn chunk(report: &Report, format: &Format, chunk: usize) -> io::Result<Texts> {
    let mut json = Vec::new();
    let mut csv = csv::Rows::default();
    let first = chunk * CHUNK;
    for (at, pair) in report.results.pairs.iter().enumerate().skip(first).take(CHUNK) {
        let row = Row { table: pair.table, derived: report.derivation.derived(at) };
        json::row(&mut json, format, pair, &row, at == 0)?;
        csv.row(format, pair, &row)?;
    }
    Ok(Texts { json, csv: csv.finish()? })
}
