//! One party's part in one query: connect, load, agree, compute. The same code for a deployed site, for a party of a
//! federation on one machine, and for the helper.

use crate::config::{Role, SiteConfig};
use crate::dataset::{self, Loaded, Options, Wanted};
use crate::error::{ExitClass, Failure, UserError, escaped, quoted};
use crate::stopwatch::{Stopwatch, TimedSource};
use futures::future::try_join_all;
use mpc_core::disclosure::{SelectRule, TooWide};
use mpc_core::error::Error;
use mpc_core::query::description::{Member, describe};
use mpc_core::query::plan::Plan;
use mpc_core::query::run::{Release, run};
use mpc_core::query::schema::alleles::{self, Agreement, Alleles, Conflict};
use mpc_core::query::schema::{self, PanelError, Schema};
use mpc_core::query::{Panel, Partition, Query, bounds};
use mpc_core::random::{Prg, Seed};
use mpc_core::session::{Context, Roster, SchemaTerms, Terms, agree};
use mpc_core::sharing::SemiHonest;
use mpc_core::source::helper::{HelperSource, deal};
use mpc_core::statistics::cohort::Cohort;
use mpc_core::statistics::counting::Counter;
use mpc_core::transport::{AbortReason, Lane, LinkError, PartyId, Tag, Transport};
use mpc_net::{
    ErrorClass, Hello, Identity, Interrupter, MAX_ANNOUNCEMENT_BYTES, Mesh, MeshConfig, NetError, PeerConfig,
    PublicKey, Waiting,
};
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Name of the party that holds no data and deals correlated randomness.
pub const HELPER: &str = "helper";

/// What a party tells while it works.
pub trait Observer: Send + Sync {
    /// It waits for others.
    fn waiting(&self, waiting: &Waiting);

    /// All links are up, data are loaded, and computing starts.
    fn started(&self, pairs: u64);

    /// So many pairs are done.
    fn progress(&self, done: u64);
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
}

/// What a site has at the end.
pub struct SiteOutcome {
    /// Marker ids in order.
    pub panel: Vec<String>,
    /// What was released.
    pub release: Release,
    /// What the sites' announcements give reason to say.
    pub notes: Vec<String>,
}

/// What a party brings.
pub struct Part {
    /// Its configuration.
    pub config: SiteConfig,
    /// The query.
    pub query: Query,
    /// The bound socket.
    pub socket: UdpSocket,
    /// Stops it.
    pub interrupter: Interrupter,
    /// When its process started.
    pub started: Instant,
}

