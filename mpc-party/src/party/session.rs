//! A connected party: announce, agree, compute, and end in good order.

use super::{
    Observer, Outcome, SiteOutcome, agree_on_owners, agree_on_panel, internal, network, notes, owner_notes,
};
use crate::dataset::Loaded;
use crate::error::{ExitClass, Failure, UserError};
use crate::progress::Phase;
use crate::report::Spool;
use crate::stalls::{Stall, Watched};
use crate::stopwatch::{Stopwatch, TimedSource};
use futures::future::try_join_all;
use mpc_core::correlation::Source;
use mpc_core::disclosure::TooWide;
use mpc_core::error::{Error, Subject};
use mpc_core::linkage::{Identifier, Limits, Normalisation, link};
use mpc_core::query::description::{Member, Provider, describe};
use mpc_core::query::plan::Plan;
use mpc_core::query::run::{Release, Sink, run};
use mpc_core::query::schema::owners::OwnedPanel;
use mpc_core::query::schema::{self, Schema};
use mpc_core::query::vertical::plan::VerticalPlan;
use mpc_core::query::vertical::shape::{self, Shape};
use mpc_core::query::vertical::{self, Columns, Layout};
use mpc_core::query::{Partition, Query, Vertical, bounds};
use mpc_core::random::{Prg, Seed};
use mpc_core::session::{Context, Roster, SchemaTerms, Terms, agree};
use mpc_core::sharing::SemiHonest;
use mpc_core::source::Preprocessing;
use mpc_core::source::helper::{HelperSource, deal};
use mpc_core::source::ot::{Field, OtSource};
use mpc_core::statistics::cohort::Cohort;
use mpc_core::statistics::counting::Counter;
use mpc_core::transport::{AbortReason, Lane, LinkError, PartyId, Tag, Transport};
use mpc_net::{Mesh, NetError};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A round trip from which on bytes cost more than computing; well above what a busy machine adds to a short one.
const FAR: Duration = Duration::from_millis(20);

/// What is computed, as the sites' announcements make it.
struct Question {
    /// Marker ids in order.
    panel: Vec<String>,
    /// Those of this site.
    own: Vec<String>,
    /// Places in `own` of those whose other allele is counted.
    flipped: Vec<usize>,
    notes: Vec<String>,
    /// The site of each marker of the panel; empty where all sites have all.
    owners: Vec<usize>,
}

/// What this site computes with.
struct Data {
    cohort: Cohort,
    owners: Vec<usize>,
}

/// A connected party.
pub(super) struct Session {
    pub(super) mesh: Mesh,
    pub(super) members: Vec<Member>,
    pub(super) sites: usize,
    pub(super) me: PartyId,
    pub(super) query: Query,
    pub(super) preprocessing: Preprocessing,
    pub(super) started: Instant,
    pub(super) spool: Option<Spool>,
}

impl Session {
    fn roster(&self) -> Roster {
        Roster::new(self.me, self.sites as u8, self.preprocessing == Preprocessing::Helper)
    }

    fn description(&self, field: Field) -> [u8; 32] {
        let (sites, helper) = self.members.split_at(self.sites.min(self.members.len()));
        let provider = helper.first().map_or(Provider::Sites(field), Provider::Helper);
        describe::<SemiHonest>(sites, provider, &self.query)
    }

    pub(super) fn take_part_as_site(
        self,
        site: Loaded,
        observer: &Arc<dyn Observer>,
    ) -> Result<Outcome, Failure> {
        let schema = Schema { far: self.mesh.round_trip() >= FAR, ..site.schema() };
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
        let question = match self.question(&schemas) {
            Ok(question) => question,
            Err(error) => return Err(self.end_orderly(error.into())),
        };
        let Some(positions) = schema::positions(&question.own, &site.ids) else {
            return Err(self.end_internal("the panel names a marker that this site lacks"));
        };
        let mut site = site;
        let identifiers = std::mem::take(&mut site.identifiers);
        let cohort = site.into_cohort(&positions, &question.flipped, self.query.encoding);
        let data = Data { cohort, owners: question.owners };
        let Question { panel, notes, .. } = question;
        let far = schemas.iter().any(|schema| schema.far);
        let field = if far { Field::Bits8 } else { Field::Bits4 };
        let schema = SchemaTerms { hash: schema::hash(&schemas), markers: panel.len() as u64 };
        let connect = self.started.elapsed().as_secs_f64();

        let preprocessing = Stopwatch::default();
        let online = Instant::now();
        let computed = futures::executor::block_on(self.compute(
            &data,
            identifiers,
            schema,
            field,
            &preprocessing,
            observer,
        ));
        let (release, rounds) = match computed {
            Ok(computed) => computed,
            Err(error) => return Err(self.end(error)),
        };
        let (online, preprocessing) = (online.elapsed().as_secs_f64(), preprocessing.total().as_secs_f64());
        let bytes_sent = self.mesh.close().map_err(network)?.sent;
        Ok(Outcome {
            site: Some(SiteOutcome { panel, owners: data.owners, release, spool: self.spool, notes }),
            seconds: vec![
                ("connect".into(), connect),
                ("preprocessing".into(), preprocessing),
                ("online".into(), online - preprocessing),
            ],
            bytes_sent,
            rounds,
            peak_memory: None,
        })
    }

