//! Which step waits for whom: a long wait is reported while it lasts, so that nobody has to guess why a run stands still.

use futures::future::{BoxFuture, FutureExt};
use mpc_core::step::Step;
use mpc_core::transport::{Lane, LinkError, PartyId, Tag, Transport};
use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A wait is long from here on, and is reported each time this passes again.
const LONG: Duration = Duration::from_secs(5);

/// Names of steps that are kept. More than are under way at the same time, few enough to be searched.
const STEPS: usize = 256;

/// A long wait for peers at one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stall {
    /// The step; `None` if its name is not known any more.
    pub step: Option<String>,
    /// Who is awaited.
    pub peers: Vec<PartyId>,
    /// The longest of these waits.
    pub elapsed: Duration,
}

#[derive(Default)]
struct State {
    steps: VecDeque<(Tag, Step)>,
    waits: BTreeMap<(PartyId, Lane), (Tag, Instant)>,
}

impl State {
    /// The long waits, by step.
    fn stalls(&self, now: Instant) -> Vec<Stall> {
        let mut stalls: Vec<(Tag, Stall)> = Vec::new();
        for ((peer, _), (tag, since)) in &self.waits {
            let elapsed = now.duration_since(*since);
            if elapsed < LONG {
                continue;
            }
            match stalls.iter_mut().find(|(other, _)| other == tag) {
                Some((_, stall)) => {
                    stall.peers.push(*peer);
                    stall.elapsed = stall.elapsed.max(elapsed);
                }
                None => {
                    let step = self.steps.iter().rev().find(|(other, _)| other == tag);
                    let step = step.map(|(_, step)| step.to_string());
                    stalls.push((*tag, Stall { step, peers: vec![*peer], elapsed }));
                }
            }
        }
        stalls.into_iter().map(|(_, stall)| stall).collect()
    }
}

/// A transport that takes note of what is awaited. Its thread ends with it.
pub struct Watched {
    inner: Arc<dyn Transport>,
    state: Arc<Mutex<State>>,
    watch: Option<(Sender<()>, JoinHandle<()>)>,
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watched {
    /// Watches a transport; `report` gets each long wait.
    pub fn new(inner: Arc<dyn Transport>, report: impl Fn(&Stall) + Send + 'static) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let seen = state.clone();
        let (end, ended) = channel();
        let watch = std::thread::Builder::new().name("stalls".into()).spawn(move || {
            while ended.recv_timeout(LONG) == Err(RecvTimeoutError::Timeout) {
                let stalls = locked(&seen).stalls(Instant::now());
                stalls.iter().for_each(&report);
            }
        });
        // Without the thread there are no reports; the run does not depend on them.
        Self { inner, state, watch: watch.ok().map(|thread| (end, thread)) }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.watch.take() {
            drop(end);
            // It reports, or it waits for this end.
            let _ = thread.join();
        }
    }
}

/// A receive under way, taken off the list however it ends.
struct Wait<'a> {
    state: &'a Mutex<State>,
    place: (PartyId, Lane),
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        locked(self.state).waits.remove(&self.place);
    }
}

impl Transport for Watched {
    fn send(
        &self,
        to: PartyId,
        lane: Lane,
        tag: Tag,
        payload: Vec<u8>,
    ) -> BoxFuture<'_, Result<(), LinkError>> {
        self.inner.send(to, lane, tag, payload)
    }

    fn receive(
        &self,
        from: PartyId,
        lane: Lane,
        tag: Tag,
        length: usize,
    ) -> BoxFuture<'_, Result<Vec<u8>, LinkError>> {
        async move {
            let place = (from, lane);
            locked(&self.state).waits.insert(place, (tag, Instant::now()));
            let _wait = Wait { state: &self.state, place };
            self.inner.receive(from, lane, tag, length).await
        }
        .boxed()
    }

    fn name_step(&self, tag: Tag, step: &Step) {
        let mut state = locked(&self.state);
        if state.steps.len() >= STEPS {
            state.steps.pop_front();
        }
        state.steps.push_back((tag, step.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(byte: u8) -> Tag {
        Tag::from_bytes([byte; 16])
    }

    #[test]
    fn waits_are_told_by_step_once_they_are_long() {
        let start = Instant::now();
        let step = Step::root().then("open");
        let mut state = State::default();
        state.steps.push_back((tag(1), step));
        for (peer, lane, byte, second) in [(1, 0, 1, 0), (2, 0, 1, 2), (1, 1, 2, 0), (2, 1, 2, 8)] {
            let since = start + Duration::from_secs(second);
            state.waits.insert((PartyId::new(peer), Lane::nth(lane)), (tag(byte), since));
        }
        assert_eq!(state.stalls(start + Duration::from_secs(4)), []);
        let stalls = state.stalls(start + Duration::from_secs(9));
        let peers = |peers: &[u8]| peers.iter().map(|peer| PartyId::new(*peer)).collect::<Vec<_>>();
        let elapsed = Duration::from_secs(9);
        let known = Stall { step: Some("/open".into()), peers: peers(&[1, 2]), elapsed };
        assert_eq!(stalls, [known, Stall { step: None, peers: peers(&[1]), elapsed }]);
    }

    /// Never answers.
    struct Silent;

    impl Transport for Silent {
        fn send(&self, _: PartyId, _: Lane, _: Tag, _: Vec<u8>) -> BoxFuture<'_, Result<(), LinkError>> {
            async { Ok(()) }.boxed()
        }

        fn receive(
            &self,
            _: PartyId,
            _: Lane,
            _: Tag,
            _: usize,
        ) -> BoxFuture<'_, Result<Vec<u8>, LinkError>> {
            std::future::pending().boxed()
        }
    }

    #[test]
    fn a_receive_that_is_given_up_is_no_wait() {
        let watched = Watched::new(Arc::new(Silent), |_| {});
        let waits = || locked(&watched.state).waits.len();
        let mut receive = watched.receive(PartyId::new(1), Lane::MAIN, tag(1), 8);
        assert!(receive.as_mut().now_or_never().is_none());
        assert_eq!(waits(), 1);
        drop(receive);
        assert_eq!(waits(), 0);
        for number in 0..=255 {
            watched.name_step(tag(number), &Step::root());
            watched.name_step(tag(number), &Step::root());
        }
        assert_eq!(locked(&watched.state).steps.len(), STEPS);
    }
}
