//! Seconds and bytes of a lattice product between two sites on this machine, over the in-memory network: a thread for each
//! site, each of which uses all cores. What the evaluator has not taken yet waits in memory.
//!
//! ```text
//! cargo run --release --locked -p mpc-core --example lattice_product -- [rows] [numbers] [bits] [width]
//! ```
//!
//! Rows, columns of numbers, columns of bits, and bits of a number; 100,000, 100, 100 and 17 where none are given.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for developers that prints what it measured"
)]

use futures::executor::block_on;
use mpc_core::algebra::{Bits, Ring, RingShape, Vector};
use mpc_core::lattice::product::{Shape, evaluate, hold};
use mpc_core::random::{Prg, Seed};
use mpc_core::session::{Context, Roster, SchemaTerms, Terms, agree};
use mpc_core::source::ot::{Field, OtSource};
use mpc_core::transport::PartyId;
use mpc_core::transport::memory::MemoryNetwork;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>().unwrap());
    let [rows, numbers, bits, width] =
        [100_000, 100, 100, 17].map(|default| arguments.next().unwrap_or(default));
    let shape = Shape { rows, numbers, bits, width: width as u32 };
    let mut prg = Prg::new(Seed::from_bytes([1; 32]));
    let w = Ring::random(RingShape { width: shape.width, len: rows * numbers }, &mut prg);
    let y = Bits::random(Bits::words_for(rows) * bits, &mut prg);

    let network = MemoryNetwork::new(2);
    let start = Barrier::new(2);
    let party = |index: u8| {
        let transport = network.end(PartyId::new(index));
        let roster = Roster::new(PartyId::new(index), 2, false);
        let terms = Terms { description: [1; 32], schema: Some(SchemaTerms { hash: [2; 32], markers: 2 }) };
        let (w, y, start) = (&w, &y, &start);
        move || {
            let mut randomness = Prg::new(Seed::from_os().unwrap());
            block_on(async {
                let agreed = agree(&*transport, &roster, &terms, &mut randomness).await.unwrap();
                let source =
                    OtSource::set_up(transport.clone(), roster, &agreed, Field::Bits4, &mut randomness);
                let source = Arc::new(source.await.unwrap());
                let ctx = Context::new(transport.clone(), roster, agreed, source);
                let before = transport.bytes_sent();
                start.wait();
                let began = Instant::now();
                let share = match index {
                    0 => hold(&ctx, PartyId::new(1), shape, w).await.unwrap(),
                    _ => evaluate(&ctx, PartyId::new(0), shape, y).await.unwrap(),
                };
                (share, began.elapsed().as_secs_f64(), transport.bytes_sent() - before)
            })
        }
    };
    let (mut holder, evaluator) = thread::scope(|scope| {
        let parties = [0, 1].map(|index| scope.spawn(party(index)));
        let [holder, evaluator] = parties.map(|party| party.join().unwrap());
        (holder, evaluator)
    });
    println!("holder:    {:.2} s, {} bytes", holder.1, holder.2);
    println!("evaluator: {:.2} s, {} bytes", evaluator.1, evaluator.2);
    println!("computed:  {:?}, wrong with probability below {:.1e}", shape.cost(), shape.error_probability());

    holder.0.add_assign(&evaluator.0);
    let words = Bits::words_for(rows);
    for (at, &result) in holder.0.values().iter().enumerate().step_by(997) {
        let (column, bits) = (&w.values()[at / bits * rows..], &y.words()[at % bits * words..]);
        let chosen =
            column[..rows].iter().enumerate().filter(|(row, _)| bits[row / 64] >> (row % 64) & 1 == 1);
        let sum = chosen.fold(0, |sum: u32, (_, &value)| sum.wrapping_add(value));
        assert_eq!(result, sum & (u32::MAX >> (32 - shape.width)), "result {at}");
    }
    println!("compared with plain arithmetic");
}
