//! The TLS settings inside QUIC: one version, one cipher suite, one key exchange, raw public keys on both sides.
//! With nothing to choose there is nothing to downgrade.

use crate::identity::Identity;
use crate::roster::Roster;
use crate::verifier::{Verdict, Verifier};
use mpc_core::transport::PartyId;
use quinn::crypto::rustls::{NoInitialCipherSuite, QuicClientConfig, QuicServerConfig};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, ClientConfig, Resumption};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage, ServerConfig};
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use std::sync::Arc;

/// What a connection is for. Each purpose is a protocol of its own inside TLS, so the handshake settles it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A link of a session.
    Session,
    /// A try whether the link would work.
    Check,
}

impl Purpose {
    const ALL: [Self; 2] = [Self::Session, Self::Check];

    /// Name and version inside TLS.
    const fn alpn(self) -> &'static [u8] {
        match self {
            Self::Session => b"mpc/1",
            Self::Check => b"mpc-check/1",
        }
    }

    /// The purpose of this name.
    pub(crate) fn of(alpn: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.alpn() == alpn)
    }
}

/// Makes the TLS side of each handshake.
pub(crate) struct Tls {
    provider: Arc<CryptoProvider>,
    key: Arc<CertifiedKey>,
    roster: Arc<Roster>,
}

/// The network library refused the settings; they are fixed, so this is a fault of the program.
#[derive(Debug, thiserror::Error)]
#[error("the TLS settings were refused: {0}")]
pub(crate) struct TlsError(String);

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<NoInitialCipherSuite> for TlsError {
    fn from(error: NoInitialCipherSuite) -> Self {
        Self(error.to_string())
    }
}

impl Tls {
    pub(crate) fn new(identity: &Identity, roster: Arc<Roster>) -> Result<Self, TlsError> {
        let key = identity.certified().map_err(|error| TlsError(error.to_string()))?;
        Ok(Self { provider: Arc::new(provider()), key: Arc::new(key), roster })
    }

    /// The answering side of a handshake: any listed party may come.
    pub(crate) fn server(&self, verdict: Verdict) -> Result<QuicServerConfig, TlsError> {
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(self.verifier(None, verdict))
            .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(self.key.clone())));
        config.alpn_protocols = Purpose::ALL.map(|purpose| purpose.alpn().to_vec()).into();
        // Every session is a full handshake: no resumption, so that a removed key is out at once, and no early data,
        // which could be replayed.
        config.max_early_data_size = 0;
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(config.try_into()?)
    }

    /// The dialling side of a handshake: exactly `expected` may answer.
    pub(crate) fn client(
        &self,
        expected: PartyId,
        purpose: Purpose,
        verdict: Verdict,
    ) -> Result<QuicClientConfig, TlsError> {
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(self.verifier(Some(expected), verdict))
            .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(self.key.clone())));
        config.alpn_protocols = vec![purpose.alpn().to_vec()];
        config.resumption = Resumption::disabled();
        config.enable_early_data = false;
        // The party that is dialled is known by its key; a name in clear would tell the network who computes with whom.
        config.enable_sni = false;
        Ok(config.try_into()?)
    }

    fn verifier(&self, expected: Option<PartyId>, verdict: Verdict) -> Arc<Verifier> {
        let algorithms = self.provider.signature_verification_algorithms;
        Arc::new(Verifier { roster: self.roster.clone(), expected, algorithms, verdict })
    }
}

/// Named explicitly everywhere, so that another provider in the process can never be picked up.
fn provider() -> CryptoProvider {
    CryptoProvider {
        // QUIC's first packets need this suite anyway, and on processors with AES instructions it costs 10 to 20 %
        // less than AES-256.
        cipher_suites: vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256],
        // Recorded traffic must stay secret when quantum computers come. A peer without it fails the handshake.
        kx_groups: vec![aws_lc_rs::kx_group::X25519MLKEM768],
        ..aws_lc_rs::default_provider()
    }
}
