//! Every bound in one place. A peer cannot make this party keep more than these say.

use mpc_core::transport::Lane;
use std::time::Duration;

/// Largest message of the engine. Computations are cut into blocks so that no step needs more (`query::plan`).
pub const MAX_PAYLOAD_BYTES: usize = 64 << 20;

/// Largest announcement that may accompany "I have loaded my data".
pub const MAX_ANNOUNCEMENT_BYTES: usize = 16 << 20;

/// Largest control message.
pub(crate) const CONTROL_BYTES: usize = 64 << 10;

/// Bytes that may wait in one lane's send queue before `send` has to wait too.
pub(crate) const QUEUE_BYTES: u32 = 4 << 20;

/// What a queued message is charged at least, so that many tiny ones are bounded as well.
pub(crate) const QUEUE_MINIMUM: u32 = 256;

/// Unread bytes of one stream that the peer may send ahead: 670 Mbit/s at a round trip of 50 ms.
pub(crate) const STREAM_WINDOW: u32 = 4 << 20;

/// Unread bytes of one connection. At least the sum over all lanes and the control stream: a lane whose messages
/// nobody waits for yet must never hold up another lane or an abort notice.
pub(crate) const CONNECTION_WINDOW: u32 = STREAM_WINDOW * (Lane::COUNT as u32 + 1);

/// Bytes sent and not yet acknowledged on one connection.
pub(crate) const SEND_WINDOW: u64 = 8 << 20;

/// Socket buffer asked of the kernel in each direction.
pub(crate) const UDP_BUFFER: usize = 4 << 20;

/// Upper bound of path MTU discovery on loopback. Above 6550 quinn's batches of ten datagrams pass the largest UDP
/// payload, and the kernel refuses them without a word.
pub(crate) const LOOPBACK_MTU: u16 = 6500;

/// Handshakes with machines at unknown addresses that may be in progress at the same time.
pub(crate) const STRANGER_HANDSHAKES: usize = 32;

/// Handshakes with machines at configured addresses that may be in progress at the same time: kept apart, so that
/// a flood from elsewhere cannot keep the peers out.
pub(crate) const PEER_HANDSHAKES: usize = 64;

/// Connection attempts that may wait to be looked at, and the bytes they may have sent meanwhile.
pub(crate) const WAITING_INCOMING: usize = 128;
/// See [`WAITING_INCOMING`].
pub(crate) const INCOMING_BYTES: u64 = 64 << 10;
/// See [`WAITING_INCOMING`].
pub(crate) const INCOMING_TOTAL_BYTES: u64 = 2 << 20;

/// Refused connection attempts that are remembered for the error text.
pub(crate) const REMEMBERED_REFUSALS: usize = 4;

/// Lines of the log about refused connection attempts, each minute.
pub(crate) const STRANGER_LINES: u32 = 20;

/// Longest name of a party.
pub(crate) const NAME_BYTES: usize = 63;

/// Most keys by which one party is listed.
pub(crate) const KEYS_PER_PARTY: usize = 8;

/// Longest build or mode text in a hello.
pub(crate) const TEXT_BYTES: usize = 200;

/// Most participants of a session: 16 sites and a helper.
pub(crate) const PARTICIPANTS: usize = 17;

/// How long an abort notice may take to leave, and then the whole farewell.
pub(crate) const NOTICE_TIME: Duration = Duration::from_millis(700);
/// See [`NOTICE_TIME`].
pub(crate) const FAREWELL_TIME: Duration = Duration::from_millis(1000);

/// How long a party stays reachable at the least after everyone has said its last word.
pub(crate) const SHORTEST_LINGER: Duration = Duration::from_millis(2);

/// How often the caller hears whom this party is waiting for.
pub(crate) const PROGRESS_EVERY: Duration = Duration::from_secs(5);
