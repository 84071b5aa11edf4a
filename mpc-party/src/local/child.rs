//! The command by which `local` starts a party.

use crate::cli::PartyOfLocal;
use crate::config::SiteConfig;
use crate::error::{ExitClass, Failure};
use crate::events::{Done, Event, EventStream};
use crate::party::{Outcome, Part, take_part};
use crate::query_file;
use crate::report::Spool;
use crate::run::on_ctrl_c;
use mpc_net::Interrupter;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::os::unix::process::parent_id;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a party looks whether the process that started it is still there.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Takes part in the query, and says how it went on the event stream.
///
/// # Errors
/// What ended it, after it was said on the event stream.
pub fn party(args: &PartyOfLocal, started: Instant) -> Result<(), Failure> {
    let events = Arc::new(EventStream::default());
    let result = take_part_in(args, started, events.clone());
    match &result {
        Ok(done) => events.emit(&Event::Done(done.clone())),
        Err(failure) => events.failed(failure),
    }
    result.map(|_| ())
}

fn take_part_in(args: &PartyOfLocal, started: Instant, events: Arc<EventStream>) -> Result<Done, Failure> {
    let parent = parent_id();
    // First of all, so that no name of a file is left behind.
    let spool = args.release.as_deref().map(Spool::handed).transpose()?;
    let config = SiteConfig::read(&args.config)?;
    let file = query_file::read(&args.query)?;
    let descriptor = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map_err(|error| Failure::new(ExitClass::Internal, format!("internal fault: no socket: {error}")))?;
    let socket = UdpSocket::from(descriptor);
    let interrupter = on_ctrl_c()?;
    stop_without(parent, interrupter.clone());
    let preprocessing = args.preprocessing.into();
    let part = Part { config, query: file.query, preprocessing, socket, interrupter, started, spool };
    let Outcome { site, seconds, bytes_sent, rounds, peak_memory } = take_part(part, events)?;
    let mut done = Done {
        panel: Vec::new(),
        owners: Vec::new(),
        notes: Vec::new(),
        tested: 0,
        released: None,
        seconds,
        bytes_sent,
        rounds,
        peak_memory,
    };
    if let Some(site) = site {
        done.tested = site.release.tested;
        done.released = site.release.released;
        done.panel = site.panel;
        done.owners = site.owners;
        done.notes = site.notes;
    }
    Ok(done)
}

/// Stops this party when the process that started it ends without stopping it, as when it is killed: nobody waits for the
/// result any more.
fn stop_without(parent: u32, interrupter: Interrupter) {
    std::thread::spawn(move || {
        while parent_id() == parent {
            std::thread::sleep(LOOK_EVERY);
        }
        interrupter.interrupt();
    });
}
