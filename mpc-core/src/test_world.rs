//! A federation in one thread: n sites, with or without a helper, over the in-memory network, seeded, for tests of
//! protocols.
//!
//! All parties run in one future. When none of them can make progress, the deadline of every pending receive passes,
//! so a lost message ends a test with an error that names peer and step instead of hanging it.

use crate::algebra::{Bits, Ring, RingShape, Vector, Word};
use crate::correlation::{Demand, Source};
use crate::error::{Error, Result};
use crate::protocol::input::share_input;
use crate::random::{Prg, Seed};
use crate::session::{Context, Roster, SchemaTerms, Terms, agree};
use crate::sharing::{Additive, Raw, SemiHonest, Share};
use crate::source::helper::{HelperSource, deal};
use crate::source::ot::{Field, OtSource};
use crate::step::{SessionId, Step};
use crate::transport::memory::{MemoryNetwork, MemoryTransport};
use crate::transport::record::{Record, RecordingTransport};
use crate::transport::tamper::{Fate, TamperingTransport};
use crate::transport::{PartyId, Transport};
use futures::FutureExt;
use futures::future::{LocalBoxFuture, join_all};
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context as TaskContext, Wake, Waker};

type Cheat = Arc<dyn Fn(PartyId, &mut Vec<u8>) -> Fate + Send + Sync>;

/// How many sites, and who makes their correlations. A number of sites alone stands for them and a helper.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    sites: u8,
    transfers: Option<Field>,
}

impl Parties {
    /// Sites with a helper.
    pub const fn with_helper(sites: u8) -> Self {
        Self { sites, transfers: None }
    }

    /// Sites that make their correlations themselves, by oblivious transfer.
    pub const fn without_helper(sites: u8, field: Field) -> Self {
        Self { sites, transfers: Some(field) }
    }

    /// Number of sites.
    pub const fn sites(self) -> u8 {
        self.sites
    }

    /// The field of the transfers, if there is no helper.
    pub const fn field(self) -> Option<Field> {
        self.transfers
    }

    fn has_helper(self) -> bool {
        self.transfers.is_none()
    }

    /// Sites, and the helper if there is one.
    pub fn participants(self) -> u8 {
        self.sites + u8::from(self.has_helper())
    }
}

impl From<u8> for Parties {
    fn from(sites: u8) -> Self {
        Self::with_helper(sites)
    }
}

impl fmt::Display for Parties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.sites, if self.has_helper() { "" } else { " dealer-free" })
    }
}

/// Numbers of sites to test a protocol with, with a helper and without.
pub const PARTIES: [Parties; 5] = [
    Parties::with_helper(2),
    Parties::with_helper(3),
    Parties::with_helper(5),
    Parties::without_helper(2, Field::Bits4),
    Parties::without_helper(3, Field::Bits4),
];

/// A federation to be run.
pub struct TestWorld {
    parties: Parties,
    seed: u64,
    demand: Demand,
    terms: Vec<Terms>,
    cheat: Option<(PartyId, Step, Cheat)>,
    observed: Option<(PartyId, Record)>,
}

impl TestWorld {
    /// A federation of these parties.
    pub fn new(parties: impl Into<Parties>) -> Self {
        let parties = parties.into();
        let schema = Some(SchemaTerms { hash: [2; 32], markers: 3 });
        let mut terms = vec![Terms { description: [1; 32], schema }; parties.sites.into()];
        terms.extend(parties.has_helper().then_some(Terms { description: [1; 32], schema: None }));
        Self { parties, seed: 0, demand: Demand::default(), terms, cheat: None, observed: None }
    }

    /// Other randomness for all parties.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Records what one participant receives.
    pub fn observe(mut self, party: PartyId, record: Record) -> Self {
        self.observed = Some((party, record));
        self
    }

    /// What the helper deals.
    pub fn demand(mut self, count: impl FnOnce(&mut Demand)) -> Self {
        count(&mut self.demand);
        self
    }

    /// Other terms for one participant.
    pub fn terms(mut self, party: PartyId, change: impl FnOnce(&mut Terms)) -> Self {
        if let Some(terms) = self.terms.get_mut(party.index()) {
            change(terms);
        }
        self
    }

    /// Lets one participant change what it sends at one step.
    pub fn cheat(
        mut self,
        party: PartyId,
        step: Step,
        change: impl Fn(PartyId, &mut Vec<u8>) -> Fate + Send + Sync + 'static,
    ) -> Self {
        self.cheat = Some((party, step, Arc::new(change)));
        self
    }

