//! A configuration as text.

use super::date::Date;
use super::peers::Peer;
use super::{Advertise, Dataset, Log, PeerKey, SiteConfig, duration};
use crate::error::UserError;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

impl SiteConfig {
    /// The text of a configuration file that reads back as this configuration, wherever its paths are absolute.
    pub fn to_toml(&self) -> Result<String, UserError> {
        let timeout = |value: Option<Duration>| value.map(duration::write);
        let file = File {
            node: Node { id: &self.id, role: self.role.text(), state_dir: text_of(&self.state_dir)? },
            identity: Identity { key: text_of(&self.key)? },
            network: Network {
                listen: self.listen.to_string(),
                advertise: self.advertise.as_ref().map(Advertise::text),
            },
            peer: self.peers.iter().flat_map(PeerTable::of).collect(),
            dataset: self.datasets.iter().map(DatasetTable::of).collect::<Result<_, _>>()?,
            timeouts: TimeoutsTable {
                connect: timeout(self.timeouts.connect),
                hello: timeout(self.timeouts.hello),
                ready: timeout(self.timeouts.ready),
                receive: timeout(self.timeouts.receive),
                keep_alive: timeout(self.timeouts.keep_alive),
                idle: timeout(self.timeouts.idle),
            },
            log: self.log.as_ref().map(LogTable::of).transpose()?,
        };
        toml::to_string(&file)
            .map_err(|error| UserError::new(format!("cannot write a configuration: {error}")))
    }
}

fn text_of(path: &Path) -> Result<&str, UserError> {
    path.to_str().ok_or_else(|| UserError::new("a configuration holds UTF-8 file names only").in_file(path))
}

/// The file as it is written; read by hand, so that errors name line and column.
#[derive(Serialize)]
struct File<'a> {
    node: Node<'a>,
    identity: Identity<'a>,
    network: Network<'a>,
    peer: Vec<PeerTable<'a>>,
    dataset: Vec<DatasetTable<'a>>,
    timeouts: TimeoutsTable,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<LogTable<'a>>,
}

#[derive(Serialize)]
struct Node<'a> {
    id: &'a str,
    role: &'static str,
    state_dir: &'a str,
}

#[derive(Serialize)]
struct Identity<'a> {
    key: &'a str,
}

#[derive(Serialize)]
struct Network<'a> {
    listen: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advertise: Option<&'a str>,
}

#[derive(Serialize)]
struct PeerTable<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    keys: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<toml::value::Datetime>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    revoked: bool,
}

impl<'a> PeerTable<'a> {
    /// One section for each run of keys with the same terms.
    fn of(peer: &'a Peer) -> Vec<Self> {
        let terms = |a: &PeerKey, b: &PeerKey| (a.not_after, a.revoked) == (b.not_after, b.revoked);
        let section = |keys: &[PeerKey]| {
            let first = keys.first()?;
            Some(Self {
                name: &peer.name,
                address: peer.address.as_deref(),
                keys: keys.iter().map(|key| key.key.to_string()).collect(),
                not_after: first.not_after.map(Date::to_toml),
                revoked: first.revoked,
            })
        };
        peer.keys.chunk_by(terms).filter_map(section).collect()
    }
}

#[derive(Serialize)]
struct DatasetTable<'a> {
    name: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<KeyColumns<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum KeyColumns<'a> {
    One(&'a str),
    Several(&'a [String]),
}

impl<'a> DatasetTable<'a> {
    fn of(dataset: &'a Dataset) -> Result<Self, UserError> {
        let person_id = match dataset.person_id.as_slice() {
            [] => None,
            [column] => Some(KeyColumns::One(column)),
            columns => Some(KeyColumns::Several(columns)),
        };
        Ok(Self { name: &dataset.name, path: text_of(&dataset.path)?, person_id })
    }
}

#[derive(Serialize)]
struct TimeoutsTable {
    #[serde(skip_serializing_if = "Option::is_none")]
    connect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hello: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receive: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_alive: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle: Option<String>,
}

#[derive(Serialize)]
struct LogTable<'a> {
    level: &'static str,
    format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
}

impl<'a> LogTable<'a> {
    fn of(log: &'a Log) -> Result<Self, UserError> {
        let file = log.file.as_deref().map(text_of).transpose()?;
        Ok(Self { level: log.level.text(), format: log.format.text(), file })
    }
}
