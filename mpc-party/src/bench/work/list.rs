//! The list of what is measured.

use super::Work;
use super::inputs::{Kind, ROWS, SMALL_BITS, SUM_BITS, function, numbers, small, words};
use futures::FutureExt;
use mpc_core::algebra::Ring;
use mpc_core::error::Result;
use mpc_core::protocol::input::own_summand;
use mpc_core::protocol::less_than::{self, Numbers::Unsigned};
use mpc_core::protocol::{
    and, and_all, choose, compare, convert, equal, from_bits, multiply, open, sum_at_least, table_lookup,
    to_bits, truncate, widen, zero_share,
};
use mpc_core::session::Context;
use mpc_core::sharing::SemiHonest;

/// Products that are added up.
const RUN: usize = 16;
/// Low bits that are dropped.
const DROPPED: u32 = 16;

/// All pieces of work.
pub const ALL: &[Work] = &[
    Work {
        name: "and",
        item: "bit",
        kind: Kind::Bits,
        block: 1 << 20,
        demand: |out, at, len| and::demand(out, at.step, at.lane, words(len)),
        run: |ctx, inputs| and::and(ctx, &inputs.left, &inputs.right).map(done).boxed(),
    },
    Work {
        name: "and_all",
        item: "product of 16 bits",
        kind: Kind::Rows,
        block: 1 << 18,
        demand: |out, at, len| and_all::demand(out, at.step, at.lane, ROWS, words(len)),
        run: |ctx, inputs| {
            and_all::and_all(ctx, own_summand(inputs.rows.clone()), words(inputs.len)).map(done).boxed()
        },
    },
    Work {
        name: "table_lookup",
        item: "index of 5 bits",
        kind: Kind::Indices,
        block: 1 << 18,
        demand: |out, at, len| {
            let tables: Vec<_> = function().map(|function| (function, words(len))).into_iter().collect();
            table_lookup::demand(out, at.step, at.lane, &tables);
        },
        run: |ctx, inputs| table_lookup::look_up(ctx, &inputs.indices).map(done).boxed(),
    },
    Work {
        name: "sum_at_least",
        item: "sum of 20 bits",
        kind: Kind::Sums,
        block: 1 << 16,
        demand: |out, at, len| sum_at_least::demand(out, at.step, at.lane, at.sites, SUM_BITS, words(len)),
        run: |ctx, inputs| {
            let thresholds = std::iter::repeat_n(250_000, 64 * words(inputs.len));
            sum_at_least::sum_at_least(ctx, &inputs.counts, thresholds).map(done).boxed()
        },
    },
    Work {
        name: "multiply",
        item: "product of 64-bit numbers",
        kind: Kind::Numbers,
        block: 1 << 14,
        demand: |out, at, len| multiply::demand::<u64>(out, at.step, at.lane, numbers(len)),
        run: |ctx, inputs| multiply::multiply(ctx, &inputs.x, &inputs.y).map(done).boxed(),
    },
    Work {
        name: "inner_products",
        item: "pair of factors, 16 to a sum",
        kind: Kind::Numbers,
        block: 1 << 14,
        demand: |out, at, len| {
            multiply::inner_products_demand::<u64>(out, at.step, at.lane, numbers(len), RUN)
        },
        run: |ctx, inputs| multiply::inner_products(ctx, &inputs.x, &inputs.y, RUN).map(done).boxed(),
    },
    Work {
        name: "square",
        item: "64-bit number",
        kind: Kind::Numbers,
        block: 1 << 14,
        demand: |out, at, len| multiply::square_demand::<u64>(out, at.step, at.lane, numbers(len)),
        run: |ctx, inputs| multiply::square(ctx, &inputs.x).map(done).boxed(),
    },
    Work {
        name: "negative",
        item: "64-bit number",
        kind: Kind::Numbers,
        block: 1 << 14,
        demand: |out, at, len| compare::demand::<u64>(out, at.step, at.lane, numbers(len)),
        run: |ctx, inputs| compare::negative(ctx, &inputs.x).map(done).boxed(),
    },
    Work {
        name: "less_than_public",
        item: "64-bit number",
        kind: Kind::Numbers,
        block: 1 << 14,
        demand: |out, at, len| less_than::public_demand::<u64>(out, at.step, at.lane, numbers(len)),
        run: |ctx, inputs| less_than::less_than_public(ctx, &inputs.x, 1 << 40, Unsigned).map(done).boxed(),
    },
    Work {
        name: "less_than",
        item: "pair of 64-bit numbers",
        kind: Kind::Numbers,
        block: 1 << 14,
        demand: |out, at, len| less_than::demand::<u64>(out, at.step, at.lane, numbers(len)),
        run: |ctx, inputs| less_than::less_than(ctx, &inputs.x, &inputs.y, Unsigned).map(done).boxed(),
    },
    Work {
        name: "equal",
        item: "pair of 64-bit numbers",
        kind: Kind::Numbers,
        block: 1 << 14,
        demand: |out, at, len| equal::demand::<u64>(out, at.step, at.lane, numbers(len)),
        run: |ctx, inputs| equal::equal(ctx, &inputs.x, &inputs.y).map(done).boxed(),
    },
    Work {
        name: "to_bits",
        item: "64-bit number",
        kind: Kind::Numbers,
        block: 1 << 14,
        demand: |out, at, len| to_bits::demand::<u64>(out, at.step, at.lane, numbers(len)),
        run: |ctx, inputs| to_bits::to_bits(ctx, &inputs.x).map(done).boxed(),
    },
    Work {
        name: "bits_to_ring",
        item: "bit to 64 bits",
        kind: Kind::Numbers,
        block: 1 << 14,
        demand: |out, at, len| convert::demand::<u64>(out, at.step, at.lane, numbers(len)),
        run: |ctx, inputs| {
            convert::bits_to_ring::<_, u64>(ctx, &inputs.bits, numbers(inputs.len)).map(done).boxed()
        },
    },
    Work {
        name: "random_bits",
        item: "random bit in 64 bits",
        kind: Kind::Numbers,
        block: 1 << 14,
        demand: |out, at, len| convert::demand::<u64>(out, at.step, at.lane, numbers(len)),
        run: |ctx, inputs| convert::random_bits::<_, u64>(ctx, numbers(inputs.len)).map(done).boxed(),
    },
    Work {
        name: "from_bits",
        item: "32-bit number",
        kind: Kind::Small,
        block: 1 << 12,
        demand: |out, at, len| from_bits::demand::<u64>(out, at.step, at.lane, small(len), SMALL_BITS),
        run: |ctx, inputs| {
            from_bits::from_bits::<_, u64>(ctx, &inputs.rows_of_bits, small(inputs.len)).map(done).boxed()
        },
    },
    Work {
        name: "truncate",
        item: "32-bit number, by 16 bits",
        kind: Kind::Small,
        block: 1 << 12,
        demand: |out, at, len| truncate::demand::<u64>(out, at.step, at.lane, small(len), DROPPED),
        run: |ctx, inputs| truncate::truncate(ctx, &inputs.small, DROPPED, Unsigned).map(done).boxed(),
    },
    Work {
        name: "widen",
        item: "32-bit number to 64 bits",
        kind: Kind::Small,
        block: 1 << 12,
        demand: |out, at, len| widen::demand::<u64>(out, at.step, at.lane, small(len), 64),
        run: |ctx, inputs| widen::widen(ctx, &inputs.small, 64, Unsigned).map(done).boxed(),
    },
    Work {
        name: "choose",
        item: "64-bit number",
        kind: Kind::Numbers,
        block: 1 << 14,
        demand: |out, at, len| choose::demand::<u64>(out, at.step, at.lane, numbers(len)),
        run: |ctx, inputs| choose::choose(ctx, &inputs.bits, &inputs.x, &inputs.y).map(done).boxed(),
    },
    Work {
        name: "open",
        item: "64-bit number, zero-shared, to all",
        kind: Kind::Numbers,
        block: 1 << 14,
        demand: |_, _, _| {},
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
