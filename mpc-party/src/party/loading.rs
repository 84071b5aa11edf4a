//! Reading what a query needs of a site's data.

use crate::config::SiteConfig;
use crate::dataset::{self, Loaded, Options, Tell, Wanted};
use crate::error::{Failure, UserError};
use mpc_core::query::{Panel, Partition, Query, bounds};
use mpc_net::MAX_ANNOUNCEMENT_BYTES;
use std::path::Path;

/// Reads the data files of a configured site: one, or for a vertical query one or more that are joined.
pub(super) fn load(config: &SiteConfig, query: &Query, tell: Tell<'_>) -> Result<Loaded, Failure> {
    let count = config.datasets.len();
    if count == 0 || count > 1 && query.partition == Partition::Horizontal {
        return Err(UserError::new(format!("this site has {count} [[dataset]] sections"))
            .advise("a horizontal query reads one data file, a vertical query one or more")
            .into());
    }
    let files: Vec<DataFile<'_>> = config
        .datasets
        .iter()
        .map(|dataset| DataFile { path: &dataset.path, person_id: &dataset.person_id })
        .collect();
    Ok(read_data(&files, query, tell)?)
}

/// One data file of a site.
#[derive(Copy, Clone, Debug)]
pub struct DataFile<'a> {
    /// Where it is.
    pub path: &'a Path,
    /// The columns that identify a person, for CSV; the first one if there are none.
    pub person_id: &'a [String],
}

/// Reads what a query needs of a site's data files. `tell` gets bytes read and bytes in all of a file, now and then.
///
/// # Errors
/// Everything that is wrong with the files.
pub fn read_data(files: &[DataFile<'_>], query: &Query, tell: Tell<'_>) -> Result<Loaded, UserError> {
    let vertical = matches!(query.partition, Partition::Vertical(_));
    let mut loaded = Vec::with_capacity(files.len());
    for file in files {
        loaded.push((file.path.to_owned(), read_file(file, query, vertical, tell)?));
    }
    let loaded = dataset::join(loaded)?;
    let bound = query.people_bound;
    if loaded.people as u64 > bound {
        return Err(UserError::new(format!(
            "the files of this site have more people than people_bound = {bound}"
        ))
        .advise("raise people_bound in the query, at all sites"));
    }
    within_announcement(&loaded, files)?;
    Ok(loaded)
}

fn read_file(
    file: &DataFile<'_>,
    query: &Query,
    vertical: bool,
    tell: Tell<'_>,
) -> Result<Loaded, UserError> {
    let markers = match &query.panel {
        Panel::Listed(ids) => Wanted::Listed(ids),
        Panel::All => Wanted::All { exclude: &query.exclude },
    };
    let options = Options {
        markers,
        person_id: file.person_id,
        encoding: query.encoding,
        people_bound: query.people_bound,
        linked: match query.partition {
            Partition::Vertical(vertical) => Some(vertical.normalisation),
            Partition::Horizontal => None,
        },
    };
    let mut loaded = dataset::read(file.path, &options, tell)?;
    if vertical {
        // Nobody else has the marker, so there is nothing to agree on; and which allele is counted says which is rarer.
        loaded.alleles = None;
    }
    Ok(loaded)
}

/// Columns that only this site holds may be many; what is announced is bounded.
fn within_announcement(loaded: &Loaded, files: &[DataFile<'_>]) -> Result<(), UserError> {
    let refuse = |message: String, advice: String| {
        let error = UserError::new(message).advise(advice);
        Err(match files {
            [file] => error.in_file(file.path),
            _ => error,
        })
    };
    if loaded.ids.len() > *bounds::MARKERS.end() {
        let message = format!("this site has {} markers", loaded.ids.len());
        return refuse(message, format!("a query may have {}: list the wanted ones", bounds::MARKERS.end()));
    }
    let announced = loaded.schema().encode().len();
    if announced > MAX_ANNOUNCEMENT_BYTES {
        let message = format!("the names and alleles of the wanted markers take {announced} bytes");
        return refuse(
            message,
            format!(
                "sites can tell each other {MAX_ANNOUNCEMENT_BYTES}: list fewer markers, or exclude long alleles"
            ),
        );
    }
    Ok(())
}
