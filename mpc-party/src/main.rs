//! The command `mpc-party`: a thin shell around the library of the same name.
#![forbid(unsafe_code)]

use mpc_party as _;

fn main() {}
