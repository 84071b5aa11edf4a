//! Whole meshes on loopback: several parties in one process, each with its own network thread.
// Helpers of tests may panic like tests, and print what they measure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod check;
mod delivery;
mod ending;
mod floors;
mod identity;
mod intruder;
mod loss;
mod raw;
mod reach;
mod start;
mod support;
