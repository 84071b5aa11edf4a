//! Links as bad as wanted, for tests and measurements: datagrams between parties on one machine pass through relays that
//! delay, limit, lose, repeat and cut, as a wide area network does. For test programs only.
//!
//! A party dials the address of a relay instead of its peer's; both directions pass. The rate is that of the sender's
//! uplink, shared by all its links: a datagram that would wait there longer than the queue allows is dropped.
//! Everything is bounded: what waits, and the life of the whole.

use socket2::SockRef;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Largest datagram that passes: Ethernet's 1500 bytes less the headers of IP and UDP.
const MTU: usize = 1472;
/// Headers of IPv4 and UDP, which take their share of the rate.
const HEADERS: usize = 28;
/// Bytes that may wait at the same time, in all.
const MOST_WAITING: usize = 64 << 20;
/// Datagrams that are kept of what passed.
const MOST_KEPT: usize = 200_000;
/// How often a thread looks whether it should end.
const LOOK: Duration = Duration::from_millis(50);

/// How links behave, in each direction.
#[derive(Copy, Clone, Debug)]
pub struct Conditions {
    /// From one end to the other.
    pub delay: Duration,
    /// Most that is added to the delay, at random: datagrams overtake each other.
    pub jitter: Duration,
    /// Bits a second that a party can send; `None` for no limit.
    pub rate: Option<u64>,
    /// How long a datagram may wait for its turn.
    pub queue: Duration,
    /// Share of datagrams that get lost, from 0 to 1.
    pub loss: f64,
    /// Share of datagrams that arrive twice, from 0 to 1.
    pub repeated: f64,
}

impl Default for Conditions {
    /// Links that only forward.
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            rate: None,
            queue: Duration::from_millis(50),
            loss: 0.0,
            repeated: 0.0,
        }
    }
}

/// A datagram on its way.
struct Parcel {
    due: Instant,
    number: u64,
    socket: Arc<UdpSocket>,
    to: SocketAddr,
    bytes: Vec<u8>,
}

impl PartialEq for Parcel {
    fn eq(&self, other: &Self) -> bool {
        (self.due, self.number) == (other.due, other.number)
    }
}

impl Eq for Parcel {}

impl PartialOrd for Parcel {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Parcel {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.number).cmp(&(other.due, other.number))
    }
}

/// What became of the datagrams.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Passed on.
    pub passed: u64,
    /// Bytes passed on.
    pub bytes: u64,
    /// Lost by chance.
    pub lost: u64,
    /// Dropped where too much waited.
    pub dropped: u64,
    /// Dropped at a cut.
    pub cut: u64,
    /// Larger than the path allows.
    pub too_large: u64,
}

struct State {
    conditions: Conditions,
    numbers: u64,
    waiting: BinaryHeap<Reverse<Parcel>>,
    waiting_bytes: usize,
    sequence: u64,
    /// When the uplink of each party is free again.
    uplinks: BTreeMap<String, Instant>,
    /// Directions that are cut, as sender and receiver.
    cuts: BTreeSet<(String, String)>,
    count: Count,
    kept: Option<Vec<(SocketAddr, Vec<u8>)>>,
    ended: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    end: Instant,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.end || self.state().ended
    }
}

impl State {
    /// A number without pattern (splitmix64), as a share from 0 to 1.
    fn share(&mut self) -> f64 {
        self.numbers = self.numbers.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.numbers;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn take(&mut self, way: &Way, now: Instant, bytes: &[u8], to: SocketAddr) {
        let Conditions { delay, jitter, rate, queue, loss, repeated } = self.conditions;
        if bytes.len() > MTU {
            return self.count.too_large += 1;
        }
        if self.cuts.contains(&(way.from.clone(), way.to.clone())) {
            return self.count.cut += 1;
        }
        let mut due = now;
        if let Some(rate) = rate {
            let start = self.uplinks.get(&way.from).map_or(now, |free| (*free).max(now));
            if start - now > queue {
                return self.count.dropped += 1;
            }
            due = start + Duration::from_secs_f64(((bytes.len() + HEADERS) * 8) as f64 / rate as f64);
            self.uplinks.insert(way.from.clone(), due);
        }
        // What gets lost on the way has taken its share of the rate.
        if self.share() < loss {
            return self.count.lost += 1;
        }
        let copies = if self.share() < repeated { 2 } else { 1 };
        for _ in 0..copies {
            if self.waiting_bytes + bytes.len() > MOST_WAITING {
                return self.count.dropped += 1;
            }
            let due = due + delay + jitter.mul_f64(self.share());
            self.sequence += 1;
            self.waiting_bytes += bytes.len();
            let (number, socket, bytes) = (self.sequence, way.socket.clone(), bytes.to_vec());
            self.waiting.push(Reverse(Parcel { due, number, socket, to, bytes }));
        }
    }
}

/// One direction of a link.
struct Way {
    from: String,
    to: String,
    /// What the receiver hears from.
    socket: Arc<UdpSocket>,
}

/// A wide area network on one machine. Dropping it ends it.
pub struct Emulator {
    ip: IpAddr,
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Emulator {
    /// A network whose relays have this address, for at most so long. The same seed loses the same share, not the same
    /// datagrams, as their order differs from run to run.
    pub fn new(ip: IpAddr, conditions: Conditions, life: Duration, seed: u64) -> Self {
        let state = State {
            conditions,
            numbers: seed,
            waiting: BinaryHeap::new(),
            waiting_bytes: 0,
            sequence: 0,
            uplinks: BTreeMap::new(),
            cuts: BTreeSet::new(),
            count: Count::default(),
            kept: None,
            ended: false,
        };
        let end = Instant::now() + life;
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new(), end });
        let post = shared.clone();
        let thread = std::thread::spawn(move || deliver(&post));
        Self { ip, shared, threads: Mutex::new(vec![thread]) }
    }

