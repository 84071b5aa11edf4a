//! The log of a party. It holds names, phases, steps, sizes and times: what the network sees or every party knows. No
//! input, count, share or key is ever given to it, and what libraries would write is left out, as nobody here reads it
//! first.

use crate::config::{Log, LogFormat, LogLevel};
use crate::error::UserError;
use std::fs::{File, OpenOptions};
use std::path::Path;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt;

/// Whose lines are written.
const OWN: [&str; 2] = ["mpc_net", "mpc_party"];

/// Starts the log of this process; nothing is written without a `[log]` section.
///
/// # Errors
/// Where the file cannot be opened.
pub fn start(log: Option<&Log>) -> Result<(), UserError> {
    let Some(Log { level, format, file }) = log else { return Ok(()) };
    let writer = match file {
        Some(path) => BoxMakeWriter::new(open(path)?),
        None => BoxMakeWriter::new(std::io::stderr),
    };
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let registry = registry().with(OWN.into_iter().map(|target| (target, level)).collect::<Targets>());
    let lines = fmt::layer().with_writer(writer);
    // Fails only where there is a log already, which then goes on.
    let _ = match format {
        LogFormat::Human => registry.with(lines.with_ansi(false)).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    };
    Ok(())
}

/// Appends to a file that only its owner can read.
fn open(path: &Path) -> Result<File, UserError> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| {
        UserError::new(format!("the log cannot be written: {error}")).advise("correct log.file").in_file(path)
    })
}
