//! How long to wait for an answer, and between attempts to reach a peer.

use crate::endpoint;
use std::net::SocketAddr;
use std::time::Duration;

/// A peer that is not started yet loses the first packets, and
/// QUIC repeats them ever more slowly; a fresh attempt starts quickly again.
pub(crate) struct Patience {
    attempt: Duration,
    longest_attempt: Duration,
    pause: Duration,
}

impl Patience {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let rtt = endpoint::initial_rtt(address.ip());
        let longest_attempt = (100 * rtt).min(Duration::from_secs(4));
        Self { attempt: 10 * rtt, longest_attempt, pause: Duration::from_millis(10) }
    }

    /// Time for the next handshake: longer each time, in case the network or a machine is slow.
    pub(crate) fn attempt(&mut self) -> Duration {
        let attempt = self.attempt;
        self.attempt = (2 * attempt).min(self.longest_attempt);
        attempt
    }

    /// Time before the next attempt.
    pub(crate) fn pause(&mut self) -> Duration {
        self.pause = (2 * self.pause).min(Duration::from_secs(1));
        self.pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_quick_at_first_and_never_rare() {
        let mut loopback = Patience::new("127.0.0.1:1".parse().unwrap());
        let attempts: Vec<_> = (0..6).map(|_| loopback.attempt().as_millis()).collect();
        assert_eq!(attempts, [100, 200, 400, 800, 1000, 1000]);
        let pauses: Vec<_> = (0..8).map(|_| loopback.pause().as_millis()).collect();
        assert_eq!(pauses, [20, 40, 80, 160, 320, 640, 1000, 1000]);
        let mut far = Patience::new("203.0.113.5:7400".parse().unwrap());
        let attempts: Vec<_> = (0..4).map(|_| far.attempt().as_millis()).collect();
        assert_eq!(attempts, [1000, 2000, 4000, 4000]);
    }
}
