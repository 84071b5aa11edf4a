//! Secure multiparty computation for joint statistics over data that may not be pooled.
//!
//! The engine of `mpc-party`. It does no I/O: links, clock and randomness come from outside, so a whole federation runs
//! seeded in one thread (`test_world`, with the feature `test-util`).
//!
//! # A guided tour
//!
//! The modules are chapters, each using earlier ones, and can be read in this order.
//!
//! 0. `kernels`: the only unsafe code, behind safe functions: popcounts, bit planes, one-time tables, products of
//!    matrices; each with a scalar twin, and chosen at run time.
//! 1. [`random`]: secrets that are wiped and never printed, the one hash with its domains, the expander of seeds.
//! 2. [`transport`]: moving bytes, as a trait; who takes part; lanes; what can go wrong on a link. A network in one
//!    process, and one on which a party cheats, for tests.
//! 3. [`step`]: named steps, the one identity of a message and of the randomness that belongs to it.
//! 4. [`algebra`]: the groups in which values are shared: packed bits, small rings by bit plane, rings in machine words.
//! 5. [`sharing`]: what one party holds of a shared vector; the security level as a type; the states
//!    [`Raw`](sharing::Raw), [`Fresh`](sharing::Fresh), [`Masked`](sharing::Masked), [`Unchecked`](sharing::Unchecked)
//!    that say what may be done with it.
//! 6. [`correlation`]: triples, also of matrices, one-time tables and oblivious transfers, what a computation will ask for, and the
//!    traits of those who provide it.
//! 7. [`session`]: agreement on what is computed, pair seeds, the [`Context`](session::Context) through which protocols
//!    send, receive and draw, and the comparison at the end.
//! 8. [`protocol`]: one functionality a file: input, zero-sharing, opening, AND, product, also of matrices, table look-up, functions
//!    of private numbers, sum at least, sign. The table there has their costs.
//! 9. [`source`]: base transfers, their extension, and the correlations that the sites make of it; the helper that
//!    deals them instead; and the test that every source passes.
//! 10. [`statistics`]: counting at one site, and everything that is derived in the clear from released counts.
//! 11. [`linkage`]: which people of the sites are the same, as a common order of rows, without showing who is where.
//! 12. [`lattice`]: matrix products of one site's numbers and another's bits, without a helper.
//! 13. [`disclosure`]: the release rule, its proof, and its computation on shares.
//! 14. [`query`]: the typed question, its canonical bytes, its plan and cost, and [`run`](query::run::run), which puts
//!     all chapters together. A reader in a hurry begins there and follows the calls.
//!
//! Three things are shared by chapters: [`error`], [`parallel`] (both cores), and the plain parameters in [`query`]
//! (thresholds, encodings, names of statistics), which [`statistics`] and [`disclosure`] read.
//!
//! The literature, the costs and the security arguments are in `docs/protocols.md`, what is promised to whom in
//! `docs/threat-model.md`.
#![deny(unsafe_code)]

pub mod algebra;
pub mod correlation;
pub mod disclosure;
pub mod error;
#[allow(
    unsafe_code,
    reason = "vector instructions; the chapter says what is unsafe in it, and why it is sound"
)]
mod kernels;
pub mod lattice;
pub mod linkage;
pub mod parallel;
pub mod protocol;
pub mod query;
pub mod random;
pub mod session;
pub mod sharing;
pub mod source;
pub mod statistics;
pub mod step;
pub mod transport;

pub use kernels::KernelsInUse;

#[cfg(any(test, feature = "test-util"))]
pub mod test_world;
#[cfg(test)]
mod views;
