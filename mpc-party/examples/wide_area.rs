//! The main example, or other data, over emulated lines between three hospitals, with a helper or without: how long it
//! takes, and what is sent.
//!
//! ```text
//! cargo build --release --locked -p mpc-party
//! cargo run --release --locked -p mpc-party --example wide_area -- --delay 25 --rate 100 --loss 0.005
//! ```
//!
//! `--preprocessing ot` goes without a helper; `--data` names a folder with `query.toml` and a CSV file or PLINK set of
//! each hospital, `hospital-a` to `hospital-c`. Delay in milliseconds one way, rate in Mbit/s of each party's uplink,
//! loss as a share of datagrams. Where it can (root and iproute2), it goes into a network namespace with addresses that
//! are not loopback, so that links use the settings of a real network; elsewhere it says that they do not.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a command of its own, for whoever measures")]

use clap::Parser;
use mpc_net::Identity;
use mpc_net::emulator::{Conditions, Emulator};
use mpc_party::config::{Dataset, Peer, Role, SiteConfig, Timeouts};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The lines, and how often.
#[derive(Parser)]
struct Args {
    /// Milliseconds from one end to the other.
    #[arg(long, default_value_t = 25)]
    delay: u64,
    /// Mbit/s that each party can send.
    #[arg(long, default_value_t = 100)]
    rate: u64,
    /// Share of datagrams that get lost.
    #[arg(long, default_value_t = 0.0)]
    loss: f64,
    /// Milliseconds that a datagram may wait for its turn.
    #[arg(long, default_value_t = 50)]
    queue: u64,
    /// Runs.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Who makes the correlated randomness.
    #[arg(long, default_value = "helper", value_parser = ["helper", "ot"])]
    preprocessing: String,
    /// Folder with the query and the hospitals' files.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/genomes"))]
    data: PathBuf,
    /// In the network namespace already.
    #[arg(long, hide = true)]
    inside: bool,
}

const NAMES: [&str; 4] = ["hospital-a", "hospital-b", "hospital-c", "helper"];
/// Where the relays are.
const RELAYS: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 100);
/// Longest that a run may take.
const LIMIT: Duration = Duration::from_secs(300);

fn main() {
    let mut args = Args::parse();
    // Paths in a configuration are relative to it.
    args.data = std::path::absolute(&args.data).expect("the folder");
    if !args.inside && enter_namespace() {
        return;
    }
    if !args.inside {
        println!(
            "No network namespace (root and iproute2 are needed): links use their settings for loopback."
        );
    }
    let conditions = Conditions {
        delay: Duration::from_millis(args.delay),
        rate: Some(args.rate * 1_000_000),
        queue: Duration::from_millis(args.queue),
        loss: args.loss,
        ..Conditions::default()
    };
    println!(
        "{} ms and {} Mbit/s each way, queue {} ms, loss {} %; three hospitals, --preprocessing {}",
        args.delay,
        args.rate,
        args.queue,
        100.0 * args.loss,
        args.preprocessing
    );
    for run in 0..args.runs {
        measure(&args, conditions, run as u64);
    }
}

impl Args {
    fn names(&self) -> &[&'static str] {
        if self.preprocessing == "ot" { &NAMES[..3] } else { &NAMES }
    }
}

