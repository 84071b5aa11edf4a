//! Person ids of a file must be unique. Only a keyed hash of each id is kept, so ids neither fill memory nor lie in it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::error::UserError;

/// The ids seen so far and the line of each.
pub(super) struct People {
    key: [u8; 32],
    lines: HashMap<[u8; 16], u64>,
}

impl People {
    pub(super) fn new() -> Result<Self, UserError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)
            .map_err(|error| UserError::new(format!("the system gives no randomness: {error}")))?;
        Ok(Self { key, lines: HashMap::new() })
    }

    /// Notes an id; if it was there before, returns the line where. With 16 bytes of hash under a key that nobody
    /// knows beforehand, two of a million ids collide once in 2^89 files.
    pub(super) fn insert(&mut self, id: &[u8], line: u64) -> Option<u64> {
        let mut hash = [0; 16];
        let mut reader = blake3::Hasher::new_keyed(&self.key).update(id).finalize_xof();
        reader.fill(&mut hash);
        match self.lines.entry(hash) {
            Entry::Occupied(first) => Some(*first.get()),
            Entry::Vacant(entry) => {
                entry.insert(line);
                None
            }
        }
    }

    /// Number of people so far.
    pub(super) fn count(&self) -> usize {
        self.lines.len()
    }
}
