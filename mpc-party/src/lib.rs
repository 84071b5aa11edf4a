//! One site of a joint computation: reads its data, takes part in a query, reports.
//!
//! The binary is a thin shell around this library, so that every part can be tested on its own.
#![forbid(unsafe_code)]

pub mod approve;
pub mod bench;
pub mod check;
pub mod cli;
pub mod config;
pub mod dataset;
pub mod error;
pub mod events;
pub mod explain;
pub mod hardening;
pub mod init;
pub mod local;
pub mod logging;
pub mod memory;
pub mod party;
pub mod peer;
pub mod phone_words;
pub mod progress;
pub mod query_file;
pub mod reach;
pub mod report;
pub mod results;
pub mod run;
pub mod stalls;
pub mod stopwatch;
