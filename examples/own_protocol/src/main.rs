//! A protocol and a statistic of one's own: the longest waiting time among hospitals, in days, and nothing else. Not
//! which hospital it is, and not the times of the others.
//!
//! ```text
//! cargo run --release --locked -p own-protocol
//! ```

use mpc_core::algebra::{Ring, RingShape};
use mpc_core::correlation::{Dealt, Demand};
use mpc_core::error::Result;
use mpc_core::protocol::choose::{self, choose};
use mpc_core::protocol::input::share_input;
use mpc_core::protocol::less_than::{self, Numbers, less_than};
use mpc_core::protocol::open::{open_output, verify};
use mpc_core::protocol::verify::Verify;
use mpc_core::protocol::zero_share::zero_share;
use mpc_core::session::Context;
use mpc_core::sharing::{Raw, SemiHonest};
use mpc_core::step::Step;
use mpc_core::test_world::TestWorld;
use mpc_core::transport::Lane;

/// Days of waiting, for each of three wards. 10 bits are enough.
const SHAPE: RingShape = RingShape { width: 10, len: 3 };

/// The protocol: the larger of two shared numbers, element by element. One comparison, then one choice.
async fn maximum<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    x: &Raw<S::Share<Ring<W>>>,
    y: &Raw<S::Share<Ring<W>>>,
) -> Result<Raw<S::Share<Ring<W>>>> {
    let x_is_less = less_than(&ctx.narrow("less"), x, y, Numbers::Unsigned).await?.into_raw();
    Ok(choose(&ctx.narrow("choose"), &x_is_less, y, x).await?.into_raw())
}

/// Beside the protocol: what it asks of the source of correlations, step by step.
fn maximum_demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    less_than::demand::<W>(out, &step.then("less"), lane, shape);
    choose::demand::<W>(out, &step.then("choose"), lane, shape);
}

/// The statistic: every site shares its own numbers, the larger one is kept, and only the last one is opened.
async fn longest(ctx: Context<SemiHonest>, own: Ring<u32>) -> Result<Vec<u32>> {
    let me = ctx.roster().me();
    let mut longest = None;
    for owner in ctx.roster().sites() {
        let mine = (owner == me).then(|| own.clone());
        let shared = share_input(&ctx.narrow("input"), owner, mine, SHAPE)?;
        longest = Some(match longest {
            None => shared,
            Some(longest) => maximum(&ctx.narrow_nth("maximum", owner.index()), &longest, &shared).await?,
        });
    }
    let Some(longest) = longest else { return Ok(Vec::new()) };
    let everyone = ctx.roster().sites().collect();
    let step = ctx.narrow("output");
    let opened = open_output(&step, zero_share(&step, longest)?, &everyone).await?;
    Ok(verify(&step, opened).await?.map(|days| days.values().to_vec()).unwrap_or_default())
}

fn longest_demand(out: &mut Demand, sites: usize) {
    for site in 1..sites {
        maximum_demand::<u32>(out, &Step::root().then_nth("maximum", site), Lane::MAIN, SHAPE);
    }
}

/// Runs it among hospitals in one process, with a helper that deals the correlations.
fn among(days: &[[u32; 3]]) -> Vec<Result<Vec<u32>>> {
    let world = TestWorld::new(days.len() as u8).demand(|out| longest_demand(out, days.len()));
    world.run(|ctx| {
        let own = days.get(ctx.roster().me().index()).copied().unwrap_or_default();
        longest(ctx, Ring::new(SHAPE.width, own.to_vec()))
    })
}

#[allow(clippy::print_stdout, reason = "an example shows what it found")]
fn main() -> Result<()> {
    for (site, found) in among(&[[31, 4, 90], [12, 77, 90], [45, 3, 5]]).into_iter().enumerate() {
        println!("site {site} learns the longest waiting times of three wards: {:?} days", found?);
    }
    Ok(())
}

#[test]
fn the_longest_at_every_site() {
    let found = among(&[[31, 4, 1023], [12, 77, 90], [45, 3, 0]]);
    assert!(found.into_iter().all(|days| days.is_ok_and(|days| days == [45, 77, 1023])));
}
