//! What a party started by `local` tells it: one JSON object a line on standard output.

use crate::error::{ExitClass, Failure};
use crate::party::Observer;
use crate::progress::Phase;
use mpc_net::{WaitStep, Waiting};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
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
    /// Pairs released, where it was told.
    pub released: Option<u64>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_read_back() {
        let done = Done {
            panel: vec!["a\n".into()],
            owners: vec![1],
            notes: Vec::new(),
            tested: 1,
            released: Some(0),
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