    /// Runs one program at every site, and the helper beside them; the sites' results in order.
    pub fn run<T, P, F>(self, program: P) -> Vec<Result<T>>
    where
        P: Fn(Context<SemiHonest>) -> F,
        F: Future<Output = Result<T>>,
    {
        self.run_measured(program).0
    }

    /// As [`Self::run`], with what was sent.
    ///
    /// # Panics
    /// Where every party succeeded and yet a message was never received: the demand and the use of correlations differ.
    pub fn run_measured<T, P, F>(self, program: P) -> (Vec<Result<T>>, Traffic)
    where
        P: Fn(Context<SemiHonest>) -> F,
        F: Future<Output = Result<T>>,
    {
        let has_helper = self.parties.has_helper();
        let (mut results, mut bytes, in_flight) = self.run_all(program);
        let helper = results.pop_if(|_| has_helper).unwrap_or(Ok(None));
        if helper.is_ok() && results.iter().all(Result::is_ok) {
            assert_eq!(in_flight, 0, "messages that nobody received");
        }
        let helper = bytes.pop_if(|_| has_helper).unwrap_or(0);
        let unwrap =
            |result: Result<Option<T>>| result.and_then(|out| out.ok_or(Error::Internal("no result")));
        (results.into_iter().map(unwrap).collect(), Traffic { sites: bytes, helper })
    }

    fn run_all<T, P, F>(self, program: P) -> (Vec<Result<Option<T>>>, Vec<u64>, i64)
    where
        P: Fn(Context<SemiHonest>) -> F,
        F: Future<Output = Result<T>>,
    {
        let network = MemoryNetwork::new(self.parties.participants());
        let all = (0..self.parties.participants()).map(PartyId::new);
        let ends: Vec<_> = all.clone().map(|party| network.end(party)).collect();
        let session = Arc::new(OnceLock::new());
        let mut results: Vec<Result<Option<T>>> = ends.iter().map(|_| Ok(None)).collect();
        // Without the types of the program from here on: the compiler makes the rest once, not once for every test.
        let parties = results.iter_mut().zip(&ends).zip(all).map(|((result, end), me)| {
            let (set_up, program) = (self.set_up(me, end.clone(), &session), &program);
            Box::pin(async move {
                *result = match set_up.await {
                    Ok(Some(ctx)) => program(ctx).await.map(Some),
                    Ok(None) => Ok(None),
                    Err(error) => Err(error),
                };
            }) as LocalBoxFuture<'_, ()>
        });
        run_to_end(parties.collect(), &network);
        (results, ends.iter().map(|end| end.bytes_sent()).collect(), network.in_flight())
    }

    /// What a participant runs before the program: a site's context, or nothing for the helper, which then is done.
    fn set_up<'a>(
        &'a self,
        me: PartyId,
        end: Arc<MemoryTransport>,
        session: &'a Arc<OnceLock<SessionId>>,
    ) -> LocalBoxFuture<'a, Result<Option<Context<SemiHonest>>>> {
        Box::pin(async move {
            let roster = Roster::new(me, self.parties.sites, self.parties.has_helper());
            let transport = self.wrap(me, end, session);
            let mut randomness = Prg::new(own_seed(self.seed, me));
            let terms = self.terms.get(me.index()).ok_or(Error::Internal("no terms"))?;
            let mut agreed = agree(&*transport, &roster, terms, &mut randomness).await?;
            session.get_or_init(|| agreed.id);
            if roster.is_helper() {
                deal(&*transport, &roster, &agreed, &self.demand).await?;
                return Ok(None);
            }
            let source: Arc<dyn Source<SemiHonest>> = match self.parties.transfers {
                None => Arc::new(HelperSource::new(transport.clone(), roster, &mut agreed)?),
                Some(field) => {
                    let links = transport.clone();
                    Arc::new(OtSource::set_up(links, roster, &agreed, field, &mut randomness).await?)
                }
            };
            Ok(Some(Context::new(transport, roster, agreed, source)))
        })
    }

    fn wrap(
        &self,
        me: PartyId,
        end: Arc<MemoryTransport>,
        id: &Arc<OnceLock<SessionId>>,
    ) -> Arc<dyn Transport> {
        let mut transport: Arc<dyn Transport> = end;
        if let Some((party, step, change)) = &self.cheat
            && *party == me
        {
            let (step, change, id) = (step.clone(), change.clone(), id.clone());
            transport = Arc::new(TamperingTransport::new(
                transport,
                Box::new(move |to, _, tag, payload| {
                    let id = id.get().copied().unwrap_or(SessionId::NONE);
                    if step.tag(&id) == tag { change(to, payload) } else { Fate::Deliver }
                }),
            ));
        }
        if let Some((party, record)) = &self.observed
            && *party == me
        {
            transport = Arc::new(RecordingTransport::new(transport, record.clone()));
        }
        transport
    }

    /// Runs one program at every site and adds up the shares that it returns.
    ///
    /// # Panics
    /// Where a party failed.
    #[allow(clippy::panic, reason = "a test ends here")]
    pub fn reconstruct<V, P, F>(self, program: P) -> V
    where
        V: Vector,
        P: Fn(Context<SemiHonest>) -> F,
        F: Future<Output = Result<Raw<Additive<V>>>>,
    {
        let mut sum: Option<V> = None;
        for (site, result) in self.run(program).into_iter().enumerate() {
            match result {
                Ok(share) => {
                    let share = share.into_share();
                    sum.get_or_insert_with(|| V::zeros(share.shape())).add_assign(share.opening());
                }
                Err(error) => panic!("site {site}: {error}"),
            }
        }
        sum.unwrap_or_default()
    }
}

