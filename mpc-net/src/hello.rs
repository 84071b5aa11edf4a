//! What two parties compare before they compute: a session starts only if all of it is equal.

use crate::config::is_name;
use crate::control::{PROTOCOL_VERSION, WireHello};
use crate::error::NetError;
use crate::limits;
use crate::public_key::PublicKey;

/// What this party is about to take part in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Version of the program, for the error text when something else differs.
    pub build: String,
    /// Hash of the query in its canonical form.
    pub query_hash: [u8; 32],
    /// Names of all participants in roster order, with the keys by which each is known here; of this party its own.
    pub session_parties: Vec<(String, Vec<PublicKey>)>,
    /// Adversary and preprocessing, such as "semi-honest/helper".
    pub mode: String,
}

/// Two parties are not about to do the same.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Disagreement {
    what: &'static str,
    ours: String,
    theirs: String,
}

impl Hello {
    /// Refuses what a peer would refuse to read.
    pub(crate) fn check(&self) -> Result<(), NetError> {
        self.fault().map_or(Ok(()), |fault| Err(NetError::Configuration(format!("{fault}; correct it"))))
    }

    fn fault(&self) -> Option<&'static str> {
        if !is_text(&self.build) {
            return Some("the build text of a hello is too long or not plain");
        }
        if !is_text(&self.mode) {
            return Some("the mode text of a hello is too long or not plain");
        }
        if self.session_parties.len() > limits::PARTICIPANTS {
            return Some("a hello names too many participants");
        }
        if self.session_parties.iter().any(|(_, keys)| keys.len() > limits::KEYS_PER_PARTY) {
            return Some("a hello names too many keys of a participant");
        }
        if !self.session_parties.iter().all(|(name, _)| is_name(name)) {
            return Some("a hello names a participant in characters that names do not have");
        }
        None
    }

    pub(crate) fn to_wire(&self) -> WireHello {
        WireHello {
            version: PROTOCOL_VERSION,
            build: self.build.clone(),
            query_hash: self.query_hash,
            parties: self
                .session_parties
                .iter()
                .map(|(name, keys)| (name.clone(), keys.iter().map(|key| *key.as_bytes()).collect()))
                .collect(),
            mode: self.mode.clone(),
        }
    }

    /// A peer's hello; its texts are checked because they reach this party's terminal.
    pub(crate) fn from_wire(wire: WireHello) -> Result<Self, &'static str> {
        let hello = Self {
            build: wire.build,
            query_hash: wire.query_hash,
            session_parties: wire
                .parties
                .into_iter()
                .map(|(name, keys)| (name, keys.into_iter().map(PublicKey::from_bytes).collect()))
                .collect(),
            mode: wire.mode,
        };
        hello.fault().map_or(Ok(hello), Err)
    }

    /// The error to show if `peer`, whose hello is `theirs`, is about to do something else.
    pub(crate) fn disagreement(&self, theirs: &Self, peer: &str) -> Option<NetError> {
        let Disagreement { what, ours, theirs: their_value } = self.compare(theirs)?;
        Some(NetError::Disagreement {
            peer: peer.to_owned(),
            what,
            ours: format!("{ours} (build {})", self.build),
            theirs: format!("{their_value} (build {})", theirs.build),
        })
    }

    /// The first difference that matters. The query hash covers most of a session, so it is compared last: a
    /// difference in the roster or the mode is easier to act on.
    fn compare(&self, theirs: &Self) -> Option<Disagreement> {
        if self.mode != theirs.mode {
            return Some(Disagreement { what: "mode", ours: self.mode.clone(), theirs: theirs.mode.clone() });
        }
        let places = self.session_parties.len().max(theirs.session_parties.len());
        let differs = |&place: &usize| {
            let pair = (self.session_parties.get(place), theirs.session_parties.get(place));
            !matches!(pair, (Some(ours), Some(theirs)) if same_party(ours, theirs))
        };
        if let Some(place) = (0..places).find(differs) {
            let describe = |parties: &[(String, Vec<PublicKey>)]| match parties.get(place) {
                Some((name, keys)) => {
                    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
                    format!("participant {} is {name} with key {}", place + 1, keys.join(" or "))
                }
                None => format!("{} participants", parties.len()),
            };
            return Some(Disagreement {
                what: "list of participants",
                ours: describe(&self.session_parties),
                theirs: describe(&theirs.session_parties),
            });
        }
        if self.query_hash != theirs.query_hash {
            return Some(Disagreement {
                what: "query",
                ours: format!("hash {}", short(&self.query_hash)),
                theirs: format!("hash {}", short(&theirs.query_hash)),
            });
        }
        None
    }
}

