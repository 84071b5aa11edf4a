//! What can go wrong with a mesh, in words that end with the next step to take.

use crate::config::Retired;
use crate::public_key::PublicKey;
use crate::roster::Roster;
use mpc_core::transport::{AbortReason, LinkError, LinkFault};
use std::net::SocketAddr;

/// Who can do something about an error.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// This party's configuration: exit code 2.
    Configuration,
    /// A peer, the network, the protocol, or the operator who stopped it: exit code 4.
    Aborted,
    /// A fault of the program: exit code 5.
    Internal,
}

/// Why a mesh did not come up or ended early.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// This party's own configuration cannot work.
    #[error("{0}.")]
    Configuration(String),
    /// A party that this one dials did not answer in time.
    #[error(
        "{peer} did not answer at {address} within {seconds} s ({last}). Is it started, and is UDP port {port} open \
         there (TCP rules do not help)?", port = address.port()
    )]
    NoAnswer {
        /// The party.
        peer: String,
        /// Where it was dialled.
        address: SocketAddr,
        /// How long.
        seconds: u64,
        /// How the last attempt ended.
        last: String,
    },
    /// A party that dials this one did not come in time.
    #[error(
        "{peer} did not connect within {seconds} s ({last}). Is it started, and does it have this machine's address \
         and key?"
    )]
    NotDialled {
        /// The party.
        peer: String,
        /// How long.
        seconds: u64,
        /// Who was turned away meanwhile.
        last: String,
    },
    /// Another known party answers at the address.
    #[error("The machine at {address} is {found}, not {peer}. Correct the addresses in the configuration.")]
    OtherParty {
        /// The party that was dialled.
        peer: String,
        /// Where.
        address: SocketAddr,
        /// Who answered.
        found: String,
    },
    /// The machine at the address has a key that no party has.
    #[error(
        "The machine at {address} has the key {key}, which is not listed for {peer}. Ask {peer} for its line and \
         compare; do not add a key that it does not confirm."
    )]
    UnknownKey {
        /// The party that was dialled.
        peer: String,
        /// Where.
        address: SocketAddr,
        /// What it showed.
        key: PublicKey,
    },
    /// The peer does not know this party's key.
    #[error(
        "{peer} refused our key: its configuration does not list it, or lists an old one. Send {peer} this line to \
         add: {own_key}"
    )]
    KeyRefused {
        /// The party that was dialled.
        peer: String,
        /// The key to list there.
        own_key: PublicKey,
    },
    /// The machine at the address has a key that is listed, but not to be accepted.
    #[error(
        "The machine at {address} has a key of {owner} that is {why} in this configuration. Ask {peer} for its present \
         line."
    )]
    RetiredKey {
        /// The party that was dialled.
        peer: String,
        /// Where.
        address: SocketAddr,
        /// Whose key it is.
        owner: String,
        /// Why it is refused.
        why: Retired,
    },
    /// The peer has this party's key in its list, but accepts it no longer.
    #[error(
        "{peer} refused our key: it is {why} in the configuration of {peer}. Send {peer} our present line, or make a \
         new key with `init` and send its line to all."
    )]
    OwnKeyRetired {
        /// The party that was dialled.
        peer: String,
        /// What it says.
        why: Retired,
    },
    /// The peer knows this party but expects no connection from it.
    #[error(
        "{peer} does not expect us to connect: it dials us itself. Compare the names in both configurations; if this \
         machine cannot be reached, {peer} needs our line without an address."
    )]
    NotExpected {
        /// The party that was dialled.
        peer: String,
    },
    /// No handshake is possible.
    #[error(
        "{peer} at {address} does not speak this protocol ({detail}). Install the same version of the program on both sides."
    )]
    Handshake {
        /// The party that was dialled.
        peer: String,
        /// Where.
        address: SocketAddr,
        /// What failed.
        detail: String,
    },
    /// The peer speaks another version of the protocol.
    #[error("{peer} runs protocol version {theirs}, this party runs version {ours}. Update the older one.")]
    Version {
        /// The peer.
        peer: String,
        /// This party's version.
        ours: u16,
        /// The peer's version.
        theirs: u16,
    },
    /// The peer is about to compute something else.
    #[error(
        "{peer} has another {what}. Here: {ours}; there: {theirs}. Use the same files and the same version on both \
         sides."
    )]
    Disagreement {
        /// The peer.
        peer: String,
        /// What differs.
        what: &'static str,
        /// Its value here, and the build of this program.
        ours: String,
        /// Its value there, and the build of that program.
        theirs: String,
    },
    /// The link to a peer ended.
    #[error("{peer}: {fault}. {next}")]
    Link {
        /// The peer.
        peer: String,
        /// What happened, with the names of the parties.
        fault: String,
        /// What to do.
        next: &'static str,
    },
    /// The operator stopped this party.
    #[error("stopped on request. Start the session again on all machines.")]
    Interrupted,
    /// A fault of the program or of this machine.
    #[error("internal fault of the network: {0}. Please report it.")]
    Internal(String),
}

impl NetError {
    /// Who can do something about it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Configuration(_) => ErrorClass::Configuration,
            Self::Internal(_) => ErrorClass::Internal,
            _ => ErrorClass::Aborted,
        }
    }

    /// A link's fault with the names of the parties and the next step.
    pub(crate) fn of_link(error: &LinkError, roster: &Roster) -> Self {
        let next = match &error.fault {
            LinkFault::Interrupted => return Self::Interrupted,
            LinkFault::Lost(_) => "See its terminal, then start the session again on all machines.",
            LinkFault::Deadline { .. } => {
                "Check that it runs and is not overloaded, then start again on all machines."
            }
            LinkFault::Aborted(_) => "Its terminal says more.",
            LinkFault::UnexpectedTag { .. } | LinkFault::WrongLength { .. } | LinkFault::Malformed(_) => {
                "Compare the versions of the program; if they are equal, that machine is not to be trusted."
            }
        };
        let fault = match &error.fault {
            LinkFault::Aborted(AbortReason::PeerLost(third)) => {
                format!("it ended the session: it lost its link to {}", roster.name(*third))
            }
            fault => fault.to_string(),
        };
        Self::Link { peer: roster.name(error.peer), fault, next }
    }
}
