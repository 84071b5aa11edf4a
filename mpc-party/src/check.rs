//! `mpc-party check`: everything that a run needs, one line each, with what to do about it.

use crate::cli::Check;
use crate::config::{Advertise, Date, SiteConfig};
use crate::dataset::{self, Options, Wanted};
use crate::error::{ExitClass, Failure, UserError};
use crate::events::waiting_text;
use crate::reach::{reach, timeouts};
use crate::run::on_ctrl_c;
use mpc_core::query::Encoding;
use mpc_core::transport::PartyId;
use mpc_net::{Checked, ErrorClass, Identity, MeshConfig, NetError, PeerConfig, Reached, UdpBuffers};
use std::io::Write;
use std::net::UdpSocket;

/// Days before its end when a key that expires is spoken of.
const EXPIRY_NOTICE: u64 = 30;
/// Difference of two clocks that is spoken of, in seconds.
const CLOCK_NOTICE: i64 = 60;
/// A machine whose clock was never set says 1970.
const EARLIEST_YEAR: &str = "2025";

/// How one thing is.
enum State {
    Good,
    Warning,
    Bad(ExitClass),
}

/// What was found, as it is printed.
#[derive(Default)]
struct Findings {
    worst: Option<ExitClass>,
    bad: usize,
}

impl Findings {
    fn say(&mut self, state: State, what: &str, text: &str) {
        let mark = match state {
            State::Good => "ok  ",
            State::Warning => "warn",
            State::Bad(class) => {
                self.bad += 1;
                // What this party can put right itself comes before what it needs others for.
                if self.worst != Some(ExitClass::Usage) {
                    self.worst = Some(class);
                }
                "FAIL"
            }
        };
        let text = text.replace("\n  ", "; ").replace('\n', " ");
        // Nothing can be done about a closed terminal.
        let _ = writeln!(std::io::stdout(), "{mark}  {what:<14} {text}");
    }

    fn good(&mut self, what: &str, text: &str) {
        self.say(State::Good, what, text);
    }

    fn warn(&mut self, what: &str, text: &str) {
        self.say(State::Warning, what, text);
    }

    fn bad(&mut self, what: &str, error: &UserError) {
        self.say(State::Bad(ExitClass::Usage), what, &error.to_string());
    }
}

/// Runs the command.
///
/// # Errors
/// Where something is not as it must be: of class usage if this party can put it right.
pub fn check(args: &Check) -> Result<(), Failure> {
    let mut findings = Findings::default();
    let interrupter = on_ctrl_c()?;
    let config = SiteConfig::read(&args.config)?;
    findings.good("configuration", &format!("{} ({})", args.config.display(), config.id));
    let identity = key(&config, &mut findings);
    data(&config, &mut findings);
    clock(&mut findings);
    let peers = peers(&config, &mut findings);
    let socket = port(&config, &mut findings);
    if let (Some(identity), Some(socket), false) = (identity, socket, peers.is_empty()) {
        let mesh = MeshConfig {
            id: PartyId::new(u8::MAX),
            name: config.id.clone(),
            reachable: config.advertise != Some(Advertise::Nowhere),
            identity,
            socket,
            peers,
            timeouts: timeouts(&config),
            interrupter,
            on_wait: Box::new(|waiting| {
                let _ = writeln!(std::io::stderr(), "{} and to check as well", waiting_text(&waiting));
            }),
        };
        links(mesh, &mut findings)?;
    }
    match findings.worst {
        None => Ok(()),
        Some(class) => {
            Err(Failure::new(class, format!("{} of these must be put right before a run", findings.bad)))
        }
    }
}

fn key(config: &SiteConfig, findings: &mut Findings) -> Option<Identity> {
    match Identity::load(&config.key) {
        Ok(identity) => {
            findings.good("key", &format!("{}, for its owner only", config.key.display()));
            match config.line(identity.public_key()) {
                Some(line) => findings.good("own line", &line.to_string()),
                None => findings.warn("own line", "the others dial no wildcard: set network.advertise"),
            }
            Some(identity)
        }
        Err(error) => {
            findings.bad("key", &UserError::new(error.to_string()));
            None
        }
    }
}

