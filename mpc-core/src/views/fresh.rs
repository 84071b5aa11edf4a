//! A sharing that is said to be fresh is: over many runs with the same inputs, no bit of a site's share of an output is the
//! sum, over Z_2, of bits that the site has sent and a constant. If one were, whoever saw the messages and then the opened
//! share would know something of that site's part of the input, not only the sum of all parts.

use super::SITES;
use crate::algebra::{Bits, Planes, Ring, RingShape, Vector, Word};
use crate::correlation::{Demand, TruthTable};
use crate::error::Result;
use crate::protocol::input::own_summand;
use crate::protocol::less_than::{self, Numbers, less_than, less_than_public};
use crate::protocol::{
    and, and_all, choose, compare, convert, equal, from_bits, multiply, sum_at_least, table_lookup, to_bits,
    truncate, widen, zero_share,
};
use crate::session::Context;
use crate::sharing::{Additive, Fresh, Raw, SemiHonest, Share};
use crate::step::Step;
use crate::test_world::TestWorld;
use crate::transport::record::Record;
use crate::transport::{Lane, PartyId};

/// Who looks, and at whose messages.
const OBSERVER: PartyId = PartyId::new(0);
const OBSERVED: PartyId = PartyId::new(1);

/// Runs beyond the number of bits: by chance alone a bit is a sum of others with probability 2^-64.
const SPARE_RUNS: usize = 64;

type Numbers32 = Ring<u32>;

fn shape(width: u32) -> RingShape {
    RingShape { width, len: 1 }
}

/// One number, of which each site has a part that is the same in all runs.
fn number(ctx: &Context<SemiHonest>, width: u32) -> Raw<Additive<Numbers32>> {
    own_summand(Ring::new(width, vec![5 + 3 * ctx.roster().me().index() as u32]))
}

/// One bit in each row, likewise.
fn rows(ctx: &Context<SemiHonest>, rows: usize) -> Raw<Additive<Bits>> {
    own_summand(Bits::from_words(vec![ctx.roster().me().index() as u64; rows]))
}

/// The bits of a share of one element.
trait Element: Vector {
    fn element(&self) -> Vec<bool>;
}

impl Element for Bits {
    fn element(&self) -> Vec<bool> {
        self.words().iter().map(|row| row & 1 == 1).collect()
    }
}

impl Element for Numbers32 {
    fn element(&self) -> Vec<bool> {
        (0..self.shape().width).map(|bit| self.values()[0].bits(bit, 1) == 1).collect()
    }
}

/// What the observed site sends in a run, and its share of the output.
fn run<V, P, F>(seed: u64, demand: &Demand, program: &P) -> [Vec<bool>; 2]
where
    V: Element,
    P: Fn(Context<SemiHonest>) -> F,
    F: Future<Output = Result<Fresh<Additive<V>>>>,
{
    let record = Record::default();
    let world = TestWorld::new(SITES).seed(seed).demand(|out| *out = demand.clone());
    let mut outputs = world.observe(OBSERVER, record.clone()).run(|ctx| program(ctx.narrow("test")));
    let output = outputs.swap_remove(OBSERVED.index()).unwrap();
    // The first messages are the agreement.
    let messages = record.take().split_off(SITES.into());
    let sent = messages.iter().filter(|message| message.from == OBSERVED);
    let bytes = sent.flat_map(|message| &message.payload);
    let sent = bytes.flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).collect();
    [sent, output.share().opening().element()]
}

/// A bit in all runs.
type Column = Vec<u64>;

fn columns(runs: &[Vec<bool>]) -> Vec<Column> {
    let pack = |bit: usize| {
        let word =
            |runs: &[Vec<bool>]| runs.iter().rev().fold(0, |word, run| word << 1 | u64::from(run[bit]));
        runs.chunks(64).map(word).collect()
    };
    (0..runs[0].len()).map(pack).collect()
}

/// Adds a column to those that are independent; false where it is a sum of them.
fn independent(basis: &mut Vec<(usize, Column)>, mut column: Column) -> bool {
    let is_set = |column: &Column, run: usize| column[run / 64] >> (run % 64) & 1 == 1;
    for (run, other) in basis.iter() {
        if is_set(&column, *run) {
            column.iter_mut().zip(other).for_each(|(word, other)| *word ^= other);
        }
    }
    let first = (0..64 * column.len()).find(|&run| is_set(&column, run));
    basis.extend(first.map(|run| (run, column)));
    first.is_some()
}

/// Whether the output of a program is fresh.
fn is_fresh<V, P, F>(count: impl Fn(&mut Demand, &Step), program: P) -> bool
where
    V: Element,
    P: Fn(Context<SemiHonest>) -> F,
    F: Future<Output = Result<Fresh<Additive<V>>>>,
{
    let mut demand = Demand::default();
    count(&mut demand, &Step::root().then("test"));
    let [sent, output] = run(0, &demand, &program).map(|bits| bits.len());
    let runs = (1 + sent + output + SPARE_RUNS).next_multiple_of(64);
    let (sent, outputs): (Vec<_>, Vec<_>) = (0..runs as u64)
        .map(|seed| run(seed, &demand, &program))
        .map(|[sent, output]| (sent, output))
        .unzip();
    let mut basis = Vec::new();
    independent(&mut basis, vec![u64::MAX; runs / 64]);
    for column in columns(&sent) {
        // Messages may depend on each other: bytes have bits beyond the width of a number.
        independent(&mut basis, column);
    }
    columns(&outputs).into_iter().all(|column| independent(&mut basis, column))
}

