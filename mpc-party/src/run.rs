//! `mpc-party run`: take part in one query as a site or as the helper.

use crate::approve::{approve, meaning};
use crate::cli::{self, Run};
use crate::config::{Role, SiteConfig};
use crate::error::{Failure, UserError};
use crate::events::waiting_text;
use crate::logging;
use crate::party::{Observer, Outcome, Part, SiteOutcome, check_built, take_part};
use crate::progress::{Phase, Progress};
use crate::query_file;
use crate::report::{Cost, OutputDir, Spool};
use crate::results::{Released, write};
use mpc_core::source::Preprocessing;
use mpc_net::{Interrupter, Waiting};
use std::io::Write;
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Instant;

struct Shown(Progress);

impl Observer for Shown {
    fn waiting(&self, waiting: &Waiting) {
        self.0.say(&waiting_text(waiting));
    }

    fn stalled(&self, text: &str) {
        self.0.say(text);
    }

    fn progress(&self, phase: Phase, done: u64, total: u64) {
        self.0.done(0, phase, done, total);
    }
}

/// Runs the command.
///
/// # Errors
/// What ended it.
pub fn run(args: &Run, started: Instant) -> Result<(), Failure> {
    let config = SiteConfig::read(&args.config)?;
    logging::start(config.log.as_ref())?;
    let ended = take_part_in(args, config, started);
    match &ended {
        Ok(()) => tracing::info!("done"),
        Err(failure) => tracing::error!(code = failure.class.code(), "ended: {failure}"),
    }
    ended
}

fn take_part_in(args: &Run, config: SiteConfig, started: Instant) -> Result<(), Failure> {
    let file = query_file::read(&args.query)?;
    check_built(&file.query)?;
    let preprocessing = preprocessing(args, &config)?;
    if args.dry_run {
        let _ = writeln!(std::io::stdout(), "{}", meaning(&file.query, preprocessing, &file.warnings)?);
        return Ok(());
    }
    approve(&file.query, preprocessing, &file.warnings, args.yes, args.quiet)?;
    let receives = file
        .query
        .sites
        .iter()
        .position(|site| *site == config.id)
        .is_some_and(|at| file.query.recipients.contains(&at));
    let output = receives.then(|| OutputDir::open(&args.out)).transpose()?;
    let spool = output.as_ref().map(Spool::new).transpose()?;
    let socket = UdpSocket::bind(config.listen).map_err(|error| {
        UserError::new(format!("cannot listen on UDP {}: {error}", config.listen))
            .advise("another program may use the port: change network.listen")
    })?;

    let observer = Arc::new(Shown(Progress::new(args.quiet)));
    let id = config.id.clone();
    let query = file.query.clone();
    let part = Part { config, query, preprocessing, socket, interrupter: on_ctrl_c()?, started, spool };
    let outcome = take_part(part, observer.clone());
    observer.0.finish();
    let Outcome { site, seconds, bytes_sent, rounds, peak_memory } = outcome?;
    let Some(SiteOutcome { panel, owners, release, spool, notes }) = site else { return Ok(()) };
    let (Some(output), Some(spool)) = (output, spool) else {
        let released = match release.released {
            Some(released) => format!("{released} of {} pairs were released", release.tested),
            None => format!("{} pairs were tested", release.tested),
        };
        observer.0.say(&format!("done: {released}; this site is not a recipient"));
        return Ok(());
    };
    let peak_memory = peak_memory.map(|bytes| (id.clone(), bytes)).into_iter().collect();
    let cost = Cost { seconds, bytes_sent: vec![(id, bytes_sent)], rounds, peak_memory };
    let pairs = spool.pairs(release.released)?;
    let released = Released { panel, owners, tested: release.tested, pairs, notes, cost };
    write(&file, preprocessing, &released, output, &observer.0, args.quiet)
}

/// Who makes the correlated randomness: what was asked for, or what the role makes plain.
fn preprocessing(args: &Run, config: &SiteConfig) -> Result<Preprocessing, UserError> {
    match (args.preprocessing, config.role) {
        (Some(cli::Preprocessing::Ot), Role::Helper) => {
            Err(UserError::new("this party is a helper, and --preprocessing ot has none")
                .advise("start the sites only, or use --preprocessing helper at all parties"))
        }
        (Some(chosen), _) => Ok(chosen.into()),
        (None, Role::Helper) => Ok(Preprocessing::Helper),
        (None, Role::Site) => Ok(Preprocessing::ObliviousTransfer),
    }
}

/// An interrupter that Ctrl-C and SIGTERM press.
///
/// # Errors
/// Where the system refuses a handler.
pub fn on_ctrl_c() -> Result<Interrupter, Failure> {
    let interrupter = Interrupter::new();
    let handle = interrupter.clone();
    ctrlc::set_handler(move || handle.interrupt())
        .map_err(|error| UserError::new(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(interrupter)
}
