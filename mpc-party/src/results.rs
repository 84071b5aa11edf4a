//! From what was released to the files and the table.

use crate::error::{ExitClass, Failure};
use crate::explain::{hex, reveals};
use crate::progress::Progress;
use crate::query_file::QueryFile;
use crate::report::{Cost, OutputDir, Pairs, Report, ReportError, Results, Security, table};
use mpc_core::query::Query;
use mpc_core::source::Preprocessing;
use std::io::Write;

/// Pairs shown on the terminal.
const STRONGEST: usize = 10;

/// Released pairs and what there is to say about them.
pub struct Released {
    /// Marker ids in panel order.
    pub panel: Vec<String>,
    /// The site of each marker, where each has one.
    pub owners: Vec<usize>,
    /// Pairs tested.
    pub tested: u64,
    /// Released pairs in panel order.
    pub pairs: Pairs,
    /// Notes from the sites' announcements.
    pub notes: Vec<String>,
    /// What the run cost.
    pub cost: Cost,
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        let class = match error {
            ReportError::NotInPanel { .. } | ReportError::Spoilt { .. } => ExitClass::Internal,
            _ => ExitClass::Usage,
        };
        Self::new(class, error.to_string())
    }
}

/// So many columns are too many for exact counts of them: this part of the people.
const MANY_COLUMNS: u64 = 20;

/// Warnings about owners of many columns: with exact counts, each is one equation about every record of a column of
/// others; and many columns of others are as many chances to find a rare one. `people` is the smallest number that a
/// released pair counts.
fn many_columns(query: &Query, owners: &[usize], people: u64) -> Vec<String> {
    let warning = |(site, name): (usize, &String)| {
        let own = owners.iter().filter(|owner| **owner == site).count();
        let others = owners.len() - own;
        let receives = query.recipients.contains(&site);
        let many = if receives { own.max(others) } else { own };
        if own == 0 || many as u64 * MANY_COLUMNS <= people {
            return None;
        }
        Some(if receives {
            format!(
                "{name} has exact counts of {own} columns of its own against {others} of others over {people} people: more \
                 than a twentieth of the people on one side, from where on single records can be worked out (linear \
                 programming over its own columns)"
            )
        } else {
            format!(
                "{name} knows {own} of the columns, more than a twentieth of {people} people. Do not give it these counts: it \
                 could work out single records of others (linear programming over its own columns)"
            )
        })
    };
    query.sites.iter().enumerate().filter_map(warning).collect()
}

/// Derives the statistics and writes both files, shows how far that is, and then prints the table unless quiet.
///
/// # Errors
/// Where the folder cannot be written.
pub fn write(
    file: &QueryFile,
    preprocessing: Preprocessing,
    released: &Released,
    output: OutputDir,
    progress: &Progress,
    quiet: bool,
) -> Result<(), Failure> {
    let query = &file.query;
    let hash = hex(&query.hash());
    let mut warnings: Vec<String> = file.warnings.iter().chain(&released.notes).cloned().collect();
    if !released.owners.is_empty() {
        let fewest = released.pairs.fewest_people().map_err(|error| output.scratch().error(error))?;
        warnings.extend(fewest.into_iter().flat_map(|people| many_columns(query, &released.owners, people)));
    }
    let learned = reveals(query, preprocessing);
    let tell = |phase, done, total| progress.done(0, phase, done, total);
    let results = Results {
        title: &query.title,
        query_hash: &hash,
        parties: &query.sites,
        security: Security {
            adversary: "semi-honest",
            preprocessing: preprocessing.name(),
            shares_hidden_from: query.sites.len() - 1,
            residual_protects_against_sites: usize::from(query.disclosure.residual_min_count.is_some()),
        },
        markers: &released.panel,
        pairs_tested: released.tested,
        pairs: &released.pairs,
        report: &query.report,
        correction: query.correction,
        disclosure: &query.disclosure,
        warnings: &warnings,
        learned: &learned,
        cost: &released.cost,
        progress: &tell,
    };
    let written = Report::new(results, &output).and_then(|report| {
        // Made before the files appear, as it can fail too.
        let text = if quiet { None } else { Some(table(&report, STRONGEST)?) };
        output.commit(&report).map(|()| text)
    });
    progress.finish();
    if let Some(text) = written? {
        // A reader that closes the pipe early has seen what it wanted.
        let _ = writeln!(std::io::stdout(), "{text}");
    }
    Ok(())
}