/// Refuses what no party can compute.
///
/// # Errors
/// A usage error that names the part of the query.
pub fn check_built(query: &Query) -> Result<(), UserError> {
    if let Partition::Vertical(_) = query.partition {
        return Err(UserError::new("population.partition = \"vertical\" is not built yet")
            .advise("horizontal queries are: each site has its own people"));
    }
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
    let Part { config, query, socket, interrupter, started } = part;

    // Loading and connecting overlap. A site that cannot load still connects, to tell the others why it stops.
    let loader = (config.role == Role::Site).then(|| {
        let (config, query) = (config.clone(), query.clone());
        std::thread::spawn(move || load(&config, &query))
    });
    let waiting = observer.clone();
    let mesh = MeshConfig {
        id: members.me,
        name: config.id.clone(),
        identity: members.identity,
        socket,
        peers: members.peers,
        timeouts: members.timeouts,
        interrupter,
        on_wait: Box::new(move |state| waiting.waiting(&state)),
    };
    let hello = Hello {
        build: env!("CARGO_PKG_VERSION").into(),
        query_hash: query.hash(),
        session_parties: members.roster.iter().map(|member| (member.name.clone(), member.key)).collect(),
        mode: "semi-honest/helper".into(),
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

    let session =
        Session { mesh, members: members.roster, sites: query.sites.len(), me: members.me, query, started };
    match loaded {
        Some(site) => session.take_part_as_site(site, &*observer),
        None => session.deal_as_helper(),
    }
}

/// Who takes part, from the configuration and the query.
struct Members {
    me: PartyId,
    roster: Vec<Member>,
    peers: Vec<PeerConfig>,
    identity: Identity,
    timeouts: mpc_net::Timeouts,
}

impl Members {
    fn of(part: &Part) -> Result<Self, Failure> {
        let Part { config, query, .. } = part;
        let identity = Identity::load(&config.key).map_err(|error| UserError::new(error.to_string()))?;
        let names: Vec<&str> = query.sites.iter().map(String::as_str).chain([HELPER]).collect();
        let mut roster = Vec::with_capacity(names.len());
        let mut peers = Vec::with_capacity(names.len());
        let mut me = None;
        for (index, name) in (0u8..).zip(names) {
            let id = PartyId::new(index);
            let is_helper = name == HELPER;
            if name == config.id {
                if is_helper != (config.role == Role::Helper) {
                    return Err(UserError::new(format!("node.role does not fit the name {}", quoted(name)))
                        .advise("the helper, and nobody else, is called \"helper\" and has role = \"helper\"")
                        .into());
                }
                me = Some(id);
                roster.push(Member { name: name.into(), key: *identity.public_key().as_bytes() });
                continue;
            }
            let peer = config.peers.iter().find(|peer| peer.name == name).ok_or_else(|| {
                let who = if is_helper {
                    "a helper deals the correlated randomness, and"
                } else {
                    "the query names"
                };
                UserError::new(format!("{who} {} is not among the peers of this configuration", quoted(name)))
                    .advise("add its [[peer]] section")
            })?;
            let keys = peer.keys.iter().map(|key| key.parse::<PublicKey>()).collect::<Result<Vec<_>, _>>();
            let keys = keys.map_err(|error| UserError::new(format!("a key of peer {name}: {error}")))?;
            let Some(key) = keys.first() else {
                return Err(UserError::new(format!("peer {name} has no key")).into());
            };
            roster.push(Member { name: name.into(), key: *key.as_bytes() });
            peers.push(PeerConfig { id, name: name.into(), address: resolve(name, &peer.address)?, keys });
        }
        let me = me.ok_or_else(|| {
            UserError::new(format!("this party, {}, is not a site of the query", quoted(&config.id)))
                .advise(format!("its sites are {}", query.sites.join(", ")))
        })?;
        Ok(Self { me, roster, peers, identity, timeouts: timeouts(config) })
    }
}

fn timeouts(config: &SiteConfig) -> mpc_net::Timeouts {
    let defaults = mpc_net::Timeouts::default();
    let set = config.timeouts;
    mpc_net::Timeouts {
        connect: set.connect.unwrap_or(defaults.connect),
        hello: set.hello.unwrap_or(defaults.hello),
        ready: set.ready.unwrap_or(defaults.ready),
        receive: set.receive.unwrap_or(defaults.receive),
        keep_alive: set.keep_alive.unwrap_or(defaults.keep_alive),
        idle: set.idle.unwrap_or(defaults.idle),
    }
}

fn resolve(name: &str, address: &str) -> Result<SocketAddr, UserError> {
    let found = address.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| {
        UserError::new(format!("the address {} of peer {name} cannot be resolved", quoted(address)))
            .advise("write host:port, and check the host's name")
    })
}

fn load(config: &SiteConfig, query: &Query) -> Result<Loaded, Failure> {
    let [dataset] = config.datasets.as_slice() else {
        return Err(UserError::new(format!("this site has {} [[dataset]] sections", config.datasets.len()))
            .advise("a query reads one data file")
            .into());
    };
    Ok(read_data(&dataset.path, dataset.person_id.as_deref(), query)?)
}

/// Reads what a query needs of a data file.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn read_data(path: &Path, person_id: Option<&str>, query: &Query) -> Result<Loaded, UserError> {
    let markers = match &query.panel {
        Panel::Listed(ids) => Wanted::Listed(ids),
        Panel::All => Wanted::All { exclude: &query.exclude },
    };
    let options = Options { markers, person_id, encoding: query.encoding, people_bound: query.people_bound };
    let loaded = dataset::read(path, &options)?;
    // Columns that only this site holds may be many; what is announced is bounded.
    let refuse = |message: String, advice: String| Err(UserError::new(message).advise(advice).in_file(path));
    if loaded.ids.len() > *bounds::MARKERS.end() {
        let message = format!("this file has {} markers", loaded.ids.len());
        return refuse(message, format!("a query may have {}: list the wanted ones", bounds::MARKERS.end()));
    }
    let announced = loaded.schema().encode().len();
    if announced > MAX_ANNOUNCEMENT_BYTES {
        let message = format!("the names and alleles of the wanted markers take {announced} bytes");
        return refuse(
            message,
            format!(
                "sites can tell each other {MAX_ANNOUNCEMENT_BYTES}: list fewer markers, or exclude long alleles"
            ),
        );
    }
    Ok(loaded)
}

/// The panel that the sites' announcements make, and which sites count the other allele of a marker.
///
/// # Errors
/// What keeps the sites from pooling; every site finds the same.
pub fn agree_on_panel(query: &Query, schemas: &[Schema]) -> Result<(Vec<String>, Agreement), UserError> {
    let panel = schema::panel(query, schemas).map_err(|error| panel_error(error, &query.sites))?;
    let agreement =
        alleles::agree(&panel, schemas).map_err(|conflicts| allele_error(&conflicts, &query.sites))?;
    Ok((panel, agreement))
}

