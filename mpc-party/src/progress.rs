//! What a person sees while a run is under way: what is being done and how long it will take, as a bar on a terminal,
//! as plain lines now and then elsewhere, and not at all when quiet.

use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::io::{IsTerminal, Write, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Work that may take long, in the order in which a run does it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Reading data files; counted in bytes.
    Reading,
    /// Linking the people of a vertical query; counted in ids of others that this site blinds.
    Linking,
    /// Testing pairs on secret shares; counted in pairs.
    Testing,
    /// Computing p-values of released pairs; counted in pairs.
    Statistics,
    /// Writing result files; counted in pairs.
    Writing,
    /// Measuring this machine, which is all that its run does; counted in pieces of work.
    Measuring,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Reading => "reading data",
            Self::Linking => "linking people",
            Self::Testing => "testing pairs",
            Self::Statistics => "computing p-values",
            Self::Writing => "writing results",
            Self::Measuring => "measuring",
        }
    }
}

/// Between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows the state of one run on stderr.
pub struct Progress {
    look: Look,
    state: Mutex<State>,
}

#[derive(Copy, Clone, PartialEq, Eq)]
enum Look {
    Quiet,
    Lines,
    Bar,
}

/// The phase under way.
#[derive(Default)]
struct State {
    work: Option<Work>,
    bar: Option<ProgressBar>,
}

/// How far a phase is.
struct Work {
    phase: Phase,
    /// Done and total at each party that has told.
    parties: Vec<(u64, u64)>,
    since: Instant,
    line: Instant,
}

impl Work {
    fn new(phase: Phase, now: Instant) -> Self {
        Self { phase, parties: Vec::new(), since: now, line: now }
    }

    fn set(&mut self, party: usize, done: u64, total: u64) {
        if self.parties.len() <= party {
            self.parties.resize(party + 1, (0, 0));
        }
        if let Some(place) = self.parties.get_mut(party) {
            // Lanes finish side by side, so an earlier number may be told after a later one.
            *place = (done.max(place.0).min(total), total);
        }
    }

    fn sum(&self) -> (u64, u64) {
        self.parties.iter().fold((0, 0), |(done, total), part| (done + part.0, total + part.1))
    }

    /// The plain line that is due, if one is.
    fn line(&mut self, now: Instant) -> Option<String> {
        if now.duration_since(self.line) < LINE_EVERY {
            return None;
        }
        self.line = now;
        let (done, total) = self.sum();
        let share = done as f64 / total.max(1) as f64;
        let left = now.duration_since(self.since).as_secs_f64() * (1.0 - share) / share;
        let left =
            if left.is_finite() { format!("about {left:.0} s left") } else { "time left unknown".into() };
        Some(format!("{}: {:.0} %, {left}", self.phase.name(), 100.0 * share))
    }
}

impl Progress {
    /// Quiet, or as the terminal allows.
    pub fn new(quiet: bool) -> Self {
        let look = match (quiet, stderr().is_terminal()) {
            (true, _) => Look::Quiet,
            (false, true) => Look::Bar,
            (false, false) => Look::Lines,
        };
        Self { look, state: Mutex::default() }
    }