    async fn compute(
        &self,
        data: &Data,
        identifiers: Vec<Identifier>,
        schema: SchemaTerms,
        field: Field,
        preprocessing: &Stopwatch,
        observer: &Arc<dyn Observer>,
    ) -> Result<(Release, u64), Error> {
        let roster = self.roster();
        let transport = self.watched(observer);
        let terms = Terms { description: self.description(field), schema: Some(schema) };
        let mut randomness = Prg::new(Seed::from_os()?);
        let mut agreed = agree(&*transport, &roster, &terms, &mut randomness).await?;
        let markers = agreed.markers as u32;
        tracing::info!(markers, "agreed");
        let source: Arc<dyn Source<SemiHonest>> = match self.preprocessing {
            Preprocessing::Helper => Arc::new(HelperSource::new(transport.clone(), roster, &mut agreed)?),
            Preprocessing::ObliviousTransfer => {
                let set_up = OtSource::set_up(transport.clone(), roster, &agreed, field, &mut randomness);
                Arc::new(preprocessing.around(set_up).await?)
            }
        };
        let source = TimedSource::new(source, preprocessing.clone());
        let ctx = Context::new(transport, roster, agreed, Arc::new(source));
        let release = match self.query.partition {
            Partition::Horizontal => {
                let plan = Plan::new(&self.query, markers, self.preprocessing).map_err(refused_before)?;
                let tell = |done| observer.progress(Phase::Testing, done, plan.pairs());
                tell(0);
                let counter = Counter::new(&data.cohort, self.query.missing);
                run(&ctx, &plan, &counter, data.cohort.people as u64, self.sink(), &tell).await?
            }
            Partition::Vertical(vertical) => {
                self.compute_vertical(&ctx, vertical, data, identifiers, observer).await?
            }
        };
        tracing::info!(rounds = ctx.rounds(), "all pairs are decided");
        Ok((release, ctx.rounds()))
    }

    pub(super) fn deal_as_helper(self) -> Result<Outcome, Failure> {
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
        Ok(Outcome { site: None, seconds, bytes_sent, rounds: 0, peak_memory: None })
    }

    async fn deal(&self) -> Result<(), Error> {
        let roster = self.roster();
        let transport = self.mesh.transport();
        let terms = Terms { description: self.description(Field::Bits4), schema: None };
        let mut randomness = Prg::new(Seed::from_os()?);
        let agreed = agree(&*transport, &roster, &terms, &mut randomness).await?;
        let markers = u32::try_from(agreed.markers)
            .ok()
            .filter(|&markers| bounds::MARKERS.contains(&(markers as usize)));
        let Some(markers) = markers else {
            return Err(Error::Disagreement { peer: PartyId::new(0), about: Subject::Markers });
        };
        let demand = match self.query.partition {
            Partition::Horizontal => {
                Plan::new(&self.query, markers, Preprocessing::Helper).map(|plan| plan.demand())
            }
            Partition::Vertical(vertical) => {
                let Some(shape) = shape::hear(&*transport, &roster, &agreed, &self.query).await? else {
                    return Ok(());
                };
                let layout = shape.layout(&self.query, vertical);
                self.vertical_plan(layout, &shape).map(|plan| plan.demand())
            }
        };
        deal(&*transport, &roster, &agreed, &demand.map_err(refused_before)?).await
    }

