//! Vertical queries: the same people, different markers at each site.
//!
//! The sites first agree on a common order of rows ([`crate::linkage`]). Over these rows, counts of pairs of markers are
//! products of private columns, in which the membership of all sites is a factor ([`counts`]). From there on it is as in a
//! horizontal query: decided on shares, and opened to recipients only where the release rule lets it.

pub mod columns;
pub mod counts;
mod layout;
pub mod plan;
mod product;
pub mod run;
pub mod shape;

pub use columns::Columns;
pub use layout::Layout;
