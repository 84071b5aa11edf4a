//! One party's part in one query: connect, load, agree, compute. The same code for a deployed site, for a party of a
//! federation on one machine, and for the helper.

mod loading;
mod members;
mod panel;
mod session;

pub use loading::{DataFile, read_data};
pub use panel::{agree_on_owners, agree_on_panel, notes, owner_notes};

use crate::config::{Role, SiteConfig};
use crate::error::{ExitClass, Failure, UserError};
use crate::explain::hex;
use crate::memory;
use crate::progress::Phase;
use crate::report::Spool;
use members::Members;
use mpc_core::disclosure::SelectRule;
use mpc_core::query::Query;
use mpc_core::query::description::Member;
use mpc_core::query::run::Release;
use mpc_core::sharing::{Security, SemiHonest};
use mpc_core::source::Preprocessing;
use mpc_core::transport::AbortReason;
use mpc_net::{ErrorClass, Hello, Interrupter, Mesh, MeshConfig, NetError, Waiting};
use session::Session;
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Instant;

/// Name of the party that holds no data and deals correlated randomness.
pub const HELPER: &str = "helper";

/// What a party tells while it works.
pub trait Observer: Send + Sync {
    /// It waits for others.
    fn waiting(&self, waiting: &Waiting);

    /// It has waited long at a step of the computation, for whom the text says.
    fn stalled(&self, text: &str);

    /// So much of a phase is done. The first word of [`Phase::Testing`] says that all links are up and data are
    /// loaded, and that none of so many pairs is tested.
    fn progress(&self, phase: Phase, done: u64, total: u64);
}

/// What a party has at the end.
pub struct Outcome {
    /// Panel and released pairs; `None` at the helper.
    pub site: Option<SiteOutcome>,
    /// Seconds of each phase.
    pub seconds: Vec<(String, f64)>,
    /// Bytes of frames sent.
    pub bytes_sent: u64,
    /// Rounds.
    pub rounds: u64,
    /// Most memory that its process had in use, in bytes, where the system tells.
    pub peak_memory: Option<u64>,
}

/// What a site has at the end.
pub struct SiteOutcome {
    /// Marker ids in order.
    pub panel: Vec<String>,
    /// The site of each marker, where each has one.
    pub owners: Vec<usize>,
    /// How much was released.
    pub release: Release,
    /// What was released, at a recipient.
    pub spool: Option<Spool>,
    /// What the sites' announcements give reason to say.
    pub notes: Vec<String>,
}

/// What a party brings.
pub struct Part {
    /// Its configuration.
    pub config: SiteConfig,
    /// The query.
    pub query: Query,
    /// Who makes the correlated randomness.
    pub preprocessing: Preprocessing,
    /// The bound socket.
    pub socket: UdpSocket,
    /// Stops it.
    pub interrupter: Interrupter,
    /// When its process started.
    pub started: Instant,
    /// Where a recipient keeps what is released; `None` at any other party.
    pub spool: Option<Spool>,
}

/// Refuses what no party can compute.
///
/// # Errors
/// A usage error that names the part of the query.
pub fn check_built(query: &Query) -> Result<(), UserError> {
    SelectRule::new(&query.select, query.people_bound).map_err(|error| UserError::new(error.to_string()))?;
    Ok(())
}

/// Takes part in a query until its end.
///
/// # Errors
/// What ended it, with the exit code that it means.
pub fn take_part(part: Part, observer: Arc<dyn Observer>) -> Result<Outcome, Failure> {
    check_built(&part.query)?;
    let members = Members::of(&part)?;
    let Part { config, query, preprocessing, socket, interrupter, started, spool } = part;

    // Loading and connecting overlap. A site that cannot load still connects, to tell the others why it stops.
    let loader = (config.role == Role::Site).then(|| {
        let (config, query, observer) = (config.clone(), query.clone(), observer.clone());
        let tell = move |done, total| observer.progress(Phase::Reading, done, total);
        std::thread::spawn(move || loading::load(&config, &query, &tell))
    });
    let waiting = observer.clone();
    let mesh = MeshConfig {
        id: members.me,
        name: config.id.clone(),
        reachable: members.reachable,
        identity: members.identity,
        socket,
        peers: members.peers,
        timeouts: members.timeouts,
        interrupter,
        on_wait: Box::new(move |state| waiting.waiting(&state)),
    };
    tracing::info!(
        party = config.id,
        query = hex(&query.hash()),
        build = env!("CARGO_PKG_VERSION"),
        "connecting"
    );
    let hello = Hello {
        build: env!("CARGO_PKG_VERSION").into(),
        query_hash: query.hash(),
        session_parties: members.known,
        mode: mode(preprocessing),
    };
    let mesh = Mesh::connect(mesh, hello);
    // Whoever stops this party does not wait until a large file is loaded.
    if let Err(error @ NetError::Interrupted) = mesh {
        return Err(network(error));
    }
    let loaded = loader.map(|loader| loader.join().unwrap_or_else(|_| Err(internal("loading stopped"))));
    // What this party can put right itself comes before what it waits for.
    let loaded = match loaded.transpose() {
        Ok(loaded) => loaded,
        Err(failure) => {
            if let Ok(mesh) = mesh {
                mesh.abort(AbortReason::LocalInput);
            }
            return Err(failure);
        }
    };
    let mesh = mesh.map_err(network)?;

    let session = Session {
        members: proved(members.roster, &mesh),
        mesh,
        sites: query.sites.len(),
        me: members.me,
        query,
        preprocessing,
        started,
        spool,
    };
    let outcome = match loaded {
        Some(site) => session.take_part_as_site(site, &observer)?,
        None => session.deal_as_helper()?,
    };
    Ok(Outcome { peak_memory: memory::peak(), ..outcome })
}

/// The roster with the keys that the peers have proved: of several listed ones, that is the one in use, and all parties
/// compare it before anything is shared.
fn proved(mut roster: Vec<Member>, mesh: &Mesh) -> Vec<Member> {
    for (peer, key) in mesh.keys() {
        if let Some(member) = roster.get_mut(peer.index()) {
            member.key = *key.as_bytes();
        }
    }
    roster
}

/// Security level and source, as parties compare them when they connect.
pub(crate) fn mode(preprocessing: Preprocessing) -> String {
    format!("{}/{}", SemiHonest::NAME, preprocessing.name())
}

/// A fault of the links, with the exit code that it means.
pub(crate) fn network(error: NetError) -> Failure {
    let class = match error.class() {
        ErrorClass::Configuration => ExitClass::Usage,
        ErrorClass::Aborted => ExitClass::Aborted,
        ErrorClass::Internal => ExitClass::Internal,
    };
    Failure::new(class, error.to_string())
}

/// A fault of this program.
pub(crate) fn internal(what: &str) -> Failure {
    Failure::new(ExitClass::Internal, format!("internal fault: {what}. Please report it."))
}
