//! What a party started by `local` tells it: one JSON object a line on standard output, and a file with what was
//! released.

use crate::error::{ExitClass, Failure};
use crate::party::{Observer, SiteOutcome};
use crate::progress::Phase;
use mpc_core::query::run::Release;
use mpc_core::statistics::{ReleasedPair, Table2x2};
use mpc_net::{WaitStep, Waiting};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

/// One line of the event stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// It waits for others.
    Waiting {
        /// What it says.
        text: String,
    },
    /// So much of a phase is done.
    Progress {
        /// Which.
        phase: Phase,
        /// What is done.
        done: u64,
        /// Of how much.
        total: u64,
    },
    /// It is done.
    Done(Done),
    /// It failed.
    Failed {
        /// Exit code.
        code: u8,
        /// The error's text.
        message: String,
    },
}

/// What a party reports at its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// Marker ids; empty at the helper.
    pub panel: Vec<String>,
    /// The site of each marker, where each has one.
    pub owners: Vec<usize>,
    /// What the sites' announcements give reason to say.
    pub notes: Vec<String>,
    /// Pairs tested.
    pub tested: u64,
    /// Seconds of each phase.
    pub seconds: Vec<(String, f64)>,
    /// Bytes of frames sent.
    pub bytes_sent: u64,
    /// Rounds.
    pub rounds: u64,
    /// Most memory in use, in bytes, where the system tells.
    pub peak_memory: Option<u64>,
}

/// Text of a long wait.
pub fn waiting_text(waiting: &Waiting) -> String {
    let what = match waiting.step {
        WaitStep::Connecting => "to connect",
        WaitStep::Ready => "to load its data",
    };
    format!("waiting for {} {what} ({} s)", waiting.peers.join(", "), waiting.elapsed.as_secs())
}

/// Writes events to standard output.
#[derive(Default)]
pub struct EventStream(Mutex<()>);

impl EventStream {
    /// Writes one event.
    pub fn emit(&self, event: &Event) {
        let _turn = self.0.lock();
        if let Ok(mut line) = serde_json::to_vec(event) {
            line.push(b'\n');
            let mut out = io::stdout().lock();
            // If nobody listens any more, this party is about to be ended.
            let _ = out.write_all(&line).and_then(|()| out.flush());
        }
    }

    /// Writes why the party failed.
    pub fn failed(&self, failure: &Failure) {
        self.emit(&Event::Failed { code: failure.class.code(), message: failure.message.clone() });
    }
}

impl Observer for EventStream {
    fn waiting(&self, waiting: &Waiting) {
        self.emit(&Event::Waiting { text: waiting_text(waiting) });
    }

    fn stalled(&self, text: &str) {
        self.emit(&Event::Waiting { text: text.to_owned() });
    }

    fn progress(&self, phase: Phase, done: u64, total: u64) {
        self.emit(&Event::Progress { phase, done, total });
    }
}

/// The class of an exit code that a party reported.
pub fn class_of(code: u8) -> ExitClass {
    let known = [ExitClass::Usage, ExitClass::Refused, ExitClass::Aborted];
    known.into_iter().find(|class| class.code() == code).unwrap_or(ExitClass::Internal)
}

const PAIR_BYTES: usize = 2 * 4 + 4 * 8;

/// Writes released pairs: positions as u32, cells as u64, little-endian, nothing else.
///
/// # Errors
/// Those of the file system.
pub fn write_release(path: &Path, site: &SiteOutcome) -> io::Result<()> {
    let Release { pairs: Some(pairs), .. } = &site.release else { return Ok(()) };
    let mut bytes = Vec::with_capacity(pairs.len() * PAIR_BYTES);
    for pair in pairs {
        bytes.extend_from_slice(&pair.a.to_le_bytes());
        bytes.extend_from_slice(&pair.b.to_le_bytes());
        for cell in [pair.table.n11, pair.table.n10, pair.table.n01, pair.table.n00] {
            bytes.extend_from_slice(&cell.to_le_bytes());
        }
    }
    std::fs::write(path, bytes)
}

/// Reads what `write_release` wrote.
pub fn read_release(bytes: &[u8]) -> Option<Vec<ReleasedPair>> {
    let (records, rest) = bytes.as_chunks::<PAIR_BYTES>();
    let pair = |record: &[u8; PAIR_BYTES]| {
        let (positions, cells) = record.split_at(8);
        let [a, b] = positions.as_chunks::<4>().0 else { return None };
        let [n11, n10, n01, n00] = cells.as_chunks::<8>().0 else { return None };
        let [n11, n10, n01, n00] = [n11, n10, n01, n00].map(|cell| u64::from_le_bytes(*cell));
        let table = Table2x2 { n11, n10, n01, n00 };
        Some(ReleasedPair { a: u32::from_le_bytes(*a), b: u32::from_le_bytes(*b), table })
    };
    if rest.is_empty() { records.iter().map(pair).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_survive_the_file() {
        let table = Table2x2 { n11: 1, n10: u64::MAX, n01: 3, n00: 1 << 40 };
        let pairs = vec![ReleasedPair { a: 0, b: 7, table }, ReleasedPair { a: 3, b: u32::MAX, table }];
        let release = Release { tested: 9, released: Some(2), pairs: Some(pairs.clone()) };
        let site = SiteOutcome { panel: Vec::new(), owners: Vec::new(), release, notes: Vec::new() };
        let file = tempfile::NamedTempFile::new().unwrap();
        write_release(file.path(), &site).unwrap();
        let bytes = std::fs::read(file.path()).unwrap();
        assert_eq!(read_release(&bytes), Some(pairs));
        assert_eq!(read_release(&bytes[1..]), None);
    }

    #[test]
    fn events_read_back() {
        let done = Done {
            panel: vec!["a\n".into()],
            owners: vec![1],
            notes: Vec::new(),
            tested: 1,
            seconds: vec![("connect".into(), 0.125)],
            bytes_sent: 9,
            rounds: 7,
            peak_memory: Some(1),
        };
        for event in [
            Event::Done(done),
            Event::Progress { phase: Phase::Reading, done: 3, total: 9 },
            Event::Failed { code: 2, message: "x".into() },
        ] {
            let line = serde_json::to_string(&event).unwrap();
            assert!(!line.contains('\n'));
            assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), event);
        }
    }
}
