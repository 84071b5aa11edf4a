//! One party's process. Its bound UDP socket is its standard input, so no port can be taken by another program between
//! choosing and using it; its events come from its standard output.

use crate::events::{Done, Event};
use std::io::{BufRead, BufReader, Read};
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Longest event line: a panel of 20,000 names.
const LONGEST_LINE: u64 = 64 << 20;

/// A started party.
pub(super) struct Process {
    name: String,
    child: Handle,
    reported: Option<Event>,
}

/// Ends a process from anywhere.
#[derive(Clone)]
pub(super) struct Handle(Arc<Mutex<Child>>);

/// How a party ended.
pub(super) enum Ended {
    /// It did its part.
    Done(Done),
    /// It said why it could not.
    Failed {
        /// Its exit code.
        code: u8,
        /// Its words.
        message: String,
    },
    /// It said nothing.
    Without(String),
}

impl Handle {
    /// Ends the process at once.
    pub(super) fn stop(&self) {
        // It may have ended already.
        let _ = self.child().kill();
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Process {
    /// Starts a party; `on_event` gets its events, and `None` when its output ends.
    pub(super) fn start(
        command: &mut Command,
        name: String,
        socket: UdpSocket,
        on_event: impl Fn(Option<Event>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let mut child = command.stdin(Stdio::from(OwnedFd::from(socket))).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or_else(|| std::io::Error::other("no standard output"))?;
        std::thread::spawn(move || {
            let mut lines = BufReader::new(output);
            let mut line = Vec::new();
            while lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                if let Ok(event) = serde_json::from_slice(&line) {
                    on_event(Some(event));
                }
                line.clear();
            }
            on_event(None);
        });
        Ok(Self { name, child: Handle(Arc::new(Mutex::new(child))), reported: None })
    }

    /// The party's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Takes note of its last word.
    pub(super) fn report(&mut self, event: Event) {
        self.reported = Some(event);
    }

    /// What ends it.
    pub(super) fn handle(&self) -> Handle {
        self.child.clone()
    }

    /// Waits for its end.
    pub(super) fn wait(mut self) -> (String, Ended) {
        let status = self.child.child().wait();
        let ended = match (self.reported.take(), status) {
            (Some(Event::Done(done)), Ok(status)) if status.success() => Ended::Done(done),
            (Some(Event::Failed { code, message }), _) => Ended::Failed { code, message },
            (_, Ok(status)) => Ended::Without(status.to_string()),
            (_, Err(error)) => Ended::Without(error.to_string()),
        };
        (std::mem::take(&mut self.name), ended)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let mut child = self.child.child();
        // Nothing is left running, and no zombie is left behind, whatever went wrong.
        let _ = child.kill();
        let _ = child.wait();
    }
}
