//! The one line by which a party makes itself known: its administrator sends it to the others, who paste it.
//!
//! ```text
//! mpc1 hospital-a mpc.hospital-a.example:7000 <52 characters of key> <8 characters of checksum>
//! ```
//!
//! The address is `-` where nobody can reach the party. The line is public; whether it arrived unchanged, two people
//! find out by comparing words over the telephone. The checksum is for accidents: 40 bits of a hash over everything
//! before it, so a typing error passes once in a million millions.

use crate::config::is_name;
use crate::limits;
use crate::public_key::{PublicKey, PublicKeyError};
use data_encoding::BASE32_NOPAD;
use mpc_core::random::Domain;
use mpc_core::random::hash::Hasher;
use std::net::SocketAddr;
use std::{fmt, str::FromStr};

const TAG: &str = "mpc1";
/// Stands for the address of a party that nobody can reach.
const NO_ADDRESS: &str = "-";
const CHECK_BYTES: usize = 5;
/// Longest host name, and a colon and a port.
const ADDRESS_BYTES: usize = 253 + 6;
/// Longest text that is looked at: a full line, and room for the blanks of a careless copy.
const LINE_BYTES: usize = 1000;

/// What a party tells the others about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityLine {
    name: String,
    address: Option<String>,
    key: PublicKey,
}

impl IdentityLine {
    /// A line with these parts; `None` if the name or the address is not one.
    pub fn new(name: &str, address: Option<&str>, key: PublicKey) -> Option<Self> {
        let good = is_name(name) && address.is_none_or(is_peer_address);
        good.then(|| Self { name: name.to_owned(), address: address.map(str::to_owned), key })
    }

    /// The party's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `host:port` where it listens; `None` if nobody can reach it.
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// The key by which it is known.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    fn checked_part(&self) -> String {
        format!("{TAG} {} {} {}", self.name, self.address.as_deref().unwrap_or(NO_ADDRESS), self.key)
    }
}

fn checksum(text: &str) -> String {
    let digest = Hasher::new(Domain::IdentityLine).part(text.as_bytes()).finish();
    BASE32_NOPAD.encode(digest.first_chunk::<CHECK_BYTES>().map_or(&[], |bytes| bytes)).to_ascii_lowercase()
}

impl fmt::Display for IdentityLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.checked_part();
        write!(f, "{text} {}", checksum(&text))
    }
}

/// Why a text is no identity line.
#[derive(Copy, Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityLineError {
    /// It does not begin like one.
    #[error(
        "an identity line begins with \"mpc1\" and has five words; paste the whole line that `init` printed"
    )]
    Form,
    /// It begins like one of another version of the program.
    #[error(
        "this line is of another version of the program; update the older one and ask for its line again"
    )]
    Version,
    /// The second word is no name.
    #[error("the name in this line is not one (1 to 63 of: a-z, 0-9, hyphen); copy the line again")]
    Name,
    /// The third word is no address.
    #[error("the address in this line is not host:port; copy the line again")]
    Address,
    /// The fourth word is no key.
    #[error("the key in this line: {0}")]
    Key(#[from] PublicKeyError),
    /// All words look right, but they do not belong together.
    #[error("the line was changed on its way: its checksum does not fit; copy it again")]
    Checksum,
}

impl FromStr for IdentityLine {
    type Err = IdentityLineError;

    /// Blanks around and between the words do not matter: mail programs break lines. Everything else does.
    fn from_str(text: &str) -> Result<Self, IdentityLineError> {
        if text.len() > LINE_BYTES {
            return Err(IdentityLineError::Form);
        }
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        match *words.as_slice() {
            [TAG, name, address, key, check] => {
                let address = (address != NO_ADDRESS).then_some(address);
                if !is_name(name) {
                    return Err(IdentityLineError::Name);
                }
                if !address.is_none_or(is_peer_address) {
                    return Err(IdentityLineError::Address);
                }
                let line =
                    Self { name: name.to_owned(), address: address.map(str::to_owned), key: key.parse()? };
                if checksum(&line.checked_part()) != check {
                    return Err(IdentityLineError::Checksum);
                }
                Ok(line)
            }
            [tag, ..] if tag != TAG && is_other_version(tag) => Err(IdentityLineError::Version),
            _ => Err(IdentityLineError::Form),
        }
    }
}

fn is_other_version(tag: &str) -> bool {
    tag.strip_prefix("mpc").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|c| c.is_ascii_digit()))
}

/// Whether a text is `host:port` of a party: a host name, an IPv4 address, or an IPv6 address in brackets.
pub fn is_peer_address(text: &str) -> bool {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return address.port() > 0 && !address.ip().is_unspecified();
    }
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_');
    // One spelling of a port: no sign and no zeros in front.
    let is_port = |text: &str| text.parse::<u16>().is_ok_and(|port| port > 0 && port.to_string() == text);
    text.len() <= ADDRESS_BYTES && !host.is_empty() && host.bytes().all(plain) && is_port(port)
}

