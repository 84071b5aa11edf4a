//! Record of every value that was opened to all sites, compared at the end of a session. Steps on different lanes
//! finish in any order, so the record is a set of (step, digest) pairs.

use crate::random::{Domain, hash::Hasher};
use crate::transport::Tag;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
pub(crate) struct Transcript(Mutex<BTreeMap<[u8; Tag::BYTES], [u8; 32]>>);

impl Transcript {
    /// Notes what a step opened.
    pub(crate) fn record(&self, tag: Tag, opened: &[u8]) {
        let digest = Hasher::new(Domain::Transcript).part(opened).finish();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(*tag.as_bytes(), digest);
    }

    /// Digest of all that was noted.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hasher = Hasher::new(Domain::Transcript).number(records.len() as u64);
        records.iter().fold(hasher, |hasher, (tag, digest)| hasher.part(tag).part(digest)).finish()
    }
}
