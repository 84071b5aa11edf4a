//! Mutually authenticated QUIC links between the parties of a computation.
//!
//! A [`Mesh`] joins this party to each other party of one session: one UDP socket, one QUIC connection to each
//! peer, TLS 1.3 with the raw Ed25519 public keys (RFC 7250) that the configuration lists, and a post-quantum hybrid
//! key exchange. The network runs on its own thread, so computing never starves it. [`Mesh::transport`] is what the
//! engine computes over.
//!
//! ```text
//! identity, verifier, tls, endpoint   who may speak: keys, handshake, QUIC settings
//! hello, control, connect             how a session begins: dial, accept, compare what is to be computed
//! frame, lane, link, transport        how messages travel: exact tag and length, back-pressure, deadlines
//! fault, error, interrupt             how it ends badly: the first fault ends everything and names its peer
//! mesh, session, config, metrics      the handle, the network thread, and what goes in and out of it
//! ```
#![forbid(unsafe_code)]

mod config;
mod connect;
mod control;
mod endpoint;
mod error;
mod fault;
mod frame;
mod hello;
mod identity;
mod interrupt;
mod key_file;
mod lane;
mod limits;
mod link;
mod mesh;
mod metrics;
mod public_key;
mod roster;
mod session;
mod tls;
mod transport;
mod verifier;

pub use config::{MeshConfig, PeerConfig, Timeouts, WaitStep, Waiting};
pub use error::{ErrorClass, NetError};
pub use fault::abort_reason;
pub use hello::Hello;
pub use identity::{Identity, IdentityError};
pub use interrupt::Interrupter;
pub use limits::{MAX_ANNOUNCEMENT_BYTES, MAX_PAYLOAD_BYTES};
pub use mesh::Mesh;
pub use metrics::Traffic;
pub use public_key::{PublicKey, PublicKeyError};
