//! What is measured: each protocol on blocks of elements, which run side by side on the lanes.

use futures::FutureExt;
use futures::future::{BoxFuture, try_join_all};
use mpc_core::algebra::{Bits, Planes, PlanesShape, Ring, RingShape, Vector};
use mpc_core::correlation::{Demand, TruthTable};
use mpc_core::error::Result;
use mpc_core::protocol::input::own_summand;
use mpc_core::protocol::less_than::{self, Numbers::Unsigned};
use mpc_core::protocol::{
    and, and_all, choose, compare, convert, equal, from_bits, multiply, open, sum_at_least, table_lookup,
    to_bits, truncate, widen, zero_share,
};
use mpc_core::random::{Prg, Seed};
use mpc_core::session::Context;
use mpc_core::sharing::{Additive, Raw, SemiHonest};
use mpc_core::step::Step;
use mpc_core::transport::Lane;

/// One protocol on blocks of one size.
pub(crate) struct Work {
    /// For reports and to choose it.
    pub(crate) name: &'static str,
    /// What an element is.
    pub(crate) element: &'static str,
    /// Elements of a block.
    pub(crate) elements: usize,
    demand: fn(&mut Demand, &Step, Lane, usize),
    run: for<'a> fn(&'a Context<SemiHonest>, &'a Inputs) -> BoxFuture<'a, Result<()>>,
}

type Numbers = Raw<Additive<Ring<u64>>>;
type Truths = Raw<Additive<Bits>>;

/// Elements of a block of numbers.
const LEN: usize = 1 << 14;
/// 64-bit numbers.
const SHAPE: RingShape = RingShape { width: 64, len: LEN };
/// Words of a block of ANDs.
const WORDS: usize = 1 << 14;
/// Rows that are multiplied by `and_all`.
const ROWS: usize = 16;
/// Words of each of these rows.
const ROW_WORDS: usize = 1 << 12;
/// Bits of an index: what three sites need to compare a count with 10.
const INDEX: PlanesShape = PlanesShape { width: 5, words: 1 << 12 };
/// Bits of the sums that are compared with a threshold.
const SUM: PlanesShape = PlanesShape { width: 20, words: 1 << 10 };
/// Products that are added up.
const RUN: usize = 16;
/// Numbers for protocols that bring every bit of a mask into the ring.
const SMALL: RingShape = RingShape { width: 32, len: 1 << 12 };
/// Words of a row of their bits.
const SMALL_WORDS: usize = SMALL.len / 64;
/// Low bits that are dropped.
const DROPPED: u32 = 16;

fn function() -> TruthTable {
    TruthTable::new(INDEX.width, |sum| sum >= 10).unwrap()
}

/// One site's inputs of a block, used for all blocks.
pub(crate) struct Inputs {
    x: Numbers,
    y: Numbers,
    own: Ring<u64>,
    small: Numbers,
    bits: Truths,
    rows_of_bits: Truths,
    left: Truths,
    right: Truths,
    rows: Bits,
    indices: Vec<(TruthTable, Raw<Additive<Planes>>)>,
    counts: Planes,
}

impl Inputs {
    pub(crate) fn new(site: u8) -> Self {
        let mut prg = Prg::new(Seed::from_bytes([site; 32]));
        let mut numbers = || Ring::random(SHAPE, &mut prg);
        let (x, y, own) = (own_summand(numbers()), own_summand(numbers()), numbers());
        let small = own_summand(Ring::random(SMALL, &mut prg));
        let mut bits = |words| own_summand(Bits::random(words, &mut prg));
        let (left, right, bits, rows_of_bits) =
            (bits(WORDS), bits(WORDS), bits(Bits::words_for(LEN)), bits(SMALL.width as usize * SMALL_WORDS));
        let rows = Bits::random(ROWS * ROW_WORDS, &mut prg);
        let indices = vec![(function(), own_summand(Planes::random(INDEX, &mut prg)))];
        // Five sites' counts add up to less than 2^20.
        let counts = (0..64 * SUM.words as u64).map(|index| index * index % 200_000);
        let counts = Planes::from_values(SUM.width, SUM.words, counts);
        Self { x, y, own, small, bits, rows_of_bits, left, right, rows, indices, counts }
    }
}