/// Starts this program again in a namespace of its own; false if there can be none.
fn enter_namespace() -> bool {
    let name = format!("mpc-wide-{}", std::process::id());
    let ip = |arguments: &[&str]| {
        let status = Command::new("ip").args(arguments).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    if !ip(&["netns", "add", &name]) {
        return false;
    }
    let hosts = (1..=NAMES.len() as u8).chain([RELAYS.octets()[3]]);
    let addresses = hosts.map(|host| format!("10.77.0.{host}/32")).collect::<Vec<_>>();
    let ready = ip(&["-n", &name, "link", "set", "lo", "up"])
        && addresses.iter().all(|address| ip(&["-n", &name, "addr", "add", address, "dev", "lo"]));
    let program = std::env::current_exe().expect("this program's path");
    let ran = ready
        && Command::new("ip")
            .args(["netns", "exec", &name])
            .arg(program)
            .arg("--inside")
            .args(std::env::args().skip(1))
            .status()
            .is_ok_and(|status| status.success());
    ip(&["netns", "del", &name]);
    ran
}

fn measure(args: &Args, conditions: Conditions, seed: u64) {
    let folder = TempDir::new().expect("a temporary folder");
    let relays: IpAddr = if args.inside { RELAYS.into() } else { Ipv4Addr::LOCALHOST.into() };
    let emulator = Emulator::new(relays, conditions, LIMIT, seed);
    configure(args, &emulator, folder.path());
    let start = Instant::now();
    let running: Vec<(&str, Child)> =
        args.names().iter().map(|name| (*name, party(args, folder.path(), name))).collect();
    for (name, mut child) in running {
        let status = child.wait().expect("its end");
        assert!(status.success(), "{name} ended with {status}");
    }
    let time = start.elapsed();
    let json = std::fs::read(folder.path().join("hospital-a/out/result.json")).expect("a result");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("a result");
    let count = emulator.count();
    let seconds = |phase: &str| json["cost"]["seconds"][phase].as_f64().unwrap_or_default();
    println!(
        "{:.2} s from start to end of all processes (connect {:.2}, preprocessing {:.2}, online {:.2}; {} rounds); {:.2} \
         MB in {} datagrams passed, {} lost, {} dropped; {} of {} pairs released",
        time.as_secs_f64(),
        seconds("connect"),
        seconds("preprocessing"),
        seconds("online"),
        json["cost"]["rounds"],
        count.bytes as f64 / 1e6,
        count.passed,
        count.lost,
        count.dropped,
        json["pairs_released"],
        json["pairs_tested"],
    );
}

/// One party as its administrator would start it.
fn party(args: &Args, folder: &Path, name: &str) -> Child {
    let examples = std::env::current_exe().expect("this program's path");
    let program = examples.parent().and_then(Path::parent).expect("a folder").join("mpc-party");
    Command::new(&program)
        .arg("run")
        .arg("--config")
        .arg(folder.join(name).join("site.toml"))
        .arg("--query")
        .arg(args.data.join("query.toml"))
        .arg("--out")
        .arg(folder.join(name).join("out"))
        .args(["--preprocessing", &args.preprocessing, "--quiet"])
        .stdin(Stdio::null())
        .spawn()
        .expect("mpc-party: build it first, in the same profile")
}

/// Writes identity and configuration of every party, with a relay in each link.
fn configure(args: &Args, emulator: &Emulator, folder: &Path) {
    let names = args.names();
    let identities: Vec<Identity> =
        names.iter().map(|_| Identity::generate().expect("an identity")).collect();
    let host = |at: usize| match args.inside {
        true => Ipv4Addr::new(10, 77, 0, at as u8 + 1),
        false => Ipv4Addr::LOCALHOST,
    };
    let addresses: Vec<SocketAddr> = (0..names.len())
        .map(|at| UdpSocket::bind((host(at), 0)).and_then(|socket| socket.local_addr()).expect("a port"))
        .collect();
    for (at, name) in names.iter().enumerate() {
        let party = folder.join(name);
        std::fs::create_dir(&party).expect("a folder");
        let key = party.join("identity.key");
        identities[at].save(&key).expect("a key file");
        let peers = (0..names.len()).filter(|other| *other != at).map(|other| {
            // The later name dials, through the relay.
            let dials = *name > names[other];
            let relay = dials.then(|| emulator.link(name, names[other], addresses[other]).expect("a relay"));
            Peer {
                name: names[other].into(),
                address: Some(relay.unwrap_or(addresses[other]).to_string()),
                keys: vec![identities[other].public_key().into()],
            }
        });
        let files = ["csv", "bed"].map(|format| args.data.join(format!("{name}.{format}")));
        let dataset = files.into_iter().find(|path| path.exists());
        let dataset = dataset.map(|path| Dataset { name: "cohort".into(), path, person_id: Vec::new() });
        let config = SiteConfig {
            id: (*name).into(),
            role: if dataset.is_some() { Role::Site } else { Role::Helper },
            state_dir: party.clone(),
            key,
            listen: addresses[at],
            advertise: None,
            peers: peers.collect(),
            datasets: dataset.into_iter().collect(),
            timeouts: Timeouts::default(),
            log: None,
        };
        std::fs::write(party.join("site.toml"), config.to_toml().expect("a configuration")).expect("a file");
    }
}
