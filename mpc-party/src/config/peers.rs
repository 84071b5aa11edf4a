//! The parties that a configuration lists: pasted lines or single values, and the keys of each.

use super::date::Date;
use super::document::{Field, Section};
use super::{name, short_text};
use crate::error::{UserError, quoted};
use mpc_net::{IdentityLine, PublicKey, Retired, is_peer_address};

/// Another party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// `host:port`, where the host may be a name; `None` if it cannot be reached and dials everyone itself.
    pub address: Option<String>,
    /// Keys by which it is known; more than one while a key is being replaced.
    pub keys: Vec<PeerKey>,
}

/// A key of another party.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct PeerKey {
    /// The key.
    pub key: PublicKey,
    /// The last day on which it is accepted.
    pub not_after: Option<Date>,
    /// Whether it is accepted no longer, whatever the date.
    pub revoked: bool,
}

impl From<PublicKey> for PeerKey {
    fn from(key: PublicKey) -> Self {
        Self { key, not_after: None, revoked: false }
    }
}

impl PeerKey {
    /// Why the key is not accepted on this day, if it is not.
    pub fn retired(&self, today: Date) -> Option<Retired> {
        if self.revoked {
            return Some(Retired::Revoked);
        }
        self.not_after.filter(|last| last.days_after(today).is_none()).map(|_| Retired::Expired)
    }
}

/// Keys of a `[[peer]]` section.
pub(super) const KEYS: [&str; 6] = ["line", "name", "address", "keys", "not_after", "revoked"];

/// Reads the sections of `id`'s configuration. Several of one name are one party with several keys: so a new line
/// is added without touching the old one.
pub(super) fn read(id: &str, sections: &[Section<'_>]) -> Result<Vec<Peer>, UserError> {
    let mut peers: Vec<Peer> = Vec::new();
    for section in sections {
        let Entry { place, name, address, keys } = entry(section)?;
        if name == id {
            return Err(place
                .error(format!("{} is this party itself", quoted(&name)))
                .advise("list the others only"));
        }
        for (field, key) in &keys {
            let owner = peers.iter().find(|peer| peer.keys.iter().any(|known| known.key == key.key));
            if let Some(owner) = owner {
                let message = format!("this key of {name} is listed already, for {}", owner.name);
                return Err(field.error(message).advise("a key stands for one party, once"));
            }
        }
        let keys = keys.into_iter().map(|(_, key)| key);
        match peers.iter_mut().find(|peer| peer.name == name) {
            Some(peer) if peer.address != address => {
                let message = format!("{} is listed with two addresses", quoted(&name));
                return Err(place.error(message).advise("correct the address in one of its sections"));
            }
            Some(peer) => peer.keys.extend(keys),
            None => peers.push(Peer { name, address, keys: keys.collect() }),
        }
    }
    Ok(peers)
}

/// One section.
struct Entry<'a> {
    place: Field<'a>,
    name: String,
    address: Option<String>,
    keys: Vec<(Field<'a>, PeerKey)>,
}

fn entry<'a>(section: &Section<'a>) -> Result<Entry<'a>, UserError> {
    let not_after = section.get("not_after").map(|field| Date::read(&field)).transpose()?;
    let revoked = section.get("revoked").map_or(Ok(false), |field| field.boolean())?;
    let with_terms = |key| PeerKey { key, not_after, revoked };
    if let Some(place) = section.get("line") {
        for key in ["name", "address", "keys"] {
            if let Some(field) = section.get(key) {
                return Err(field
                    .error(format!("{} is in the line already", field.name()))
                    .advise("leave one of them out"));
            }
        }
        let line: IdentityLine =
            place.text()?.parse().map_err(|error| place.error(format!("peer.line: {error}")))?;
        let key = (section.require("line")?, with_terms(line.key()));
        let address = line.address().map(str::to_owned);
        return Ok(Entry { place, name: line.name().to_owned(), address, keys: vec![key] });
    }
    let place = section.get("name").ok_or_else(|| {
        section
            .error("peer.line is missing")
            .advise("add the line that the other party's init printed: line = \"mpc1 ...\"")
    })?;
    let name = name::party(&place)?;
    let address = section.get("address").map(|field| address(&field)).transpose()?;
    let field = section.require("keys")?;
    let keys = field.elements()?.into_iter().map(|element| {
        let key = element.text()?.parse().map_err(|error| element.error(format!("peer.keys: {error}")))?;
        Ok((element, with_terms(key)))
    });
    let keys = keys.collect::<Result<Vec<_>, UserError>>()?;
    if keys.is_empty() {
        return Err(field.error("peer.keys is empty").advise("add the key that the peer's init printed"));
    }
    Ok(Entry { place, name, address, keys })
}

pub(super) fn address(field: &Field<'_>) -> Result<String, UserError> {
    let text = short_text(field)?;
    if is_peer_address(&text) {
        return Ok(text);
    }
    Err(field
        .error(format!("{} is not host and port", field.name()))
        .advise("write it as \"mpc.hospital.example:7000\", \"192.0.2.1:7000\" or \"[2001:db8::1]:7000\""))
}
