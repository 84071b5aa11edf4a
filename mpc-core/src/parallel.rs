//! Work on all cores of the machine.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// Threads that can run at the same time.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Does the work of every item, each thread taking the next one; where the system grants no thread, the calling one does
/// all.
pub(crate) fn for_each<T: Send>(items: impl ExactSizeIterator<Item = T> + Send, work: impl Fn(T) + Sync) {
    let helpers = cores().min(items.len()).saturating_sub(1);
    let items = Mutex::new(items);
    let take = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || {
        while let Some(item) = take() {
            work(item);
        }
    };
    if helpers == 0 {
        return run();
    }
    thread::scope(|scope| {
        for _ in 0..helpers {
            if thread::Builder::new().spawn_scoped(scope, run).is_err() {
                break;
            }
        }
        run();
    });
}

/// Sets every element to `value(its position)`. Threads take `chunk` elements at a time.
pub fn fill<T: Send>(out: &mut [T], chunk: usize, value: impl Fn(usize) -> T + Sync) {
    let chunk = chunk.max(1);
    for_each(out.chunks_mut(chunk).enumerate(), |(at, part)| {
        for (offset, element) in part.iter_mut().enumerate() {
            *element = value(at * chunk + offset);
        }
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
