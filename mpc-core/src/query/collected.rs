//! A sink in memory, for tests whose pairs are few.

use super::run::Sink;
use crate::statistics::ReleasedPair;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Keeps what is released.
#[derive(Debug, Default)]
pub struct Collected(Mutex<BTreeMap<usize, Vec<ReleasedPair>>>);

impl Collected {
    /// All pairs in panel order; `None` where no block came, as at a site that is no recipient.
    pub fn pairs(self) -> Option<Vec<ReleasedPair>> {
        let blocks = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        (!blocks.is_empty()).then(|| blocks.into_values().flatten().collect())
    }
}

impl Sink for Collected {
    fn take(&self, block: usize, pairs: Vec<ReleasedPair>) -> Result<(), String> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(block, pairs) {
            None => Ok(()),
            Some(_) => Err(format!("block {block} came twice")),
        }
    }
}
