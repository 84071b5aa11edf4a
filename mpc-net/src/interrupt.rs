//! Stopping from outside, as a Ctrl-C handler does.

use tokio::sync::watch;

/// Tells a mesh to stop. Copies share one switch, so a handler can hold one before the mesh exists.
#[derive(Clone, Debug)]
pub struct Interrupter(watch::Sender<bool>);

impl Interrupter {
    /// A switch that is off.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Ends every present and later wait of the mesh. Returns at once; may be called from any thread, any number of
    /// times.
    pub fn interrupt(&self) {
        self.0.send_replace(true);
    }

    /// Completes when the switch is on.
    pub(crate) async fn interrupted(&self) {
        // The sender lives in `self`, so the wait cannot fail.
        let _ = self.0.subscribe().wait_for(|on| *on).await;
    }
}

impl Default for Interrupter {
    fn default() -> Self {
        Self::new()
    }
}
