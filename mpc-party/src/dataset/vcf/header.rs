//! The head of a VCF file: its version, and the names of its columns.

use std::io::BufRead;
use std::path::Path;

use crate::dataset::Options;
use crate::dataset::lines::Lines;
use crate::dataset::people::People;
use crate::error::UserError;

/// Columns before the samples, in order. FORMAT may be absent where there are no samples.
const COLUMNS: [&str; 9] = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"];
/// Most bytes before the row of names.
const META_BYTES: usize = 64 << 20;

/// Reads the head and returns the people.
pub(super) fn read<R: BufRead>(
    path: &Path,
    lines: &mut Lines<'_, R>,
    options: &Options<'_>,
) -> Result<People, UserError> {
    let first = lines.next()?;
    let version = first.and_then(|line| line.text.strip_prefix("##fileformat=VCFv4."));
    if version.is_none_or(|minor| minor.is_empty() || !minor.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(UserError::new("the first line is not ##fileformat=VCFv4, with a point and a number")
            .advise("this reader knows VCF 4")
            .at_line(path, 1));
    }
    let mut bytes = 0;
    while let Some(line) = lines.next()? {
        let at = |message: String| UserError::new(message).at_line(path, line.number);
        if line.text.starts_with("##") {
            bytes += line.text.len();
            if bytes > META_BYTES {
                return Err(at(format!("more than {META_BYTES} bytes before the row of column names")));
            }
            continue;
        }
        let mut names = line.text.split('\t');
        for (expected, column) in COLUMNS.into_iter().zip(1..) {
            match names.next() {
                Some(name) if name == expected => {}
                None if expected == "FORMAT" => return People::new(options.linked),
                _ => {
                    return Err(at(format!("column {column} of the header is not {expected}"))
                        .advise("a row #CHROM POS ID ... with tabs between names comes before the records"));
                }
            }
        }
        return samples(names, options).map_err(|error| error.at_line(path, line.number));
    }
    Err(UserError::new("the file has no row of column names, #CHROM POS ID ...").in_file(path))
}

fn samples<'a>(names: impl Iterator<Item = &'a str>, options: &Options<'_>) -> Result<People, UserError> {
    let people_bound = options.people_bound;
    let mut people = People::new(options.linked)?;
    for (name, column) in names.zip(COLUMNS.len() as u64 + 1..) {
        if name.trim().is_empty() {
            return Err(UserError::new(format!("the sample id in column {column} is empty")));
        }
        if let Some(first) = people.insert(&[name.as_bytes()], column)? {
            return Err(UserError::new(format!("columns {first} and {column} have the same sample id"))
                .advise("each person has one column; ids must be unique"));
        }
        if people.count() as u64 > people_bound {
            return Err(UserError::new(format!("more people than people_bound = {people_bound}"))
                .advise("raise people_bound in the query, at all sites"));
        }
    }
    Ok(people)
}
