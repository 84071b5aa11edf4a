//! The handle on a session's network.

use crate::config::MeshConfig;
use crate::error::NetError;
use crate::fault::Fuse;
use crate::hello::Hello;
use crate::interrupt::Interrupter;
use crate::link::Link;
use crate::metrics::{Counters, Traffic};
use crate::public_key::PublicKey;
use crate::roster::Roster;
use crate::session::{self, Announcements, Command, Shared, Started};
use crate::transport::MeshTransport;
use mpc_core::transport::{AbortReason, LinkError, PartyId, Transport};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc;

/// This party's links to all others. The network runs on a thread of its own until [`Mesh::close`] or
/// [`Mesh::abort`]; a mesh that is merely dropped tells its peers that the process ended.
///
/// The methods block the calling thread; call them from ordinary code, not from a task.
pub struct Mesh {
    shared: Shared,
    interrupter: Interrupter,
    links: Started,
    /// `None` once the session has been ended.
    commands: Option<mpsc::UnboundedSender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl Mesh {
    /// Brings up all links and compares hellos; returns when every peer is connected and agrees, or with the error
    /// that names the peer and the cause.
    pub fn connect(config: MeshConfig, hello: Hello) -> Result<Self, NetError> {
        config.check()?;
        hello.check()?;
        let interrupter = config.interrupter.clone();
        let roster = Roster::new(config.id, config.name.clone(), config.reachable, config.peers.clone());
        let shared =
            Shared { roster: Arc::new(roster), fuse: Fuse::new(), counters: Arc::new(Counters::default()) };
        let (commands, received) = mpsc::unbounded_channel();
        let (started, outcome) = sync_channel(1);
        let theirs = shared.clone();
        let thread = std::thread::Builder::new()
            .name("mpc-net".to_owned())
            .spawn(move || session::run(config, hello, theirs, started, received))
            .map_err(|error| NetError::Internal(format!("no thread: {error}")))?;
        match outcome.recv().unwrap_or_else(|_| Err(ended())) {
            Ok(links) => {
                Ok(Self { shared, interrupter, links, commands: Some(commands), thread: Some(thread) })
            }
            Err(error) => {
                // The socket is free again when this returns.
                let _ = thread.join();
                Err(error)
            }
        }
    }

    /// Tells each peer that this party has loaded its data, with an announcement for it (empty where `mine` has
    /// none), and waits until each peer has said the same. Returns their announcements, by party. Once a session.
    pub fn exchange_ready(&self, mine: Announcements) -> Result<Announcements, NetError> {
        self.ask(|reply| Command::ExchangeReady { mine, reply })
    }

    /// What the engine sends and receives through. Its futures may be awaited on any executor.
    pub fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(MeshTransport::new(self.links.links.clone(), self.shared.fuse.clone()))
    }

    /// The key that each peer proved to have.
    pub fn keys(&self) -> Vec<(PartyId, PublicKey)> {
        self.links.links.iter().map(|link| (link.peer, link.key)).collect()
    }

    /// Bytes so far.
    pub fn traffic(&self) -> Traffic {
        let mut traffic = Traffic {
            sent: self.shared.counters.sent(),
            received: self.shared.counters.received(),
            ..Traffic::default()
        };
        for link in &self.links.links {
            let stats = link.connection.stats();
            traffic.udp_sent += stats.udp_tx.bytes;
            traffic.udp_received += stats.udp_rx.bytes;
        }
        traffic
    }

    /// The longest round trip to a peer so far. On loopback it counts as none, whatever a machine that is busy with the
    /// handshakes of several parties makes of it.
    pub fn round_trip(&self) -> Duration {
        let remote = |link: &Link| !link.connection.remote_address().ip().to_canonical().is_loopback();
        let links = self.links.links.iter().filter(|link| remote(link));
        links.map(|link| link.connection.rtt()).max().unwrap_or_default()
    }

    /// The switch that stops this mesh; the same as in its configuration.
    pub fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    /// A link's error in words: with the names of the parties and the next step to take.
    pub fn explain(&self, error: &LinkError) -> NetError {
        NetError::of_link(error, &self.shared.roster)
    }

    /// Ends the session early: tells all peers why, and closes. Takes at most about a second.
    pub fn abort(mut self, reason: AbortReason) {
        if let Some(commands) = self.commands.take() {
            // If the thread has ended already, there is nobody left to tell.
            let _ = commands.send(Command::Abort { reason });
        }
        self.join();
    }

    /// Ends the session in good order: returns when everything that was sent has reached the peers' machines, with the
    /// bytes of the whole session.
    pub fn close(mut self) -> Result<Traffic, NetError> {
        let result = self.ask(|reply| Command::Close { reply });
        self.commands = None;
        self.join();
        result.map(|()| self.traffic())
    }

    /// Puts a question to the network's thread and waits for the answer.
    fn ask<T>(
        &self,
        question: impl FnOnce(std::sync::mpsc::SyncSender<Result<T, NetError>>) -> Command,
    ) -> Result<T, NetError> {
        let (reply, answer) = sync_channel(1);
        let commands = self.commands.as_ref().ok_or_else(ended)?;
        commands.send(question(reply)).map_err(|_| ended())?;
        answer.recv().unwrap_or_else(|_| Err(ended()))
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported on the terminal already, and every wait has ended with a fault.
            let _ = thread.join();
        }
    }
}

impl Drop for Mesh {
    fn drop(&mut self) {
        self.commands = None;
        self.join();
    }
}

fn ended() -> NetError {
    NetError::Internal("its thread has ended".to_owned())
}