/// All protocols, the elements of their blocks, and what these ask for.
pub(crate) const ALL: &[Work] = &[
    Work {
        name: "and",
        element: "bit",
        elements: 64 * WORDS,
        demand: |out, step, lane, _| and::demand(out, step, lane, WORDS),
        run: |ctx, inputs| and::and(ctx, &inputs.left, &inputs.right).map(done).boxed(),
    },
    Work {
        name: "and_all",
        element: "product of 16 bits",
        elements: 64 * ROW_WORDS,
        demand: |out, step, lane, _| and_all::demand(out, step, lane, ROWS, ROW_WORDS),
        run: |ctx, inputs| {
            and_all::and_all(ctx, own_summand(inputs.rows.clone()), ROW_WORDS).map(done).boxed()
        },
    },
    Work {
        name: "table_lookup",
        element: "index of 5 bits",
        elements: 64 * INDEX.words,
        demand: |out, step, lane, _| table_lookup::demand(out, step, lane, &[(function(), INDEX.words)]),
        run: |ctx, inputs| table_lookup::look_up(ctx, &inputs.indices).map(done).boxed(),
    },
    Work {
        name: "sum_at_least",
        element: "sum of 20 bits",
        elements: 64 * SUM.words,
        demand: |out, step, lane, sites| sum_at_least::demand(out, step, lane, sites, SUM.width, SUM.words),
        run: |ctx, inputs| {
            let thresholds = std::iter::repeat_n(250_000, 64 * SUM.words);
            sum_at_least::sum_at_least(ctx, &inputs.counts, thresholds).map(done).boxed()
        },
    },
    Work {
        name: "multiply",
        element: "product of 64-bit numbers",
        elements: LEN,
        demand: |out, step, lane, _| multiply::demand::<u64>(out, step, lane, SHAPE),
        run: |ctx, inputs| multiply::multiply(ctx, &inputs.x, &inputs.y).map(done).boxed(),
    },
    Work {
        name: "inner_products",
        element: "pair of factors, 16 to a sum",
        elements: LEN,
        demand: |out, step, lane, _| multiply::inner_products_demand::<u64>(out, step, lane, SHAPE, RUN),
        run: |ctx, inputs| multiply::inner_products(ctx, &inputs.x, &inputs.y, RUN).map(done).boxed(),
    },
    Work {
        name: "square",
        element: "64-bit number",
        elements: LEN,
        demand: |out, step, lane, _| multiply::square_demand::<u64>(out, step, lane, SHAPE),
        run: |ctx, inputs| multiply::square(ctx, &inputs.x).map(done).boxed(),
    },
    Work {
        name: "negative",
        element: "64-bit number",
        elements: LEN,
        demand: |out, step, lane, _| compare::demand::<u64>(out, step, lane, SHAPE),
        run: |ctx, inputs| compare::negative(ctx, &inputs.x).map(done).boxed(),
    },
    Work {
        name: "less_than_public",
        element: "64-bit number",
        elements: LEN,
        demand: |out, step, lane, _| less_than::public_demand::<u64>(out, step, lane, SHAPE),
        run: |ctx, inputs| less_than::less_than_public(ctx, &inputs.x, 1 << 40, Unsigned).map(done).boxed(),
    },
    Work {
        name: "less_than",
        element: "pair of 64-bit numbers",
        elements: LEN,
        demand: |out, step, lane, _| less_than::demand::<u64>(out, step, lane, SHAPE),
        run: |ctx, inputs| less_than::less_than(ctx, &inputs.x, &inputs.y, Unsigned).map(done).boxed(),
    },
    Work {
        name: "equal",
        element: "pair of 64-bit numbers",
        elements: LEN,
        demand: |out, step, lane, _| equal::demand::<u64>(out, step, lane, SHAPE),
        run: |ctx, inputs| equal::equal(ctx, &inputs.x, &inputs.y).map(done).boxed(),
    },
    Work {
        name: "to_bits",
        element: "64-bit number",
        elements: LEN,
        demand: |out, step, lane, _| to_bits::demand::<u64>(out, step, lane, SHAPE),
        run: |ctx, inputs| to_bits::to_bits(ctx, &inputs.x).map(done).boxed(),
    },
    Work {
        name: "bits_to_ring",
        element: "bit to 64 bits",
        elements: LEN,
        demand: |out, step, lane, _| convert::demand::<u64>(out, step, lane, SHAPE),
        run: |ctx, inputs| convert::bits_to_ring::<_, u64>(ctx, &inputs.bits, SHAPE).map(done).boxed(),
    },
    Work {
        name: "random_bits",
        element: "64-bit number",
        elements: LEN,
        demand: |out, step, lane, _| convert::demand::<u64>(out, step, lane, SHAPE),
        run: |ctx, _| convert::random_bits::<_, u64>(ctx, SHAPE).map(done).boxed(),
    },
    Work {
        name: "from_bits",
        element: "32-bit number",
        elements: SMALL.len,
        demand: |out, step, lane, _| from_bits::demand::<u64>(out, step, lane, SMALL, SMALL.width),
        run: |ctx, inputs| from_bits::from_bits::<_, u64>(ctx, &inputs.rows_of_bits, SMALL).map(done).boxed(),
    },
    Work {
        name: "truncate",
        element: "32-bit number, by 16 bits",
        elements: SMALL.len,
        demand: |out, step, lane, _| truncate::demand::<u64>(out, step, lane, SMALL, DROPPED),
        run: |ctx, inputs| truncate::truncate(ctx, &inputs.small, DROPPED, Unsigned).map(done).boxed(),
    },
    Work {
        name: "widen",
        element: "32-bit number to 64 bits",
        elements: SMALL.len,
        demand: |out, step, lane, _| widen::demand::<u64>(out, step, lane, SMALL, 64),
        run: |ctx, inputs| widen::widen(ctx, &inputs.small, 64, Unsigned).map(done).boxed(),
    },
    Work {
        name: "choose",
        element: "64-bit number",
        elements: LEN,
        demand: |out, step, lane, _| choose::demand::<u64>(out, step, lane, SHAPE),
        run: |ctx, inputs| choose::choose(ctx, &inputs.bits, &inputs.x, &inputs.y).map(done).boxed(),
    },
    Work {
        name: "open",
        element: "64-bit number, zero-shared, to all",
        elements: LEN,
        demand: |_, _, _, _| {},
        run: |ctx, inputs| open_own(ctx, inputs.own.clone()).boxed(),
    },
];

