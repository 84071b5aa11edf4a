//! Real processes on bad networks and among bad neighbours: no wrong result, no hang, and a name for who is missing.
//!
//! What takes long is left out of a plain test run; CONTRIBUTING.md has the commands.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends here"
)]

#[path = "../cli/support/mod.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line, which use all of it")]
mod support;

mod clock;
mod flood;
mod matrix;
mod network;
mod replay;
mod restart;
mod spaces;
mod wide;