/// While a party changes its key, some know the old one, some the new one, some both: one in common is enough here,
/// and the agreement that follows binds the keys that were proved.
fn same_party((name, keys): &(String, Vec<PublicKey>), (other, theirs): &(String, Vec<PublicKey>)) -> bool {
    name == other && keys.iter().any(|key| theirs.contains(key))
}

/// Enough of a hash for two people to compare by telephone.
fn short(hash: &[u8; 32]) -> String {
    data_encoding::HEXLOWER.encode(hash).chars().take(8).collect()
}

pub(crate) fn is_text(text: &str) -> bool {
    text.len() <= limits::TEXT_BYTES && text.bytes().all(|c| (b' '..=b'~').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> PublicKey {
        PublicKey::from_bytes([byte; 32])
    }

    fn hello() -> Hello {
        Hello {
            build: "0.1.0".into(),
            query_hash: [0xab; 32],
            session_parties: vec![("hospital-a".into(), vec![key(1)]), ("hospital-b".into(), vec![key(2)])],
            mode: "semi-honest/helper".into(),
        }
    }

    #[test]
    fn equal_hellos_agree_whatever_the_build() {
        assert_eq!(hello().compare(&Hello { build: "0.1.1".into(), ..hello() }), None);
    }

    #[test]
    fn each_difference_is_named_with_both_values() {
        let mode = hello().compare(&Hello { mode: "malicious/ot".into(), ..hello() }).unwrap();
        assert_eq!(
            (mode.what, mode.ours.as_str(), mode.theirs.as_str()),
            ("mode", "semi-honest/helper", "malicious/ot")
        );

        let mut last_bit = hello();
        last_bit.query_hash[31] ^= 1;
        assert_eq!(hello().compare(&last_bit).unwrap().what, "query");
        let query = hello().compare(&Hello { query_hash: [0xcd; 32], ..hello() }).unwrap();
        assert_eq!((query.ours.as_str(), query.theirs.as_str()), ("hash abababab", "hash cdcdcdcd"));

        let mut order = hello();
        order.session_parties.swap(0, 1);
        let roster = hello().compare(&order).unwrap();
        assert!(roster.ours.contains("participant 1 is hospital-a"), "{roster:?}");
        assert!(roster.theirs.contains("participant 1 is hospital-b"), "{roster:?}");

        let mut other = hello();
        other.session_parties[1].1 = vec![key(3)];
        assert!(hello().compare(&other).unwrap().ours.contains("participant 2 is hospital-b with key"));
        other.session_parties[1].1 = vec![];
        assert_eq!(hello().compare(&other).unwrap().what, "list of participants");

        let mut fewer = hello();
        fewer.session_parties.pop();
        assert_eq!(hello().compare(&fewer).unwrap().theirs, "1 participants");
    }

    #[test]
    fn one_key_in_common_is_enough_while_a_party_changes_its_key() {
        let mut both = hello();
        both.session_parties[1].1.insert(0, key(9));
        assert_eq!(hello().compare(&both), None);
        assert_eq!(both.compare(&hello()), None);
        let mut new = hello();
        new.session_parties[1].1 = vec![key(9)];
        assert_eq!(both.compare(&new), None);
        assert!(hello().compare(&new).is_some());
    }

    #[test]
    fn texts_that_would_spoil_a_terminal_are_refused() {
        for text in ["\u{1b}[2J", "line\nline", "\u{202e}abc", "caf\u{e9}", &"x".repeat(201)] {
            assert!(Hello::from_wire(Hello { build: text.into(), ..hello() }.to_wire()).is_err());
            assert!(Hello::from_wire(Hello { mode: text.into(), ..hello() }.to_wire()).is_err());
            let parties = vec![(text.into(), vec![key(1)])];
            assert!(Hello::from_wire(Hello { session_parties: parties, ..hello() }.to_wire()).is_err());
        }
        let many = vec![("a".into(), vec![key(1)]); 18];
        assert!(Hello::from_wire(Hello { session_parties: many, ..hello() }.to_wire()).is_err());
        let many = vec![("a".into(), vec![key(1); 9])];
        assert!(Hello::from_wire(Hello { session_parties: many, ..hello() }.to_wire()).is_err());
        assert_eq!(Hello::from_wire(hello().to_wire()), Ok(hello()));
    }
}
