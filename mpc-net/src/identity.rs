//! A party's private key.

use crate::key_file;
use crate::public_key::PublicKey;
use rustls::crypto::aws_lc_rs::sign::any_eddsa_type;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// DER of an Ed25519 PKCS#8 key up to the 32 secret bytes (RFC 8410).
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The Ed25519 private key by which the other parties know this one. It cannot be printed or copied, and its memory
/// is wiped when it is dropped.
pub struct Identity {
    seed: Zeroizing<[u8; 32]>,
    public: PublicKey,
}

impl Identity {
    /// A fresh identity from the operating system's randomness.
    pub fn generate() -> Result<Self, IdentityError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|_| IdentityError::Randomness)?;
        Self::from_seed(seed)
    }

    /// The identity in a key file, which must be a regular file that only its owner can read.
    pub fn load(path: &Path) -> Result<Self, IdentityError> {
        Self::from_seed(key_file::read(path)?)
    }

    /// Writes the key to a new file that only its owner can read. An existing file is never replaced.
    pub fn save(&self, path: &Path) -> Result<(), IdentityError> {
        key_file::write(path, &self.seed)
    }

    /// What the other parties list for this one.
    pub fn public_key(&self) -> PublicKey {
        self.public
    }

    pub(crate) fn from_seed(seed: Zeroizing<[u8; 32]>) -> Result<Self, IdentityError> {
        let signing = signing_key(&seed)?;
        let public = signing
            .public_key()
            .and_then(|spki| PublicKey::from_spki(spki.as_ref()))
            .ok_or(IdentityError::Unusable)?;
        Ok(Self { seed, public })
    }

    /// The identity in the form that TLS wants. The copy inside is wiped by the cryptographic library.
    pub(crate) fn certified(&self) -> Result<CertifiedKey, IdentityError> {
        let spki = CertificateDer::from(self.public.to_spki());
        Ok(CertifiedKey::new(vec![spki], signing_key(&self.seed)?))
    }
}

fn signing_key(seed: &[u8; 32]) -> Result<Arc<dyn rustls::sign::SigningKey>, IdentityError> {
    let mut der = Zeroizing::new([0; PKCS8_PREFIX.len() + 32]);
    let (prefix, secret) = der.split_at_mut(PKCS8_PREFIX.len());
    prefix.copy_from_slice(&PKCS8_PREFIX);
    secret.copy_from_slice(seed);
    any_eddsa_type(&PrivatePkcs8KeyDer::from(der.as_slice())).map_err(|_| IdentityError::Unusable)
}

/// Why an identity cannot be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness; check /dev/urandom and try again")]
    Randomness,
    /// The file could not be read or written.
    #[error("{path}: {source}; check the path and its folder's permissions")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// There is a file already, which might be the only copy of a key.
    #[error("{0} exists already and is never replaced; move it away first if it is no longer needed")]
    Exists(PathBuf),
    /// Not a regular file.
    #[error("{0} is not a regular file; name the key file itself")]
    NotAFile(PathBuf),
    /// Others may read or write the file.
    #[error("{path} may be used by others (mode {mode:04o}); run: chmod 600 {path}")]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else.
    #[error("{0} is not a key file of this program; name the file that `init` wrote")]
    Format(PathBuf),
    /// The cryptographic library refused the key.
    #[error("the key is not usable; make a new one with `init`")]
    Unusable,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 1.
    #[test]
    fn known_answer() {
        let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
        let seed = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        let public = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let identity = Identity::from_seed(Zeroizing::new(seed.try_into().unwrap())).unwrap();
        assert_eq!(identity.public_key().as_bytes().as_slice(), public);
    }

    #[test]
    fn fresh_identities_differ() {
        let (a, b) = (Identity::generate().unwrap(), Identity::generate().unwrap());
        assert_ne!(a.public_key(), b.public_key());
    }
}