/// Reads the files from front to back, and keeps nothing of them.
fn data(config: &SiteConfig, findings: &mut Findings) {
    for dataset in &config.datasets {
        let options = Options {
            markers: Wanted::Listed(&[]),
            person_id: &dataset.person_id,
            encoding: Encoding::Carrier,
            people_bound: u64::MAX,
            linked: None,
        };
        match dataset::read(&dataset.path, &options, &|_, _| {}) {
            Ok(_) => findings.good("data", &format!("{}: its structure is sound", dataset.path.display())),
            Err(error) => findings.bad("data", &error),
        }
    }
    if config.datasets.is_empty() && config.role == crate::config::Role::Site {
        findings.bad("data", &UserError::new("there is no [[dataset]]").advise("add one with name and path"));
    }
}

fn clock(findings: &mut Findings) {
    let today = Date::today().to_string();
    match today.as_str() < EARLIEST_YEAR {
        true => findings
            .bad("clock", &UserError::new(format!("this machine's clock says {today}")).advise("set it")),
        false => findings.good("clock", &format!("{today} (UTC)")),
    }
}

fn peers(config: &SiteConfig, findings: &mut Findings) -> Vec<PeerConfig> {
    if config.peers.is_empty() {
        let error = UserError::new("there is no other party").advise("add their lines: mpc-party peer add");
        findings.bad("peers", &error);
    }
    let today = Date::today();
    let mut peers = Vec::new();
    for (id, peer) in (0u8..).zip(&config.peers) {
        for key in peer.keys.iter().filter(|key| !key.revoked) {
            let left = key.not_after.and_then(|last| Some((last, last.days_after(today)?)));
            if let Some((last, 0..=EXPIRY_NOTICE)) = left {
                findings.warn(&peer.name, &format!("a key of it expires on {last}: ask for its next line"));
            }
        }
        match reach(PartyId::new(id), peer, config.listen.ip()) {
            Ok(peer) => peers.push(peer),
            Err(error) => findings.bad(&peer.name, &error),
        }
    }
    peers
}

fn port(config: &SiteConfig, findings: &mut Findings) -> Option<UdpSocket> {
    let socket = match UdpSocket::bind(config.listen) {
        Ok(socket) => socket,
        Err(error) => {
            let error = UserError::new(format!("cannot listen on UDP {}: {error}", config.listen))
                .advise("stop the program that uses it, or change network.listen");
            findings.bad("port", &error);
            return None;
        }
    };
    findings.good("port", &format!("UDP {} is free", config.listen));
    match mpc_net::udp_buffers(&socket) {
        Ok(UdpBuffers { receive, send, wanted }) if receive.min(send) < wanted => findings.warn(
            "UDP buffers",
            &format!(
                "the system grants {} and {} kB of {} kB, so fast links lose packets: sysctl -w net.core.rmem_max={wanted} \
                 net.core.wmem_max={wanted}",
                receive / 1024,
                send / 1024,
                wanted / 1024
            ),
        ),
        Ok(UdpBuffers { wanted, .. }) => findings.good("UDP buffers", &format!("{} kB each way", wanted / 1024)),
        Err(error) => findings.warn("UDP buffers", &format!("the system does not tell: {error}")),
    }
    Some(socket)
}

fn links(mesh: MeshConfig, findings: &mut Findings) -> Result<(), Failure> {
    let checked = mpc_net::check(mesh, env!("CARGO_PKG_VERSION")).map_err(|error| match error {
        NetError::Interrupted => Failure::new(ExitClass::Aborted, "stopped on request"),
        error => Failure::new(class(&error), error.to_string()),
    })?;
    for Checked { peer, outcome } in checked {
        match outcome {
            Ok(Reached { address, dialled, build, clock_ahead }) => {
                let how = if dialled { "reached at" } else { "came from" };
                findings.good(&peer, &format!("{how} {address}, its key is right, version {build}"));
                if clock_ahead.abs() > CLOCK_NOTICE {
                    let side = if clock_ahead > 0 { "ahead of" } else { "behind" };
                    let seconds = clock_ahead.abs();
                    findings.warn(
                        &peer,
                        &format!("its clock is {seconds} s {side} ours: set whichever is wrong"),
                    );
                }
            }
            Err(error) => {
                let hint = match &error {
                    NetError::NoAnswer { .. } | NetError::NotDialled { .. } => {
                        " Both parties must run `check` (or `run`) at the same time."
                    }
                    _ => "",
                };
                findings.say(State::Bad(class(&error)), &peer, &format!("{error}{hint}"));
            }
        }
    }
    Ok(())
}

fn class(error: &NetError) -> ExitClass {
    match error.class() {
        ErrorClass::Configuration => ExitClass::Usage,
        ErrorClass::Aborted => ExitClass::Aborted,
        ErrorClass::Internal => ExitClass::Internal,
    }
}
