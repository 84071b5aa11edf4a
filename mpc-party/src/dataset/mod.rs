//! Data files of a site, read into packed columns. Structural faults anywhere in a file are refused; values are
//! checked in the markers that the query names. No error quotes a person's id or value.

mod csv;
mod people;
mod strict;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;

use mpc_core::query::Encoding;
use mpc_core::statistics::cohort::Cohort;

use crate::error::UserError;

pub use self::csv::read_csv;

/// What a query wants from a data file.
#[derive(Copy, Clone, Debug)]
pub struct Options<'a> {
    /// Which markers.
    pub markers: Wanted<'a>,
    /// The column of person ids; the first one if not given.
    pub person_id: Option<&'a str>,
    /// What makes a person a carrier.
    pub encoding: Encoding,
    /// Most people that the file may have.
    pub people_bound: u64,
}

/// Which markers a query wants from a data file.
#[derive(Copy, Clone, Debug)]
pub enum Wanted<'a> {
    /// These, in this order.
    Listed(&'a [String]),
    /// Every one in the file, in the file's order, but for those left out.
    All {
        /// Names left out.
        exclude: &'a BTreeSet<String>,
    },
}

/// What was read.
pub struct Loaded {
    /// The people and the markers found: of listed markers in the order of the list, else in the file's order.
    pub cohort: Cohort,
    /// Listed markers that the file lacks.
    pub unknown: Vec<String>,
}

/// Reads a data file of any known format, told apart by its name.
pub fn read(path: &Path, options: &Options<'_>) -> Result<Loaded, UserError> {
    let format = match Format::of(path) {
        Some(Format::Csv) => return read_csv(path, options),
        Some(Format::Vcf) => "VCF",
        Some(Format::Plink) => "PLINK",
        None => {
            return Err(UserError::new("the format of this file is not known from its name")
                .advise("known: .csv, .vcf, .vcf.gz, .bed, or the prefix of a .bed, .bim and .fam")
                .in_file(path));
        }
    };
    Err(UserError::new(format!("reading {format} files is not built yet"))
        .advise("convert it to CSV: a person id, then one column a marker with 0, 1, 2 or empty")
        .in_file(path))
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Vcf,
    Plink,
}

impl Format {
    fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        if name.ends_with(".csv") {
            return Some(Self::Csv);
        }
        if name.ends_with(".vcf") || name.ends_with(".vcf.gz") {
            return Some(Self::Vcf);
        }
        let mut bed = path.as_os_str().to_owned();
        bed.push(".bed");
        (name.ends_with(".bed") || Path::new(&bed).is_file()).then_some(Self::Plink)
    }
}
