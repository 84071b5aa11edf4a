//! A matrix product between two sites with a helper, of any size: seconds, computing and bytes.

use crate::federation::Federation;
use mpc_core::algebra::{Bits, Ring, RingShape, Vector};
use mpc_core::correlation::{Demand, MatrixShape};
use mpc_core::error::Result;
use mpc_core::protocol::matrix_product::{demand, evaluate, hold};
use mpc_core::random::{Prg, Seed};
use mpc_core::session::Context;
use mpc_core::sharing::SemiHonest;
use mpc_core::step::Step;
use mpc_core::test_world::Parties;
use mpc_core::transport::{Lane, PartyId};

/// First words of the orders for a product.
pub(crate) const PREPARE: &str = "prepare";
/// See [`PREPARE`].
pub(crate) const MULTIPLY: &str = "product";

const HOLDER: PartyId = PartyId::new(0);
const EVALUATOR: PartyId = PartyId::new(1);
const STEP: &str = "product";

/// Products that are measured; the median counts.
const PRODUCTS: usize = 3;

/// A party's part in a product.
pub(crate) struct Product {
    shape: MatrixShape,
    numbers: Ring<u32>,
    bits: Bits,
}

impl Product {
    /// Rows, columns of numbers, columns of bits, bits of a number, in words; with what this party has of it.
    pub(crate) fn new<'a>(mut words: impl Iterator<Item = &'a str>, party: u8) -> Self {
        let mut number = || words.next().unwrap().parse::<usize>().unwrap();
        let (rows, numbers, bits, width) = (number(), number(), number(), number() as u32);
        let shape = MatrixShape { rows, numbers, bits, width };
        let mut prg = Prg::new(Seed::from_bytes([party; 32]));
        let has = |of: PartyId, len: usize| if of.index() == usize::from(party) { len } else { 0 };
        let numbers = Ring::random(RingShape { width, len: has(HOLDER, rows * numbers) }, &mut prg);
        let bits = Bits::random(has(EVALUATOR, Bits::words_for(rows) * bits), &mut prg);
        Self { shape, numbers, bits }
    }

    pub(crate) fn demand(&self) -> Demand {
        let mut out = Demand::default();
        demand(&mut out, &Step::root().then(STEP), Lane::MAIN, [HOLDER, EVALUATOR], self.shape);
        out
    }

    pub(crate) async fn run(&self, ctx: &Context<SemiHonest>) -> Result<()> {
        let step = ctx.narrow(STEP);
        match ctx.roster().me() {
            HOLDER => hold(&step, EVALUATOR, self.shape, &self.numbers).await.map(drop),
            _ => evaluate(&step, HOLDER, self.shape, &self.bits).await.map(drop),
        }
    }
}

/// Measures products of this size.
pub(crate) fn print(words: Vec<String>) {
    let size = words.join(" ");
    let mut federation = Federation::start(Parties::with_helper(2));
    federation.order(&format!("{PREPARE} {size}"));
    let mut runs: Vec<_> = (0..PRODUCTS).map(|_| federation.order(MULTIPLY)).collect();
    runs.sort_by_key(|run| run.elapsed);
    let median = &runs[PRODUCTS / 2];
    println!("| rows, numbers, bits, width | seconds | seconds of computing | bytes on the wire |");
    println!("|---|---|---|---|");
    println!(
        "| {size} | {:.2} | {:.2} | {} |",
        median.elapsed.as_secs_f64(),
        median.computing.as_secs_f64(),
        median.bytes
    );
}
