//! Data files of a site, read into packed genotypes. Structural faults anywhere in a file are refused; values are
//! checked in the markers that the query names. No error quotes a person's id or value.
//!
//! A file is read once, front to back, in pieces, and packed while it is read: two bits a call, and no second copy.
//! Beside that memory holds a line (see `lines`) and a keyed hash of each person's id.

mod claims;
mod csv;
mod gzip;
mod join;
mod lines;
mod marker;
mod people;
mod plink;
mod strict;
#[cfg(test)]
mod tests;
mod unchanged;
mod vcf;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mpc_core::linkage::{Identifier, Normalisation};
use mpc_core::query::Encoding;
use mpc_core::query::schema::Schema;
use mpc_core::query::schema::alleles::Alleles;
use mpc_core::statistics::cohort::{Cohort, Genotypes};

use crate::error::UserError;

pub use self::csv::{read_csv, read_csv_from};
pub use self::join::join;
pub use self::plink::{read_plink, read_plink_from};
pub use self::vcf::{read_vcf, read_vcf_from};

/// What a query wants from a data file.
#[derive(Copy, Clone, Debug)]
pub struct Options<'a> {
    /// Which markers.
    pub markers: Wanted<'a>,
    /// The columns that identify a person, for CSV; the first one if there are none.
    pub person_id: &'a [String],
    /// What makes a person a carrier.
    pub encoding: Encoding,
    /// Most people that the file may have.
    pub people_bound: u64,
    /// Keep the people's ids, normalised so, to link them with those of other sites.
    pub linked: Option<Normalisation>,
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
#[derive(Default)]
pub struct Loaded {
    /// Ids of the markers found: of listed markers in the order of the list, else in the file's order.
    pub ids: Vec<String>,
    /// The alleles of each; `None` if the format states none.
    pub alleles: Option<Vec<Alleles>>,
    /// The calls of each.
    pub genotypes: Vec<Genotypes>,
    /// Number of people.
    pub people: usize,
    /// Their ids in the file's order, if they are to be linked.
    pub identifiers: Vec<Identifier>,
    /// Columns that identify a person, if people are to be linked; else 0.
    pub id_columns: u8,
    /// Listed markers that the file lacks.
    pub unknown: Vec<String>,
}

impl Loaded {
    /// What the site announces of it.
    pub fn schema(&self) -> Schema {
        Schema {
            markers: self.ids.clone(),
            nobody: self.people == 0,
            alleles: self.alleles.clone(),
            far: false,
            id_columns: self.id_columns,
        }
    }

    /// The markers at these positions, in this order, as the query wants them. `flipped` are positions in that order,
    /// ascending, of the markers whose other allele is counted.
    pub fn into_cohort(self, positions: &[usize], flipped: &[usize], encoding: Encoding) -> Cohort {
        let mut genotypes: Vec<Option<Genotypes>> = self.genotypes.into_iter().map(Some).collect();
        let mut ids: Vec<Option<String>> = self.ids.into_iter().map(Some).collect();
        let take = |(place, position): (usize, &usize)| {
            let genotypes = genotypes.get_mut(*position).and_then(Option::take)?;
            let flip = flipped.binary_search(&place).is_ok();
            Some((ids.get_mut(*position).and_then(Option::take)?, genotypes.into_column(encoding, flip)))
        };
        let (ids, columns) = positions.iter().enumerate().filter_map(take).unzip();
        Cohort { ids, columns, people: self.people }
    }
}

/// Gets how many bytes of a file are read, and of how many.
pub type Tell<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Reads a data file of any known format, told apart by its name. `tell` is called now and then.
pub fn read(path: &Path, options: &Options<'_>, tell: Tell<'_>) -> Result<Loaded, UserError> {
    let format = Format::of(path).ok_or_else(|| {
        UserError::new("the format of this file is not known from its name")
            .advise("known: .csv, .vcf, .vcf.gz, .bed, or the prefix of a .bed, .bim and .fam")
            .in_file(path)
    })?;
    let loaded = match (&format, options.person_id) {
        (Format::Vcf | Format::Plink(_), [_, ..]) => Err(UserError::new(
            "person_id names a column of a CSV file; this file has a place for person ids",
        )
        .advise("leave person_id out")
        .in_file(path)),
        (Format::Csv, _) => read_csv(path, options, tell),
        (Format::Vcf, _) => read_vcf(path, options, tell),
        (Format::Plink(prefix), _) => read_plink(prefix, options, tell),
    };
    let id_columns = if options.linked.is_some() { options.person_id.len().max(1) } else { 0 };
    loaded.map(|loaded| Loaded { id_columns: id_columns as u8, ..loaded })
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Vcf,
    /// With the files' common prefix.
    Plink(PathBuf),
}

impl Format {
    fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        if name.ends_with(".csv") {
            return Some(Self::Csv);
        }
        if [".vcf", ".vcf.gz", ".vcf.bgz"].iter().any(|end| name.ends_with(end)) {
            return Some(Self::Vcf);
        }
        if name.ends_with(".bed") {
            return Some(Self::Plink(path.with_extension("")));
        }
        let exists = |extension| plink::with_suffix(path, extension).exists();
        ["bed", "bim", "fam"].into_iter().any(exists).then(|| Self::Plink(path.to_owned()))
    }
}
