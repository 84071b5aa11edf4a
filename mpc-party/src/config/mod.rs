//! `site.toml`: who this party is, where it listens, whom it knows, what data it holds.

pub mod document;
mod duration;
pub(crate) mod name;
pub mod regular_file;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::error::{UserError, quoted};
use document::{Field, Section, Source};

/// Largest configuration file.
const FILE_BYTES: u64 = 1 << 20;
/// Longest host name, key or other short text, in bytes.
const TEXT_BYTES: usize = 1_000;

/// The configuration of one party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteConfig {
    /// This party's name.
    pub id: String,
    /// What this party does.
    pub role: Role,
    /// Folder for what outlives a run.
    pub state_dir: PathBuf,
    /// File of the private key.
    pub key: PathBuf,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// The other parties.
    pub peers: Vec<Peer>,
    /// Data files; none for a helper.
    pub datasets: Vec<Dataset>,
    /// Deadlines that differ from the defaults.
    pub timeouts: Timeouts,
}

/// What a party does in a query.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Holds data and computes.
    Site,
    /// Holds no data; deals correlated randomness.
    Helper,
}

const ROLES: [(&str, Role); 2] = [("site", Role::Site), ("helper", Role::Helper)];

impl Role {
    fn text(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Helper => "helper",
        }
    }
}

/// Another party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// `host:port`; the host may be a name.
    pub address: String,
    /// Public keys by which it is known, as it printed them; more than one while a key is being replaced.
    pub keys: Vec<String>,
}

/// A data file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Its name in the configuration.
    pub name: String,
    /// The file, or the prefix of a PLINK set.
    pub path: PathBuf,
    /// The column of person ids; the first one if not given.
    pub person_id: Option<String>,
}

/// Deadlines; `None` is the default of whoever uses one.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// Connecting to one peer.
    pub connect: Option<Duration>,
    /// The first exchange on a new connection.
    pub hello: Option<Duration>,
    /// Until every site has loaded its data.
    pub ready: Option<Duration>,
    /// One message.
    pub receive: Option<Duration>,
    /// Between keep-alives.
    pub keep_alive: Option<Duration>,
    /// Silence after which a peer counts as lost.
    pub idle: Option<Duration>,
}

impl SiteConfig {
    /// Reads a configuration file; paths in it are relative to it.
    pub fn read(path: &Path) -> Result<Self, UserError> {
        Self::interpret(&Source::read(path, FILE_BYTES)?)
    }

    fn interpret(source: &Source) -> Result<Self, UserError> {
        let document = source.parse()?;
        let root = Section::root(source, &document);
        root.allow_only(&["node", "identity", "network", "peer", "dataset", "timeouts"])?;
        let dir = source.path().parent().unwrap_or(Path::new(""));

        let node = root.require_section("node", &["id", "role", "state_dir"])?;
        let id = name::party(&node.require("id")?)?;
        let role = node.require("role")?.choice(&ROLES)?;
        let state_dir = path_in(dir, &node.require("state_dir")?)?;
        let key = path_in(dir, &root.require_section("identity", &["key"])?.require("key")?)?;
        let listen = listen(&root.require_section("network", &["listen"])?.require("listen")?)?;

        let mut names = BTreeSet::from([id.clone()]);
        let peers = root.sections("peer", &["name", "address", "keys"])?;
        let peers: Vec<Peer> =
            peers.iter().map(|section| peer(section, &mut names)).collect::<Result<_, _>>()?;

        let datasets = root.sections("dataset", &["name", "path", "person_id"])?;
        if let (Role::Helper, Some(section)) = (role, datasets.first()) {
            return Err(section.error("a helper holds no data").advise("leave [[dataset]] out"));
        }
        let mut names = BTreeSet::new();
        let datasets =
            datasets.iter().map(|section| dataset(dir, section, &mut names)).collect::<Result<_, _>>()?;

        let section =
            root.section("timeouts", &["connect", "hello", "ready", "receive", "keep_alive", "idle"])?;
        let timeout = |key| section.get(key).map(|field| duration::read(&field)).transpose();
        let timeouts = Timeouts {
            connect: timeout("connect")?,
            hello: timeout("hello")?,
            ready: timeout("ready")?,
            receive: timeout("receive")?,
            keep_alive: timeout("keep_alive")?,
            idle: timeout("idle")?,
        };
        Ok(Self { id, role, state_dir, key, listen, peers, datasets, timeouts })
    }

