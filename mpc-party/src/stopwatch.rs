//! How long a party waited for correlated randomness: the time during which at least one lane asked its source.

use futures::FutureExt;
use futures::future::BoxFuture;
use mpc_core::algebra::{Bits, RingShape};
use mpc_core::correlation::{
    AndTriples, Dealt, DigitMasks, DoubleBits, MatrixTriples, ObliviousTransfer, OneTimeTables, Place,
    RingSource, Source, Squares, Triples, TruthTable,
};
use mpc_core::error::Result;
use mpc_core::sharing::SemiHonest;
use mpc_core::transport::PartyId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Adds up the time in which it was running, however many times it was started at once.
#[derive(Clone, Default)]
pub struct Stopwatch(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    running: u32,
    since: Option<Instant>,
    total: Duration,
}

impl Stopwatch {
    /// The time so far.
    pub fn total(&self) -> Duration {
        self.state().total
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does some work, and counts its time.
    pub async fn around<T>(&self, work: impl Future<Output = T>) -> T {
        {
            let mut state = self.state();
            state.running += 1;
            state.since.get_or_insert_with(Instant::now);
        }
        let result = work.await;
        let mut state = self.state();
        state.running -= 1;
        if state.running == 0
            && let Some(since) = state.since.take()
        {
            state.total += since.elapsed();
        }
        result
    }
}

/// A source whose time is taken.
pub struct TimedSource {
    inner: Arc<dyn Source<SemiHonest>>,
    stopwatch: Stopwatch,
}

impl TimedSource {
    /// Times `inner`.
    pub fn new(inner: Arc<dyn Source<SemiHonest>>, stopwatch: Stopwatch) -> Self {
        Self { inner, stopwatch }
    }

    fn part<W: Dealt>(&self) -> &dyn RingSource<SemiHonest, W> {
        W::part_of(&*self.inner)
    }
}

impl ObliviousTransfer for TimedSource {
    fn offer(
        &self,
        place: Place,
        receiver: PartyId,
        words: usize,
        width: usize,
    ) -> BoxFuture<'_, Result<[Bits; 2]>> {
        self.stopwatch.around(self.inner.transfers().offer(place, receiver, words, width)).boxed()
    }

    fn choose(
        &self,
        place: Place,
        sender: PartyId,
        choices: Bits,
        width: usize,
    ) -> BoxFuture<'_, Result<Bits>> {
        self.stopwatch.around(self.inner.transfers().choose(place, sender, choices, width)).boxed()
    }
}

impl Source<SemiHonest> for TimedSource {
    fn transfers(&self) -> &dyn ObliviousTransfer {
        self
    }

    fn matrix_triples(&self) -> Option<&dyn MatrixTriples> {
        // Masks are expanded by the site itself, and the helper multiplies while the masks are used: nothing to time.
        self.inner.matrix_triples()
    }

    fn and_triples(&self, place: Place, words: usize) -> BoxFuture<'_, Result<AndTriples<SemiHonest>>> {
        self.stopwatch.around(self.inner.and_triples(place, words)).boxed()
    }

    fn one_time_tables(
        &self,
        place: Place,
        function: TruthTable,
        words: usize,
    ) -> BoxFuture<'_, Result<OneTimeTables<SemiHonest>>> {
        self.stopwatch.around(self.inner.one_time_tables(place, function, words)).boxed()
    }
}

impl<W: Dealt> RingSource<SemiHonest, W> for TimedSource {
    fn triples(
        &self,
        place: Place,
        shape: RingShape,
        run: usize,
    ) -> BoxFuture<'_, Result<Triples<SemiHonest, W>>> {
        self.stopwatch.around(self.part().triples(place, shape, run)).boxed()
    }

    fn squares(&self, place: Place, shape: RingShape) -> BoxFuture<'_, Result<Squares<SemiHonest, W>>> {
        self.stopwatch.around(self.part().squares(place, shape)).boxed()
    }

    fn double_bits(
        &self,
        place: Place,
        shape: RingShape,
    ) -> BoxFuture<'_, Result<DoubleBits<SemiHonest, W>>> {
        self.stopwatch.around(self.part().double_bits(place, shape)).boxed()
    }

    fn digit_masks(
        &self,
        place: Place,
        shape: RingShape,
    ) -> BoxFuture<'_, Result<DigitMasks<SemiHonest, W>>> {
        self.stopwatch.around(self.part().digit_masks(place, shape)).boxed()
    }
}
