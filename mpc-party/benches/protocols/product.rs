//! A matrix product between two sites with a helper, of any size: seconds, computing and bytes.

use crate::computing::computing;
use crate::start;
use futures::FutureExt;
use futures::future::BoxFuture;
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
use mpc_party::bench::Task;

const HOLDER: PartyId = PartyId::new(0);
const EVALUATOR: PartyId = PartyId::new(1);
const STEP: &str = "product";

/// Products that are measured; the median counts.
const PRODUCTS: usize = 3;

/// A party's part in a product.
struct Product {
    shape: MatrixShape,
    numbers: Ring<u32>,
    bits: Bits,
}

impl Product {
    /// What this party has of a product.
    fn new(shape: MatrixShape, party: PartyId) -> Self {
        let mut prg = Prg::new(Seed::from_bytes([party.index() as u8; 32]));
        let has = |of: PartyId, len: usize| if of == party { len } else { 0 };
        let len = has(HOLDER, shape.rows * shape.numbers);
        let numbers = Ring::random(RingShape { width: shape.width, len }, &mut prg);
        let bits = Bits::random(has(EVALUATOR, Bits::words_for(shape.rows) * shape.bits), &mut prg);
        Self { shape, numbers, bits }
    }
}

impl Task for Product {
    fn demand(&self, _: u8) -> Demand {
        let mut out = Demand::default();
        demand(&mut out, &Step::root().then(STEP), Lane::MAIN, [HOLDER, EVALUATOR], self.shape);
        out
    }

    fn run<'a>(&'a self, ctx: &'a Context<SemiHonest>) -> BoxFuture<'a, Result<()>> {
        async move {
            let step = ctx.narrow(STEP);
            match ctx.roster().me() {
                HOLDER => hold(&step, EVALUATOR, self.shape, &self.numbers).await.map(drop),
                _ => evaluate(&step, HOLDER, self.shape, &self.bits).await.map(drop),
            }
        }
        .boxed()
    }
}

/// Measures products of this size: rows, columns of numbers, columns of bits, bits of a number.
pub(crate) fn print(words: &[String]) {
    let [rows, numbers, bits, width] = [0, 1, 2, 3].map(|word: usize| words[word].parse::<usize>().unwrap());
    let shape = MatrixShape { rows, numbers, bits, width: width as u32 };
    let federation = start(Parties::with_helper(2));
    let product = || {
        let before = computing();
        let run = federation.run(|party| Product::new(shape, party)).unwrap();
        (run.work, computing() - before)
    };
    let mut runs: Vec<_> = (0..PRODUCTS).map(|_| product()).collect();
    runs.sort_by_key(|(took, _)| took.elapsed);
    let (took, computing) = &runs[PRODUCTS / 2];
    println!("| rows, numbers, bits, width | seconds | seconds of computing | bytes on the wire |");
    println!("|---|---|---|---|");
    println!(
        "| {} | {:.2} | {:.2} | {} |",
        words.join(" "),
        took.elapsed.as_secs_f64(),
        computing.as_secs_f64(),
        took.udp_bytes
    );
}
