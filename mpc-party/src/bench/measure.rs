//! The rate of one piece of work.

use super::federation::{Federation, Run};
use super::work::{Blocks, Work};
use crate::error::Failure;
use mpc_core::transport::Lane;
use std::time::Duration;

/// What was measured of a piece of work.
#[derive(Copy, Clone, Debug)]
pub struct Measured {
    /// The piece of work.
    pub work: &'static Work,
    /// Its items.
    pub items: usize,
    /// The session that did them.
    pub run: Run,
    /// Rounds of a block of items. Blocks run side by side.
    pub rounds: u64,
}

impl Measured {
    /// Items a second.
    pub fn rate(&self) -> f64 {
        self.items as f64 / self.run.work.elapsed.as_secs_f64()
    }

    /// So many bytes for all items, in bytes an item.
    pub fn an_item(&self, bytes: u64) -> f64 {
        bytes as f64 / self.items as f64
    }
}

/// Items of the first session.
const FIRST: usize = 1024;

/// A session grows at most so many times at once: a small one takes longer for an item, and the first of all is slow.
const GROWTH: usize = 64;

/// Blocks of a session at most, as the helper lists them all before it deals.
const MOST: usize = 16_000;

/// Runs sessions of more and more items until one lasts about so long.
///
/// # Errors
/// Those of [`Federation::run`].
pub fn measure(federation: &Federation, work: &'static Work, about: Duration) -> Result<Measured, Failure> {
    let most = MOST * work.block;
    let mut wanted = FIRST;
    loop {
        let Split { blocks, block } = Split::of(wanted, work.block);
        let items = blocks * block;
        let run = federation.run(|party| Blocks::new(work, blocks, block, party))?;
        let elapsed = run.work.elapsed;
        if elapsed >= about / 2 || items >= most {
            let rounds = run.rounds / blocks.div_ceil(Lane::COUNT) as u64;
            return Ok(Measured { work, items, run, rounds });
        }
        let more = items as f64 * about.as_secs_f64() / elapsed.as_secs_f64();
        wanted = (more as usize).clamp(items + FIRST, GROWTH * items).min(most);
    }
}

/// A number of blocks of equal size.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
struct Split {
    blocks: usize,
    block: usize,
}

impl Split {
    /// About so many items, on all lanes, in blocks of whole words of bits that are no larger than the largest.
    fn of(items: usize, largest: usize) -> Self {
        let block = (items / Lane::COUNT).min(largest).next_multiple_of(64);
        Self { blocks: items.div_ceil(block.max(1)), block }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_split_into_whole_words_on_all_lanes() {
        assert_eq!(Split::of(1024, 1 << 14), Split { blocks: 4, block: 256 });
        assert_eq!(Split::of(1000, 1 << 14), Split { blocks: 4, block: 256 });
        assert_eq!(Split::of(1_000_000, 1 << 14), Split { blocks: 62, block: 1 << 14 });
    }
}
