//! `mpc-party local --dry-run`: checks query and data, and prints the plan.

use crate::dataset::Loaded;
use crate::error::{ExitClass, Failure, UserError};
use crate::explain;
use crate::party::{DataFile, agree_on_owners, agree_on_panel, notes, owner_notes, read_data};
use crate::progress::{Phase, Progress};
use crate::query_file::QueryFile;
use mpc_core::disclosure::TooWide;
use mpc_core::linkage::Method;
use mpc_core::query::plan::Plan;
use mpc_core::query::schema::Schema;
use mpc_core::query::vertical::Layout;
use mpc_core::query::vertical::plan::VerticalPlan;
use mpc_core::query::{Partition, Query, Vertical};
use mpc_core::source::Preprocessing;
use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

/// Runs it.
///
/// # Errors
/// What is wrong with query or data.
pub(super) fn dry_run(
    file: &QueryFile,
    data: &[Vec<PathBuf>],
    preprocessing: Preprocessing,
    progress: &Progress,
) -> Result<(), Failure> {
    let query = &file.query;
    let mut sites = Vec::with_capacity(data.len());
    for (site, paths) in data.iter().enumerate() {
        let tell = |done, total| progress.done(site, Phase::Reading, done, total);
        let files: Vec<DataFile<'_>> = paths.iter().map(|path| DataFile { path, person_id: &[] }).collect();
        sites.push(read_data(&files, query, &tell).inspect_err(|_| progress.finish())?);
    }
    progress.finish();
    let schemas: Vec<Schema> = sites.iter().map(Loaded::schema).collect();
    let (mut text, notes) = match query.partition {
        Partition::Horizontal => horizontal(query, &sites, &schemas, preprocessing)?,
        Partition::Vertical(vertical) => of_columns(query, vertical, &sites, &schemas, preprocessing)?,
    };
    for warning in file.warnings.iter().chain(&notes) {
        text.push_str("\nWarning: ");
        text.push_str(warning);
    }
    // A reader that closes the pipe early has seen what it wanted.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(())
}

type Told = (String, Vec<String>);

fn horizontal(
    query: &Query,
    sites: &[Loaded],
    schemas: &[Schema],
    preprocessing: Preprocessing,
) -> Result<Told, Failure> {
    let people: u64 = sites.iter().map(|site| site.people as u64).sum();
    if people > query.people_bound {
        let bound = query.people_bound;
        return Err(Failure::new(
            ExitClass::Usage,
            mpc_core::error::Error::TooManyPeople { bound }.to_string(),
        ));
    }
    let (panel, agreement) = agree_on_panel(query, schemas)?;
    let plan = Plan::new(query, panel.len() as u32, preprocessing).map_err(too_wide)?;
    Ok((explain::plan(&plan, panel.len()), notes(&query.sites, schemas, &panel, &agreement)))
}

fn of_columns(
    query: &Query,
    vertical: Vertical,
    sites: &[Loaded],
    schemas: &[Schema],
    preprocessing: Preprocessing,
) -> Result<Told, Failure> {
    let panel = agree_on_owners(query, vertical, schemas)?;
    let layout = Layout::new(sites.len(), panel.owners, query.missing, vertical.pairs);
    let mut at: HashMap<&[u8], usize> = HashMap::new();
    for identifier in sites.iter().flat_map(|site| &site.identifiers) {
        *at.entry(identifier.as_bytes()).or_default() += 1;
    }
    let at_all = at.values().filter(|&&count| count == sites.len()).count();
    let rows = match vertical.linkage {
        Method::Union { .. } => at.len(),
        Method::Intersection => at_all,
    };
    let (dummies, more) = vertical.linkage.expected_dummies(sites.len());
    let smallest = sites.iter().map(|site| site.people as u64).min().unwrap_or(0);
    let plan = VerticalPlan::new(query, layout, rows + more, smallest, preprocessing).map_err(too_wide)?;
    let people: Vec<usize> = sites.iter().map(|site| site.people + dummies).collect();
    let mut notes = owner_notes(&query.sites, schemas);
    let minimum = query.disclosure.min_people;
    if at_all < minimum as usize {
        notes.push(format!(
            "{at_all} people are at all sites, fewer than min_people = {minimum}: a run would end with exit code 3"
        ));
    }
    Ok((explain::vertical_plan(&plan, vertical, &people), notes))
}

fn too_wide(error: TooWide) -> Failure {
    UserError::new(error.to_string()).into()
}
