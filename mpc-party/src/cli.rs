//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Joint statistics over data that may not be pooled.
#[derive(Parser)]
#[command(name = "mpc-party", version, about, long_about = None, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Try a federation on this machine: one process per site, over real links on loopback.
    #[command(after_help = LOCAL_EXAMPLES)]
    Local(Local),
    /// Take part in one query, together with the other sites, or as their helper.
    #[command(after_help = RUN_EXAMPLES)]
    Run(Run),
    /// A party started by `local`.
    #[command(hide = true)]
    Party(PartyOfLocal),
}

const LOCAL_EXAMPLES: &str = "\
Examples:
  mpc-party local query.toml --site hospital-a=a.csv --site hospital-b=b.csv --site hospital-c=c.csv --out results
  mpc-party local query.toml --site hospital-a=a.csv --site hospital-b=b.csv --out results --dry-run

Exit codes: 0 done, 2 usage, configuration or data invalid, 3 query refused, 4 aborted, 5 internal fault.";

const RUN_EXAMPLES: &str = "\
Example:
  mpc-party run --config site.toml --query query.toml --out results

Exit codes: 0 done, 2 usage, configuration or data invalid, 3 query refused, 4 aborted, 5 internal fault.";

/// Arguments of `local`.
#[derive(Args)]
pub struct Local {
    /// The query file.
    pub query: PathBuf,
    /// A site of the query and its data: .csv, .vcf, .vcf.gz, .bed, or the prefix of a .bed, .bim and .fam.
    #[arg(long = "site", value_name = "NAME=PATH", required = true, value_parser = site)]
    pub sites: Vec<(String, PathBuf)>,
    /// Folder for result.json and result.csv; made if needed.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Check query and data, print plan, cost and what would be revealed to whom; run nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Who makes the correlated randomness.
    #[arg(long, value_enum, default_value_t = Preprocessing::Ot)]
    pub preprocessing: Preprocessing,
    /// What the parties are protected from.
    #[arg(long, value_enum, default_value_t = SecurityLevel::SemiHonest)]
    pub security: SecurityLevel,
    /// No progress and no table; errors still go to stderr.
    #[arg(long)]
    pub quiet: bool,
}

/// Arguments of `run`.
#[derive(Args)]
pub struct Run {
    /// This party's configuration.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The query file, the same at every party.
    #[arg(long, value_name = "FILE")]
    pub query: PathBuf,
    /// Folder for result.json and result.csv, where this site is a recipient.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Who makes the correlated randomness, the same at every party [default: ot; at a helper, helper].
    #[arg(long, value_enum)]
    pub preprocessing: Option<Preprocessing>,
    /// No progress and no table; errors still go to stderr.
    #[arg(long)]
    pub quiet: bool,
}

/// Arguments of a party started by `local`: its bound socket is its standard input, its events its standard output.
#[derive(Args)]
pub struct PartyOfLocal {
    /// This party's configuration.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The query file.
    #[arg(long, value_name = "FILE")]
    pub query: PathBuf,
    /// File for what was released.
    #[arg(long, value_name = "FILE")]
    pub release: PathBuf,
    /// Who makes the correlated randomness.
    #[arg(long, value_enum)]
    pub preprocessing: Preprocessing,
}

/// Who makes the correlated randomness.
#[derive(Copy, Clone, PartialEq, Eq, ValueEnum)]
pub enum Preprocessing {
    /// The sites themselves, by oblivious transfer: nobody else is trusted.
    Ot,
    /// A helper that must not collude with any site; fewer bytes.
    Helper,
}

impl From<Preprocessing> for mpc_core::source::Preprocessing {
    fn from(chosen: Preprocessing) -> Self {
        match chosen {
            Preprocessing::Ot => Self::ObliviousTransfer,
            Preprocessing::Helper => Self::Helper,
        }
    }
}

/// What the parties are protected from.
#[derive(Copy, Clone, PartialEq, Eq, ValueEnum)]
pub enum SecurityLevel {
    /// Parties that follow the protocol and keep what they see.
    SemiHonest,
    /// Parties that may do anything (not built yet).
    Malicious,
}

fn site(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => Ok((name.into(), path.into())),
        _ => Err("write NAME=PATH, such as hospital-a=data/a.csv".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sites_are_names_and_paths() {
        assert_eq!(site("a=b=c.csv"), Ok(("a".into(), "b=c.csv".into())));
        for wrong in ["a", "=b", "a=", ""] {
            assert!(site(wrong).is_err(), "{wrong}");
        }
    }
}