const _: () = assert!(LINE_BYTES > TAG.len() + limits::NAME_BYTES + ADDRESS_BYTES + 52 + 8 + 4);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines() -> Vec<IdentityLine> {
        let key = PublicKey::from_bytes([7; 32]);
        [Some("203.0.113.5:7000"), Some("[2001:db8::4]:7000"), Some("mpc.hospital-a.example:443"), None]
            .map(|address| IdentityLine::new("hospital-a", address, key).unwrap())
            .into()
    }

    #[test]
    fn golden_text() {
        let texts: Vec<String> = lines().iter().map(ToString::to_string).collect();
        let key = "a4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dq";
        assert_eq!(texts[0], format!("mpc1 hospital-a 203.0.113.5:7000 {key} x23ajtyy"));
        assert_eq!(texts[3], format!("mpc1 hospital-a - {key} ke5mcppb"));
    }

    #[test]
    fn lines_survive_mail() {
        for line in lines() {
            let text = line.to_string();
            assert_eq!(text.parse(), Ok(line.clone()));
            let broken = format!("  {}\r\n", text.replace(' ', "\r\n\t "));
            assert_eq!(broken.parse(), Ok(line));
        }
    }

    #[test]
    fn a_typing_error_in_any_character_is_noticed() {
        for text in lines().iter().map(ToString::to_string) {
            for place in 0..text.len() {
                for other in (0x20u8..0x7f).map(char::from) {
                    let mut typo = text.clone();
                    typo.replace_range(place..=place, &other.to_string());
                    assert!(typo == text || typo.parse::<IdentityLine>().is_err(), "{typo}");
                }
                let mut shorter = text.clone();
                shorter.remove(place);
                assert!(shorter.parse::<IdentityLine>().is_err(), "{shorter}");
                let mut swapped = text.clone().into_bytes();
                if place > 0 && swapped[place] != swapped[place - 1] {
                    swapped.swap(place, place - 1);
                    assert!(String::from_utf8(swapped).unwrap().parse::<IdentityLine>().is_err());
                }
                assert!(text[..place].parse::<IdentityLine>().is_err());
            }
        }
    }

    #[test]
    fn every_flipped_bit_is_refused_or_has_the_same_meaning() {
        for line in lines() {
            let text = line.to_string();
            for bit in 0..text.len() * 8 {
                let mut bytes = text.clone().into_bytes();
                bytes[bit / 8] ^= 1 << (bit % 8);
                if let Ok(Ok(read)) = String::from_utf8(bytes).map(|text| text.parse::<IdentityLine>()) {
                    assert_eq!(read, line);
                }
            }
        }
    }

    #[test]
    fn refusals_say_which_part() {
        let text = lines()[0].to_string();
        let refusal = |text: &str| text.parse::<IdentityLine>().unwrap_err();
        assert_eq!(refusal(""), IdentityLineError::Form);
        assert_eq!(refusal("ssh-ed25519 AAAA"), IdentityLineError::Form);
        assert_eq!(refusal(&format!("{text} more")), IdentityLineError::Form);
        assert_eq!(refusal(&text.replace("mpc1", "mpc2")), IdentityLineError::Version);
        assert_eq!(refusal(&text.replace("hospital-a", "Hospital")), IdentityLineError::Name);
        assert_eq!(refusal(&text.replace(":7000", "")), IdentityLineError::Address);
        assert_eq!(
            refusal(&text.replace("a4dq ", "a4d ")),
            IdentityLineError::Key(PublicKeyError::Length(51))
        );
        assert_eq!(refusal(&text.replace(":7000", ":7001")), IdentityLineError::Checksum);
        assert_eq!(refusal(&" ".repeat(2000)), IdentityLineError::Form);
    }

    #[test]
    fn addresses_are_host_and_port() {
        for good in ["192.0.2.1:1", "[::1]:65535", "[2001:db8::1]:7000", "a:1", "mpc.h-1.example:7000"] {
            assert!(is_peer_address(good), "{good}");
        }
        let bad = [
            "",
            ":1",
            "a",
            "a:",
            "a:0",
            "a:65536",
            "a:+1",
            "a:01",
            "::1:7000",
            "[::1]",
            "[a]:1",
            "a b:1",
            "a/b:1",
            "0.0.0.0:7000",
            "[::]:7000",
            "é:1",
            "192.0.2.1:0",
            "-",
        ];
        for bad in bad {
            assert!(!is_peer_address(bad), "{bad}");
        }
        assert!(!is_peer_address(&format!("{}:1", "a".repeat(300))));
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_canonical(text in "(mpc1 )?[a-z0-9-]{0,9} [a-z0-9.:\\[\\]-]{0,20} [a-z2-7]{50,52} [a-z2-7]{8}|.{0,80}") {
            if let Ok(line) = text.parse::<IdentityLine>() {
                prop_assert_eq!(line.to_string().parse(), Ok(line));
            }
        }
    }
}
