//! Data files of every format, from the file to the result: the same whatever the format, equal to the clear, refused
//! with the place where something is wrong, and always within bounded memory.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends here")]

#[path = "../cli/support/mod.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line, which use all of it")]
mod support;

mod clear;
mod cost;
mod faults;
mod huge;
mod nothing_sent;
mod same;
mod tables;
