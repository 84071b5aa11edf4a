//! The result of a query: `result.json`, `result.csv`, and the short table on the terminal.
//!
//! A [`Spool`] takes what the computation releases. A [`Report`] is made once from its [`Pairs`]; p-values are computed
//! there. [`OutputDir`] writes both files, [`table`](table()) describes them to a reader. All of them work on pieces of
//! the pairs, which themselves stay on disk.

mod adjust;
mod columns;
mod csv;
mod in_order;
mod json;
#[cfg(test)]
mod memory;
mod output;
mod p_values;
mod pairs;
mod rows;
mod scratch;
mod spool;
mod strongest;
mod table;
#[cfg(test)]
mod testing;

pub use output::OutputDir;
pub use pairs::Pairs;
pub use scratch::Scratch;
pub use spool::Spool;
pub use table::table;

use crate::progress::Phase;
use in_order::in_order;
use mpc_core::query::{Correction, Disclosure, Statistic};
use mpc_core::statistics::ReleasedPair;
use mpc_core::statistics::derive::Derivation;
use p_values::PValues;
use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// Everything that the result says.
#[derive(Copy, Clone)]
pub struct Results<'a> {
    /// The query's title.
    pub title: &'a str,
    /// The query's hash in lower-case hex.
    pub query_hash: &'a str,
    /// Site names, in the query's order.
    pub parties: &'a [String],
    /// Under which assumptions the computation was secure.
    pub security: Security<'a>,
    /// Marker ids of the panel, in its order.
    pub markers: &'a [String],
    /// Pairs that were tested, withheld ones included.
    pub pairs_tested: u64,
    /// Released pairs, sorted by panel position of the first marker, then of the second.
    pub pairs: &'a Pairs,
    /// Which statistics are derived.
    pub report: &'a BTreeSet<Statistic>,
    /// How p-values are adjusted.
    pub correction: Correction,
    /// The release rule that was applied.
    pub disclosure: &'a Disclosure,
    /// Warnings for the reader.
    pub warnings: &'a [String],
    /// What each party could learn, a sentence or two each.
    pub learned: &'a [String],
    /// What the run cost.
    pub cost: &'a Cost,
    /// Is told how far the work on the result is.
    pub progress: &'a (dyn Fn(Phase, u64, u64) + Sync),
}

/// Under which assumptions the computation was secure.
#[derive(Copy, Clone, Debug)]
pub struct Security<'a> {
    /// `semi-honest` or `malicious`.
    pub adversary: &'a str,
    /// `helper` or `ot`.
    pub preprocessing: &'a str,
    /// How many sites together still see nothing of the shares.
    pub shares_hidden_from: usize,
    /// Against how many sites working together the residual threshold protects: 0 where it is off.
    pub residual_protects_against_sites: usize,
}

/// What a run cost; lists are in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    /// Seconds per phase.
    pub seconds: Vec<(String, f64)>,
    /// Bytes sent by each party.
    pub bytes_sent: Vec<(String, u64)>,
    /// Rounds of communication.
    pub rounds: u64,
    /// Most memory that each party's process had in use, in bytes; without those whose system does not tell.
    pub peak_memory: Vec<(String, u64)>,
}

/// Results with their p-values, ready to be written and shown.
pub struct Report<'a> {
    results: Results<'a>,
    derivation: Derivation<'a>,
    /// Where the report has any.
    p_values: Option<Tested>,
    scratch: Scratch,
}

/// The p that is adjusted, and the adjusted one, of every pair.
struct Tested {
    p: PValues,
    adjusted: PValues,
}

/// A released pair with its p-values, where it has any.
#[derive(Copy, Clone, Debug)]
struct TestedPair {
    pair: ReleasedPair,
    p: Option<f64>,
    adjusted: Option<f64>,
}

/// Pairs a thread tests at once: about a millisecond of Fisher tests.
const TESTED_AT_ONCE: u64 = 512;

/// Parts that are tested before their p-values are kept: four megabytes of them.
const PARTS: usize = 512;

impl<'a> Report<'a> {
    /// Tests and adjusts all released pairs, on all cores. p-values are kept in the folder of results.
    ///
    /// # Errors
    /// A pair outside the panel; a folder that cannot be written.
    pub fn new(results: Results<'a>, output: &OutputDir) -> Result<Self, ReportError> {
        Self::with_runs(results, output, adjust::RUN)
    }

