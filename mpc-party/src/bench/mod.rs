//! `mpc-party bench`: what this machine does of each piece of work that queries are made of, and what that sends. The
//! benches of this crate measure with the same federation and the same list of work.

mod federation;
mod links;
mod measure;
mod member;
mod report;
mod setting;
mod side_by_side;
mod task;
pub mod work;

pub use federation::{Federation, Run, Took};
pub use links::{End, Place};
pub use measure::{Measured, measure};
pub use member::{Member, Ready};
pub use setting::Setting;
pub use task::Task;

use crate::cli::Bench;
use crate::error::Failure;
use crate::progress::{Phase, Progress};
use crate::run::on_ctrl_c;
use report::Report;
use std::io::Write;
use std::time::Duration;

/// Runs the command.
///
/// # Errors
/// What ended it.
pub fn bench(args: &Bench) -> Result<(), Failure> {
    let setting = Setting::new(args.sites, args.preprocessing.into());
    let progress = Progress::new(false);
    let rows = rows(setting, args.seconds, &progress);
    progress.finish();
    let report = Report::new(setting, &rows?);
    let text = if args.json { report.json()? } else { report.text() };
    // A reader that closes the pipe early has seen what it wanted.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(())
}

fn rows(setting: Setting, about: Duration, progress: &Progress) -> Result<Vec<Measured>, Failure> {
    let federation = Federation::start(setting, on_ctrl_c()?)?;
    let total = work::ALL.len() as u64;
    let row = |(done, work)| {
        progress.done(0, Phase::Measuring, done, total);
        measure(&federation, work, about)
    };
    (0..).zip(work::ALL).map(row).collect()
}