/// What the sites' announcements give reason to say in terminal and result.
pub fn notes(sites: &[String], schemas: &[Schema], panel: &[String], agreement: &Agreement) -> Vec<String> {
    let named = |has: fn(&Schema) -> bool| {
        let names: Vec<&str> = sites
            .iter()
            .zip(schemas)
            .filter(|(_, schema)| has(schema))
            .map(|(name, _)| name.as_str())
            .collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let nobody = named(|schema| schema.nobody)
        .map(|sites| format!("no people in the data of {sites}: it takes part with zeros"));
    // A site that holds nobody hides nobody: what is true of two sites is true of two sites with people.
    let with_people = schemas.iter().filter(|schema| !schema.nobody).count();
    let few = (with_people < 3 && with_people < sites.len()).then(|| {
        format!("only {with_people} site(s) have people: a site can take its own counts away and has the other's exact counts")
    });
    let alleles = named(|schema| schema.alleles.is_none()).map(|sites| {
        format!("CSV states no alleles: that all sites count the same allele of a marker was not checked ({sites})")
    });
    let unstated = sites.iter().zip(&agreement.unstated).filter(|(_, count)| **count > 0).map(|(site, count)| {
        format!(
            "{site}: {count} marker(s) without alleles: that they count the same allele as elsewhere was not checked"
        )
    });
    let flipped = sites.iter().zip(&agreement.flipped).filter(|(_, flipped)| !flipped.is_empty());
    let flipped = flipped.map(|(site, flipped)| {
        let ids = flipped.iter().take(SHOWN).filter_map(|position| panel.get(*position));
        let ids: Vec<String> = ids.map(|id| escaped(id)).collect();
        let more = if flipped.len() > SHOWN { ", ..." } else { "" };
        format!(
            "{site}: {} marker(s) have counted and other allele swapped and were flipped: {}{more}",
            flipped.len(),
            ids.join(", ")
        )
    });
    nobody.into_iter().chain(few).chain(alleles).chain(unstated).chain(flipped).collect()
}

/// The text for sites that state different alleles.
fn allele_error(conflicts: &[Conflict], sites: &[String]) -> UserError {
    let at = |(site, alleles): &(usize, Alleles)| {
        let shown = |allele: &str| if allele.is_empty() { "?".to_owned() } else { escaped(allele) };
        let name = sites.get(*site).map_or("?", String::as_str);
        format!("{}/{} at {name}", shown(alleles.counted()), shown(alleles.other()))
    };
    let mut text: Vec<String> = conflicts
        .iter()
        .take(SHOWN)
        .map(|conflict| {
            let why = if conflict.ambiguous { " (swapped, or the other strand: nothing tells)" } else { "" };
            format!(
                "marker {} is {} but {}{why}",
                quoted(&conflict.marker),
                at(&conflict.reference),
                at(&conflict.site)
            )
        })
        .collect();
    if conflicts.len() > SHOWN {
        text.push(format!("and {} more", conflicts.len() - SHOWN));
    }
    UserError::new(format!("the sites state different alleles (counted/other): {}", text.join("; ")))
        .advise("state the same alleles in the files, or leave the markers out: exclude in [markers]")
}

/// How many of a list a message shows.
const SHOWN: usize = 3;

/// The text for sites that do not make a panel.
fn panel_error(error: PanelError, sites: &[String]) -> UserError {
    match &error {
        PanelError::Unknown(missing) => {
            let name = |site: usize| sites.get(site).map_or("?", String::as_str);
            let mut text: Vec<String> = missing
                .iter()
                .take(SHOWN)
                .map(|(id, site)| format!("marker {} is unknown at {}", quoted(id), name(*site)))
                .collect();
            if missing.len() > SHOWN {
                text.push(format!("and {} more", missing.len() - SHOWN));
            }
            UserError::new(text.join("; ")).advise(
                "correct the id in the query, or leave the marker out; ids are compared letter by letter",
            )
        }
        PanelError::TooFew(_) | PanelError::TooMany(_) => UserError::new(error.to_string())
            .advise("compare the sites' marker names, or list the wanted markers in the query"),
    }
}

/// A connected party.
struct Session {
    mesh: Mesh,
    members: Vec<Member>,
    sites: usize,
    me: PartyId,
    query: Query,
    started: Instant,
}

impl Session {
    fn roster(&self) -> Roster {
        Roster::new(self.me, self.sites as u8, true)
    }

    fn description(&self) -> [u8; 32] {
        let (sites, helper) = self.members.split_at(self.sites.min(self.members.len()));
        describe::<SemiHonest>(sites, helper.first(), &self.query)
    }

    fn take_part_as_site(self, site: Loaded, observer: &dyn Observer) -> Result<Outcome, Failure> {
        let schema = site.schema();
        let announcement = schema.encode();
        let roster = self.roster();
        let mine = roster.other_sites().map(|peer| (peer, announcement.clone())).collect();
        let announced = match self.mesh.exchange_ready(mine) {
            Ok(announced) => announced,
            Err(error) => return Err(self.end_network(error)),
        };
        let mut schemas = vec![schema; self.sites];
        for (peer, bytes) in announced {
            let Some(place) = schemas.get_mut(peer.index()) else { continue };
            let Some(schema) = Schema::decode(&bytes) else {
                let name = self.name(peer);
                self.mesh.abort(AbortReason::ProtocolViolation);
                return Err(Failure::new(
                    ExitClass::Aborted,
                    format!(
                        "{name} announced its markers in a form that no honest party sends; nothing was shared"
                    ),
                ));
            };
            *place = schema;
        }
        // All sites find the same fault here, so none needs to tell another.
        let (panel, agreement) = match agree_on_panel(&self.query, &schemas) {
            Ok(agreed) => agreed,
            Err(error) => return Err(self.end_orderly(error.into())),
        };
        let Some(positions) = schema::positions(&panel, &site.ids) else {
            return Err(self.end_internal("the panel names a marker that this site lacks"));
        };
        let flipped = agreement.flipped.get(self.me.index()).map(Vec::as_slice).unwrap_or_default();
        let cohort = site.into_cohort(&positions, flipped, self.query.encoding);
        let notes = notes(&self.query.sites, &schemas, &panel, &agreement);
        let schema = Some(SchemaTerms { hash: schema::hash(&schemas), markers: panel.len() as u64 });
        let connect = self.started.elapsed().as_secs_f64();

        let preprocessing = Stopwatch::default();
        let online = Instant::now();
        let computed = futures::executor::block_on(self.compute(&cohort, schema, &preprocessing, observer));
        let (release, rounds) = match computed {
            Ok(computed) => computed,
            Err(error) => return Err(self.end(error)),
        };
        let (online, preprocessing) = (online.elapsed().as_secs_f64(), preprocessing.total().as_secs_f64());
        let bytes_sent = self.mesh.close().map_err(network)?.sent;
        Ok(Outcome {
            site: Some(SiteOutcome { panel, release, notes }),
            seconds: vec![
                ("connect".into(), connect),
                ("preprocessing".into(), preprocessing),
                ("online".into(), online - preprocessing),
            ],
            bytes_sent,
            rounds,
        })
    }

    async fn compute(
        &self,
        cohort: &Cohort,
        schema: Option<SchemaTerms>,
        preprocessing: &Stopwatch,
        observer: &dyn Observer,
    ) -> Result<(Release, u64), Error> {
        let roster = self.roster();
        let transport: Arc<dyn Transport> = self.mesh.transport();
        let terms = Terms { description: self.description(), schema };
        let mut randomness = Prg::new(Seed::from_os()?);
        let mut agreed = agree(&*transport, &roster, &terms, &mut randomness).await?;
        let plan = Plan::new(&self.query, agreed.markers as u32).map_err(refused_before)?;
        observer.started(plan.pairs());
        let source = HelperSource::new(transport.clone(), roster, &mut agreed)?;
        let source = TimedSource::new(Arc::new(source), preprocessing.clone());
        let ctx = Context::new(transport, roster, agreed, Arc::new(source));
        let counter = Counter::new(cohort, self.query.missing);
        let release =
            run(&ctx, &plan, &counter, cohort.people as u64, &|done| observer.progress(done)).await?;
        Ok((release, ctx.rounds()))
    }

    fn deal_as_helper(self) -> Result<Outcome, Failure> {
        if let Err(error) = self.mesh.exchange_ready(Vec::new()) {
            return Err(self.end_network(error));
        }
        let connect = self.started.elapsed().as_secs_f64();
        let dealing = Instant::now();
        if let Err(error) = futures::executor::block_on(self.deal()) {
            return Err(self.end(error));
        }
        let bytes_sent = self.mesh.close().map_err(network)?.sent;
        let seconds =
            vec![("connect".into(), connect), ("preprocessing".into(), dealing.elapsed().as_secs_f64())];
        Ok(Outcome { site: None, seconds, bytes_sent, rounds: 0 })
    }

    async fn deal(&self) -> Result<(), Error> {
        let roster = self.roster();
        let transport = self.mesh.transport();
        let terms = Terms { description: self.description(), schema: None };
        let mut randomness = Prg::new(Seed::from_os()?);
        let agreed = agree(&*transport, &roster, &terms, &mut randomness).await?;
        let markers = u32::try_from(agreed.markers)
            .ok()
            .filter(|&markers| bounds::MARKERS.contains(&(markers as usize)));
        let Some(markers) = markers else {
            return Err(Error::Disagreement {
                peer: PartyId::new(0),
                about: mpc_core::error::Subject::Markers,
            });
        };
        let plan = Plan::new(&self.query, markers).map_err(refused_before)?;
        deal(&*transport, &roster, &agreed, &plan.demand()).await
    }

    fn name(&self, party: PartyId) -> String {
        self.members.get(party.index()).map_or_else(|| party.to_string(), |member| member.name.clone())
    }

    /// Ends with an error of the engine: tells the peers, unless all of them found the same.
    fn end(self, error: Error) -> Failure {
        let aborted = |text| Failure::new(ExitClass::Aborted, text);
        match &error {
            Error::Link { link, step } => {
                let explained = self.mesh.explain(link);
                self.mesh.abort(mpc_net::abort_reason(link));
                let failure = network(explained);
                Failure::new(failure.class, format!("{} (step {step})", failure.message))
            }
            Error::Disagreement { peer, about } => {
                let text = format!(
                    "{} disagrees about {about}; nothing was shared. Use the same query file and version everywhere.",
                    self.name(*peer)
                );
                self.mesh.abort(AbortReason::Disagreement);
                aborted(text)
            }
            Error::Inconsistent { peer } => {
                let text = format!(
                    "{} saw other opened values than this party: one of the two deviated from the protocol, and the \
                     result is discarded. Start again; if it happens again, compare the programs' versions.",
                    self.name(*peer)
                );
                self.mesh.abort(AbortReason::ProtocolViolation);
                aborted(text)
            }
            Error::TooManyPeople { .. } => {
                self.end_orderly(Failure::new(ExitClass::Usage, error.to_string()))
            }
            Error::TooFewPeople { .. } => {
                self.end_orderly(Failure::new(ExitClass::Refused, error.to_string()))
            }
            Error::Internal(what) => {
                let what = *what;
                self.end_internal(what)
            }
        }
    }

    /// Ends with a fault that every site finds by itself.
    fn end_orderly(self, failure: Failure) -> Failure {
        // Nobody leaves before all have found it: an early end would look like a lost peer to the helper, which would
        // then stop a slower site. Where a site is lost indeed, the failure stands all the same.
        let _ = futures::executor::block_on(self.meet());
        // The others may be gone already; the failure stands either way.
        let _ = self.mesh.close();
        failure
    }

    /// Waits until every other site is here too.
    async fn meet(&self) -> Result<(), LinkError> {
        const HERE: Tag = Tag::from_bytes(*b"mpc-party refuse");
        let transport = self.mesh.transport();
        let others = self.roster().other_sites().map(|peer| {
            let transport = transport.clone();
            async move {
                transport.send(peer, Lane::MAIN, HERE, Vec::new()).await?;
                transport.receive(peer, Lane::MAIN, HERE, 0).await.map(drop)
            }
        });
        try_join_all(others).await.map(drop)
    }

    fn end_network(self, error: NetError) -> Failure {
        let lost = |name: &String| (0u8..).zip(&self.members).find(|(_, member)| member.name == *name);
        let reason = match &error {
            NetError::Interrupted => AbortReason::Interrupted,
            NetError::Link { peer, .. } => lost(peer)
                .map_or(AbortReason::Internal, |(index, _)| AbortReason::PeerLost(PartyId::new(index))),
            _ => AbortReason::Internal,
        };
        self.mesh.abort(reason);
        network(error)
    }

    fn end_internal(self, what: &str) -> Failure {
        self.mesh.abort(AbortReason::Internal);
        internal(what)
    }
}

/// `check_built` has refused such a query before anything was connected.
fn refused_before(_: TooWide) -> Error {
    Error::Internal("a query whose numbers are too wide")
}

fn network(error: NetError) -> Failure {
    let class = match error.class() {
        ErrorClass::Configuration => ExitClass::Usage,
        ErrorClass::Aborted => ExitClass::Aborted,
        ErrorClass::Internal => ExitClass::Internal,
    };
    Failure::new(class, error.to_string())
}

fn internal(what: &str) -> Failure {
    Failure::new(ExitClass::Internal, format!("internal fault: {what}. Please report it."))
}