    /// The text of a configuration file that reads back as this configuration, wherever its paths are absolute.
    pub fn to_toml(&self) -> Result<String, UserError> {
        let timeout = |value: Option<Duration>| value.map(duration::write);
        let file = File {
            node: Node { id: &self.id, role: self.role.text(), state_dir: text_of(&self.state_dir)? },
            identity: Identity { key: text_of(&self.key)? },
            network: Network { listen: self.listen.to_string() },
            peer: &self.peers,
            dataset: self.datasets.iter().map(DatasetTable::of).collect::<Result<_, _>>()?,
            timeouts: TimeoutsTable {
                connect: timeout(self.timeouts.connect),
                hello: timeout(self.timeouts.hello),
                ready: timeout(self.timeouts.ready),
                receive: timeout(self.timeouts.receive),
                keep_alive: timeout(self.timeouts.keep_alive),
                idle: timeout(self.timeouts.idle),
            },
        };
        toml::to_string(&file)
            .map_err(|error| UserError::new(format!("cannot write a configuration: {error}")))
    }
}

fn peer(section: &Section<'_>, names: &mut BTreeSet<String>) -> Result<Peer, UserError> {
    let field = section.require("name")?;
    let name = name::party(&field)?;
    if !names.insert(name.clone()) {
        return Err(field.error(format!("{} is the name of two parties", quoted(&name))));
    }
    let address = address(&section.require("address")?)?;
    let field = section.require("keys")?;
    let keys: Vec<String> = field.elements()?.iter().map(short_text).collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Err(field.error("peer.keys is empty").advise("add the key that the peer's init printed"));
    }
    Ok(Peer { name, address, keys })
}

fn dataset(dir: &Path, section: &Section<'_>, names: &mut BTreeSet<String>) -> Result<Dataset, UserError> {
    let field = section.require("name")?;
    let name = short_text(&field)?;
    if !names.insert(name.clone()) {
        return Err(field.error(format!("{} is the name of two datasets", quoted(&name))));
    }
    let path = path_in(dir, &section.require("path")?)?;
    let person_id = section.get("person_id").map(|field| short_text(&field)).transpose()?;
    Ok(Dataset { name, path, person_id })
}

fn listen(field: &Field<'_>) -> Result<SocketAddr, UserError> {
    field.text()?.parse().map_err(|_| {
        field
            .error(format!("{} is not an address to listen on", field.name()))
            .advise("write it as \"192.0.2.1:7000\" or \"[2001:db8::1]:7000\"; \"0.0.0.0:7000\" for any")
    })
}

fn address(field: &Field<'_>) -> Result<String, UserError> {
    let text = short_text(field)?;
    let is_address = match text.rsplit_once(':') {
        Some((host, port)) => {
            // A colon within the host is IPv6, which needs its brackets.
            let host_is_plain = !host.is_empty() && !host.contains([':', '[', ']', '/', ' ']);
            (host_is_plain && port.parse::<u16>().is_ok_and(|port| port > 0)) || is_socket_address(&text)
        }
        None => false,
    };
    match is_address {
        true => Ok(text),
        false => Err(field
            .error(format!("{} is not host and port", field.name()))
            .advise("write it as \"mpc.hospital.example:7000\" or \"192.0.2.1:7000\"")),
    }
}

fn is_socket_address(text: &str) -> bool {
    text.parse().is_ok_and(|address: SocketAddr| address.port() > 0)
}

fn path_in(dir: &Path, field: &Field<'_>) -> Result<PathBuf, UserError> {
    short_text(field).map(|text| dir.join(text))
}

fn short_text(field: &Field<'_>) -> Result<String, UserError> {
    let text = field.text()?;
    let problem = match text {
        "" => "is empty",
        _ if text.len() > TEXT_BYTES => "is too long",
        _ if text.chars().any(char::is_control) => "contains a control character",
        _ => return Ok(text.to_owned()),
    };
    Err(field.error(format!("{} {problem}", field.name())))
}

fn text_of(path: &Path) -> Result<&str, UserError> {
    path.to_str().ok_or_else(|| UserError::new("a configuration holds UTF-8 file names only").in_file(path))
}

/// The file as it is written; read by hand, so that errors name line and column.
#[derive(Serialize)]
struct File<'a> {
    node: Node<'a>,
    identity: Identity<'a>,
    network: Network,
    peer: &'a [Peer],
    dataset: Vec<DatasetTable<'a>>,
    timeouts: TimeoutsTable,
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
struct Network {
    listen: String,
}

#[derive(Serialize)]
struct DatasetTable<'a> {
    name: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<&'a str>,
}

impl<'a> DatasetTable<'a> {
    fn of(dataset: &'a Dataset) -> Result<Self, UserError> {
        let person_id = dataset.person_id.as_deref();
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
