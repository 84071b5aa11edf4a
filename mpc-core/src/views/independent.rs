//! All that a site receives, the helper's messages included, does not depend on what others hold beyond the released
//! result. Two sets of inputs give the observer the same result; each is run many times, with new randomness for all
//! parties. The order, senders, steps and lengths of the messages are equal, run by run. What they say is compared by
//! two-sample chi-square tests of every byte of every message, and of the differences between bytes of every two messages,
//! in which a mask that was used twice drops out.

use super::{IMPROBABLE, SITES, probability};
use crate::algebra::{Bits, Ring};
use crate::correlation::{AndTriples, Demand, Request};
use crate::error::Result;
use crate::protocol::and::{self, and};
use crate::protocol::input::own_summand;
use crate::protocol::open::{open_masked, open_output, verify};
use crate::protocol::zero_share::zero_share;
use crate::query::collected::Collected;
use crate::query::plan::Plan;
use crate::query::run::{Release, run};
use crate::query::{Encoding, MissingRule, Query, Select, example};
use crate::session::{Context, finish};
use crate::sharing::{Fresh, SemiHonest, add};
use crate::source::Preprocessing;
use crate::statistics::ReleasedPair;
use crate::statistics::cohort::{Cohort, Column};
use crate::statistics::counting::Counter;
use crate::step::{SessionId, Step};
use crate::test_world::TestWorld;
use crate::transport::record::{Received, Record};
use crate::transport::{Lane, PartyId};
use std::collections::BTreeMap;

pub(super) const OBSERVER: PartyId = PartyId::new(0);

/// Runs with each set of inputs.
const RUNS: u64 = 200;

/// Bytes of a message that are looked at, and of each pair of messages.
const BYTES: usize = 48;
const BYTES_OF_PAIR: usize = 12;

/// Values that a byte, or a difference, is sorted into.
const BINS: usize = 8;

/// A feature is tested where each bin is expected to hold this many.
const LEAST_EXPECTED: u32 = 5;

/// One run of a program, from its randomness and which of the two inputs: its session, what the observer learns, and
/// what it received.
pub(super) type Trial<T> = (SessionId, T, Vec<Received>);

/// A message's place in a view, the same in all runs: the sender, and which of its messages. Those of the helper are named
/// by their step, as which site it sends a correction to changes from run to run.
type Place = (PartyId, Lane, usize);

fn view(demand: &Demand, session: SessionId, received: Vec<Received>) -> BTreeMap<Place, Vec<u8>> {
    let helper = PartyId::new(SITES);
    let mut seen: BTreeMap<(PartyId, Lane), usize> = BTreeMap::new();
    let place = |message: &Received| {
        let entry = demand.entries().iter().position(|entry| entry.step.tag(&session) == message.tag);
        let number = match entry {
            Some(number) if message.from == helper => number,
            // The agreement with the helper comes before all that is dealt.
            _ if message.from == helper => usize::MAX,
            _ => {
                let next = seen.entry((message.from, message.lane)).or_default();
                *next += 1;
                *next
            }
        };
        (message.from, message.lane, number)
    };
    let mut place = place;
    received.into_iter().map(|message| (place(&message), message.payload)).collect()
}

/// What is looked at: a message, or how it differs from another one, by XOR or (true) by subtraction.
type Feature = (Place, Option<(Place, bool)>);

/// How often each byte of each feature fell into each bin, for either input.
#[derive(Default)]
struct Histograms(BTreeMap<Feature, Vec<[[u32; BINS]; 2]>>);

impl Histograms {
    fn count(&mut self, input: usize, view: &BTreeMap<Place, Vec<u8>>) {
        for (first, payload) in view {
            let bytes = payload.iter().copied().take(BYTES);
            self.add(input, (*first, None), bytes);
            for (second, other) in view.range((std::ops::Bound::Excluded(first), std::ops::Bound::Unbounded))
            {
                let bytes = || payload.iter().zip(other).take(BYTES_OF_PAIR);
                self.add(input, (*first, Some((*second, false))), bytes().map(|(a, b)| a ^ b));
                self.add(input, (*first, Some((*second, true))), bytes().map(|(a, b)| a.wrapping_sub(*b)));
            }
        }
    }

