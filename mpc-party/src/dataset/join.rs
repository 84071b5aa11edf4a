//! Several files of one site, joined on the person id: who is in one file only has missing calls for the markers of others.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use mpc_core::statistics::cohort::Genotypes;

use super::Loaded;
use crate::error::{UserError, quoted};

/// Joins what was read of a site's files, in order.
pub fn join(files: Vec<(PathBuf, Loaded)>) -> Result<Loaded, UserError> {
    let mut files = files.into_iter();
    let Some((path, mut joined)) = files.next() else {
        return Err(UserError::new("a site needs a data file"));
    };
    let mut sources: Vec<PathBuf> = vec![path; joined.ids.len()];
    for (path, file) in files {
        if file.id_columns != joined.id_columns {
            return Err(UserError::new(
                "a person is identified by another number of columns than in this site's first file",
            )
            .advise("person_id names the same columns in each [[dataset]], in the same order")
            .in_file(&path));
        }
        refuse_repeated(&joined, &sources, &path, &file)?;
        sources.resize(sources.len() + file.ids.len(), path);
        joined = outer(joined, file);
    }
    Ok(joined)
}

fn refuse_repeated(
    joined: &Loaded,
    sources: &[PathBuf],
    path: &Path,
    file: &Loaded,
) -> Result<(), UserError> {
    let first: HashMap<&String, &PathBuf> = joined.ids.iter().zip(sources).collect();
    match file.ids.iter().find_map(|id| Some((id, first.get(id)?))) {
        Some((id, first)) => {
            Err(UserError::new(format!("marker {} is in {} too", quoted(id), first.display()))
                .advise("each marker of a site has one file: leave it out of one of them")
                .in_file(path))
        }
        None => Ok(()),
    }
}

/// A person's places in two files, where they are.
type Places = (Option<usize>, Option<usize>);

fn outer(one: Loaded, other: Loaded) -> Loaded {
    let people: HashMap<&[u8], usize> = one.identifiers.iter().map(|id| id.as_bytes()).zip(0..).collect();
    let found: Vec<Option<usize>> =
        other.identifiers.iter().map(|id| people.get(id.as_bytes()).copied()).collect();
    let new = found.iter().filter(|place| place.is_none()).count();
    let total = one.people + new;
    // For each person of the joined file, the place in either file.
    let mut places: Vec<Places> = vec![(None, None); total];
    let (old, added) = places.split_at_mut(one.people);
    old.iter_mut().zip(0..).for_each(|(places, at)| places.0 = Some(at));
    let mut added = added.iter_mut();
    // With room for all, so that none is left behind where the list was before: who leaves a list is wiped.
    let mut identifiers = Vec::with_capacity(total);
    identifiers.extend_from_slice(&one.identifiers);
    for ((place, found), identifier) in (0..).zip(found).zip(other.identifiers) {
        match found {
            Some(at) => old.get_mut(at).into_iter().for_each(|places| places.1 = Some(place)),
            None => {
                added.next().into_iter().for_each(|places| places.1 = Some(place));
                identifiers.push(identifier);
            }
        }
    }
    let spread = |genotypes: Vec<Genotypes>, of: fn(&Places) -> Option<usize>| {
        let spread = |genotypes: Genotypes| genotypes.rearranged(places.iter().map(of), total);
        genotypes.into_iter().map(spread).collect::<Vec<_>>()
    };
    let mut genotypes = spread(one.genotypes, |places| places.0);
    genotypes.extend(spread(other.genotypes, |places| places.1));
    Loaded {
        ids: one.ids.into_iter().chain(other.ids).collect(),
        // In a vertical query nobody else has the marker, so alleles need no agreement.
        alleles: None,
        genotypes,
        people: total,
        identifiers,
        id_columns: one.id_columns,
        unknown: Vec::new(),
    }
}
