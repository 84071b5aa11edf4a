//! Which markers of a file are wanted, for formats that name one marker after another. Each is claimed once: a second
//! marker of the same name is refused, because nothing tells which of the two is meant.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use mpc_core::query::bounds;
use mpc_core::query::schema::LONGEST_ID;
use mpc_core::query::schema::alleles::{Alleles, LONGEST_ALLELE};
use mpc_core::statistics::cohort::Genotypes;

use super::people::People;
use super::{Loaded, Wanted};
use crate::error::{UserError, quoted};

/// What was claimed so far.
pub(super) struct Claims<'a> {
    path: &'a Path,
    wanted: Names<'a>,
    /// Line of each.
    lines: HashMap<String, u64>,
    ids: Vec<String>,
    alleles: Vec<Alleles>,
}

enum Names<'a> {
    Listed { ids: &'a [String], set: HashSet<&'a str> },
    All { exclude: &'a BTreeSet<String> },
}

impl<'a> Claims<'a> {
    /// `path` is the name for errors.
    pub(super) fn new(path: &'a Path, markers: Wanted<'a>) -> Self {
        let wanted = match markers {
            Wanted::Listed(ids) => Names::Listed { ids, set: ids.iter().map(String::as_str).collect() },
            Wanted::All { exclude } => Names::All { exclude },
        };
        Self { path, wanted, lines: HashMap::new(), ids: Vec::new(), alleles: Vec::new() }
    }

    /// Whether the query wants a marker of this name.
    pub(super) fn wants(&self, id: &str) -> bool {
        match &self.wanted {
            Names::Listed { set, .. } => set.contains(id),
            Names::All { exclude } => !exclude.contains(id),
        }
    }

    /// Claims a wanted marker, which becomes the next one.
    pub(super) fn claim(&mut self, id: &str, counted: &str, other: &str, line: u64) -> Result<(), UserError> {
        let at =
            |message: String, advice: String| UserError::new(message).advise(advice).at_line(self.path, line);
        if id.len() > LONGEST_ID {
            let message = format!("the marker's id has more than {LONGEST_ID} bytes");
            return Err(at(message, "give it a shorter one, or leave it out: exclude in [markers]".into()));
        }
        if id.is_empty() {
            return Err(at("the marker's id is empty".into(), "write . for a marker without an id".into()));
        }
        let Some(alleles) = Alleles::new(counted, other) else {
            let message = format!("an allele of marker {} cannot be compared between sites", quoted(id));
            let advice = format!(
                "an allele is at most {LONGEST_ALLELE} printable ASCII characters; leave the marker out: exclude in \
                 [markers]"
            );
            return Err(at(message, advice));
        };
        if self.ids.len() == *bounds::MARKERS.end() {
            let message = format!("the file has more than {} wanted markers", self.ids.len());
            return Err(at(message, "a query may have no more: list the wanted ones".into()));
        }
        match self.lines.entry(id.to_owned()) {
            Entry::Occupied(first) => {
                let message = format!("the same marker, {}, as in line {}", quoted(id), first.get());
                let advice = "give each its own id, or leave the marker out: exclude in [markers]".into();
                return Err(at(message, advice));
            }
            Entry::Vacant(entry) => entry.insert(line),
        };
        self.ids.push(id.to_owned());
        self.alleles.push(alleles);
        Ok(())
    }

    /// Puts the markers into the query's order; `genotypes` are in the order of the claims.
    pub(super) fn finish(self, genotypes: Vec<Genotypes>, people: People) -> Loaded {
        let (people, identifiers) = (people.count(), people.into_identifiers());
        let Names::Listed { ids: listed, .. } = self.wanted else {
            return Loaded {
                ids: self.ids,
                alleles: Some(self.alleles),
                genotypes,
                people,
                identifiers,
                ..Loaded::default()
            };
        };
        let calls = self.alleles.into_iter().zip(genotypes);
        let mut found: HashMap<String, (Alleles, Genotypes)> = self.ids.into_iter().zip(calls).collect();
        let mut loaded = Loaded { people, identifiers, ..Loaded::default() };
        let mut alleles = Vec::new();
        for id in listed {
            match found.remove(id) {
                Some((pair, calls)) => {
                    loaded.ids.push(id.clone());
                    loaded.genotypes.push(calls);
                    alleles.push(pair);
                }
                None => loaded.unknown.push(id.clone()),
            }
        }
        loaded.alleles = Some(alleles);
        loaded
    }
}
