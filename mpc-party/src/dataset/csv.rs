//! CSV: a header row; one column or several that identify a person; in the others 0, 1, 2 or missing, a person a row.
//!
//! Values are taken literally: a space around one is no part of any value, so it is refused. Columns that the query
//! does not name are checked for structure only. Rows are packed while they are read, so memory holds one row and
//! two bits a call.

use std::collections::HashMap;
use std::io::{self, Cursor, Read};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};
use mpc_core::statistics::cohort::Genotypes;

use super::people::People;
use super::strict::{Fault, Limits, Row, StrictReader};
use super::unchanged::Watched;
use super::{Loaded, Options, Tell, Wanted};
use crate::config::regular_file;
use crate::error::{UserError, quoted};
use crate::progress::Meter;

/// Bytes read at a time.
const BUFFER_BYTES: usize = 1 << 16;
/// Longest marker id, in bytes: ids travel between sites.
const MARKER_BYTES: usize = 1_000;

/// Reads a CSV file.
pub fn read_csv(path: &Path, options: &Options<'_>, tell: Tell<'_>) -> Result<Loaded, UserError> {
    let watched = Watched::open(path)?;
    let meter = Meter::new(watched.size(), tell);
    let loaded = read_csv_from(path, watched.reader(&meter), options)?;
    watched.check()?;
    Ok(loaded)
}

/// Reads CSV bytes; `path` is the name for errors.
pub fn read_csv_from(path: &Path, input: impl Read, options: &Options<'_>) -> Result<Loaded, UserError> {
    load(path, input, Limits::default(), options)
}

/// As [`read_csv_from`], with limits.
pub(super) fn load(
    path: &Path,
    input: impl Read,
    limits: Limits,
    options: &Options<'_>,
) -> Result<Loaded, UserError> {
    let mut rows = Rows::new(path, input, limits)?;
    let mut record = ByteRecord::new();
    if rows.next(&mut record)?.is_none() {
        return Err(UserError::new("the file is empty")
            .advise("the first row must name the columns")
            .in_file(path));
    }
    let header = Header::new(path, &record, options.markers)?;
    let key = header.key(path, options.person_id)?;
    let (wanted, unknown) = header.wanted(path, &key, options.markers)?;

    let mut people = People::new(options.linked)?;
    let mut genotypes = vec![Genotypes::default(); wanted.len()];
    rows.names = header.names;
    while let Some(row) = rows.next(&mut record)? {
        let at = |message: String| UserError::new(message).at_line(path, row.line);
        if record.len() != rows.names.len() {
            return Err(at(format!(
                "the row has {} fields; the header has {}",
                record.len(),
                rows.names.len()
            )));
        }
        let person: Vec<&[u8]> = key.iter().map(|&column| record.get(column).unwrap_or_default()).collect();
        if let Some((_, column)) = person.iter().zip(&key).find(|(part, _)| part.trim_ascii().is_empty()) {
            // Not by the column's name: where a header is missing, that is a person's id.
            return Err(at(format!("the person id is empty (field {})", column + 1))
                .advise("fill it in, or leave the row out"));
        }
        let first = people.insert(&person, row.line).map_err(|error| error.at_line(path, row.line))?;
        if let Some(first) = first {
            let normal = options
                .linked
                .map_or_else(String::new, |rules| format!(", in the normal form of {}", rules.name()));
            return Err(at(format!("the same person id as in line {first}{normal}"))
                .advise("each person has one row; ids must be unique"));
        }
        if people.count() as u64 > options.people_bound {
            return Err(at(format!("more people than people_bound = {}", options.people_bound))
                .advise("raise people_bound in the query, at all sites"));
        }
        for (calls, &index) in genotypes.iter_mut().zip(&wanted) {
            let value = record.get(index).unwrap_or_default();
            match dosage(value) {
                Some(call) => calls.push(call),
                None => {
                    return Err(at(format!("{} is not 0, 1, 2 or missing", rows.field(index)))
                        .advise(value_advice(value, options.markers, rows.names.get(index))));
                }
            }
        }
    }
    let name = |index: usize| rows.names.get(index).cloned().unwrap_or_default();
    let ids = wanted.into_iter().map(name).collect();
    let (people, identifiers) = (people.count(), people.into_identifiers());
    Ok(Loaded { ids, genotypes, people, identifiers, unknown, ..Loaded::default() })
}

/// The call that a value stands for: a dosage, missing, or nothing known.
fn dosage(value: &[u8]) -> Option<Option<u8>> {
    match value {
        b"0" => Some(Some(0)),
        b"1" => Some(Some(1)),
        b"2" => Some(Some(2)),
        b"" | b"NA" | b"N/A" | b"NaN" | b"nan" | b"." | b"./." => Some(None),
        _ => None,
    }
}

fn value_advice(value: &[u8], markers: Wanted<'_>, name: Option<&String>) -> String {
    match (markers, name) {
        _ if dosage(value.trim_ascii()).is_some() => "remove the spaces around the value".into(),
        (Wanted::All { .. }, Some(name)) => {
            format!("leave a column that is no marker out: exclude = [{}] in [markers]", quoted(name))
        }
        _ => "missing is an empty field, NA, N/A, NaN, nan, . or ./.".into(),
    }
}

/// The column names.
struct Header {
    names: Vec<String>,
}

