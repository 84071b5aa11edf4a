//! A bound on lines of the log that strangers can cause.

use crate::limits;
use std::time::{Duration, Instant};

/// Allows a few in each minute.
#[derive(Default)]
pub(crate) struct Throttle {
    since: Option<Instant>,
    used: u32,
}

impl Throttle {
    /// Whether one more is allowed now.
    pub(crate) fn allow(&mut self) -> bool {
        self.allow_at(Instant::now())
    }

    fn allow_at(&mut self, now: Instant) -> bool {
        if self.since.is_none_or(|since| now.duration_since(since) >= Duration::from_secs(60)) {
            (self.since, self.used) = (Some(now), 0);
        }
        self.used = self.used.saturating_add(1);
        self.used <= limits::STRANGER_LINES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_leaves_a_few_lines_a_minute() {
        let start = Instant::now();
        let mut throttle = Throttle::default();
        let lines =
            (0..10_000).filter(|at| throttle.allow_at(start + Duration::from_millis(*at * 12))).count();
        // Two minutes.
        assert_eq!(lines, 2 * limits::STRANGER_LINES as usize);
    }
}
