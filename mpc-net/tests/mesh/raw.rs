//! A party that breaks the rules: a bare QUIC endpoint with its own idea of TLS and of the protocol.

use crate::support::*;
use mpc_net::{Hello, Mesh, MeshConfig, NetError, PublicKey};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint, RecvStream, SendStream, ServerConfig};
use rustls::SignatureScheme;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// A key whose secret the test knows.
#[derive(Clone)]
pub(crate) struct RawKey {
    pub(crate) public: PublicKey,
    signing: Arc<dyn rustls::sign::SigningKey>,
}

impl RawKey {
    pub(crate) fn new(seed: u8) -> Self {
        let der = [PKCS8.as_slice(), &[seed; 32]].concat();
        let signing = aws_lc_rs::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(der)).unwrap();
        let spki = signing.public_key().unwrap();
        let public = PublicKey::from_bytes(spki.as_ref()[SPKI.len()..].try_into().unwrap());
        Self { public, signing }
    }

    /// Shows `shown` but signs with this key.
    fn certified(&self, shown: PublicKey) -> Arc<CertifiedKey> {
        let spki = [SPKI.as_slice(), shown.as_bytes()].concat();
        Arc::new(CertifiedKey::new(vec![CertificateDer::from(spki)], self.signing.clone()))
    }
}

/// Lets everyone in.
#[derive(Debug)]
struct Anyone {
    raw_keys: bool,
}

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519, SignatureScheme::ECDSA_NISTP256_SHA256]
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.raw_keys
    }
}

impl ClientCertVerifier for Anyone {
    fn root_hint_subjects(&self) -> &[rustls::DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// Speaks raw public keys, and has none.
#[derive(Debug)]
struct Nobody;

impl rustls::client::ResolvesClientCert for Nobody {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        None
    }

    fn only_raw_public_keys(&self) -> bool {
        true
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// How a raw dialer behaves in the handshake. The default is a well-behaved party.
#[derive(Clone)]
pub(crate) struct RawClient {
    pub(crate) key: Option<RawKey>,
    /// Another key to show than the one it can sign with.
    pub(crate) shows: Option<PublicKey>,
    pub(crate) raw_keys: bool,
    pub(crate) alpn: &'static [u8],
    pub(crate) provider: CryptoProvider,
}

impl RawClient {
    pub(crate) fn new(key: &RawKey) -> Self {
        let provider = aws_lc_rs::default_provider();
        Self { key: Some(key.clone()), shows: None, raw_keys: true, alpn: b"mpc/1", provider }
    }

    pub(crate) fn config(&self) -> ClientConfig {
        let builder = rustls::ClientConfig::builder_with_provider(Arc::new(self.provider.clone()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone { raw_keys: self.raw_keys }));
        let mut tls = match &self.key {
            None => builder.with_client_cert_resolver(Arc::new(Nobody)),
            Some(key) => builder.with_client_cert_resolver(Arc::new(
                rustls::client::AlwaysResolvesClientRawPublicKeys::new(
                    key.certified(self.shows.unwrap_or(key.public)),
                ),
            )),
        };
        tls.alpn_protocols = vec![self.alpn.to_vec()];
        tls.enable_early_data = true;
        ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()))
    }

    /// How a party at `address` ends the connection that this client opens, and the party's text about it.
    pub(crate) fn refusal(&self, address: SocketAddr) -> (u64, String) {
        let error = block_on(async {
            let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
            let connecting = endpoint.connect_with(self.config(), address, "peer").unwrap();
            match connecting.await {
                Ok(connection) => connection.closed().await,
                Err(error) => error,
            }
        });
        match error {
            ConnectionError::ConnectionClosed(close) => {
                (close.error_code.into(), String::from_utf8_lossy(&close.reason).into_owned())
            }
            ConnectionError::TransportError(error) => (error.code.into(), String::new()),
            other => panic!("{other}"),
        }
    }
}

/// Runs `future` on a runtime of its own, for at most some seconds.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(15), future).await.expect("in time") })
}

