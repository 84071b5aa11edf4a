//! Ctrl-C and SIGTERM end every process of a federation, also while it is being started.

use super::process::Handle;
use crate::error::{ExitClass, Failure, UserError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Ends what it has been given when the user asks, and what it is given later at once.
#[derive(Clone, Default)]
pub(super) struct Stop(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    requested: bool,
    running: Vec<Handle>,
}

impl Stop {
    /// Listens for Ctrl-C and SIGTERM. Call it before there is anything that must not be left behind.
    pub(super) fn on_ctrl_c() -> Result<Self, Failure> {
        let stop = Self::default();
        let handle = stop.clone();
        ctrlc::set_handler(move || handle.request())
            .map_err(|error| UserError::new(format!("cannot listen for Ctrl-C: {error}")))?;
        Ok(stop)
    }

    /// Takes charge of a process.
    pub(super) fn watch(&self, process: Handle) {
        let mut state = self.state();
        if state.requested {
            process.stop();
        }
        state.running.push(process);
    }

    /// The failure that a request to stop means, if there was one.
    pub(super) fn check(&self) -> Result<(), Failure> {
        match self.state().requested {
            true => Err(Failure::new(ExitClass::Aborted, "stopped on request; no result was written")),
            false => Ok(()),
        }
    }

    fn request(&self) {
        let mut state = self.state();
        state.requested = true;
        state.running.iter().for_each(Handle::stop);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
