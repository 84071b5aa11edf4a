//! The context of a protocol: where it stands among the steps, and its only way to send, receive and draw.

use super::transcript::Transcript;
use super::{Agreed, Roster};
use crate::correlation::{
    AndTriples, Dealt, MatrixTriples, ObliviousTransfer, OneTimeTables, Place, RingSource, Source, TruthTable,
};
use crate::error::{Error, Result};
use crate::random::{Domain, Prg, Seed, hash::Hasher};
use crate::sharing::Security;
use crate::step::{SessionId, Step};
use crate::transport::{Lane, LinkError, PartyId, Tag, Transport};
use futures::future::{try_join, try_join_all};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

struct Session<S: Security> {
    id: SessionId,
    roster: Roster,
    seeds: BTreeMap<PartyId, Seed>,
    own: Seed,
    transport: Arc<dyn Transport>,
    source: Arc<dyn Source<S>>,
    used: Mutex<HashSet<Tag>>,
    transcript: Transcript,
    rounds: [AtomicU64; Lane::COUNT],
}

/// A step of a session, on a lane. Cloning and narrowing are cheap, so blocks of work can be spawned.
pub struct Context<S: Security> {
    session: Arc<Session<S>>,
    step: Step,
    lane: Lane,
}

impl<S: Security> Context<S> {
    /// The root context of an agreed session, at a site.
    pub fn new(
        transport: Arc<dyn Transport>,
        roster: Roster,
        agreed: Agreed,
        source: Arc<dyn Source<S>>,
    ) -> Self {
        let session = Session {
            id: agreed.id,
            roster,
            seeds: agreed.seeds,
            own: agreed.own,
            transport,
            source,
            used: Mutex::default(),
            transcript: Transcript::default(),
            rounds: Default::default(),
        };
        Self { session: Arc::new(session), step: Step::root(), lane: Lane::MAIN }
    }

    /// The sub-step with this name.
    pub fn narrow(&self, name: &str) -> Self {
        Self { session: self.session.clone(), step: self.step.then(name), lane: self.lane }
    }

    /// Sub-step `index` of a repeated kind.
    pub fn narrow_nth(&self, name: &str, index: usize) -> Self {
        Self { session: self.session.clone(), step: self.step.then_nth(name, index), lane: self.lane }
    }

    /// The same step on another lane.
    pub fn on_lane(&self, lane: Lane) -> Self {
        Self { session: self.session.clone(), step: self.step.clone(), lane }
    }

    /// The session's identity.
    pub(crate) fn session_id(&self) -> SessionId {
        self.session.id
    }

    /// Where this context stands.
    pub fn step(&self) -> &Step {
        &self.step
    }

    /// The lane of this context.
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// Who takes part.
    pub fn roster(&self) -> &Roster {
        &self.session.roster
    }

    /// True at exactly one site: the one that adds public constants.
    pub fn is_first(&self) -> bool {
        self.session.roster.me().index() == 0
    }

    /// The site with the heaviest part in this step, such as the king of a large opening. Spread over the sites by the
    /// step's tag.
    pub(crate) fn leader(&self) -> PartyId {
        let sites = self.session.roster.site_count().max(1);
        let chosen = usize::from(self.step.tag(&self.session.id).as_bytes()[0]) % sites;
        self.session.roster.sites().nth(chosen).unwrap_or(self.session.roster.me())
    }

    /// Rounds so far: the longest chain of messages that one lane waited for.
    pub fn rounds(&self) -> u64 {
        self.session.rounds.iter().map(|lane| lane.load(Ordering::Relaxed)).max().unwrap_or(0)
    }

    /// Takes this step's identity. A second use would repeat a message's identity or a stream's randomness.
    fn claim(&self) -> Result<Tag> {
        let tag = self.step.tag(&self.session.id);
        self.session.transport.name_step(tag, &self.step);
        let fresh = self.session.used.lock().unwrap_or_else(PoisonError::into_inner).insert(tag);
        if fresh { Ok(tag) } else { Err(Error::Internal("a step was used twice")) }
    }

    fn place(&self) -> Result<Place> {
        Ok(Place { step: self.step.clone(), tag: self.claim()?, lane: self.lane })
    }

    /// AND triples from the session's source.
    pub(crate) async fn and_triples(&self, words: usize) -> Result<AndTriples<S>> {
        self.session.source.and_triples(self.place()?, words).await
    }

    /// One-time tables from the session's source.
    pub(crate) async fn one_time_tables(
        &self,
        function: TruthTable,
        words: usize,
    ) -> Result<OneTimeTables<S>> {
        self.session.source.one_time_tables(self.place()?, function, words).await
    }

    /// The part of the session's source that provides for a word, with this step's place.
    pub(crate) fn ring_source<W: Dealt>(&self) -> Result<(&dyn RingSource<S, W>, Place)> {
        Ok((W::part_of(&*self.session.source), self.place()?))
    }

    /// The transfers of the session's source, with this step's place.
    pub(crate) fn transfers(&self) -> Result<(&dyn ObliviousTransfer, Place)> {
        Ok((self.session.source.transfers(), self.place()?))
    }

    /// The matrix triples of the session's source, with this step's place.
    pub(crate) fn matrix_triples(&self) -> Result<(&dyn MatrixTriples, Place)> {
        let triples = self.session.source.matrix_triples();
        Ok((triples.ok_or(Error::Internal("this source has no matrix triples"))?, self.place()?))
    }