fn done<T>(result: Result<T>) -> Result<()> {
    result.map(drop)
}

async fn open_own(ctx: &Context<SemiHonest>, own: Ring<u64>) -> Result<()> {
    let everyone = ctx.roster().sites().collect();
    let fresh = zero_share::zero_share(ctx, own_summand(own))?;
    let opened = open::open_output(ctx, fresh, &everyone).await?;
    open::verify(ctx, opened).await.map(drop)
}

impl Work {
    /// The protocol of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|work| work.name == name)
    }

    /// What this many blocks ask for.
    pub(crate) fn demand(&self, sites: u8, blocks: usize) -> Demand {
        let mut demand = Demand::default();
        for block in 0..blocks {
            (self.demand)(
                &mut demand,
                &Step::root().then_nth("block", block),
                Lane::nth(block),
                sites.into(),
            );
        }
        demand
    }

    /// Runs this many blocks at a site.
    pub(crate) async fn run(&self, ctx: &Context<SemiHonest>, inputs: &Inputs, blocks: usize) -> Result<()> {
        let lanes = (0..Lane::COUNT).map(|lane| async move {
            for block in (lane..blocks).step_by(Lane::COUNT) {
                (self.run)(&ctx.narrow_nth("block", block).on_lane(Lane::nth(lane)), inputs).await?;
            }
            Ok(())
        });
        try_join_all(lanes).await.map(drop)
    }
}
