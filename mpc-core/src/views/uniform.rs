//! Every kind of message that a site receives of a computation is uniform. Inputs are zeros, which show wherever a mask
//! is missing.
//!
//! Not among the kinds are the agreement, which carries no share, and the digests that are compared at the end.

use super::{IMPROBABLE, SITES, probability};
use crate::algebra::{Bits, PlanesShape, Ring, RingShape, Vector};
use crate::correlation::{DIGIT_BITS, Dealt, Demand, TruthTable};
use crate::error::Result;
use crate::protocol::and::{self, and};
use crate::protocol::choose::{self, choose};
use crate::protocol::compare::{self, negative};
use crate::protocol::convert::{self, bits_to_ring, random_bits};
use crate::protocol::input::own_summand;
use crate::protocol::multiply::{self, multiply, square};
use crate::protocol::open::{open_output, verify};
use crate::protocol::table_lookup::{self, look_up};
use crate::protocol::zero_share::zero_share;
use crate::session::Context;
use crate::sharing::{Additive, Fresh, Raw, SemiHonest};
use crate::step::Step;
use crate::test_world::TestWorld;
use crate::transport::record::Record;
use crate::transport::{Lane, PartyId, Tag};
use std::collections::BTreeMap;

/// Words of ANDs that are opened by broadcast, and of those that go through a king.
const WORDS: [usize; 2] = [4_000, 16_000];
/// Words of an index, likewise.
const INDEX_WORDS: [usize; 2] = [1_500, 4_000];
const INDEX_WIDTH: u32 = 5;
/// Words of bits that become numbers, likewise.
const CONVERTED_WORDS: [usize; 2] = [7_000, 9_000];
/// Bytes of a vector of numbers, likewise; products open two vectors at once.
const BYTES: [usize; 2] = [30_000, 70_000];

/// The kinds of messages, by the identities of their steps.
type Kinds = BTreeMap<[u8; Tag::BYTES], String>;

/// Notes which kinds of messages a protocol's masked opening at `ctx` sends.
fn openings(kinds: &mut Kinds, ctx: &Context<SemiHonest>, what: &str) {
    for path in ["broadcast", "to-king", "from-king"] {
        note(kinds, &ctx.narrow("open").narrow(path), format!("{what}, {path}"));
    }
}

fn note(kinds: &mut Kinds, ctx: &Context<SemiHonest>, kind: String) {
    kinds.insert(*ctx.step().tag(&ctx.session_id()).as_bytes(), kind);
}

fn zeros<V: Vector>(shape: V::Shape) -> Raw<Additive<V>> {
    own_summand(V::zeros(shape))
}

fn function() -> TruthTable {
    TruthTable::new(INDEX_WIDTH, |sum| sum >= 10).unwrap()
}

async fn bits(ctx: &Context<SemiHonest>, size: usize, kinds: &mut Kinds) -> Result<()> {
    let step = ctx.narrow("and");
    openings(kinds, &step, "AND");
    note(kinds, &step.narrow("triples"), "helper, AND".into());
    let product = and(&step, &zeros(WORDS[size]), &zeros(WORDS[size])).await?;
    output(&ctx.narrow("bits"), product, "product of bits", kinds).await?;

    let step = ctx.narrow("look-up");
    openings(kinds, &step, "look-up");
    note(kinds, &step.narrow_nth("tables", 0), "helper, tables".into());
    let index = zeros(PlanesShape { width: INDEX_WIDTH, words: INDEX_WORDS[size] });
    let mut found = look_up(&step, &[(function(), index)]).await?;
    output(&ctx.narrow("found"), found.remove(0), "table's value", kinds).await?;

    let step = ctx.narrow("convert");
    openings(kinds, &step, "bits to numbers");
    note(kinds, &step.narrow("double"), "helper, double bits of 8 bits".into());
    bits_to_ring::<_, u32>(&step, &zeros(CONVERTED_WORDS[size]), converted(size)).await.map(drop)
}