    fn add(&mut self, input: usize, feature: Feature, bytes: impl Iterator<Item = u8>) {
        let histograms = self.0.entry(feature).or_default();
        for (at, byte) in bytes.enumerate() {
            if histograms.len() <= at {
                histograms.push([[0; BINS]; 2]);
            }
            // A bin for many bytes far from each other.
            histograms[at][input][usize::from(byte.wrapping_mul(0x9d) >> 5)] += 1;
        }
    }

    /// The least probable difference, corrected for the number of features.
    fn least_probability(&self) -> f64 {
        let tested: Vec<f64> = self.0.values().flatten().filter_map(two_samples).collect();
        assert!(tested.len() > 100, "{} features", tested.len());
        tested.iter().copied().fold(1.0, f64::min) * tested.len() as f64
    }
}

/// How probable it is that two samples of one distribution differ more; `None` for small samples.
fn two_samples([a, b]: &[[u32; BINS]; 2]) -> Option<f64> {
    let totals = [a.iter().sum::<u32>(), b.iter().sum()];
    if totals.iter().any(|&total| total < LEAST_EXPECTED * BINS as u32) {
        return None;
    }
    let ratio = (f64::from(totals[1]) / f64::from(totals[0])).sqrt();
    let both: Vec<(f64, f64)> = a.iter().zip(b).map(|(&a, &b)| (a.into(), b.into())).collect();
    let full = both.iter().filter(|(a, b)| a + b > 0.0);
    let statistic = full.clone().map(|(a, b)| (ratio * a - b / ratio).powi(2) / (a + b)).sum();
    let freedom = full.count() - 1;
    Some(if freedom == 0 { 1.0 } else { probability(statistic, freedom) })
}

/// Runs a program with both inputs; the least probability of a difference between the views.
pub(super) fn compare<T: PartialEq + std::fmt::Debug>(
    demand: &Demand,
    trial: impl Fn(u64, usize) -> Trial<T>,
) -> f64 {
    for seed in 0..20 {
        let [(_, result, view), (_, same, other)] = [0, 1].map(|input| trial(seed, input));
        assert_eq!(result, same, "the observer learns the same");
        let order = |view: &[Received]| -> Vec<_> {
            view.iter().map(|got| (got.from, got.lane, got.tag, got.payload.len())).collect()
        };
        assert_eq!(order(&view), order(&other));
    }
    let mut histograms = Histograms::default();
    for run in 0..RUNS {
        for input in [0, 1] {
            // All runs have randomness of their own.
            let (session, _, received) = trial(1_000 + 2 * run + input as u64, input);
            histograms.count(input, &view(demand, session, received));
        }
    }
    histograms.least_probability()
}

/// What a site holds: its carriers of each marker among its people.
fn cohort(people: usize, carries: impl Fn(usize, usize) -> bool) -> Cohort {
    const MARKERS: usize = 5;
    let column = |marker| {
        let mut column = Column::default();
        for person in 0..people {
            column.push(Some(u8::from(carries(marker, person))), Encoding::Carrier);
        }
        column
    };
    Cohort {
        ids: (0..MARKERS).map(|marker| format!("m{marker}")).collect(),
        columns: (0..MARKERS).map(column).collect(),
        people,
    }
}

/// The observer's cohort, and two others that change places from one input to the next; and in the second nobody carries
/// the last marker, which is too rare for release in both.
fn cohorts(input: usize) -> [Cohort; 3] {
    let rare = move |marker, person| marker != 4 || (input == 0 && person < 3);
    let one = |marker: usize, person: usize| rare(marker, person) && person * (marker + 2) % 7 < 4;
    let other = |marker: usize, person: usize| rare(marker, person) && (person + marker).is_multiple_of(3);
    let others = [cohort(70, one), cohort(60, other)];
    let [one, other] = others;
    let own = cohort(50, |marker, person| marker < 4 && (person * 3 + marker) % 5 < 3);
    if input == 0 { [own, one, other] } else { [own, other, one] }
}

fn query(select: Select) -> Query {
    let mut query = example(SITES.into());
    query.select = select;
    query.missing = MissingRule::AsNoncarrier;
    query
}

