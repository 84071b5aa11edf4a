//! What the end of a connection that this party dialled means, in words that end with the next step.

use crate::config::{PeerConfig, Retired};
use crate::connect::{Attempt, Setup};
use crate::error::NetError;
use crate::fault::{self, close_code};
use crate::verifier::Refusal;
use mpc_core::transport::{LinkError, LinkFault};
use quinn::ConnectionError;
use std::net::SocketAddr;

/// TLS alerts that QUIC carries as connection errors (RFC 8446, section 6; RFC 9001, section 4.8).
mod alert {
    const CRYPTO_ERROR: u64 = 0x100;
    pub(super) const REVOKED: u64 = CRYPTO_ERROR + 44;
    pub(super) const EXPIRED: u64 = CRYPTO_ERROR + 45;
    pub(super) const UNKNOWN_CA: u64 = CRYPTO_ERROR + 48;
    pub(super) const NO_APPLICATION_PROTOCOL: u64 = CRYPTO_ERROR + 120;

    pub(super) fn is_alert(code: u64) -> bool {
        (CRYPTO_ERROR..CRYPTO_ERROR + 0x100).contains(&code)
    }
}

impl Setup {
    /// What the end of a dialled connection means.
    pub(crate) fn judge(
        &self,
        peer: &PeerConfig,
        address: SocketAddr,
        error: &ConnectionError,
        refusal: Option<&Refusal>,
    ) -> Attempt {
        let name = || peer.name.clone();
        let handshake = |detail: &str| {
            Attempt::Failed(NetError::Handshake { peer: name(), address, detail: detail.to_owned() })
        };
        match refusal {
            Some(Refusal::OtherParty(found)) => {
                return Attempt::Failed(NetError::OtherParty { peer: name(), address, found: found.clone() });
            }
            Some(Refusal::Retired(owner, why)) => {
                let (owner, why) = (owner.clone(), *why);
                return Attempt::Failed(NetError::RetiredKey { peer: name(), address, owner, why });
            }
            Some(Refusal::UnknownKey(key)) => {
                return Attempt::Failed(NetError::UnknownKey { peer: name(), address, key: *key });
            }
            Some(Refusal::NotARawKey) => return handshake("it shows no raw Ed25519 key"),
            None => {}
        }
        let again = |how: &str| Attempt::Again(how.to_owned());
        let code = match error {
            ConnectionError::ConnectionClosed(close) => u64::from(close.error_code),
            ConnectionError::TransportError(error) => u64::from(error.code),
            ConnectionError::ApplicationClosed(close) => match close.error_code {
                close_code::UNEXPECTED => return Attempt::Failed(NetError::NotExpected { peer: name() }),
                close_code::DUPLICATE => {
                    return again("it has a connection with our key already; is this party started twice?");
                }
                close_code::CHECKING => return again("it only checks its links at the moment"),
                _ => return again("it closed the connection before its hello"),
            },
            _ => return again("it closed the connection before its hello"),
        };
        let retired = |why| Attempt::Failed(NetError::OwnKeyRetired { peer: name(), why });
        match code {
            alert::UNKNOWN_CA => {
                Attempt::Failed(NetError::KeyRefused { peer: name(), own_key: self.own_key })
            }
            alert::EXPIRED => retired(Retired::Expired),
            alert::REVOKED => retired(Retired::Revoked),
            alert::NO_APPLICATION_PROTOCOL => handshake("another protocol or version"),
            code if alert::is_alert(code) => handshake(&format!("TLS alert {}", code & 0xff)),
            code => Attempt::Again(format!("QUIC error {code}")),
        }
    }

    /// The error, if a peer ended the session before its hello was through and said why.
    pub(crate) fn aborted(&self, peer: &PeerConfig, error: &ConnectionError) -> Option<NetError> {
        match fault::of_connection(error) {
            fault @ LinkFault::Aborted(_) => {
                Some(NetError::of_link(&LinkError { peer: peer.id, fault }, &self.roster))
            }
            _ => None,
        }
    }
}