    /// Adjusts with at most `run` p-values sorted at once.
    fn with_runs(results: Results<'a>, output: &OutputDir, run: u64) -> Result<Self, ReportError> {
        let derivation = Derivation::new(results.report);
        let scratch = output.scratch();
        let failed = |source| scratch.error(source);
        let mut p_values = match derivation.reports_adjusted() {
            true => Some(PValues::new(&scratch).map_err(failed)?),
            false => None,
        };
        let done = AtomicU64::new(0);
        let test = |range: Range<u64>| {
            let pairs = results.pairs.read(range).map_err(failed)?;
            let p = pairs.iter().map(|pair| {
                in_panel(pair, results.markers.len())?;
                Ok(derivation.p(&pair.table))
            });
            let p: Vec<Option<f64>> = p.collect::<Result<_, ReportError>>()?;
            let tested = p.len() as u64;
            let done = done.fetch_add(tested, Ordering::Relaxed) + tested;
            (results.progress)(Phase::Statistics, done, results.pairs.len());
            Ok(p)
        };
        in_order(results.pairs.len(), TESTED_AT_ONCE, PARTS, test, |p| match &mut p_values {
            Some(values) => values.append(&p).map_err(failed),
            None => Ok(()),
        })?;
        let adjusted = |p: &PValues| {
            adjust::adjusted(p, results.pairs_tested, results.correction, run, &scratch).map_err(failed)
        };
        let p_values = match p_values {
            Some(p) => Some(Tested { adjusted: adjusted(&p)?, p }),
            None => None,
        };
        Ok(Self { results, derivation, p_values, scratch })
    }

    /// Makes sure that nothing of what was kept on disk got lost on its way there.
    fn sync(&self) -> Result<(), ReportError> {
        let kept = || {
            self.results.pairs.sync()?;
            self.p_values.iter().try_for_each(|Tested { p, adjusted }| {
                p.sync()?;
                adjusted.sync()
            })
        };
        kept().map_err(|error| self.scratch.error(error))
    }

    /// The pairs at these positions, with their p-values.
    fn read(&self, range: Range<u64>) -> io::Result<Vec<TestedPair>> {
        let pairs = self.results.pairs.read(range.clone())?;
        let Some(Tested { p, adjusted }) = &self.p_values else {
            let without = |pair| TestedPair { pair, p: None, adjusted: None };
            return Ok(pairs.into_iter().map(without).collect());
        };
        let values = p.read(range.clone())?.into_iter().zip(adjusted.read(range)?);
        let tested = |(pair, (p, adjusted))| TestedPair { pair, p, adjusted };
        Ok(pairs.into_iter().zip(values).map(tested).collect())
    }

    /// Pairs that were tested and not released.
    fn suppressed(&self) -> u64 {
        self.results.pairs_tested.saturating_sub(self.results.pairs.len())
    }
}

fn in_panel(pair: &ReleasedPair, markers: usize) -> Result<(), ReportError> {
    let outside = [pair.a, pair.b].into_iter().find(|&position| position as usize >= markers);
    outside.map_or(Ok(()), |position| Err(ReportError::NotInPanel { position, markers }))
}

/// Why a result was not written. All but the first are about the place it was to be written to.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A released pair is not one of the query's: a fault of this program.
    #[error("internal error: a released pair names marker {position} of a panel of {markers}")]
    NotInPanel {
        /// The position in the panel.
        position: u32,
        /// Markers of the panel.
        markers: usize,
    },
    /// The folder cannot be created or used.
    #[error("{}: cannot use this folder for results: {source}; choose another with --out", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another run holds the folder.
    #[error("{}: another run is writing to this folder; wait for it or choose another with --out", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// The result of an earlier run cannot be removed.
    #[error("{}: cannot remove this earlier result: {source}; remove it or choose another folder with --out", path.display())]
    Stale {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is too much for memory cannot be kept in the folder.
    #[error("{}: cannot write to this folder: {source}; check free space and permissions", path.display())]
    Scratch {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What was kept in the folder does not come back as it was: a fault of this program, or of the disk.
    #[error("internal error: what was kept in {} does not come back as it was: {source}; choose another folder with --out", path.display())]
    Spoilt {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A result file cannot be written; neither is there.
    #[error("{}: cannot write: {source}; check free space and permissions", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