    /// One stream shared with each other site, of this step. Both ends draw the same; the step's path must contain
    /// the owner of what is shared with it, as pair seeds are symmetric.
    pub(crate) fn pair_streams(&self) -> Result<Vec<(PartyId, Prg)>> {
        let tag = self.claim()?;
        let stream = |peer: PartyId| {
            let seed = self.session.seeds.get(&peer).ok_or(Error::Internal("no seed for this pair"))?;
            Ok((peer, step_stream(seed, tag)))
        };
        self.session.roster.other_sites().map(stream).collect()
    }

    /// The stream that this party shares with one site, of this step: as of [`Self::pair_streams`].
    pub(crate) fn pair_stream(&self, peer: PartyId) -> Result<Prg> {
        let seed = self.session.seeds.get(&peer).ok_or(Error::Internal("no seed for this pair"))?;
        Ok(step_stream(seed, self.claim()?))
    }

    /// A stream that only this party has, of this step: for what it keeps to itself, such as keys and noise.
    pub(crate) fn own_stream(&self) -> Result<Prg> {
        Ok(step_stream(&self.session.own, self.claim()?))
    }

    /// Sends `payload` to each recipient but this party; a recipient receives the payloads of all other sites, which
    /// have the same length. One round.
    pub(crate) async fn deliver(
        &self,
        payload: Vec<u8>,
        recipients: &BTreeSet<PartyId>,
    ) -> Result<Option<Vec<(PartyId, Vec<u8>)>>> {
        let tag = self.claim()?;
        let me = self.session.roster.me();
        let length = payload.len();
        let transport = &self.session.transport;
        let senders: Vec<PartyId> =
            if recipients.contains(&me) { self.session.roster.other_sites().collect() } else { Vec::new() };
        let targets = recipients.iter().copied().filter(|&peer| peer != me);
        let send = self.send_all(tag, payload, targets.collect());
        let receive =
            try_join_all(senders.iter().map(|&peer| transport.receive(peer, self.lane, tag, length)));
        let (_, received) = try_join(send, receive).await.map_err(|link| Error::link(link, &self.step))?;
        self.count_round();
        Ok(recipients.contains(&me).then(|| senders.into_iter().zip(received).collect()))
    }

    /// Every site gets the payload of `king`, who alone passes one. One round.
    pub(crate) async fn spread(
        &self,
        king: PartyId,
        payload: Option<Vec<u8>>,
        length: usize,
    ) -> Result<Vec<u8>> {
        let tag = self.claim()?;
        let transport = &self.session.transport;
        let result = match payload {
            Some(payload) => {
                let others = self.session.roster.other_sites().collect();
                self.send_all(tag, payload.clone(), others).await.map(|()| payload)
            }
            None => transport.receive(king, self.lane, tag, length).await,
        };
        self.count_round();
        result.map_err(|link| Error::link(link, &self.step))
    }

    /// Sends `payload` to one site.
    pub(crate) async fn send_to(&self, peer: PartyId, payload: Vec<u8>) -> Result<()> {
        let tag = self.claim()?;
        let sent = self.session.transport.send(peer, self.lane, tag, payload).await;
        sent.map_err(|link| Error::link(link, &self.step))
    }

    /// What one site sends by [`Self::send_to`] at this step. One round.
    pub(crate) async fn receive_from(&self, peer: PartyId, length: usize) -> Result<Vec<u8>> {
        let received = self.receive_more(peer, length).await;
        self.count_round();
        received
    }

    /// As [`Self::receive_from`], for what was sent together with a message that counted as a round.
    pub(crate) async fn receive_more(&self, peer: PartyId, length: usize) -> Result<Vec<u8>> {
        let tag = self.claim()?;
        let received = self.session.transport.receive(peer, self.lane, tag, length).await;
        received.map_err(|link| Error::link(link, &self.step))
    }

    /// Sends `payload` to each of `targets`, the last of which gets it without another copy.
    async fn send_all(
        &self,
        tag: Tag,
        mut payload: Vec<u8>,
        targets: Vec<PartyId>,
    ) -> std::result::Result<(), LinkError> {
        let last = targets.len().saturating_sub(1);
        let sends = targets.into_iter().enumerate().map(|(at, peer)| {
            let payload = if at == last { std::mem::take(&mut payload) } else { payload.clone() };
            self.session.transport.send(peer, self.lane, tag, payload)
        });
        try_join_all(sends).await.map(|_| ())
    }

    /// Notes what this step opened to all sites.
    pub(crate) fn record_opened(&self, bytes: &[u8]) {
        self.session.transcript.record(self.step.tag(&self.session.id), bytes);
    }

    pub(crate) fn transcript_digest(&self) -> [u8; 32] {
        self.session.transcript.digest()
    }

    /// A fault of `peer` at this step.
    pub(crate) fn malformed(&self, peer: PartyId, what: &'static str) -> Error {
        Error::malformed(peer, &self.step, what)
    }

    /// Notes that this lane has waited for a message, or for the parts of one.
    pub(crate) fn count_round(&self) {
        if let Some(rounds) = self.session.rounds.get(self.lane.index()) {
            rounds.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The stream of one step under a seed shared by two parties.
pub(crate) fn step_stream(seed: &Seed, tag: Tag) -> Prg {
    Prg::new(Hasher::new(Domain::StepStream).part(seed.expose()).part(tag.as_bytes()).finish_seed())
}

impl<S: Security> Clone for Context<S> {
    fn clone(&self) -> Self {
        Self { session: self.session.clone(), step: self.step.clone(), lane: self.lane }
    }
}
