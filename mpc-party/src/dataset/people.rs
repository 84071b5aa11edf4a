//! Person ids of a file must be unique. For a horizontal query only a keyed hash of each id is kept, so ids neither fill
//! memory nor lie in it. For a vertical query the ids are kept, normalised, to link people with those of other sites; two ids
//! that are the same after normalisation are the same person.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use mpc_core::linkage::{Identifier, Normalisation};

use crate::error::UserError;

/// The ids seen so far and the line of each.
pub(super) struct People {
    key: [u8; 32],
    lines: HashMap<[u8; 16], u64>,
    linked: Option<(Normalisation, Vec<Identifier>)>,
}

impl People {
    /// Nobody yet; with a normalisation, the ids are kept.
    pub(super) fn new(normalisation: Option<Normalisation>) -> Result<Self, UserError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)
            .map_err(|error| UserError::new(format!("the system gives no randomness: {error}")))?;
        Ok(Self { key, lines: HashMap::new(), linked: normalisation.map(|rules| (rules, Vec::new())) })
    }

    /// Notes an id of one column or several; if it was there before, returns the line where.
    ///
    /// With 16 bytes of hash under a key that nobody knows beforehand, two of a million ids collide once in 2^89 files.
    pub(super) fn insert(&mut self, id: &[&[u8]], line: u64) -> Result<Option<u64>, UserError> {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        let identifier = match &self.linked {
            None => {
                for column in id {
                    // The length before each, so that `ab, c` is not `a, bc`.
                    hasher.update(&(column.len() as u64).to_le_bytes()).update(column);
                }
                None
            }
            Some((rules, _)) => {
                let identifier = rules.apply(id).map_err(|error| {
                    UserError::new(format!("the person id cannot be linked: {error}"))
                        .advise("docs/query.md says which ids can, and which spellings of them are the same")
                })?;
                hasher.update(identifier.as_bytes());
                Some(identifier)
            }
        };
        let mut hash = [0; 16];
        hasher.finalize_xof().fill(&mut hash);
        match self.lines.entry(hash) {
            Entry::Occupied(first) => Ok(Some(*first.get())),
            Entry::Vacant(entry) => {
                entry.insert(line);
                if let (Some((_, kept)), Some(identifier)) = (&mut self.linked, identifier) {
                    if kept.len() == kept.capacity() {
                        grow(kept);
                    }
                    kept.push(identifier);
                }
                Ok(None)
            }
        }
    }

    /// Number of people so far.
    pub(super) fn count(&self) -> usize {
        self.lines.len()
    }

    /// The ids in order, if they were kept.
    pub(super) fn into_identifiers(self) -> Vec<Identifier> {
        self.linked.map(|(_, kept)| kept).unwrap_or_default()
    }
}

/// Makes room for more. The ids are copied and wiped, where a list that grows by itself leaves them behind.
fn grow(kept: &mut Vec<Identifier>) {
    let mut larger = Vec::with_capacity((2 * kept.capacity()).max(1024));
    larger.extend_from_slice(kept);
    *kept = larger;
}
