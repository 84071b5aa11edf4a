//! The processes of a federation on one machine: their identities, their configurations, their ends.

use super::process::{Ended, Process};
use super::stop::Stop;
use super::{Progress, Reported};
use crate::cli::Preprocessing;
use crate::config::{Dataset, Peer, Role, SiteConfig, Timeouts};
use crate::error::{ExitClass, Failure};
use crate::events::{Event, class_of};
use crate::party::HELPER;
use crate::progress::Phase;
use crate::report::OutputDir;
use mpc_core::query::Query;
use mpc_net::Identity;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use tempfile::{NamedTempFile, TempDir};

/// A running federation. Dropping it ends its processes.
pub(super) struct Federation {
    processes: Vec<Process>,
    events: Receiver<(usize, Option<Event>)>,
    /// What each recipient puts what is released into.
    releases: Vec<(String, NamedTempFile)>,
    /// Identities and configurations; gone when this is dropped.
    folder: TempDir,
}

/// A federation that has ended well.
pub(super) struct Finished {
    /// What all parties reported.
    pub(super) parties: Vec<Reported>,
    /// What was released to each recipient, by its name.
    pub(super) releases: Vec<(String, File)>,
}

/// One party before it is started.
struct Member {
    name: String,
    data: Option<Vec<PathBuf>>,
    identity: Identity,
    socket: UdpSocket,
    address: SocketAddr,
}

impl Federation {
    /// Makes identities and sockets, writes the configurations, and starts all processes. What is released goes to `output`.
    pub(super) fn start(
        query_path: &Path,
        query: &Query,
        data: &[Vec<PathBuf>],
        preprocessing: Preprocessing,
        output: &OutputDir,
        stop: &Stop,
    ) -> Result<Self, Failure> {
        let system = |what: &str, error: std::io::Error| {
            Failure::new(ExitClass::Internal, format!("cannot start a federation: {what}: {error}"))
        };
        let folder = tempfile::Builder::new()
            .prefix("mpc-party-")
            .tempdir()
            .map_err(|error| system("no temporary folder", error))?;
        let mut releases = Vec::new();
        for site in query.recipients.iter().filter_map(|&site| query.sites.get(site)) {
            releases.push((site.clone(), output.to_hand_over()?));
        }
        let query_path =
            std::path::absolute(query_path).map_err(|error| system("the query's path", error))?;
        let program = std::env::current_exe().map_err(|error| system("this program's path", error))?;

        let named = query.sites.iter().zip(data).map(|(name, paths)| (name.clone(), Some(paths)));
        let mut members = Vec::with_capacity(query.sites.len() + 1);
        let helper = (preprocessing == Preprocessing::Helper).then(|| (HELPER.to_owned(), None));
        for (name, paths) in named.chain(helper) {
            let absolute = |paths: &Vec<PathBuf>| paths.iter().map(std::path::absolute).collect();
            let data = paths.map(absolute).transpose().map_err(|error| system("a data path", error))?;
            let socket =
                UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| system("no UDP port", error))?;
            let address = socket.local_addr().map_err(|error| system("no UDP port", error))?;
            let identity =
                Identity::generate().map_err(|error| Failure::new(ExitClass::Internal, error.to_string()))?;
            members.push(Member { name, data, identity, socket, address });
        }

        for member in &members {
            let party = folder.path().join(&member.name);
            std::fs::create_dir(&party).map_err(|error| system("no folder", error))?;
            let key = party.join("identity.key");
            member
                .identity
                .save(&key)
                .map_err(|error| Failure::new(ExitClass::Internal, error.to_string()))?;
            let config = configuration(member, &members, &party, key).to_toml()?;
            std::fs::write(party.join("site.toml"), config)
                .map_err(|error| system("no configuration", error))?;
        }

