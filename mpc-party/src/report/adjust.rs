//! Adjusted p-values of any number of pairs, in little memory: 64 KB for each half million of them.
//!
//! Benjamini-Hochberg needs the rank of each p among all. Up to [`RUN`] values are sorted in memory. More are sorted in
//! runs of consecutive positions, each of which goes to disk; the runs are merged from the largest p down, and each
//! adjusted value takes the place of its p; last, each run's values are put back in the order of their positions. So no
//! sort goes over all.

use super::in_order::in_order;
use super::p_values::{PValues, read, write};
use super::scratch::Scratch;
use mpc_core::query::Correction;
use mpc_core::statistics::adjust::{StepUp, adjust};
use std::collections::BinaryHeap;
use std::fs::File;
use std::io;

/// Values sorted at once: 8 MB of them with their places.
pub(super) const RUN: u64 = 1 << 19;

/// Runs sorted at the same time.
const SORTED_AT_ONCE: usize = 2;

/// Values of each run read, and written, at once while runs are merged.
const MERGED_AT_ONCE: u64 = 1 << 12;

/// The adjusted values of `p`, with at most `run` values in a run. `tested` counts all pairs, not only those in `p`.
pub(super) fn adjusted(
    p: &PValues,
    tested: u64,
    correction: Correction,
    run: u64,
    scratch: &Scratch,
) -> io::Result<PValues> {
    let tested = tested.max(p.len());
    let mut adjusted = PValues::new(scratch)?;
    if correction == Correction::Bonferroni || p.len() <= run {
        let some = |positions| Ok(adjust(&p.read(positions)?, tested, correction));
        in_order(p.len(), run, 1, some, |values| adjusted.append(&values))?;
        return Ok(adjusted);
    }

    let (values, places) = (scratch.file()?, scratch.file()?);
    let mut runs = Vec::new();
    let mut end = 0;
    in_order(
        p.len(),
        run,
        SORTED_AT_ONCE,
        |positions| Ok((positions.end - positions.start, sorted(&p.read(positions)?))),
        |(positions, sorted): (u64, Vec<(u64, u32)>)| {
            write(&values, end, sorted.iter().map(|(p, _)| *p))?;
            write(&places, end, sorted.iter().map(|(_, place)| u64::from(*place)))?;
            let first = end;
            end += sorted.len() as u64;
            runs.push(Run { positions, first, end });
            Ok::<_, io::Error>(())
        },
    )?;
    merge(&values, &runs, StepUp::new(end, tested))?;
    for run in &runs {
        let mut back = vec![None; run.positions as usize];
        let of_run = run.first..run.end;
        for (place, value) in read(&places, of_run.clone())?.into_iter().zip(read(&values, of_run)?) {
            if let Some(back) = back.get_mut(place as usize) {
                *back = Some(f64::from_bits(value));
            }
        }
        adjusted.append(&back)?;
    }
    // A write that fails late is told here only.
    values.sync_data()?;
    places.sync_data()?;
    Ok(adjusted)
}

/// Consecutive positions whose values have been sorted.
struct Run {
    /// How many positions, those without a value included.
    positions: u64,
    /// Where its values are in the files.
    first: u64,
    end: u64,
}

/// The bits of each value and its place, the largest value first. No p is below 0, so bits are in the order of values.
fn sorted(p: &[Option<f64>]) -> Vec<(u64, u32)> {
    let placed = p.iter().zip(0u32..);
    let mut sorted: Vec<_> = placed.filter_map(|(p, place)| Some(((*p)?.to_bits(), place))).collect();
    sorted.sort_unstable_by(|(one, _), (other, _)| other.cmp(one));
    sorted
}

/// Replaces every value of the runs by its adjusted one, from the largest of all runs down.
fn merge(values: &File, runs: &[Run], mut step_up: StepUp) -> io::Result<()> {
    let mut heads = BinaryHeap::with_capacity(runs.len());
    let mut cursors: Vec<Cursor<'_>> = runs.iter().map(|run| Cursor::new(values, run)).collect();
    for (at, cursor) in cursors.iter_mut().enumerate() {
        if let Some(value) = cursor.next()? {
            heads.push((value, at));
        }
    }
    while let Some(mut head) = heads.peek_mut() {
        let (value, at) = *head;
        let Some(cursor) = cursors.get_mut(at) else { break };
        cursor.put(step_up.adjust(f64::from_bits(value)))?;
        match cursor.next()? {
            // The heap finds its largest anew when the head is let go.
            Some(value) => *head = (value, at),
            None => drop(std::collections::binary_heap::PeekMut::pop(head)),
        }
    }
    cursors.iter_mut().try_for_each(Cursor::flush)
}

