//! The public half of a party's identity, as people read it and as TLS carries it.

use data_encoding::BASE32_NOPAD;
use std::{fmt, str::FromStr};

/// DER of an Ed25519 `SubjectPublicKeyInfo` up to the key itself (RFC 8410): it never varies, so no parser is needed.
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Length of the text form: 256 bits in groups of five.
const TEXT_CHARS: usize = 52;

/// An Ed25519 public key. It is the identity of a party on the wire; written as 52 characters of lower-case base32.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// A key from its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the key.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key inside a raw public key as TLS carries it; `None` for anything but Ed25519.
    pub(crate) fn from_spki(spki: &[u8]) -> Option<Self> {
        spki.strip_prefix(&SPKI_PREFIX)?.try_into().ok().map(Self)
    }

    /// The form in which TLS carries the key.
    pub(crate) fn to_spki(self) -> Vec<u8> {
        [SPKI_PREFIX.as_slice(), &self.0].concat()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32_NOPAD.encode(&self.0).to_ascii_lowercase())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is no public key.
#[derive(Copy, Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// Too short or too long: most often a broken paste.
    #[error("a public key has 52 characters, this has {0}; copy the whole line again")]
    Length(usize),
    /// A character outside the alphabet, or bits that no key has.
    #[error("a public key is written with the letters a to z and the digits 2 to 7; copy the line again")]
    Text,
}

impl FromStr for PublicKey {
    type Err = PublicKeyError;

    /// Exactly one text stands for a key: upper case, padding and stray bits are refused.
    fn from_str(text: &str) -> Result<Self, PublicKeyError> {
        if text.len() != TEXT_CHARS {
            return Err(PublicKeyError::Length(text.chars().count()));
        }
        if !text.bytes().all(|c| matches!(c, b'a'..=b'z' | b'2'..=b'7')) {
            return Err(PublicKeyError::Text);
        }
        let bytes =
            BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).map_err(|_| PublicKeyError::Text)?;
        bytes.try_into().map(Self).map_err(|_| PublicKeyError::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_answer() {
        let text = "a".repeat(52);
        assert_eq!(PublicKey([0; 32]).to_string(), text);
        assert_eq!(text.parse(), Ok(PublicKey([0; 32])));
        // RFC 4648 of 32 bytes of ones: 51 characters of 31, then one with a single bit.
        assert_eq!(PublicKey([0xff; 32]).to_string(), format!("{}q", "7".repeat(51)));
    }

    #[test]
    fn other_spellings_are_refused() {
        let text = PublicKey([7; 32]).to_string();
        assert_eq!(text.to_ascii_uppercase().parse::<PublicKey>(), Err(PublicKeyError::Text));
        assert_eq!(format!("{text}=").parse::<PublicKey>(), Err(PublicKeyError::Length(53)));
        assert_eq!(text[1..].parse::<PublicKey>(), Err(PublicKeyError::Length(51)));
        assert_eq!("".parse::<PublicKey>(), Err(PublicKeyError::Length(0)));
        assert_eq!(format!("{}1", &text[..51]).parse::<PublicKey>(), Err(PublicKeyError::Text));
        // Four spare bits at the end must be zero, or two texts would name one key.
        assert_eq!(format!("{}b", "a".repeat(51)).parse::<PublicKey>(), Err(PublicKeyError::Text));
        // As many bytes, not as many characters.
        assert!(format!("{}é", "a".repeat(50)).parse::<PublicKey>().is_err());
    }

    #[test]
    fn only_ed25519_is_a_key() {
        let key = PublicKey([9; 32]);
        let spki = key.to_spki();
        assert_eq!(PublicKey::from_spki(&spki), Some(key));
        for length in 0..spki.len() {
            assert_eq!(PublicKey::from_spki(&spki[..length]), None);
        }
        assert_eq!(PublicKey::from_spki(&[spki.as_slice(), &[0]].concat()), None);
        for bit in 0..SPKI_PREFIX.len() * 8 {
            let mut bad = spki.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(PublicKey::from_spki(&bad), None);
        }
    }

    proptest! {
        #[test]
        fn text_round_trip(bytes: [u8; 32]) {
            let key = PublicKey(bytes);
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }

        #[test]
        fn parsing_any_text_is_canonical(text in "[a-z2-7]{52}|.{0,60}") {
            if let Ok(key) = text.parse::<PublicKey>() {
                prop_assert_eq!(key.to_string(), text);
            }
        }
    }
}
