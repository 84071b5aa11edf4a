//! `result.csv`: the pairs with the column names of `result.json`, quoted as in RFC 4180.

use super::columns::{Column, MARKER_NAMES, Row};
use super::rows::Format;
use csv::Writer;
use std::io;

/// The header line.
pub(super) fn header(columns: &[&Column]) -> io::Result<Vec<u8>> {
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(MARKER_NAMES.into_iter().chain(columns.iter().map(|column| column.name)))?;
    finish(writer)
}

/// Rows as text.
pub(super) struct Rows {
    writer: Writer<Vec<u8>>,
    number: Vec<u8>,
}

impl Default for Rows {
    fn default() -> Self {
        Self { writer: Writer::from_writer(Vec::new()), number: Vec::new() }
    }
}

impl Rows {
    /// Appends one pair.
    pub(super) fn row(&mut self, format: &Format, row: &Row) -> io::Result<()> {
        for marker in [row.pair.a, row.pair.b] {
            self.writer.write_field(format.markers.get(marker as usize).map_or("", String::as_str))?;
        }
        for column in &format.columns {
            self.number.clear();
            (column.value)(row).write(&mut self.number)?;
            self.writer.write_field(&self.number)?;
        }
        // Ends the row.
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }

    /// The text.
    pub(super) fn finish(self) -> io::Result<Vec<u8>> {
        finish(self.writer)
    }
}

fn finish(writer: Writer<Vec<u8>>) -> io::Result<Vec<u8>> {
    writer.into_inner().map_err(|error| error.into_error())
}