    /// One line about what happens now.
    pub fn say(&self, text: &str) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.line(&state, text);
    }

    fn line(&self, state: &State, text: &str) {
        match (self.look, &state.bar) {
            (Look::Quiet, _) => {}
            (Look::Bar, Some(bar)) => bar.println(text),
            // Nothing can be done about a closed terminal.
            _ => drop(writeln!(stderr(), "{text}")),
        }
    }

    /// So much of a phase is done at a party. What is told of an earlier phase than the one under way is late, and
    /// left out.
    pub fn done(&self, party: usize, phase: Phase, done: u64, total: u64) {
        if self.look == Look::Quiet {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way = state.work.as_ref().map(|work| work.phase);
        if under_way > Some(phase) {
            return;
        }
        if under_way != Some(phase) {
            state.work = Some(Work::new(phase, Instant::now()));
            self.begin(&mut state, phase, total);
        }
        let Some(work) = &mut state.work else { return };
        work.set(party, done, total);
        let (done, total) = work.sum();
        let line = work.line(Instant::now());
        match (&state.bar, line) {
            (Some(bar), _) => {
                bar.set_length(total);
                bar.set_position(done);
            }
            (None, Some(line)) => self.line(&state, &line),
            (None, None) => {}
        }
    }

    fn begin(&self, state: &mut State, phase: Phase, total: u64) {
        if let Some(bar) = state.bar.take() {
            bar.finish_and_clear();
        }
        match (self.look, phase) {
            (Look::Bar, _) => {
                let template = format!("{} {{bar:40}} {{percent}} %, {{eta}} left", phase.name());
                let style = ProgressStyle::with_template(&template);
                let bar = ProgressBar::new(total);
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                state.bar = Some(bar);
            }
            (_, Phase::Linking) => self.line(state, "linking the sites' people"),
            // Before it, nothing but local work was done.
            (_, Phase::Testing) => self.line(state, &format!("testing {total} pairs on secret shares")),
            _ => {}
        }
    }

    /// The run is over.
    pub fn finish(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = state.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// Tells how far something is, but not at every small step.
pub struct Meter<'a> {
    total: u64,
    done: Cell<u64>,
    told: Cell<Instant>,
    tell: &'a (dyn Fn(u64, u64) + Sync),
}

impl<'a> Meter<'a> {
    /// Between two words.
    const EVERY: Duration = Duration::from_millis(100);

    /// `tell` gets what is done and the total.
    pub fn new(total: u64, tell: &'a (dyn Fn(u64, u64) + Sync)) -> Self {
        Self { total, done: Cell::new(0), told: Cell::new(Instant::now()), tell }
    }

    /// So much more is done.
    pub fn add(&self, amount: u64) {
        self.done.set(self.done.get().saturating_add(amount));
        if self.told.get().elapsed() >= Self::EVERY {
            self.told.set(Instant::now());
            (self.tell)(self.done.get(), self.total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_phase_share_and_time_left() {
        let start = Instant::now();
        let mut work = Work::new(Phase::Reading, start);
        work.set(2, 10, 100);
        work.set(0, 40, 100);
        assert_eq!(work.line(start + Duration::from_secs(4)), None);
        let line = work.line(start + Duration::from_secs(10));
        assert_eq!(line.as_deref(), Some("reading data: 25 %, about 30 s left"));
        assert_eq!(work.line(start + Duration::from_secs(14)), None);
        // What comes late takes nothing back.
        work.set(2, 9, 100);
        assert_eq!(work.sum(), (50, 200));
        let mut nothing = Work::new(Phase::Testing, start);
        nothing.set(0, 0, 7);
        let line = nothing.line(start + Duration::from_secs(6));
        assert_eq!(line.as_deref(), Some("testing pairs: 0 %, time left unknown"));
    }

    #[test]
    fn phases_follow_each_other() {
        let progress = Progress { look: Look::Lines, state: Mutex::default() };
        let state = || {
            let state = progress.state.lock().unwrap();
            state.work.as_ref().map(|work| (work.phase, work.sum()))
        };
        progress.done(1, Phase::Reading, 5, 10);
        progress.done(0, Phase::Reading, 1, 2);
        assert_eq!(state(), Some((Phase::Reading, (6, 12))));
        progress.done(0, Phase::Testing, 0, 7);
        progress.done(1, Phase::Reading, 10, 10);
        assert_eq!(state(), Some((Phase::Testing, (0, 7))));
        progress.done(0, Phase::Writing, 9, 8);
        assert_eq!(state(), Some((Phase::Writing, (8, 8))));
    }

    #[test]
    fn a_meter_tells_now_and_then() {
        let told = Mutex::new(Vec::new());
        let tell = |done, total| told.lock().unwrap().push((done, total));
        let meter = Meter::new(10, &tell);
        meter.add(3);
        assert!(told.lock().unwrap().is_empty());
        std::thread::sleep(Meter::EVERY);
        meter.add(4);
        meter.add(1);
        assert_eq!(*told.lock().unwrap(), [(7, 10)]);
    }
}
