//! Congestion control for lines that lose datagrams: a connection behaves as several would, as in MulTCP (Crowcroft,
//! Oechslin, ACM Computer Communication Review 28(3), 1998).
//!
//! Cubic takes every loss for a full line and slows down to seven tenths. On a long line it recovers slowly, so that a
//! loss by chance now and then, which says nothing about how full the line is, leaves most of it idle. Here a
//! connection has as many shares as it would have connections, each a Cubic of its own. A datagram lost alone slows one
//! share down. A line that is full loses many datagrams, which slow down as many shares, soon all of them, as one Cubic
//! would.

use quinn::congestion::{Controller, ControllerFactory, Cubic, CubicConfig};
use quinn_proto::RttEstimator;
use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

/// How many. Four need 1.7 times as long for the largest job of docs/performance.md where 0.5 % are lost.
const SHARES: u64 = 8;

/// Bytes that no share goes below, with the smallest datagrams. They count once, not for each share, so that a narrow line which many peers share
/// is not filled by what every connection sends at the least.
const LEAST: u64 = 2 * 1200;

/// Makes the control of each connection.
pub(crate) struct SharedCubic {
    /// Bytes that a new connection may have on its way.
    pub(crate) initial_window: u64,
}

impl ControllerFactory for SharedCubic {
    fn build(self: Arc<Self>, now: Instant, current_mtu: u16) -> Box<dyn Controller> {
        Box::new(Shares::new(self.initial_window, now, current_mtu))
    }
}

#[derive(Clone)]
struct Shares {
    shares: Vec<Cubic>,
    /// The share that the next acknowledgement goes to, and the one that the next loss slows down.
    next_acknowledged: usize,
    next_slowed: usize,
    mtu: u64,
}

impl Shares {
    fn new(initial_window: u64, now: Instant, mtu: u16) -> Self {
        let mut config = CubicConfig::default();
        config.initial_window((initial_window + (SHARES - 1) * LEAST) / SHARES);
        let config = Arc::new(config);
        let shares = (0..SHARES).map(|_| Cubic::new(config.clone(), now, mtu)).collect();
        Self { shares, next_acknowledged: 0, next_slowed: 0, mtu: mtu.into() }
    }

    fn together(&self, window: impl Fn(&Cubic) -> u64) -> u64 {
        LEAST + self.shares.iter().map(|share| window(share).saturating_sub(LEAST)).sum::<u64>()
    }
}

impl Controller for Shares {
    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, app_limited: bool, rtt: &RttEstimator) {
        if let Some(share) = take_turn(&mut self.shares, &mut self.next_acknowledged) {
            share.on_ack(now, sent, bytes, app_limited, rtt);
        }
    }

    fn on_congestion_event(&mut self, now: Instant, sent: Instant, persistent: bool, lost_bytes: u64) {
        // A mark of a router that is about to drop comes without lost bytes.
        let lost = if persistent { SHARES } else { lost_bytes.div_ceil(self.mtu).clamp(1, SHARES) };
        for _ in 0..lost {
            if let Some(share) = take_turn(&mut self.shares, &mut self.next_slowed) {
                share.on_congestion_event(now, sent, persistent, lost_bytes);
            }
        }
    }

    fn on_mtu_update(&mut self, mtu: u16) {
        self.mtu = mtu.into();
        self.shares.iter_mut().for_each(|share| share.on_mtu_update(mtu));
    }

    fn window(&self) -> u64 {
        self.together(Cubic::window)
    }

    fn initial_window(&self) -> u64 {
        self.together(Cubic::initial_window)
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// The share whose turn it is.
fn take_turn<'a>(shares: &'a mut [Cubic], next: &mut usize) -> Option<&'a mut Cubic> {
    let turn = *next;
    *next = if turn + 1 < shares.len() { turn + 1 } else { 0 };
    shares.get_mut(turn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const MTU: u16 = 1452;
    /// A window that loss has something to take from.
    const WIDE: u64 = 1_000_000;

    /// What remains of a wide window after one notice that so many datagrams were lost.
    fn after(lost: u64, persistent: bool) -> u64 {
        let start = Instant::now();
        let mut shares = Shares::new(WIDE, start, MTU);
        let sent = start + Duration::from_millis(1);
        shares.on_congestion_event(
            start + Duration::from_millis(50),
            sent,
            persistent,
            lost * u64::from(MTU),
        );
        shares.window()
    }

    fn is_about(window: u64, share_of_wide: f64) -> bool {
        (window as f64 / WIDE as f64 - share_of_wide).abs() < 0.01
    }

    #[test]
    fn a_new_connection_may_send_what_one_cubic_may() {
        for (initial, mtu) in [(12_000, 1200), (12_000, MTU), (65_000, 1200)] {
            let mut shares = Shares::new(initial, Instant::now(), 1200);
            shares.on_mtu_update(mtu);
            assert_eq!((shares.initial_window(), shares.window()), (initial, initial));
        }
    }

    #[test]
    fn a_datagram_lost_alone_slows_one_share_down_and_many_slow_down_all() {
        assert!(is_about(after(1, false), 1.0 - 0.3 / 8.0));
        assert!(is_about(after(2, false), 1.0 - 0.6 / 8.0));
        assert!(is_about(after(8, false), 0.7));
        assert!(is_about(after(500, false), 0.7));
        // A mark.
        assert!(is_about(after(0, false), 1.0 - 0.3 / 8.0));
    }

    #[test]
    fn losses_of_one_round_trip_slow_no_share_down_twice() {
        let start = Instant::now();
        let mut shares = Shares::new(WIDE, start, MTU);
        for lost in 0..100 {
            let now = start + Duration::from_millis(50 + lost);
            shares.on_congestion_event(now, start + Duration::from_micros(lost), false, MTU.into());
        }
        assert!(is_about(shares.window(), 0.7));
    }

    #[test]
    fn a_line_on_which_nothing_arrives_gets_a_few_datagrams_at_a_time() {
        assert!(after(1, true) < 5 * u64::from(MTU), "{}", after(1, true));
    }
}
