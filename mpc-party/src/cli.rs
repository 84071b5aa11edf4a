//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

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
    /// Make this party's identity and a configuration to complete, and print the line that the other parties add.
    #[command(after_help = INIT_EXAMPLES)]
    Init(Init),
    /// Add the lines of other parties to a configuration, and list them with the words to compare by telephone.
    #[command(subcommand)]
    Peer(PeerCommand),
    /// Check configuration, key, data, clock, port, and the link to every party, which has to check at the same time.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Check),
    /// Take part in one query, together with the other sites, or as their helper.
    #[command(after_help = RUN_EXAMPLES)]
    Run(Run),
    /// Measure what this machine does of each piece of work that queries are made of, and what that sends.
    ///
    /// Runs all parties inside this one process, each with threads, keys and mutually authenticated QUIC links of its own,
    /// on loopback. Needs no configuration, no data and no other machine.
    #[command(after_help = BENCH_EXAMPLES)]
    Bench(Bench),
    /// A party started by `local`.
    #[command(hide = true)]
    Party(PartyOfLocal),
}

const LOCAL_EXAMPLES: &str = "\
Examples:
  mpc-party local query.toml --site hospital-a=a.csv --site hospital-b=b.csv --site hospital-c=c.csv --out results
  mpc-party local query.toml --site hospital-a=a.csv --site hospital-b=b.csv --out results --dry-run

Exit codes: 0 done, 2 usage, configuration or data invalid, 3 query refused, 4 aborted, 5 internal fault.";

const INIT_EXAMPLES: &str = "\
Examples:
  mpc-party init --id hospital-a --listen 192.0.2.1:7000 --dir mpc
  mpc-party init --id hospital-a --listen 0.0.0.0:7000 --advertise mpc.hospital-a.example:7000 --dir mpc
  mpc-party init --id hospital-b --listen 0.0.0.0:0 --advertise none --dir mpc     (no inbound port is open)
  mpc-party init --id helper --listen 192.0.2.4:7000 --dir mpc                     (a helper is called helper)";

const CHECK_EXAMPLES: &str = "\
Example:
  mpc-party check --config site.toml

Each line says what is well (ok), what could be better (warn), or what must be put right (FAIL).
Exit codes: 0 ready, 2 something here must be put right, 4 only links to others are missing.";

const RUN_EXAMPLES: &str = "\
Example:
  mpc-party run --config site.toml --query query.toml --out results

Exit codes: 0 done, 2 usage, configuration or data invalid, 3 query refused, 4 aborted, 5 internal fault.";

const BENCH_EXAMPLES: &str = "\
Examples:
  mpc-party bench
  mpc-party bench --sites 2 --seconds 5
  mpc-party bench --sites 5 --preprocessing helper --json > bench.json

Other work on this machine makes every rate lower. Bytes and rounds do not depend on the machine: over a line, count its
round trip for each round, and its rate for the bytes.
Exit codes: 0 done, 2 usage, 4 aborted, 5 internal fault.";

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

/// Arguments of `init`.
#[derive(Args)]
pub struct Init {
    /// This party's name, as it stands in queries.
    #[arg(long, value_name = "NAME")]
    pub id: String,
    /// UDP address and port to listen on, such as 192.0.2.1:7000 or `[::]:7000`.
    #[arg(long, value_name = "ADDR")]
    pub listen: SocketAddr,
    /// What the others dial, if it is not the same: host:port, or "none" if they cannot reach this party.
    #[arg(long, value_name = "HOST:PORT")]
    pub advertise: Option<String>,
    /// Folder for identity.key and site.toml; made if needed.
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
}

/// Arguments of `check`.
#[derive(Args)]
pub struct Check {
    /// This party's configuration.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// What to do with the list of parties.
#[derive(Subcommand)]
pub enum PeerCommand {
    /// Add the line that another party's `init` printed.
    Add(PeerAdd),
    /// List the parties, the state of their keys, and the words to compare by telephone.
    List(PeerList),
}

/// Arguments of `peer add`.
#[derive(Args)]
pub struct PeerAdd {
    /// This party's configuration.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The whole line, with or without quotes around it.
    #[arg(value_name = "LINE", required = true)]
    pub line: Vec<String>,
}

/// Arguments of `peer list`.
#[derive(Args)]
pub struct PeerList {
    /// This party's configuration.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
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
    /// Say what the query reveals to whom and what it costs, and end: nothing is sent and no data are read.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask on a terminal whether to take part. Where there is no terminal, nobody is asked.
    #[arg(long)]
    pub yes: bool,
    /// No progress and no table; errors still go to stderr.
    #[arg(long)]
    pub quiet: bool,
}

/// Arguments of `bench`.
#[derive(Args)]
pub struct Bench {
    /// Number of sites, 2 to 5.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(2..=5))]
    pub sites: u8,
    /// Who makes the correlated randomness.
    #[arg(long, value_enum, default_value_t = Preprocessing::Ot)]
    pub preprocessing: Preprocessing,
    /// About how long each piece of work is measured; the slowest take longer than a very short time.
    #[arg(long, value_name = "S", default_value = "1", value_parser = seconds)]
    pub seconds: Duration,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
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
    /// Empty file for what is released, where this party is a recipient; it loses its name when it is opened.
    #[arg(long, value_name = "FILE")]
    pub release: Option<PathBuf>,
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

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.001..=600.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "write seconds from 0.001 to 600".into())
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

    #[test]
    fn seconds_have_bounds() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        for wrong in ["0", "-1", "601", "NaN", "inf", "1s", ""] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
