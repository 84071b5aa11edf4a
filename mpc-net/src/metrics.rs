//! How much went over the network.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that this party has sent and received in the session so far, over all links.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Messages and control messages sent, with their headers.
    pub sent: u64,
    /// Messages and control messages received, with their headers.
    pub received: u64,
    /// UDP payload sent: the above with the cost of QUIC, handshakes, acknowledgements and repeats.
    pub udp_sent: u64,
    /// UDP payload received.
    pub udp_received: u64,
}

/// Counts frames while they travel.
#[derive(Default)]
pub(crate) struct Counters {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Counters {
    pub(crate) fn count_sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn count_received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}
