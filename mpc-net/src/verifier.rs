//! The check of a peer's key during the TLS handshake.
//!
//! A peer proves possession of an Ed25519 key by the TLS 1.3 signature; this file decides whether that key is listed
//! and, where this party dialled, whether it is the key of the party that was meant. What the other side is told about
//! this party's list is yes, no, expired or revoked: names and all else stay in the [`Verdict`].

use crate::config::Retired;
use crate::public_key::PublicKey;
use crate::roster::Roster;
use mpc_core::transport::PartyId;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible, SignatureScheme,
};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Why a key was refused, for this party's own error text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No listed party has this key.
    UnknownKey(PublicKey),
    /// This key of this party is listed, but refused.
    Retired(String, Retired),
    /// It is the key of this other party.
    OtherParty(String),
    /// Something else than one raw Ed25519 key was shown.
    NotARawKey,
}

/// Where a verifier leaves its reason, one for each handshake.
pub(crate) type Verdict = Arc<OnceLock<Refusal>>;

/// Judges the key of one handshake.
pub(crate) struct Verifier {
    pub(crate) roster: Arc<Roster>,
    /// The party that was dialled; `None` when the peer dialled and any listed party may be meant.
    pub(crate) expected: Option<PartyId>,
    pub(crate) algorithms: WebPkiSupportedAlgorithms,
    pub(crate) verdict: Verdict,
}

impl Verifier {
    fn judge(&self, key: &CertificateDer<'_>, chain: &[CertificateDer<'_>]) -> Result<(), CertificateError> {
        let refuse = |refusal, told| {
            // At most one key is judged in a handshake, so the first reason is the only one.
            let _ = self.verdict.set(refusal);
            Err(told)
        };
        let Some(key) = PublicKey::from_spki(key).filter(|_| chain.is_empty()) else {
            return refuse(Refusal::NotARawKey, CertificateError::UnknownIssuer);
        };
        match (self.roster.by_key(&key), self.expected) {
            (None, _) => match self.roster.retired(&key) {
                Some((peer, Retired::Expired)) => {
                    refuse(Refusal::Retired(peer.name.clone(), Retired::Expired), CertificateError::Expired)
                }
                Some((peer, Retired::Revoked)) => {
                    refuse(Refusal::Retired(peer.name.clone(), Retired::Revoked), CertificateError::Revoked)
                }
                None => refuse(Refusal::UnknownKey(key), CertificateError::UnknownIssuer),
            },
            (Some(found), Some(expected)) if found.id != expected => {
                refuse(Refusal::OtherParty(found.name.clone()), CertificateError::NotValidForName)
            }
            (Some(_), _) => Ok(()),
        }
    }

    fn verify(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let spki = SubjectPublicKeyInfoDer::from(key.as_ref());
        verify_tls13_signature_with_raw_key(message, &spki, signature, &self.algorithms)
    }
}

fn tls12() -> Result<HandshakeSignatureValid, Error> {
    Err(Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge(end_entity, intermediates)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify(message, key, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.judge(end_entity, intermediates)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify(message, key, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PeerConfig;

    fn judge(
        expected: Option<u8>,
        key: &[u8],
        chain: usize,
    ) -> (Result<(), CertificateError>, Option<Refusal>) {
        let peer = |id, name: &str, keys: &[u8]| PeerConfig {
            id: PartyId::new(id),
            name: name.into(),
            address: Some(([127, 0, 0, 1], 7400).into()),
            keys: keys.iter().map(|key| PublicKey::from_bytes([*key; 32])).collect(),
            retired: [(60 + id, Retired::Expired), (70 + id, Retired::Revoked)]
                .map(|(key, why)| (PublicKey::from_bytes([key; 32]), why))
                .into(),
        };
        let peers = vec![peer(1, "hospital-b", &[1, 11]), peer(2, "hospital-c", &[2])];
        let verifier = Verifier {
            roster: Arc::new(Roster::new(PartyId::new(0), "hospital-a".into(), true, peers)),
            expected: expected.map(PartyId::new),
            algorithms: rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms,
            verdict: Verdict::default(),
        };
        let chain = vec![CertificateDer::from(key.to_vec()); chain];
        let result = verifier.judge(&CertificateDer::from(key.to_vec()), &chain);
        (result, verifier.verdict.get().cloned())
    }

    fn spki(key: u8) -> Vec<u8> {
        PublicKey::from_bytes([key; 32]).to_spki()
    }

    #[test]
    fn any_listed_key_may_dial_and_only_the_one_meant_may_answer() {
        for key in [1, 2, 11] {
            assert_eq!(judge(None, &spki(key), 0), (Ok(()), None));
        }
        assert_eq!(judge(Some(1), &spki(11), 0), (Ok(()), None));
        assert_eq!(
            judge(Some(1), &spki(2), 0),
            (Err(CertificateError::NotValidForName), Some(Refusal::OtherParty("hospital-c".into())))
        );
    }

    #[test]
    fn retired_keys_are_refused_with_the_reason() {
        for expected in [None, Some(1), Some(2)] {
            let gone = |why| Some(Refusal::Retired("hospital-b".into(), why));
            assert_eq!(
                judge(expected, &spki(61), 0),
                (Err(CertificateError::Expired), gone(Retired::Expired))
            );
            assert_eq!(
                judge(expected, &spki(71), 0),
                (Err(CertificateError::Revoked), gone(Retired::Revoked))
            );
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for expected in [None, Some(1)] {
            let unknown = Some(Refusal::UnknownKey(PublicKey::from_bytes([9; 32])));
            assert_eq!(judge(expected, &spki(9), 0), (Err(CertificateError::UnknownIssuer), unknown));
            let not_raw = (Err(CertificateError::UnknownIssuer), Some(Refusal::NotARawKey));
            assert_eq!(judge(expected, &spki(1)[1..], 0), not_raw);
            assert_eq!(judge(expected, &[], 0), not_raw);
            assert_eq!(judge(expected, &spki(1), 1), not_raw);
        }
    }
}