        let (sender, events) = channel();
        let mut processes = Vec::with_capacity(members.len());
        for (index, member) in members.into_iter().enumerate() {
            stop.check()?;
            let party = folder.path().join(&member.name);
            let mut command = Command::new(&program);
            command.arg("party").arg("--config").arg(party.join("site.toml"));
            command.arg("--query").arg(&query_path);
            if let Some((_, release)) = releases.iter().find(|(name, _)| *name == member.name) {
                command.arg("--release").arg(release.path());
            }
            command.arg("--preprocessing").arg(mpc_core::source::Preprocessing::from(preprocessing).name());
            let process = Process::start(&mut command, member.name, member.socket, {
                let sender = sender.clone();
                move |event| drop(sender.send((index, event)))
            });
            let process = process.map_err(|error| system("no process", error))?;
            stop.watch(process.handle());
            processes.push(process);
        }
        Ok(Self { processes, events, releases, folder })
    }

    /// Waits until every process has ended, and gives what they leave, or the error to show.
    pub(super) fn finish(self, progress: &Progress) -> Result<Finished, Failure> {
        let Self { mut processes, events, releases, folder: _folder } = self;
        let mut running = processes.len();
        while running > 0 {
            let Ok((index, event)) = events.recv() else { break };
            let Some(process) = processes.get_mut(index) else { continue };
            match event {
                None => running -= 1,
                Some(Event::Waiting { text }) => progress.say(&format!("{}: {text}", process.name())),
                // Sites test the same pairs at the same time, so one of them is shown; each reads its own data.
                Some(Event::Progress { phase, done, total }) => {
                    if index == 0 || phase == Phase::Reading {
                        progress.done(index, phase, done, total);
                    }
                }
                Some(event) => process.report(event),
            }
        }
        let ended: Vec<(String, Ended)> = processes.into_iter().map(Process::wait).collect();
        if ended.iter().any(|(_, ended)| !matches!(ended, Ended::Done(_))) {
            return Err(failure(ended));
        }
        let done = |(name, ended)| match ended {
            Ended::Done(done) => Some((name, done)),
            _ => None,
        };
        let releases = releases.into_iter().map(|(name, file)| (name, file.into_file())).collect();
        Ok(Finished { parties: ended.into_iter().filter_map(done).collect(), releases })
    }
}

fn configuration(member: &Member, members: &[Member], party: &Path, key: PathBuf) -> SiteConfig {
    let peers = members.iter().filter(|peer| peer.name != member.name).map(|peer| Peer {
        name: peer.name.clone(),
        address: Some(peer.address.to_string()),
        keys: vec![peer.identity.public_key().into()],
    });
    let files = member.data.iter().flatten().zip(1..);
    let dataset = |(path, number): (&PathBuf, usize)| Dataset {
        name: format!("data-{number}"),
        path: path.clone(),
        person_id: Vec::new(),
    };
    SiteConfig {
        id: member.name.clone(),
        role: if member.data.is_some() { Role::Site } else { Role::Helper },
        state_dir: party.to_owned(),
        key,
        listen: member.address,
        advertise: None,
        peers: peers.collect(),
        datasets: files.map(dataset).collect(),
        timeouts: Timeouts::default(),
        log: None,
    }
}

/// The error to show for a federation that failed: what somebody can put right comes first, and what follows from
/// another party's end comes last.
fn failure(ended: Vec<(String, Ended)>) -> Failure {
    let killed: Vec<String> = ended
        .iter()
        .filter_map(|(name, ended)| match ended {
            Ended::Without(how) => Some(format!("{name}: its process ended without a word ({how})")),
            _ => None,
        })
        .collect();
    let failed = |class: ExitClass| {
        let mut messages: Vec<(&str, &str)> = Vec::new();
        for (name, ended) in &ended {
            if let Ended::Failed { code, message } = ended
                && class_of(*code) == class
                && messages.iter().all(|(_, other)| other != message)
            {
                messages.push((name, message));
            }
        }
        messages
    };
    for class in [ExitClass::Usage, ExitClass::Refused] {
        let messages = failed(class);
        if let [(_, message)] = messages.as_slice() {
            return Failure::new(class, *message);
        }
        if !messages.is_empty() {
            let lines: Vec<String> = messages.iter().map(|(_, message)| (*message).to_owned()).collect();
            return Failure::new(class, lines.join("\n"));
        }
    }
    if !killed.is_empty() {
        return Failure::new(ExitClass::Aborted, killed.join("\n"));
    }
    for class in [ExitClass::Internal, ExitClass::Aborted] {
        if let Some((name, message)) = failed(class).first() {
            return Failure::new(class, format!("{name}: {message}"));
        }
    }
    Failure::new(ExitClass::Internal, "internal fault: a party ended without a result")
}
