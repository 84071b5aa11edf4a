//! Work on all cores whose outcomes are taken in order, so that memory stays small whatever the number of pairs.

use mpc_core::parallel::fill;
use std::ops::Range;

/// Works on `chunk` positions of `0..total` at a time, on all cores, and hands the outcomes to `take` in order. At most
/// `wave` of them are in memory.
pub(super) fn in_order<T: Send, E: Send>(
    total: u64,
    chunk: u64,
    wave: usize,
    work: impl Fn(Range<u64>) -> Result<T, E> + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let mut start = 0;
    while start < total {
        let chunks = (total - start).div_ceil(chunk).min(wave as u64) as usize;
        let mut outcomes = Vec::new();
        outcomes.resize_with(chunks, || None);
        fill(&mut outcomes, 1, |at| {
            let first = start + at as u64 * chunk;
            Some(work(first..total.min(first + chunk)))
        });
        for outcome in outcomes.into_iter().flatten() {
            take(outcome?)?;
        }
        start += chunks as u64 * chunk;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_once_and_in_order() {
        for (total, chunk, wave) in [(0, 3, 2), (1, 3, 2), (6, 3, 2), (100, 7, 3), (100, 1, 1000)] {
            let mut taken = Vec::new();
            let take = |part: Vec<u64>| {
                assert!(part.len() as u64 <= chunk);
                taken.extend(part);
                Ok::<(), ()>(())
            };
            in_order(total, chunk, wave, |range| Ok(range.collect()), take).unwrap();
            assert!(taken.into_iter().eq(0..total));
        }
    }

    #[test]
    fn the_first_error_ends_it() {
        let work = |range: Range<u64>| if range.start < 4 { Ok(range.start) } else { Err(range.start) };
        let mut taken = Vec::new();
        let take = |start| {
            taken.push(start);
            Ok(())
        };
        assert_eq!(in_order(20, 2, 3, work, take), Err(4));
        assert_eq!(taken, [0, 2]);
    }
}
