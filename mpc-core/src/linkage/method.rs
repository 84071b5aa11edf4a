//! What makes a row.

use super::blind::Element;

/// Who gets a row.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// Everybody: nobody learns who is at several sites.
    Union {
        /// Identifiers of nobody, of which each site takes each or not by chance, so that numbers say less about people.
        dummies: u32,
    },
    /// Who is at all sites: every site learns which of its people these are.
    Intersection,
}

impl Default for Method {
    fn default() -> Self {
        Self::Union { dummies: 0 }
    }
}

/// What the sites' sets have in common.
pub(super) struct Combined {
    /// The elements that get a row, ascending.
    pub(super) rows: Vec<Element>,
    /// How many elements all sites have.
    pub(super) at_all: usize,
}

impl Method {
    /// Identifiers of nobody that a site can have.
    pub const fn dummies(self) -> u32 {
        match self {
            Self::Union { dummies } => dummies,
            Self::Intersection => 0,
        }
    }

    /// Combines the sites' sets.
    pub(super) fn combine(self, sets: Vec<Vec<Element>>) -> Combined {
        let sites = sets.len();
        let least = match self {
            Self::Union { .. } => 1,
            Self::Intersection => sites,
        };
        let mut all = sets.concat();
        drop(sets);
        all.sort_unstable();
        let same = || all.chunk_by(|one, next| one == next);
        Combined {
            rows: same()
                .filter(|same| same.len() >= least)
                .filter_map(|same| same.first().copied())
                .collect(),
            at_all: same().filter(|same| same.len() == sites).count(),
        }
    }

    /// Whether sets of these sizes can have so many rows.
    pub(super) fn allows(self, sizes: &[usize], rows: usize) -> bool {
        match self {
            Self::Union { .. } => sizes.iter().all(|size| *size <= rows) && rows <= sizes.iter().sum(),
            Self::Intersection => sizes.iter().all(|size| rows <= *size),
        }
    }

    /// How many of a site's people have a row.
    pub(super) fn own_rows(self, rows: usize, people: usize) -> usize {
        match self {
            Self::Union { .. } => people,
            Self::Intersection => rows,
        }
    }
}
