//! What makes a row.

use super::blind::Element;

/// What linking by union shows beyond the number of rows and each site's number of people, in plain words.
pub const UNION_REVEALS: [&str; 2] = [
    "The first site in the query also learns how many people are at exactly which sites (numbers, not who).",
    "Where such a number is none or all of a site's people, it is an answer about each of them.",
];

/// What linking by intersection shows beyond who is at all sites and each site's number of people, in plain words.
pub const INTERSECTION_REVEALS: [&str; 1] = [UNION_REVEALS[0]];

/// Who gets a row.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Everybody.
    Union,
    /// Who is at all sites.
    Intersection,
}

impl Method {
    /// The elements that get a row, ascending, of the sites' sets.
    pub(super) fn combine(self, sets: Vec<Vec<Element>>) -> Vec<Element> {
        let least = match self {
            Self::Union => 1,
            Self::Intersection => sets.len(),
        };
        let mut all = sets.concat();
        drop(sets);
        all.sort_unstable();
        let often = all.chunk_by(|one, next| one == next).filter(|same| same.len() >= least);
        often.filter_map(|same| same.first().copied()).collect()
    }

    /// Whether sets of these sizes can have so many rows.
    pub(super) fn allows(self, sizes: &[usize], rows: usize) -> bool {
        match self {
            Self::Union => sizes.iter().all(|size| *size <= rows) && rows <= sizes.iter().sum(),
            Self::Intersection => sizes.iter().all(|size| rows <= *size),
        }
    }

    /// How many of a site's people have a row.
    pub(super) fn own_rows(self, rows: usize, people: usize) -> usize {
        match self {
            Self::Union => people,
            Self::Intersection => rows,
        }
    }
}
