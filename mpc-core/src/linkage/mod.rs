//! linkage

mod blind;
mod cost;
mod intersection;
mod link;
mod lists;
mod method;
mod normalise;
mod own;
mod refusal;
#[cfg(test)]
mod tests;
mod union;

pub use cost::{bytes_by_site, intersection_bytes, rounds, union_bytes};
pub use intersection::intersection;
use method::Method;
pub use normalise::{Identifier, IdentifierFault, Normalisation};
pub use union::union;

/// A common order of rows, as one site sees it. Which of its people have which row is nobody else's business, so this is not
/// printed.
pub struct Linked {
    /// Number of rows, the same at all sites.
    pub rows: usize,
    /// The row of each of the site's people, in the order in which they were given: of all people for a union, of those at
    /// all sites for an intersection.
    pub places: Vec<Option<u32>>,
    /// The number of people of the smallest site: no more can be at all of them.
    pub smallest: usize,
}