    /// A link by which `from` dials `to`, which listens at `target`: the address for `from` to dial.
    ///
    /// # Errors
    /// Those of the sockets.
    pub fn link(&self, from: &str, to: &str, target: SocketAddr) -> io::Result<SocketAddr> {
        let socket = || -> io::Result<Arc<UdpSocket>> {
            let socket = UdpSocket::bind((self.ip, 0))?;
            let buffers = SockRef::from(&socket);
            buffers.set_recv_buffer_size(4 << 20)?;
            buffers.set_send_buffer_size(4 << 20)?;
            socket.set_read_timeout(Some(LOOK))?;
            Ok(Arc::new(socket))
        };
        let (near, far) = (socket()?, socket()?);
        let address = near.local_addr()?;
        let caller = Arc::new(Mutex::new(None));
        let there = Way { from: from.to_owned(), to: to.to_owned(), socket: far.clone() };
        let back = Way { from: to.to_owned(), to: from.to_owned(), socket: near.clone() };
        let (shared, called) = (self.shared.clone(), caller.clone());
        let outward = std::thread::spawn(move || {
            forward(&shared, &near, &there, |source| {
                *called.lock().unwrap_or_else(PoisonError::into_inner) = Some(source);
                Some(target)
            });
        });
        let shared = self.shared.clone();
        let homeward = std::thread::spawn(move || {
            forward(&shared, &far, &back, |_| *caller.lock().unwrap_or_else(PoisonError::into_inner));
        });
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).extend([outward, homeward]);
        Ok(address)
    }

    /// Other conditions from now on.
    pub fn set(&self, conditions: Conditions) {
        self.shared.state().conditions = conditions;
    }

    /// Nothing passes from one party to another, also what is under way.
    pub fn cut(&self, from: &str, to: &str) {
        self.shared.state().cuts.insert((from.to_owned(), to.to_owned()));
    }

    /// Everything passes again.
    pub fn heal(&self) {
        self.shared.state().cuts.clear();
    }

    /// What became of the datagrams so far.
    pub fn count(&self) -> Count {
        self.shared.state().count
    }

    /// Keeps what is passed on from now on, up to a bound.
    pub fn keep(&self) {
        self.shared.state().kept.get_or_insert_default();
    }

    /// What was kept, with where each datagram went.
    pub fn kept(&self) -> Vec<(SocketAddr, Vec<u8>)> {
        self.shared.state().kept.take().unwrap_or_default()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.shared.state().ended = true;
        self.shared.changed.notify_all();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A panic there has been reported already.
            let _ = thread.join();
        }
    }
}

/// Takes in one direction of a link.
fn forward(
    shared: &Shared,
    socket: &UdpSocket,
    way: &Way,
    target: impl Fn(SocketAddr) -> Option<SocketAddr>,
) {
    let mut bytes = vec![0; 1 << 16];
    while !shared.is_over() {
        // A refusal of an earlier datagram, or nothing for a while.
        let Ok((length, source)) = socket.recv_from(&mut bytes) else { continue };
        let Some(to) = target(source) else { continue };
        shared.state().take(way, Instant::now(), bytes.get(..length).unwrap_or_default(), to);
        shared.changed.notify_one();
    }
}