/// One party of two: it listens, and takes `key` for hospital-b, which would dial it.
pub(crate) fn listener(key: &RawKey) -> (MeshConfig, Hello, SocketAddr) {
    let (mut config, hello) = configs(2).swap_remove(0);
    config.peers[0].keys = vec![key.public];
    let address = config.socket.local_addr().unwrap();
    (config, hello, address)
}

/// A control message as it stands on the stream.
pub(crate) fn control(message: &[u8]) -> Vec<u8> {
    [u32::try_from(message.len()).unwrap().to_le_bytes().as_slice(), message].concat()
}

/// A hello, written down byte by byte rather than by the code under test.
pub(crate) fn hello_bytes(version: u16, hello: &Hello) -> Vec<u8> {
    let text = |text: &str| [(text.len() as u64).to_le_bytes().as_slice(), text.as_bytes()].concat();
    let mut bytes =
        [&0u32.to_le_bytes()[..], &version.to_le_bytes(), &text(&hello.build), &hello.query_hash].concat();
    bytes.extend((hello.session_parties.len() as u64).to_le_bytes());
    for (name, keys) in &hello.session_parties {
        bytes.extend(text(name));
        bytes.extend((keys.len() as u64).to_le_bytes());
        keys.iter().for_each(|key| bytes.extend(key.as_bytes()));
    }
    bytes.extend(text(&hello.mode));
    bytes
}

/// Connects a mesh with a raw client that sends `first` on the control stream and then does as `act` says.
pub(crate) fn intrude<F>(
    first: impl FnOnce(&Hello) -> Vec<u8>,
    change: impl FnOnce(&mut MeshConfig),
    act: F,
) -> (Result<Mesh, NetError>, JoinHandle<()>)
where
    F: AsyncFnOnce(Connection, SendStream, &mut RecvStream) + Send + 'static,
{
    let key = RawKey::new(2);
    let (mut config, hello, address) = listener(&key);
    change(&mut config);
    let first = first(&hello);
    let client = RawClient::new(&key);
    let thread = std::thread::spawn(move || {
        block_on(async {
            let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
            let connection = endpoint.connect_with(client.config(), address, "peer").unwrap().await.unwrap();
            let (mut control, mut theirs) = connection.open_bi().await.unwrap();
            control.write_all(&first).await.unwrap();
            act(connection.clone(), control, &mut theirs).await;
            connection.closed().await;
        });
    });
    (Mesh::connect(config, hello), thread)
}

/// A mesh whose only peer is a raw client that has passed its hello.
pub(crate) fn intruder<F>(act: F) -> (Mesh, JoinHandle<()>)
where
    F: AsyncFnOnce(Connection, SendStream, &mut RecvStream) + Send + 'static,
{
    let (mesh, thread) = intrude(
        |hello| control(&hello_bytes(2, hello)),
        |config| config.timeouts.receive = Duration::from_secs(2),
        act,
    );
    (mesh.unwrap(), thread)
}

/// A raw party that answers at an address, shows `shown` and signs with `key`; returns how the dialer ends it.
pub(crate) fn answering(
    key: &RawKey,
    shown: PublicKey,
    alpn: &'static [u8],
) -> (SocketAddr, JoinHandle<Option<ConnectionError>>) {
    let mut tls = rustls::ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(Arc::new(Anyone { raw_keys: true }))
        .with_cert_resolver(Arc::new(rustls::server::AlwaysResolvesServerRawPublicKeys::new(
            key.certified(shown),
        )));
    tls.alpn_protocols = vec![alpn.to_vec()];
    let config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).unwrap()));
    let (address_out, address_in) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        block_on(async {
            let endpoint = Endpoint::server(config, "127.0.0.1:0".parse().unwrap()).unwrap();
            address_out.send(endpoint.local_addr().unwrap()).unwrap();
            let incoming = endpoint.accept().await?;
            match incoming.await {
                Ok(connection) => Some(connection.closed().await),
                Err(error) => Some(error),
            }
        })
    });
    (address_in.recv().unwrap(), thread)
}
