//! What a person sees while a run is under way: a bar on a terminal, plain lines elsewhere, nothing when quiet.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write, stderr};
use std::sync::OnceLock;

/// Shows the state of one run on stderr.
pub struct Progress {
    look: Look,
    bar: OnceLock<ProgressBar>,
}

#[derive(Copy, Clone, PartialEq, Eq)]
enum Look {
    Quiet,
    Lines,
    Bar,
}

impl Progress {
    /// Quiet, or as the terminal allows.
    pub fn new(quiet: bool) -> Self {
        let look = match (quiet, stderr().is_terminal()) {
            (true, _) => Look::Quiet,
            (false, true) => Look::Bar,
            (false, false) => Look::Lines,
        };
        Self { look, bar: OnceLock::new() }
    }

    /// One line about what happens now.
    pub fn say(&self, text: &str) {
        match (self.look, self.bar.get()) {
            (Look::Quiet, _) => {}
            (Look::Bar, Some(bar)) => bar.println(text),
            // Nothing can be done about a closed terminal.
            _ => drop(writeln!(stderr(), "{text}")),
        }
    }

    /// The number of pairs is known.
    pub fn started(&self, pairs: u64) {
        match self.look {
            Look::Bar => {
                let style = ProgressStyle::with_template("{bar:40} {pos} of {len} pairs, {eta} left");
                let bar = ProgressBar::new(pairs);
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                // A second call finds the first one's bar.
                let _ = self.bar.set(bar);
            }
            _ => self.say(&format!("testing {pairs} pairs on secret shares")),
        }
    }

    /// So many pairs are done.
    pub fn done(&self, pairs: u64) {
        if let Some(bar) = self.bar.get() {
            bar.set_position(pairs);
        }
    }

    /// The run is over.
    pub fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
