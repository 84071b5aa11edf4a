//! Mutually authenticated QUIC links between the parties of a computation.
//!
//! A [`Mesh`] joins this party to each other party of one session: one UDP socket, one QUIC connection to each
//! peer, TLS 1.3 with the raw Ed25519 public keys (RFC 7250) that the configuration lists, and a post-quantum hybrid
//! key exchange. The network runs on its own thread, so computing never starves it. [`Mesh::transport`] is what the
//! engine computes over.
//!
//! ```text
//! identity, identity_line             who a party is: its key, and the line that makes it known
//! verifier, tls, endpoint             who may speak: handshake, QUIC settings
//! hello, control, greet               what is compared before anything is computed
//! connect, accept, patience           how links come up: dial some peers, wait for the others
//! check                               trying the links without a session
//! frame, lane, link, transport        how messages travel: exact tag and length, back-pressure, deadlines
//! fault, error, dial_error, interrupt how it ends badly: the first fault ends everything and names its peer
//! mesh, session, config, metrics      the handle, the network thread, and what goes in and out of it
//! ```
#![forbid(unsafe_code)]

mod accept;
mod check;
mod config;
mod congestion;
mod connect;
mod control;
#[cfg(any(test, feature = "test-util"))]
pub mod decoders;
mod dial_error;
#[cfg(any(test, feature = "test-util"))]
pub mod emulator;
mod endpoint;
mod error;
mod fault;
mod frame;
mod greet;
mod hello;
mod identity;
mod identity_line;
mod interrupt;
mod key_file;
mod lane;
mod limits;
mod link;
mod mesh;
mod metrics;
mod patience;
mod public_key;
mod roster;
mod session;
mod throttle;
mod tls;
mod transport;
mod verifier;

pub use check::{Checked, Reached, check};
pub use config::{MeshConfig, PeerConfig, Retired, Timeouts, WaitStep, Waiting};
pub use endpoint::{UdpBuffers, udp_buffers};
pub use error::{ErrorClass, NetError};
pub use fault::abort_reason;
pub use hello::Hello;
pub use identity::{Identity, IdentityError};
pub use identity_line::{IdentityLine, IdentityLineError, is_peer_address};
pub use interrupt::Interrupter;
pub use limits::{MAX_ANNOUNCEMENT_BYTES, MAX_PAYLOAD_BYTES};
pub use mesh::Mesh;
pub use metrics::Traffic;
pub use public_key::{PublicKey, PublicKeyError};
