//! `mpc-party peer`: adding the line of another party to a configuration, and listing the parties in it.

use crate::cli::{PeerAdd, PeerCommand, PeerList};
use crate::config::{Date, Peer, PeerKey, SiteConfig, regular_file};
use crate::error::{Failure, UserError};
use crate::phone_words::phone_words;
use mpc_net::{Identity, IdentityLine, PublicKey};
use std::io::Write;
use std::path::Path;

/// Runs the command.
///
/// # Errors
/// What ended it.
pub fn peer(command: &PeerCommand) -> Result<(), Failure> {
    let text = match command {
        PeerCommand::Add(args) => add(args)?,
        PeerCommand::List(args) => list(args)?,
    };
    // A reader that closes the pipe early has seen what it wanted.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(())
}

fn add(args: &PeerAdd) -> Result<String, UserError> {
    let line: IdentityLine =
        args.line.join(" ").parse().map_err(|error| UserError::new(format!("the line: {error}")))?;
    let config = SiteConfig::read(&args.config)?;
    let own = own_key(&config)?;
    if line.key() == own {
        return Err(UserError::new("this is this party's own line").advise("add the lines of the others"));
    }
    let words = compare(&config.id, own, line.name(), line.key());
    let known = config.peers.iter().find(|peer| peer.name == line.name());
    if known.is_some_and(|peer| peer.keys.iter().any(|key| key.key == line.key())) {
        return Ok(format!("{} is listed with this key already.\n{words}", line.name()));
    }
    if let Some(address) =
        known.and_then(|peer| (peer.address.as_deref() != line.address()).then_some(&peer.address))
    {
        let listed = address.as_deref().unwrap_or("no address");
        let message = format!("{} is listed with {listed}, and this line has another address", line.name());
        return Err(UserError::new(message)
            .advise("if it has moved, correct its address first, or remove its old line")
            .in_file(&args.config));
    }
    append(&args.config, &format!("\n[[peer]]\nline = \"{line}\"\n"))?;
    let what = match known {
        Some(_) => "A second key was added for",
        None => "Added",
    };
    Ok(format!("{what} {}.\n{words}", line.name()))
}

fn compare(own_name: &str, own_key: PublicKey, name: &str, key: PublicKey) -> String {
    let words = phone_words((own_name, own_key), (name, key));
    format!("Compare by telephone with {name}: {words}")
}

fn own_key(config: &SiteConfig) -> Result<PublicKey, UserError> {
    Ok(Identity::load(&config.key).map_err(|error| UserError::new(error.to_string()))?.public_key())
}

/// Appends a section to a configuration, if the whole can be read then. The file is replaced at once, so no reader
/// sees half of it.
fn append(path: &Path, section: &str) -> Result<(), UserError> {
    let mut text = regular_file::read(path, SiteConfig::FILE_BYTES)?;
    if !text.is_empty() && !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    text.extend_from_slice(section.as_bytes());
    // Where the configuration is a link, the file that it stands for is replaced.
    let path = path.canonicalize().map_err(|error| regular_file::unreadable(path, &error))?;
    let unwritable = |error: std::io::Error| {
        UserError::new(format!("the configuration cannot be changed: {error}")).in_file(&path)
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(unwritable)?;
    file.write_all(&text).map_err(unwritable)?;
    SiteConfig::read_as(file.path(), &path)?;
    let permissions = std::fs::metadata(&path).map_err(unwritable)?.permissions();
    file.as_file().set_permissions(permissions).map_err(unwritable)?;
    file.as_file().sync_all().map_err(unwritable)?;
    file.persist(&path).map_err(|error| unwritable(error.error))?;
    Ok(())
}

fn list(args: &PeerList) -> Result<String, UserError> {
    let config = SiteConfig::read(&args.config)?;
    let own = own_key(&config)?;
    let mut lines = Vec::new();
    match config.line(own) {
        Some(line) => lines.push(format!("This party's line:\n  {line}")),
        None => lines.push("This party's line needs an address: set network.advertise.".into()),
    }
    let today = Date::today();
    for Peer { name, address, keys } in &config.peers {
        lines.push(format!("{name} at {}", address.as_deref().unwrap_or("no address: it dials us")));
        for key in keys {
            lines.push(format!("  {}: {}", key.key, state(key, today)));
            if key.retired(today).is_none() {
                lines.push(format!("    {}", phone_words((&config.id, own), (name, key.key))));
            }
        }
    }
    Ok(lines.join("\n"))
}

fn state(key: &PeerKey, today: Date) -> String {
    match (key.retired(today), key.not_after) {
        (Some(why), Some(date)) => format!("{why} ({date})"),
        (Some(why), None) => why.to_string(),
        (None, Some(date)) => format!("accepted until {date}"),
        (None, None) => "accepted".into(),
    }
}