/// Passes on what is due.
fn deliver(shared: &Shared) {
    let mut state = shared.state();
    while !state.ended && Instant::now() < shared.end {
        let wait = state
            .waiting
            .peek()
            .map_or(LOOK, |Reverse(next)| next.due.saturating_duration_since(Instant::now()));
        if !wait.is_zero() {
            let waited = shared.changed.wait_timeout(state, wait.min(LOOK));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            continue;
        }
        let Some(Reverse(parcel)) = state.waiting.pop() else { continue };
        state.waiting_bytes -= parcel.bytes.len();
        state.count.passed += 1;
        state.count.bytes += parcel.bytes.len() as u64;
        if let Some(kept) = state.kept.as_mut().filter(|kept| kept.len() < MOST_KEPT) {
            kept.push((parcel.to, parcel.bytes.clone()));
        }
        drop(state);
        // Whoever should get it may be gone.
        let _ = parcel.socket.send_to(&parcel.bytes, parcel.to);
        state = shared.state();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    struct Ends {
        emulator: Emulator,
        a: UdpSocket,
        b: UdpSocket,
        relay: SocketAddr,
    }

    fn ends(conditions: Conditions) -> Ends {
        let socket = || {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            socket
        };
        let (a, b) = (socket(), socket());
        let emulator = Emulator::new(Ipv4Addr::LOCALHOST.into(), conditions, Duration::from_secs(60), 1);
        let relay = emulator.link("a", "b", b.local_addr().unwrap()).unwrap();
        Ends { emulator, a, b, relay }
    }

    #[test]
    fn both_ways_take_their_time() {
        let delay = Duration::from_millis(40);
        let Ends { emulator: _emulator, a, b, relay } = ends(Conditions { delay, ..Conditions::default() });
        let mut bytes = [0; 100];
        let start = Instant::now();
        a.send_to(b"there", relay).unwrap();
        let (length, from) = b.recv_from(&mut bytes).unwrap();
        assert_eq!(&bytes[..length], b"there");
        b.send_to(b"and back", from).unwrap();
        let (length, from) = a.recv_from(&mut bytes).unwrap();
        assert_eq!((&bytes[..length], from), (&b"and back"[..], relay));
        assert!(start.elapsed() >= 2 * delay);
    }

    #[test]
    fn a_rate_spaces_and_a_full_queue_drops() {
        // 1000 bytes take 8.2 ms at 1 Mbit/s; 50 ms of queue hold six.
        let Ends { emulator, a, b, relay } =
            ends(Conditions { rate: Some(1_000_000), ..Conditions::default() });
        let start = Instant::now();
        for _ in 0..100 {
            a.send_to(&[0; 1000], relay).unwrap();
        }
        let mut got = 0;
        b.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let mut last = start;
        while b.recv_from(&mut [0; 2000]).is_ok() {
            got += 1;
            last = Instant::now();
        }
        let count = emulator.count();
        assert_eq!((count.passed, count.passed + count.dropped), (got, 100));
        assert!((6..60).contains(&got), "{got}");
        assert!(last - start >= Duration::from_millis(8 * (got - 1)), "{got} in {:?}", last - start);
    }

    #[test]
    fn losses_cuts_and_repeats_are_counted() {
        let Ends { emulator, a, b, relay } = ends(Conditions { loss: 0.5, ..Conditions::default() });
        b.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let send = |count: usize, length: usize| {
            for _ in 0..count {
                a.send_to(&vec![0; length], relay).unwrap();
                std::thread::sleep(Duration::from_micros(100));
            }
            let mut got = 0;
            while b.recv_from(&mut [0; 2000]).is_ok() {
                got += 1;
            }
            got
        };
        let got = send(400, 10);
        assert!((120..280).contains(&got), "{got} of 400");
        assert_eq!(emulator.count().lost + got, 400);
        emulator.set(Conditions { repeated: 1.0, ..Conditions::default() });
        assert_eq!(send(10, 10), 20);
        emulator.cut("a", "b");
        assert_eq!((send(10, 10), emulator.count().cut), (0, 10));
        emulator.heal();
        emulator.keep();
        assert_eq!(send(1, MTU), 2);
        assert_eq!(emulator.kept().len(), 2);
        assert_eq!((send(1, MTU + 1), emulator.count().too_large), (0, 1));
    }

    #[test]
    fn it_ends_by_itself() {
        let emulator =
            Emulator::new(Ipv4Addr::LOCALHOST.into(), Conditions::default(), Duration::from_millis(100), 1);
        emulator.link("a", "b", "127.0.0.1:9".parse().unwrap()).unwrap();
        std::thread::sleep(Duration::from_millis(400));
        let threads = std::mem::take(&mut *emulator.threads.lock().unwrap());
        assert!(threads.iter().all(JoinHandle::is_finished));
    }
}