/// The seed of a participant's own randomness.
fn own_seed(seed: u64, me: PartyId) -> Seed {
    let mut bytes = [me.index() as u8; Seed::BYTES];
    for (byte, of_seed) in bytes.iter_mut().zip(seed.to_le_bytes()) {
        *byte = of_seed;
    }
    Seed::from_bytes(bytes)
}

/// Payload bytes sent in a run, agreement included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// By each site.
    pub sites: Vec<u64>,
    /// By the helper.
    pub helper: u64,
}

struct Progress(AtomicBool);

impl Wake for Progress {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Polls until all are done; whenever nothing moved, the deadlines of the network pass.
fn run_to_end(parties: Vec<LocalBoxFuture<'_, ()>>, network: &MemoryNetwork) {
    let progress = Arc::new(Progress(AtomicBool::new(true)));
    let waker = Waker::from(progress.clone());
    let mut parties = join_all(parties);
    loop {
        if !progress.0.swap(false, Ordering::Relaxed) {
            network.expire();
        }
        if parties.poll_unpin(&mut TaskContext::from_waker(&waker)).is_ready() {
            return;
        }
    }
}

/// The world in which the seed of two parties differs at its ends, because what one contributes to it is changed on its
/// way. Whatever both ends draw from their seed then no longer cancels.
pub fn with_unequal_seed(world: TestWorld, [from, with]: [PartyId; 2]) -> TestWorld {
    world.cheat(from, Step::root().then("agree"), move |to, payload| {
        if let Some(last) = payload.last_mut().filter(|_| to == with) {
            *last ^= 1;
        }
        Fate::Deliver
    })
}

/// Pseudorandom words for test inputs.
pub fn random_words(seed: u8, words: usize) -> Vec<u64> {
    let mut out = vec![0; words];
    Prg::new(Seed::from_bytes([seed; 32])).fill_words(&mut out);
    out
}

/// A sharing of words that site 0 owns.
///
/// # Errors
/// A step used twice.
pub fn share_of(ctx: &Context<SemiHonest>, name: &str, words: &[u64]) -> Result<Raw<Additive<Bits>>> {
    let owner = PartyId::new(0);
    let own = (ctx.roster().me() == owner).then(|| Bits::from_words(words.to_vec()));
    share_input(&ctx.narrow(name), owner, own, words.len())
}

/// 0, 1, the values around the middle and the last value of Z_2^width, and random ones up to 130 in all.
pub fn boundary_values<W: Word>(width: u32, seed: u8) -> Ring<W> {
    let (zero, one) = (W::default(), W::from_u64(1));
    let half = (1..width).fold(one, |power, _| power.wrapping_add(power));
    let boundaries =
        [zero, one, half.wrapping_sub(one), half, half.wrapping_add(one), zero.wrapping_sub(one)];
    let shape = RingShape { width, len: 130 - boundaries.len() };
    let random = Ring::random(shape, &mut Prg::new(Seed::from_bytes([seed; 32])));
    Ring::concat([&Ring::new(width, boundaries.to_vec()), &random])
}

/// A sharing of ring elements that site 0 owns.
///
/// # Errors
/// A step used twice.
pub fn ring_share_of<W: Word>(
    ctx: &Context<SemiHonest>,
    name: &str,
    values: &Ring<W>,
) -> Result<Raw<Additive<Ring<W>>>> {
    let owner = PartyId::new(0);
    let own = (ctx.roster().me() == owner).then(|| values.clone());
    share_input(&ctx.narrow(name), owner, own, values.shape())
}
