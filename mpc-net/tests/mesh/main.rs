//! Whole meshes on loopback: several parties in one process, each with its own network thread.

mod delivery;
mod ending;
mod identity;
mod intruder;
mod raw;
mod start;
mod support;
