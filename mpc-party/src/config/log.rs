//! `[log]`: what a party writes down about its work, and where.

use super::document::Section;
use super::path_in;
use crate::error::UserError;
use std::path::{Path, PathBuf};

/// What is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// How much.
    pub level: LogLevel,
    /// In which form.
    pub format: LogFormat,
    /// The file that is appended to; standard error if there is none.
    pub file: Option<PathBuf>,
}

/// How much is written down; each level includes those before it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// What ended a run.
    Error,
    /// What an operator should look at: strangers, links that fail.
    Warn,
    /// One line a phase.
    Info,
    /// One line an attempt.
    Debug,
    /// One line a message.
    Trace,
}

/// The form of a line.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

const LEVELS: [(&str, LogLevel); 5] = [
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];
const FORMATS: [(&str, LogFormat); 2] = [("human", LogFormat::Human), ("json", LogFormat::Json)];

/// Keys of the section.
const KEYS: [&str; 3] = ["level", "format", "file"];

impl Log {
    pub(super) fn read(dir: &Path, root: &Section<'_>) -> Result<Option<Self>, UserError> {
        let section = root.section("log", &KEYS)?;
        if !section.is_present() {
            return Ok(None);
        }
        Ok(Some(Self {
            level: section.get("level").map_or(Ok(LogLevel::Info), |field| field.choice(&LEVELS))?,
            format: section.get("format").map_or(Ok(LogFormat::Human), |field| field.choice(&FORMATS))?,
            file: section.get("file").map(|field| path_in(dir, &field)).transpose()?,
        }))
    }
}

/// The name of a value in a configuration.
fn name<T: Copy + PartialEq>(names: &[(&'static str, T)], value: T) -> &'static str {
    names.iter().find(|(_, known)| *known == value).map_or("", |(name, _)| name)
}

impl LogLevel {
    pub(super) fn text(self) -> &'static str {
        name(&LEVELS, self)
    }
}

impl LogFormat {
    pub(super) fn text(self) -> &'static str {
        name(&FORMATS, self)
    }
}