fn converted(size: usize) -> RingShape {
    RingShape { width: 8, len: 64 * CONVERTED_WORDS[size] }
}

async fn numbers<W: Dealt>(ctx: &Context<SemiHonest>, shape: RingShape, kinds: &mut Kinds) -> Result<()> {
    let named = |what: &str| format!("{what} of {} bits", shape.width);
    let zeros = || zeros::<Ring<W>>(shape);
    let step = ctx.narrow("product");
    openings(kinds, &step, &named("factors"));
    note(kinds, &step.narrow("triples"), named("helper, triples"));
    let product = multiply(&step, &zeros(), &zeros()).await?;
    output(&ctx.narrow("numbers"), product, &named("product"), kinds).await?;

    let step = ctx.narrow("square");
    openings(kinds, &step, &named("root"));
    note(kinds, &step.narrow("squares"), named("helper, squares"));
    square(&step, &zeros()).await?;

    let step = ctx.narrow("random");
    note(kinds, &step.narrow("double"), named("helper, double bits"));
    random_bits::<_, W>(&step, shape).await?;

    let step = ctx.narrow("choose");
    openings(kinds, &step.narrow("bits"), "bits to numbers");
    note(kinds, &step.narrow("bits").narrow("double"), named("helper, double bits"));
    openings(kinds, &step.narrow("product"), &named("factors"));
    note(kinds, &step.narrow("product").narrow("triples"), named("helper, triples"));
    let truths = self::zeros(Bits::words_for(shape.len));
    choose(&step, &truths, &zeros(), &zeros()).await?;

    let step = ctx.narrow("sign");
    openings(kinds, &step, &named("compared number"));
    note(kinds, &step.narrow("masks"), named("helper, masks"));
    for level in 0..(shape.width as usize).div_ceil(DIGIT_BITS).ilog2() as usize + 1 {
        let level = step.narrow("digits").narrow_nth("level", level);
        openings(kinds, &level, "AND");
        note(kinds, &level.narrow("triples"), "helper, AND".into());
    }
    let sign = negative(&step, &zeros()).await?;
    output(&ctx.narrow("signs"), sign, "sign", kinds).await?;

    let counts = zero_share(&ctx.narrow("counts"), zeros())?;
    output(&ctx.narrow("counts"), counts, &named("zero-shared counts"), kinds).await
}

async fn output<V: Vector>(
    ctx: &Context<SemiHonest>,
    shared: Fresh<Additive<V>>,
    what: &str,
    kinds: &mut Kinds,
) -> Result<()> {
    note(kinds, &ctx.narrow("output"), format!("output, {what}"));
    let everyone = ctx.roster().sites().collect();
    let opened = open_output(ctx, shared, &everyone).await?;
    verify(ctx, opened).await.map(drop)
}

fn shapes(size: usize) -> [RingShape; 3] {
    [24, 64, 104].map(|width| RingShape { width, len: BYTES[size] / (width as usize / 8) })
}

fn demand(out: &mut Demand) {
    for size in 0..WORDS.len() {
        let at = |name: &str, inner: &str| Step::root().then_nth(name, size).then(inner);
        and::demand(out, &at("bits", "and"), Lane::MAIN, WORDS[size]);
        table_lookup::demand(out, &at("bits", "look-up"), Lane::MAIN, &[(function(), INDEX_WORDS[size])]);
        convert::demand::<u32>(out, &at("bits", "convert"), Lane::MAIN, converted(size));
        let [a, b, c] = shapes(size);
        demand_of_numbers::<u32>(out, |inner| at("u32", inner), a);
        demand_of_numbers::<u64>(out, |inner| at("u64", inner), b);
        demand_of_numbers::<u128>(out, |inner| at("u128", inner), c);
    }
}

