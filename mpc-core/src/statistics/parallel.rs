//! Fills a slice on all cores of the machine.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// Sets every element to `value(its position)`. Threads take `chunk` elements at a time; where the system grants no thread,
/// the calling one does all.
pub fn fill<T: Send>(out: &mut [T], chunk: usize, value: impl Fn(usize) -> T + Sync) {
    let chunk = chunk.max(1);
    let chunks = out.len().div_ceil(chunk);
    let helpers = thread::available_parallelism().map_or(1, usize::from).min(chunks).saturating_sub(1);
    let work = Mutex::new(out.chunks_mut(chunk).enumerate());
    let take = || work.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || {
        while let Some((at, part)) = take() {
            for (offset, element) in part.iter_mut().enumerate() {
                *element = value(at * chunk + offset);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..helpers {
            if thread::Builder::new().spawn_scoped(scope, run).is_err() {
                break;
            }
        }
        run();
    });
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn every_element_once() {
        for (length, chunk) in [(0, 1), (1, 0), (1, 8), (8, 8), (1000, 7), (1000, 1)] {
            let mut out = vec![0; length];
            fill(&mut out, chunk, |at| at + 1);
            assert!(out.into_iter().eq(1..=length));
        }
    }
}