/// Reads a run, and writes behind what it has read.
struct Cursor<'a> {
    file: &'a File,
    ahead: std::vec::IntoIter<u64>,
    unread: u64,
    end: u64,
    behind: Vec<u64>,
    written: u64,
}

impl<'a> Cursor<'a> {
    fn new(file: &'a File, run: &Run) -> Self {
        let (ahead, behind) = (Vec::new().into_iter(), Vec::new());
        Self { file, ahead, unread: run.first, end: run.end, behind, written: run.first }
    }

    fn next(&mut self) -> io::Result<Option<u64>> {
        if self.ahead.len() == 0 {
            let end = self.end.min(self.unread + MERGED_AT_ONCE);
            self.ahead = read(self.file, self.unread..end)?.into_iter();
            self.unread = end;
        }
        Ok(self.ahead.next())
    }

    fn put(&mut self, value: f64) -> io::Result<()> {
        self.behind.push(value.to_bits());
        if self.behind.len() as u64 >= MERGED_AT_ONCE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        write(self.file, self.written, self.behind.iter().copied())?;
        self.written += self.behind.len() as u64;
        self.behind.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// On disk, in runs of this size.
    fn on_disk(p: &[Option<f64>], tested: u64, correction: Correction, run: u64) -> Vec<Option<u64>> {
        let folder = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(folder.path());
        let mut values = PValues::new(&scratch).unwrap();
        values.append(p).unwrap();
        let adjusted = adjusted(&values, tested, correction, run, &scratch).unwrap();
        assert_eq!(adjusted.len(), p.len() as u64);
        bits(&adjusted.read(0..adjusted.len()).unwrap())
    }

    fn bits(values: &[Option<f64>]) -> Vec<Option<u64>> {
        values.iter().map(|value| value.map(f64::to_bits)).collect()
    }

    fn check(p: &[Option<f64>], tested: u64, run: u64) {
        for correction in [Correction::BenjaminiHochberg, Correction::Bonferroni] {
            let truth = bits(&adjust(p, tested, correction));
            assert_eq!(on_disk(p, tested, correction, run), truth, "{correction:?}, runs of {run}");
        }
    }

    /// Any p, often one that others have too, or none.
    fn p_value() -> impl Strategy<Value = Option<f64>> {
        prop_oneof![
            3 => (0.0..=1.0f64).prop_map(Some),
            3 => proptest::sample::select(vec![Some(0.0), Some(1.0), Some(0.25), Some(5e-324), Some(1e-300)]),
            1 => Just(None),
        ]
    }

    proptest! {
        #[test]
        fn bits_are_those_of_adjusting_in_memory(
            p in proptest::collection::vec(p_value(), 0..200),
            withheld in 0u64..300,
            run in 1u64..70,
        ) {
            check(&p, p.len() as u64 + withheld, run);
            check(&p, 0, run);
        }
    }

    #[test]
    fn runs_that_are_read_in_several_pieces() {
        let p: Vec<Option<f64>> = (0..60_000u64)
            .map(|at| match at % 7 {
                0 => None,
                1..=3 => Some((at * 7919 % 101) as f64 / 101.0),
                _ => Some((at * 7919 % 59_999) as f64 / 1e9),
            })
            .collect();
        check(&p, 100_000, 25_000);
    }

    #[test]
    fn no_values_at_all() {
        check(&[], 7, 3);
        check(&[None; 10], 10, 3);
    }

    #[test]
    fn a_folder_that_is_gone_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(folder.path());
        let values = PValues::new(&scratch).unwrap();
        drop(folder);
        assert!(adjusted(&values, 1, Correction::Bonferroni, RUN, &scratch).is_err());
    }
}
