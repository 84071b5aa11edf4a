//! The streams that are expanded from a seed, none of them twice.

use crate::error::{Error, Result};
use crate::random::{Prg, Seed};
use crate::session::step_stream;
use crate::transport::Tag;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// A seed, and for which steps it was expanded.
pub(super) struct Streams {
    seed: Seed,
    used: Mutex<HashSet<Tag>>,
}

impl Streams {
    pub(super) fn new(seed: Seed) -> Self {
        Self { seed, used: Mutex::default() }
    }

    /// The stream of a step.
    ///
    /// # Errors
    /// [`Error::Internal`] the second time: what was masked by it would be masked by the same words again.
    pub(super) fn take(&self, tag: Tag) -> Result<Prg> {
        let fresh = self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(tag);
        if fresh { Ok(step_stream(&self.seed, tag)) } else { Err(Error::Internal("a stream was used twice")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_taken_once() {
        let streams = Streams::new(Seed::from_bytes([1; 32]));
        let tags = [Tag::from_bytes([1; 16]), Tag::from_bytes([2; 16])];
        let drawn = tags.map(|tag| streams.take(tag).unwrap().array::<32>());
        assert_ne!(drawn[0], drawn[1]);
        assert!(tags.into_iter().all(|tag| streams.take(tag).is_err()));
    }
}