#[test]
fn a_query_shows_nothing_but_its_result() {
    let select = Select { minimum_lift_milli: Some(1_010), minimum_chi_squared_milli: Some(500) };
    for select in [Select::default(), select] {
        let query = query(select);
        let plan = Plan::new(&query, 5, Preprocessing::Helper).unwrap();
        let cohorts = [0, 1].map(cohorts);
        let trial = |seed, input: usize| -> Trial<(Release, Option<Vec<ReleasedPair>>)> {
            let record = Record::default();
            let world = TestWorld::new(SITES).seed(seed).demand(|out| *out = plan.demand());
            let mut sites = world.observe(OBSERVER, record.clone()).run(|ctx| {
                let cohort = &cohorts[input][ctx.roster().me().index()];
                let plan = &plan;
                async move {
                    let counter = Counter::new(cohort, plan.query().missing);
                    let (people, collected) = (cohort.people as u64, Collected::default());
                    let release = run(&ctx, plan, &counter, people, Some(&collected), &|_| {}).await?;
                    Ok((ctx.session_id(), (release, collected.pairs())))
                }
            });
            let (session, release) = sites.swap_remove(OBSERVER.index()).unwrap();
            assert!(
                release.0.released.is_some_and(|released| 0 < released && released < release.0.tested),
                "{release:?}"
            );
            (session, release, record.take())
        };
        let least = compare(&plan.demand(), trial);
        assert!(least > IMPROBABLE, "{select:?}: p = {least}");
    }
}

/// What is wrong with a protocol.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    NoZeroSharing,
    ReusedMask,
}

const WORDS: usize = 2;

/// Opens the sum of all counts, and multiplies bits of all sites twice.
async fn flawed(ctx: Context<SemiHonest>, flaw: Flaw, input: usize) -> Result<(SessionId, Vec<u32>)> {
    // Sites 1 and 2 change places, so the sum stays.
    let held = match (ctx.roster().me().index(), input) {
        (0, _) => 5,
        (1, 0) | (2, 1) => 17,
        _ => 40,
    };
    let counts = own_summand(Ring::<u32>::new(20, vec![held; 3]));
    let fresh = match flaw {
        Flaw::NoZeroSharing => Fresh::new(counts.into_share()),
        _ => zero_share(&ctx.narrow("zero"), counts)?,
    };
    let everyone = ctx.roster().sites().collect();
    let opened = open_output(&ctx.narrow("sum"), fresh, &everyone).await?;
    let sum = verify(&ctx, opened).await?.unwrap_or_default();

    let bits = |times: u64| own_summand(Bits::from_words(vec![u64::from(held) * times; WORDS]));
    let (x, y, z, w) = (bits(1), bits(2), bits(3), bits(7));
    if flaw == Flaw::ReusedMask {
        let AndTriples { a, b, c: _ } = ctx.narrow("first").narrow("triples").and_triples(WORDS).await?;
        for (name, left, right) in [("first", x, y), ("second", z, w)] {
            let masked = [add(left.share(), &a), add(right.share(), &b)];
            open_masked(&ctx.narrow(name).narrow("open"), &masked).await?;
        }
    } else {
        and(&ctx.narrow("first"), &x, &y).await?;
        and(&ctx.narrow("second"), &z, &w).await?;
    }
    finish(&ctx).await?;
    Ok((ctx.session_id(), sum.values().to_vec()))
}

fn least_probability(flaw: Flaw) -> f64 {
    let mut demand = Demand::default();
    and::demand(&mut demand, &Step::root().then("first"), Lane::MAIN, WORDS);
    if flaw != Flaw::ReusedMask {
        demand.push(
            &Step::root().then("second").then("triples"),
            Lane::MAIN,
            Request::AndTriples { words: WORDS },
        );
    }
    let trial = |seed, input| {
        let record = Record::default();
        let world = TestWorld::new(SITES).seed(seed).demand(|out| *out = demand.clone());
        let mut sites = world.observe(OBSERVER, record.clone()).run(|ctx| flawed(ctx, flaw, input));
        let (session, sum) = sites.swap_remove(OBSERVER.index()).unwrap();
        (session, sum, record.take())
    };
    compare(&demand, trial)
}

#[test]
fn planted_flaws_are_found() {
    assert!(least_probability(Flaw::None) > IMPROBABLE);
    for flaw in [Flaw::NoZeroSharing, Flaw::ReusedMask] {
        let least = least_probability(flaw);
        assert!(least < IMPROBABLE, "{flaw:?}: p = {least}");
    }
}
