//! `mpc-party local`: a federation on one machine. One real process per site, and the helper if one is asked for, with fresh identities in
//! a temporary folder, over the same QUIC links and code as a deployment. The result is written once, after checking
//! that all recipients hold the same pairs.

pub mod child;
mod dry_run;
mod federation;
mod process;
mod stop;

use crate::cli::{Local, SecurityLevel};
use crate::error::{ExitClass, Failure, UserError, quoted};
use crate::events::Done;
use crate::party::{HELPER, check_built};
use crate::progress::Progress;
use crate::query_file::{self, QueryFile};
use crate::report::{Cost, OutputDir, Pairs};
use crate::results::{Released, write};
use federation::{Federation, Finished};
use mpc_core::query::{Partition, Query};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use stop::Stop;

/// Runs the command.
///
/// # Errors
/// What ended it.
pub fn local(args: &Local) -> Result<(), Failure> {
    if args.dry_run {
        let (file, data) = question(args)?;
        return dry_run::dry_run(&file, &data, args.preprocessing.into(), &Progress::new(args.quiet));
    }
    let stop = Stop::on_ctrl_c()?;
    // First of all, so that no failure leaves an earlier result behind.
    let output = OutputDir::open(&args.out)?;
    let (file, data) = question(args)?;
    let progress = Arc::new(Progress::new(args.quiet));
    for warning in &file.warnings {
        progress.say(&format!("warning: {warning}"));
    }
    let federation = Federation::start(&args.query, &file.query, &data, args.preprocessing, &output, &stop)?;
    let finished = federation.finish(&progress);
    progress.finish();
    stop.check()?;
    let Finished { parties, releases } = finished?;
    let released = collect(parties, releases)?;
    write(&file, args.preprocessing.into(), &released, output, &progress, args.quiet)
}

/// The query and each site's data files, as far as they can be checked without reading data.
fn question(args: &Local) -> Result<(QueryFile, Vec<Vec<PathBuf>>), Failure> {
    if args.security == SecurityLevel::Malicious {
        return Err(UserError::new("--security malicious is not built yet")
            .advise("use --security semi-honest")
            .into());
    }
    let file = query_file::read(&args.query)?;
    check_built(&file.query)?;
    let data = data_of_sites(&file.query, &args.sites)?;
    Ok((file, data))
}

/// The data files of each site, in the query's order.
fn data_of_sites(query: &Query, sites: &[(String, PathBuf)]) -> Result<Vec<Vec<PathBuf>>, UserError> {
    for (index, (name, _)) in sites.iter().enumerate() {
        if !query.sites.contains(name) {
            return Err(UserError::new(format!("--site {} is not a site of the query", quoted(name)))
                .advise(format!("its sites are {}", query.sites.join(", "))));
        }
        if query.partition == Partition::Horizontal
            && sites.iter().take(index).any(|(other, _)| other == name)
        {
            return Err(UserError::new(format!("--site {} is given twice", quoted(name)))
                .advise("a horizontal query reads one file for each site"));
        }
    }
    let data = |name: &String| {
        let found = sites.iter().filter(|(given, _)| given == name);
        let found: Vec<PathBuf> = found.map(|(_, path)| path.clone()).collect();
        if found.is_empty() {
            return Err(UserError::new(format!("the query's site {} has no data", quoted(name)))
                .advise(format!("add --site {name}=PATH")));
        }
        Ok(found)
    };
    query.sites.iter().map(data).collect()
}

fn inconsistent(what: &str) -> Failure {
    Failure::new(
        ExitClass::Internal,
        format!("internal fault: the sites do not hold the same {what}. Please report it."),
    )
}

/// The pairs that all recipients hold.
fn common(parties: &[Reported], releases: Vec<(String, File)>) -> Result<Pairs, Failure> {
    let mut common: Option<Pairs> = None;
    for (site, file) in releases {
        let unreadable = |error: std::io::Error| {
            Failure::new(ExitClass::Internal, format!("internal fault: no result of {site}: {error}"))
        };
        let released = parties.iter().find(|(name, _)| *name == site).and_then(|(_, done)| done.released);
        let pairs = Pairs::of(file, released).map_err(unreadable)?;
        match &common {
            None => common = Some(pairs),
            Some(first) if first.same_as(&pairs).map_err(unreadable)? => {}
            Some(_) => return Err(inconsistent("result")),
        }
    }
    common.ok_or_else(|| inconsistent("recipients"))
}

/// One party's name and what it reported.
type Reported = (String, Done);

/// The common result of all parties.
fn collect(parties: Vec<Reported>, releases: Vec<(String, File)>) -> Result<Released, Failure> {
    let pairs = common(&parties, releases)?;

    let (helper, sites): (Vec<&Reported>, Vec<&Reported>) =
        parties.iter().partition(|(name, _)| name == HELPER);
    let Some((_, first)) = sites.first() else { return Err(inconsistent("session")) };
    for (_, other) in &sites {
        let outline = |done: &Done| (done.tested, done.panel.clone(), done.owners.clone());
        if outline(other) != outline(first) {
            return Err(inconsistent("released pairs"));
        }
    }
    // Sites work at the same time: a phase lasts as long as at the slowest.
    let slowest = |phase: &str| {
        let of = |done: &Done| {
            done.seconds.iter().find(|(name, _)| name == phase).map_or(0.0, |(_, seconds)| *seconds)
        };
        sites.iter().map(|(_, done)| of(done)).fold(0.0, f64::max)
    };
    let seconds: Vec<(String, f64)> =
        ["connect", "preprocessing", "online"].map(|phase| (phase.to_owned(), slowest(phase))).into();

    let cost = Cost {
        seconds,
        bytes_sent: sites.iter().chain(&helper).map(|(name, done)| (name.clone(), done.bytes_sent)).collect(),
        rounds: sites.iter().map(|(_, done)| done.rounds).max().unwrap_or(0),
        peak_memory: sites
            .iter()
            .chain(&helper)
            .filter_map(|(name, done)| Some((name.clone(), done.peak_memory?)))
            .collect(),
    };
    Ok(Released {
        panel: first.panel.clone(),
        owners: first.owners.clone(),
        tested: first.tested,
        pairs,
        notes: first.notes.clone(),
        cost,
    })
}