fn demand_of_numbers<W: Dealt>(out: &mut Demand, at: impl Fn(&str) -> Step, shape: RingShape) {
    multiply::demand::<W>(out, &at("product"), Lane::MAIN, shape);
    multiply::square_demand::<W>(out, &at("square"), Lane::MAIN, shape);
    convert::demand::<W>(out, &at("random"), Lane::MAIN, shape);
    choose::demand::<W>(out, &at("choose"), Lane::MAIN, shape);
    compare::demand::<W>(out, &at("sign"), Lane::MAIN, shape);
}

async fn program(ctx: Context<SemiHonest>) -> Result<Kinds> {
    let mut kinds = Kinds::new();
    for size in 0..WORDS.len() {
        bits(&ctx.narrow_nth("bits", size), size, &mut kinds).await?;
        let [a, b, c] = shapes(size);
        numbers::<u32>(&ctx.narrow_nth("u32", size), a, &mut kinds).await?;
        numbers::<u64>(&ctx.narrow_nth("u64", size), b, &mut kinds).await?;
        numbers::<u128>(&ctx.narrow_nth("u128", size), c, &mut kinds).await?;
    }
    Ok(kinds)
}

/// How often each byte occurs.
struct Bytes([u64; 256]);

impl Bytes {
    fn count(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.0[usize::from(byte)] += 1);
    }

    fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// How probable it is that uniform bytes are spread more unevenly.
    fn probability(&self) -> f64 {
        let expected = self.total() as f64 / 256.0;
        let statistic = self.0.iter().map(|&count| (count as f64 - expected).powi(2) / expected).sum();
        probability(statistic, 255)
    }
}

/// Runs until each kind has been received this many bytes of.
fn every_kind_is_uniform(bytes_each: u64) {
    let observer = PartyId::new(0);
    let mut counts: BTreeMap<String, Bytes> = BTreeMap::new();
    for seed in 0.. {
        let record = Record::default();
        let world = TestWorld::new(SITES).seed(seed).demand(demand).observe(observer, record.clone());
        let kinds = world.run(program).swap_remove(observer.index()).unwrap();
        for kind in kinds.values() {
            counts.entry(kind.clone()).or_insert(Bytes([0; 256]));
        }
        // The first messages are the agreement.
        let messages = record.take();
        let (_, messages) = messages.split_at(SITES.into());
        for message in messages {
            let kind = kinds.get(message.tag.as_bytes()).expect("a message of a kind that nobody named");
            counts.get_mut(kind).unwrap().count(&message.payload);
        }
        if counts.values().all(|bytes| bytes.total() >= bytes_each) {
            break;
        }
        let missing = counts.iter().find(|(_, bytes)| seed > 20 && bytes.total() == 0);
        assert!(missing.is_none(), "never received: {:?}", missing.map(|(kind, _)| kind));
    }
    assert!(counts.len() > 40, "{} kinds", counts.len());
    for (kind, bytes) in &counts {
        let probability = bytes.probability();
        assert!(probability > IMPROBABLE, "{kind}: p = {probability} after {} bytes", bytes.total());
    }
}

#[test]
fn every_kind_of_message_is_uniform() {
    every_kind_is_uniform(1_000_000);
}

#[test]
#[ignore = "ten times as long; the command is at the head of this module"]
fn every_kind_of_message_is_uniform_at_length() {
    every_kind_is_uniform(10_000_000);
}

#[test]
fn counts_that_were_not_zero_shared_are_noticed() {
    let observer = PartyId::new(0);
    let shape = RingShape { width: 24, len: 4_000 };
    let [sound, planted] = [false, true].map(|planted| {
        let record = Record::default();
        TestWorld::new(SITES).observe(observer, record.clone()).run(|ctx| async move {
            let own = zeros::<Ring<u32>>(shape);
            let fresh = if planted { Fresh::new(own.into_share()) } else { zero_share(&ctx, own)? };
            output(&ctx, fresh, "", &mut Kinds::new()).await
        });
        let mut bytes = Bytes([0; 256]);
        record.take().split_off(SITES.into()).iter().for_each(|message| bytes.count(&message.payload));
        bytes.probability()
    });
    assert!(sound > IMPROBABLE && planted < IMPROBABLE, "{sound} {planted}");
}
