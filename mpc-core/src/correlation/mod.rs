//! Correlated randomness: what protocols ask for before they see an input, and the trait of whoever provides it.
//! Correlations are moved, never copied, live in memory for one session, and are wiped when dropped.

mod demand;
mod truth_table;

pub use demand::{Demand, Entry, Request};
pub use truth_table::TruthTable;

use crate::algebra::{Bits, Planes};
use crate::error::Result;
use crate::sharing::Security;
use crate::step::Step;
use crate::transport::{Lane, Tag};
use futures::future::BoxFuture;

/// AND triples (Beaver, Crypto 1991): uniform shared a and b, and c = a AND b.
pub struct AndTriples<S: Security> {
    pub(crate) a: S::Share<Bits>,
    pub(crate) b: S::Share<Bits>,
    pub(crate) c: S::Share<Bits>,
}

/// One-time truth tables (Ishai, Kushilevitz, Meldgaard, Orlandi, Paskin-Cherniavsky, TCC 2013, section 3): for
/// each element a uniform shared mask r in Z_2^b and the XOR-shared table T with `T[v] = f(v - r)`.
/// The table's rows follow one another: row v has the bits `T[v]` of all elements.
pub struct OneTimeTables<S: Security> {
    pub(crate) mask: S::Share<Planes>,
    pub(crate) table: S::Share<Bits>,
}

/// Where a correlation is used: one identity for its messages and its randomness.
#[derive(Clone, Debug)]
pub struct Place {
    /// The step that asks, for error messages.
    pub step: Step,
    /// The step's identity within the session.
    pub tag: Tag,
    /// The lane on which the step runs.
    pub lane: Lane,
}

/// Provides correlations. On each lane a source is asked in the order of the [`Demand`] that was announced.
pub trait Source<S: Security>: Send + Sync {
    /// `words` times 64 AND triples.
    fn and_triples(&self, place: Place, words: usize) -> BoxFuture<'_, Result<AndTriples<S>>>;

    /// `words` times 64 one-time tables of one public function.
    fn one_time_tables(
        &self,
        place: Place,
        function: TruthTable,
        words: usize,
    ) -> BoxFuture<'_, Result<OneTimeTables<S>>>;
}