#[test]
fn bits_are_fresh() {
    assert!(is_fresh(
        |out, step| and::demand(out, step, Lane::MAIN, 2),
        |ctx| async move { and::and(&ctx, &rows(&ctx, 2), &rows(&ctx, 2)).await },
    ));
    assert!(is_fresh(
        |out, step| and_all::demand(out, step, Lane::MAIN, 5, 1),
        |ctx| async move { and_all::and_all(&ctx, rows(&ctx, 5), 1).await },
    ));
    let function = || TruthTable::new(3, |sum| sum >= 2).unwrap();
    assert!(is_fresh(
        |out, step| table_lookup::demand(out, step, Lane::MAIN, &[(function(), 1)]),
        |ctx| async move {
            let index = own_summand(Planes::from_values(3, 1, std::iter::once(1)));
            Ok(table_lookup::look_up(&ctx, &[(function(), index)]).await?.remove(0))
        },
    ));
    for width in [1, 4] {
        assert!(is_fresh(
            |out, step| sum_at_least::demand(out, step, Lane::MAIN, SITES.into(), width, 1),
            |ctx| async move {
                let own = Planes::from_values(width, 1, std::iter::once(u64::from(ctx.is_first())));
                sum_at_least::sum_at_least(&ctx, &own, std::iter::once(1)).await
            },
        ));
    }
}

#[test]
fn numbers_are_fresh() {
    for width in [1, 3, 4, 9] {
        let shape = shape(width);
        assert!(is_fresh(|_, _| {}, |ctx| async move { zero_share::zero_share(&ctx, number(&ctx, width)) }));
        assert!(is_fresh(
            |out, step| multiply::demand::<u32>(out, step, Lane::MAIN, shape),
            |ctx| async move { multiply::multiply(&ctx, &number(&ctx, width), &number(&ctx, width)).await },
        ));
        assert!(is_fresh(
            |out, step| multiply::square_demand::<u32>(out, step, Lane::MAIN, shape),
            |ctx| async move { multiply::square(&ctx, &number(&ctx, width)).await },
        ));
        assert!(is_fresh(
            |out, step| convert::demand::<u32>(out, step, Lane::MAIN, shape),
            |ctx| async move { convert::bits_to_ring(&ctx, &rows(&ctx, 1), shape).await },
        ));
        assert!(is_fresh(
            |out, step| from_bits::demand::<u32>(out, step, Lane::MAIN, shape, width),
            |ctx| async move { from_bits::from_bits(&ctx, &rows(&ctx, width as usize), shape).await },
        ));
        assert!(is_fresh(
            |out, step| choose::demand::<u32>(out, step, Lane::MAIN, shape),
            |ctx| async move {
                let (x, y) = (number(&ctx, width), number(&ctx, width));
                choose::choose(&ctx, &rows(&ctx, 1), &x, &y).await
            },
        ));
        for drop in 1..width.min(3) {
            assert!(is_fresh(
                |out, step| truncate::demand::<u32>(out, step, Lane::MAIN, shape, drop),
                |ctx| async move { truncate::truncate(&ctx, &number(&ctx, width), drop, Numbers::Unsigned).await },
            ));
        }
    }
}

#[test]
fn comparisons_are_fresh() {
    for width in [1, 3, 4, 5, 9] {
        let shape = shape(width);
        assert!(is_fresh(
            |out, step| compare::demand::<u32>(out, step, Lane::MAIN, shape),
            |ctx| async move { compare::negative(&ctx, &number(&ctx, width)).await },
        ));
        assert!(is_fresh(
            |out, step| less_than::demand::<u32>(out, step, Lane::MAIN, shape),
            |ctx| async move {
                let (x, y) = (number(&ctx, width), number(&ctx, width));
                less_than(&ctx, &x, &y, Numbers::Unsigned).await
            },
        ));
        assert!(is_fresh(
            |out, step| less_than::public_demand::<u32>(out, step, Lane::MAIN, shape),
            |ctx| async move { less_than_public(&ctx, &number(&ctx, width), 1, Numbers::Unsigned).await },
        ));
        assert!(is_fresh(
            |out, step| equal::demand::<u32>(out, step, Lane::MAIN, shape),
            |ctx| async move { equal::is_zero(&ctx, &number(&ctx, width)).await },
        ));
        assert!(is_fresh(
            |out, step| to_bits::demand::<u32>(out, step, Lane::MAIN, shape),
            |ctx| async move { to_bits::to_bits(&ctx, &number(&ctx, width)).await },
        ));
    }
}

#[test]
fn numbers_in_a_larger_ring_are_not_and_become_so() {
    let widened = |zero_shared: bool| {
        is_fresh(
            |out, step| widen::demand::<u32>(out, step, Lane::MAIN, shape(4), 9),
            |ctx| async move {
                let widened = widen::widen(&ctx, &number(&ctx, 4), 9, Numbers::Unsigned).await?;
                if zero_shared {
                    zero_share::zero_share(&ctx, widened)
                } else {
                    Ok(Fresh::new(widened.into_share()))
                }
            },
        )
    };
    assert!(!widened(false));
    assert!(widened(true));
}
