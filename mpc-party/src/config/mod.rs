//! `site.toml`: who this party is, where it listens, whom it knows, what data it holds.

mod date;
pub mod document;
mod duration;
mod log;
pub(crate) mod name;
mod peers;
pub mod regular_file;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{UserError, quoted};
use document::{Field, Section, Source};
use mpc_core::query::schema::ID_COLUMNS;
use mpc_net::{IdentityLine, PublicKey};

pub use date::Date;
pub use log::{Log, LogFormat, LogLevel};
pub use peers::{Peer, PeerKey};

/// Longest host name, key or other short text, in bytes.
const TEXT_BYTES: usize = 1_000;
/// Most columns that together identify a person.
const KEY_COLUMNS: usize = 8;
const _: () = assert!(KEY_COLUMNS <= ID_COLUMNS as usize);

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
    /// How others reach this party, where the configuration says it.
    pub advertise: Option<Advertise>,
    /// The other parties.
    pub peers: Vec<Peer>,
    /// Data files; none for a helper.
    pub datasets: Vec<Dataset>,
    /// Deadlines that differ from the defaults.
    pub timeouts: Timeouts,
    /// What it writes down; nothing if not given.
    pub log: Option<Log>,
}

/// What a party does in a query.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Holds data and computes.
    Site,
    /// Holds no data; deals correlated randomness.
    Helper,
}

/// How others reach this party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advertise {
    /// At this `host:port`.
    At(String),
    /// Not at all: no inbound port is open, so this party dials all others.
    Nowhere,
}

impl Advertise {
    const NOWHERE: &str = "none";

    fn text(&self) -> &str {
        match self {
            Self::At(address) => address,
            Self::Nowhere => Self::NOWHERE,
        }
    }
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

/// A data file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Its name in the configuration.
    pub name: String,
    /// The file, or the prefix of a PLINK set.
    pub path: PathBuf,
    /// The columns that identify a person, in order; the first one of the file if there are none.
    pub person_id: Vec<String>,
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
    /// Largest configuration file.
    pub const FILE_BYTES: u64 = 1 << 20;

    /// Reads a configuration file; paths in it are relative to it.
    pub fn read(path: &Path) -> Result<Self, UserError> {
        Self::read_as(path, path)
    }

    /// Reads a file as if it were at another place.
    pub fn read_as(path: &Path, place: &Path) -> Result<Self, UserError> {
        let source = Source::read(path, Self::FILE_BYTES).map_err(|error| match path == place {
            true => error,
            false => error.in_file(place),
        })?;
        Self::interpret(&source.at(place))
    }

    /// The line by which this party makes itself known with this key; `None` if the configuration does not say where
    /// others reach it.
    pub fn line(&self, key: PublicKey) -> Option<IdentityLine> {
        let address = match &self.advertise {
            Some(Advertise::Nowhere) => None,
            Some(Advertise::At(address)) => Some(address.clone()),
            None => Some(self.listen.to_string()),
        };
        IdentityLine::new(&self.id, address.as_deref(), key)
    }

    fn interpret(source: &Source) -> Result<Self, UserError> {
        let document = source.parse()?;
        let root = Section::root(source, &document);
        root.allow_only(&["node", "identity", "network", "peer", "dataset", "timeouts", "log"])?;
        let dir = source.path().parent().unwrap_or(Path::new(""));

        let node = root.require_section("node", &["id", "role", "state_dir"])?;
        let id = name::party(&node.require("id")?)?;
        let role = node.require("role")?.choice(&ROLES)?;
        let state_dir = path_in(dir, &node.require("state_dir")?)?;
        let key = path_in(dir, &root.require_section("identity", &["key"])?.require("key")?)?;
        let network = root.require_section("network", &["listen", "advertise"])?;
        let listen = listen(&network.require("listen")?)?;
        let advertise = network.get("advertise").map(|field| advertise(&field)).transpose()?;
        let peers = peers::read(&id, &root.sections("peer", &peers::KEYS)?)?;

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
        Ok(Self {
            id,
            role,
            state_dir,
            key,
            listen,
            advertise,
            peers,
            datasets,
            timeouts,
            log: Log::read(dir, &root)?,
        })
    }
}

fn dataset(dir: &Path, section: &Section<'_>, names: &mut BTreeSet<String>) -> Result<Dataset, UserError> {
    let field = section.require("name")?;
    let name = short_text(&field)?;
    if !names.insert(name.clone()) {
        return Err(field.error(format!("{} is the name of two datasets", quoted(&name))));
    }
    let path = path_in(dir, &section.require("path")?)?;
    let person_id = section.get("person_id").map(|field| key_columns(&field)).transpose()?;
    Ok(Dataset { name, path, person_id: person_id.unwrap_or_default() })
}

/// One column name or several.
fn key_columns(field: &Field<'_>) -> Result<Vec<String>, UserError> {
    if !field.is_array() {
        return Ok(vec![short_text(field)?]);
    }
    let mut columns = Vec::new();
    for element in field.elements()? {
        let column = short_text(&element)?;
        if columns.contains(&column) {
            return Err(element.error(format!("{} names {} twice", field.name(), quoted(&column))));
        }
        columns.push(column);
    }
    match columns.len() {
        1..=KEY_COLUMNS => Ok(columns),
        _ => Err(field
            .error(format!("{} has {} columns", field.name(), columns.len()))
            .advise(format!("name 1 to {KEY_COLUMNS} columns that together identify a person"))),
    }
}

fn listen(field: &Field<'_>) -> Result<SocketAddr, UserError> {
    field.text()?.parse().map_err(|_| {
        field
            .error(format!("{} is not an address to listen on", field.name()))
            .advise("write it as \"192.0.2.1:7000\" or \"[2001:db8::1]:7000\"; \"0.0.0.0:7000\" for any")
    })
}

fn advertise(field: &Field<'_>) -> Result<Advertise, UserError> {
    match field.text()? {
        Advertise::NOWHERE => Ok(Advertise::Nowhere),
        _ => peers::address(field).map(Advertise::At),
    }
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