impl Header {
    fn new(path: &Path, record: &ByteRecord, markers: Wanted<'_>) -> Result<Self, UserError> {
        let at = |message: String| UserError::new(message).at_line(path, 1);
        // Without this, later errors would take values of the first person for names, and quote them.
        if record.len() > 1 && record.iter().skip(1).all(|name| dosage(name).is_some()) {
            return Err(
                at("the first row looks like data".into()).advise("the first row must name the columns")
            );
        }
        // The bytes have passed the check for UTF-8.
        let names: Vec<String> =
            record.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let mut columns: HashMap<&str, usize> = HashMap::new();
        for (name, number) in names.iter().zip(1..) {
            if let Some(first) = columns.insert(name, number) {
                // Where a header is missing, any other name may be a person's value.
                let asked = matches!(markers, Wanted::Listed(ids) if ids.iter().any(|id| id == name));
                let which = if asked { format!(", {}", quoted(name)) } else { String::new() };
                return Err(at(format!("columns {first} and {number} have the same name{which}"))
                    .advise("the first row must name the columns, each once"));
            }
        }
        Ok(Self { names })
    }

    /// Indices of the columns that identify a person.
    fn key(&self, path: &Path, names: &[String]) -> Result<Vec<usize>, UserError> {
        if names.is_empty() {
            return Ok(vec![0]);
        }
        let place = |name: &String| {
            self.names.iter().position(|column| column == name).ok_or_else(|| {
                UserError::new(format!(
                    "no column is named {}, which is to hold the person ids",
                    quoted(name)
                ))
                .advise("correct person_id, or leave it out if the ids are in the first column")
                .at_line(path, 1)
            })
        };
        names.iter().map(place).collect()
    }

    /// Indices of the wanted columns, and the wanted names that there is no column for.
    fn wanted(
        &self,
        path: &Path,
        key: &[usize],
        markers: Wanted<'_>,
    ) -> Result<(Vec<usize>, Vec<String>), UserError> {
        let columns = || self.names.iter().enumerate().filter(|(index, _)| !key.contains(index));
        match markers {
            Wanted::Listed(markers) => {
                let columns: HashMap<&str, usize> =
                    columns().map(|(index, name)| (name.as_str(), index)).collect();
                let (mut found, mut unknown) = (Vec::new(), Vec::new());
                for marker in markers {
                    match columns.get(marker.as_str()) {
                        Some(index) => found.push(*index),
                        None => unknown.push(marker.clone()),
                    }
                }
                Ok((found, unknown))
            }
            Wanted::All { exclude } => {
                let mut found = Vec::new();
                for (index, name) in columns().filter(|(_, name)| !exclude.contains(*name)) {
                    let problem = match name.len() {
                        0 => "has no name".to_owned(),
                        1..=MARKER_BYTES => {
                            found.push(index);
                            continue;
                        }
                        _ => format!("has a name of more than {MARKER_BYTES} bytes"),
                    };
                    let message = format!("column {} {problem}", index + 1);
                    return Err(UserError::new(message)
                        .advise("with all = true every column is a marker")
                        .at_line(path, 1));
                }
                Ok((found, Vec::new()))
            }
        }
    }
}

/// The rows of a file, each with its line.
struct Rows<'p, R> {
    path: &'p Path,
    reader: csv::Reader<StrictReader<io::Chain<Cursor<Vec<u8>>, R>>>,
    /// Column names once they are known, for errors.
    names: Vec<String>,
}

impl<'p, R: Read> Rows<'p, R> {
    fn new(path: &'p Path, mut input: R, limits: Limits) -> Result<Self, UserError> {
        let mut start = Vec::new();
        let read = input.by_ref().take(3).read_to_end(&mut start);
        read.map_err(|error| regular_file::unreadable(path, &error))?;
        if start == b"\xef\xbb\xbf" {
            start.clear();
        }
        let strict = StrictReader::new(Cursor::new(start).chain(input), limits);
        // Rows of any length, so that the error is ours.
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).buffer_capacity(BUFFER_BYTES);
        Ok(Self { path, reader: builder.from_reader(strict), names: Vec::new() })
    }

    /// Reads the next row, if there is one.
    fn next(&mut self, record: &mut ByteRecord) -> Result<Option<Row>, UserError> {
        match self.reader.read_byte_record(record) {
            Ok(false) => Ok(None),
            Ok(true) => match self.reader.get_mut().next_row() {
                Some(row) if row.fields == record.len() as u64 => Ok(Some(row)),
                // Not reachable as far as known; a guess is a wrong count.
                _ => Err(UserError::new("the rows of this file cannot be told apart").in_file(self.path)),
            },
            Err(error) => Err(self.refusal(error)),
        }
    }

    fn refusal(&self, error: csv::Error) -> UserError {
        let error = match error.into_kind() {
            csv::ErrorKind::Io(error) => error,
            _ => return UserError::new("the file is not CSV").in_file(self.path),
        };
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Fault>()) {
            Some(fault) => {
                let message = match fault.field.and_then(|field| usize::try_from(field - 1).ok()) {
                    Some(index) => format!("{} {}", self.field(index), fault.message),
                    None => fault.message.clone(),
                };
                UserError::new(message).advise(fault.advice.clone()).at_line(self.path, fault.line)
            }
            None => regular_file::unreadable(self.path, &error),
        }
    }

    /// A field in words: its number and, once it is known, its name.
    fn field(&self, index: usize) -> String {
        match self.names.get(index) {
            Some(name) => format!("field {} {}", index + 1, quoted(name)),
            None => format!("field {}", index + 1),
        }
    }
}