    /// Links the people, whose ids are in the cohort's order, and computes over those who are at all sites.
    async fn compute_vertical(
        &self,
        ctx: &Context<SemiHonest>,
        vertical: Vertical,
        data: &Data,
        identifiers: Vec<Identifier>,
        observer: &Arc<dyn Observer>,
    ) -> Result<Release, Error> {
        let limits =
            Limits { people_bound: self.query.people_bound, min_people: self.query.disclosure.min_people };
        let tell = |done, total| observer.progress(Phase::Linking, done, total);
        tell(0, 1);
        let linked = link(&ctx.narrow("link"), vertical.linkage, &identifiers, limits, &tell).await;
        // Who reads this process's memory from here on finds no ids to try guesses on.
        drop(identifiers);
        if let Err(Error::TooFewPeople { .. } | Error::TooManyIdentifiers { .. }) = linked {
            shape::tell_ended(ctx).await?;
        }
        let linked = linked?;
        let owners = data.owners.clone();
        let layout = Layout::new(self.sites, owners, self.query.missing, vertical.pairs);
        // A set with dummies can be larger than the bound of people.
        let bound = (linked.smallest as u64).min(self.query.people_bound);
        let shape = Shape { rows: linked.rows, bound, markers: layout.markers().to_vec() };
        shape::tell(ctx, &shape).await?;
        let columns = Columns::new(&data.cohort, linked.rows, &linked.places, &layout);
        let plan = self.vertical_plan(layout, &shape).map_err(refused_before)?;
        tracing::info!(rows = shape.rows, pairs = plan.pairs(), "linked");
        let tell = |done| observer.progress(Phase::Testing, done, plan.pairs());
        tell(0);
        vertical::run::run(ctx, &plan, &columns, self.sink(), &tell).await
    }

    fn sink(&self) -> Option<&dyn Sink> {
        self.spool.as_ref().map(|spool| spool as &dyn Sink)
    }

    fn vertical_plan(&self, layout: Layout, shape: &Shape) -> Result<VerticalPlan, TooWide> {
        VerticalPlan::new(&self.query, layout, shape.rows, shape.bound, self.preprocessing)
    }

    /// What the sites' announcements make of the query.
    fn question(&self, schemas: &[Schema]) -> Result<Question, UserError> {
        let me = self.me.index();
        match self.query.partition {
            Partition::Horizontal => {
                let (panel, agreement) = agree_on_panel(&self.query, schemas)?;
                let notes = notes(&self.query.sites, schemas, &panel, &agreement);
                let flipped = agreement.flipped.get(me).cloned().unwrap_or_default();
                Ok(Question { own: panel.clone(), panel, flipped, notes, owners: Vec::new() })
            }
            Partition::Vertical(vertical) => {
                let OwnedPanel { markers, owners } = agree_on_owners(&self.query, vertical, schemas)?;
                let own = markers.iter().zip(&owners).filter(|(_, owner)| **owner == me);
                let own = own.map(|(marker, _)| marker.clone()).collect();
                let notes = owner_notes(&self.query.sites, schemas);
                Ok(Question { own, panel: markers, flipped: Vec::new(), notes, owners })
            }
        }
    }

    /// The links, with a report of every long wait.
    fn watched(&self, observer: &Arc<dyn Observer>) -> Arc<dyn Transport> {
        let (observer, names) = (observer.clone(), self.members.clone());
        let report = move |stall: &Stall| {
            let awaited = stall.peers.iter().filter_map(|peer| names.get(peer.index()));
            let awaited: Vec<&str> = awaited.map(|member| member.name.as_str()).collect();
            let step = stall.step.as_ref().map_or_else(String::new, |step| format!(" at step {step}"));
            let seconds = stall.elapsed.as_secs();
            observer.stalled(&format!("waiting for {}{step} ({seconds} s)", awaited.join(", ")));
        };
        Arc::new(Watched::new(self.mesh.transport(), report))
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
            Error::Disagreement { peer, about: Subject::Sizes } => {
                let text = format!(
                    "{} told other numbers of rows, people and markers than the other sites: one of them deviated from \
                     the protocol. Start again; if it happens again, compare the programs' versions.",
                    self.name(*peer)
                );
                self.mesh.abort(AbortReason::ProtocolViolation);
                aborted(text)
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
            Error::TooManyIdentifiers { site, bound } => {
                let text = format!(
                    "{} alone has more people than people_bound = {bound}; raise it in the query",
                    self.name(*site)
                );
                self.end_orderly(Failure::new(ExitClass::Usage, text))
            }
            Error::TooFewPeople { minimum } => {
                let text = match self.query.partition {
                    Partition::Horizontal => error.to_string(),
                    Partition::Vertical(_) => format!(
                        "fewer than min_people = {minimum} people are at all sites; no count was opened\n  if there should \
                         be more: ids have to be the same at every site but for what {} evens out, and the id columns the \
                         same ones in the same order; a site may have a file without people",
                        Normalisation::IdV1.name()
                    ),
                };
                self.end_orderly(Failure::new(ExitClass::Refused, text))
            }
            Error::NotKept(why) => {
                self.mesh.abort(AbortReason::LocalInput);
                Failure::new(ExitClass::Usage, why.as_str())
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
