//! VCF, plain or compressed: the genotypes (GT) of its samples and nothing else.
//!
//! An own reader of lines, because the contract of this program is stricter than a general parser's: a guess would be
//! a wrong count. The structure of every line is checked; genotypes are read in the wanted markers only, straight into
//! packed words. FILTER and INFO are not interpreted: the file holds what its owner wants counted.
//!
//! - A sample's name is the person's id.
//! - GT is phased or not; a call with any `.` is missing; at most two alleles, each one of the row's.
//! - A row with one ALT is a marker with the row's ID. Of several ALTs each is a marker `ID:ALT` whose dosage is the
//!   copies of that ALT. Where ID is `.`, each ALT is a marker `chrom:pos:ref:alt`. An ID with `;` is one id. A row
//!   without ALT (`.`) has no marker. `*` and `<DEL>` are alleles like others.
//! - A haploid call counts 0 or 1. When the query asks for carriers it is kept as 0 or 2 and when the query asks for two
//!   copies as 1, which means the same and stays right when the other allele is counted.

mod genotype;
mod header;
mod row;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;

use super::claims::Claims;
use super::gzip::Text;
use super::lines::{Lines, Longest};
use super::unchanged::Watched;
use super::{Loaded, Options, Tell};
use crate::config::regular_file;
use crate::error::UserError;
use crate::progress::Meter;
use row::Row;

/// The longest line: a million people with a dozen values each.
const LINE: Longest =
    Longest { bytes: 64 << 20, advice: "split the file by people or leave values other than GT out" };

/// Reads a VCF file.
pub fn read_vcf(path: &Path, options: &Options<'_>, tell: Tell<'_>) -> Result<Loaded, UserError> {
    let watched = Watched::open(path)?;
    let meter = Meter::new(watched.size(), tell);
    let loaded = read_vcf_from(path, watched.reader(&meter), options)?;
    watched.check()?;
    Ok(loaded)
}

/// Reads VCF bytes, compressed or not; `path` is the name for errors.
pub fn read_vcf_from(path: &Path, input: impl Read, options: &Options<'_>) -> Result<Loaded, UserError> {
    load(path, input, LINE, options)
}

/// As [`read_vcf_from`], with a limit on the length of lines.
fn load(path: &Path, input: impl Read, longest: Longest, options: &Options<'_>) -> Result<Loaded, UserError> {
    let text = Text::new(input).map_err(|error| regular_file::unreadable(path, &error))?;
    let mut lines = Lines::new(path, text.buffered(), longest);
    let people = header::read(path, &mut lines, options)?;
    let mut claims = Claims::new(path, options.markers);
    let mut genotypes = Vec::new();
    while let Some(line) = lines.next()? {
        let at = |error: UserError| error.at_line(path, line.number);
        let row = Row::new(line, people.count()).map_err(at)?;
        let mut wanted = Vec::new();
        for (number, alternative) in row.alternatives() {
            let id = row.id(alternative);
            if claims.wants(&id) {
                claims.claim(&id, alternative, row.reference, line.number)?;
                wanted.push(number);
            }
        }
        if !wanted.is_empty() {
            genotypes.extend(row.genotypes(&wanted, options.encoding).map_err(at)?);
        }
    }
    Ok(claims.finish(genotypes, people))
}
