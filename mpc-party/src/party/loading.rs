//! Reading what a query needs of a site's data.

use crate::config::SiteConfig;
use crate::dataset::{self, Loaded, Options, Tell, Wanted};
use crate::error::{Failure, UserError};
use mpc_core::query::{Panel, Query, bounds};
use mpc_net::MAX_ANNOUNCEMENT_BYTES;
use std::path::Path;

/// Reads the one data file of a configured site.
pub(super) fn load(config: &SiteConfig, query: &Query, tell: Tell<'_>) -> Result<Loaded, Failure> {
    let [dataset] = config.datasets.as_slice() else {
        return Err(UserError::new(format!("this site has {} [[dataset]] sections", config.datasets.len()))
            .advise("a query reads one data file")
            .into());
    };
    Ok(read_data(&dataset.path, dataset.person_id.as_deref(), query, tell)?)
}

/// Reads what a query needs of a data file. `tell` gets bytes read and bytes in all, now and then.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn read_data(
    path: &Path,
    person_id: Option<&str>,
    query: &Query,
    tell: Tell<'_>,
) -> Result<Loaded, UserError> {
    let markers = match &query.panel {
        Panel::Listed(ids) => Wanted::Listed(ids),
        Panel::All => Wanted::All { exclude: &query.exclude },
    };
    let options = Options { markers, person_id, encoding: query.encoding, people_bound: query.people_bound };
    let loaded = dataset::read(path, &options, tell)?;
    // Columns that only this site holds may be many; what is announced is bounded.
    let refuse = |message: String, advice: String| Err(UserError::new(message).advise(advice).in_file(path));
    if loaded.ids.len() > *bounds::MARKERS.end() {
        let message = format!("this file has {} markers", loaded.ids.len());
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
    Ok(loaded)
}
