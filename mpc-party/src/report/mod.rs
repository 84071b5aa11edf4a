//! The result of a query: `result.json`, `result.csv`, and the short table on the terminal.
//!
//! A [`Report`] is made once from what the computation released; p-values are computed there. [`OutputDir`] writes both files,
//! [`table`](table()) describes them to a reader.

mod columns;
mod csv;
mod json;
mod output;
mod rows;
mod table;
#[cfg(test)]
mod testing;

pub use output::OutputDir;
pub use table::table;

use crate::progress::Phase;
use mpc_core::query::{Correction, Disclosure, Statistic};
use mpc_core::statistics::ReleasedPair;
use mpc_core::statistics::derive::Derivation;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

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
    pub pairs: &'a [ReleasedPair],
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
}

impl<'a> Report<'a> {
    /// Tests and adjusts all released pairs, on all cores.
    pub fn new(results: Results<'a>) -> Result<Self, ReportError> {
        let markers = results.markers.len();
        for pair in results.pairs {
            if let Some(position) =
                [pair.a, pair.b].into_iter().find(|&position| position as usize >= markers)
            {
                return Err(ReportError::NotInPanel { position, markers });
            }
        }
        let tell = |done| (results.progress)(Phase::Statistics, done, results.pairs.len() as u64);
        let derivation =
            Derivation::new(results.pairs, results.report, results.correction, results.pairs_tested, &tell);
        Ok(Self { results, derivation })
    }

    /// Pairs that were tested and not released.
    fn suppressed(&self) -> u64 {
        self.results.pairs_tested.saturating_sub(self.results.pairs.len() as u64)
    }
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
    /// A result file cannot be written; neither is there.
    #[error("{}: cannot write: {source}; check free space and permissions", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
