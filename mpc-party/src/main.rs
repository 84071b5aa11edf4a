//! The command `mpc-party`: a thin shell around the library of the same name.
#![forbid(unsafe_code)]

use clap::Parser;
use mpc_party::cli::{Cli, Command};
use mpc_party::{bench, check, hardening, init, local, peer, run};
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let started = Instant::now();
    hardening::keep_memory_private();
    let command = Cli::parse().command;
    let result = match &command {
        Command::Local(args) => local::local(args),
        Command::Init(args) => init::init(args),
        Command::Peer(command) => peer::peer(command),
        Command::Check(args) => check::check(args),
        Command::Run(args) => run::run(args, started),
        Command::Bench(args) => bench::bench(args),
        Command::Party(args) => local::child::party(args, started),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // A party of a local federation has said it on its event stream.
            if !matches!(command, Command::Party(_)) {
                let _ = writeln!(std::io::stderr(), "error: {failure}");
            }
            ExitCode::from(failure.class.code())
        }
    }
}
