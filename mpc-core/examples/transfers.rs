//! Rates of random oblivious transfers at both security levels: what the check costs. One thread computes for sender and
//! receiver, without a network.
//!
//! ```text
//! cargo run --release --locked -p mpc-core --example transfers
//! ```
#![allow(clippy::print_stdout, reason = "a command of its own, for whoever measures")]

use futures::executor::block_on;
use futures::future::try_join;
use mpc_core::algebra::{Bits, Vector};
use mpc_core::error::{Error, Result};
use mpc_core::random::{Prg, Seed};
use mpc_core::session::{Roster, SchemaTerms, Terms, agree};
use mpc_core::sharing::{Malicious, SemiHonest};
use mpc_core::source::ot_extension::{Field, Pair, malicious, set_up};
use mpc_core::step::{SessionId, Step};
use mpc_core::transport::PartyId;
use mpc_core::transport::memory::{MemoryNetwork, MemoryTransport};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Words of an extension, as in `source::ot`: 2^20 transfers.
const WORDS: usize = 1 << 14;
/// Bits of each pad.
const WIDTH: usize = 1;
/// Extensions at each level, which take turns; the fastest counts.
const EXTENSIONS: usize = 40;

/// What a party has of the other, and the session.
async fn party(
    end: Arc<MemoryTransport>,
    index: u8,
    field: Field,
) -> Result<(SessionId, Pair<SemiHonest>, Pair<Malicious>)> {
    let [me, peer] = [index, 1 - index].map(PartyId::new);
    let missing = Error::Internal("no transfers with the peer");
    let mut randomness = Prg::new(Seed::from_os()?);
    let roster = Roster::new(me, 2, false);
    let terms = Terms { description: [1; 32], schema: Some(SchemaTerms { hash: [2; 32], markers: 0 }) };
    let first = agree(&*end, &roster, &terms, &mut randomness).await?.id;
    let semi_honest = set_up(&*end, &roster, &first, field, &mut randomness).await?.remove(&peer);
    let second = agree(&*end, &roster, &terms, &mut randomness).await?.id;
    let malicious = malicious::set_up(&*end, &roster, &second, field, &mut randomness).await?.remove(&peer);
    Ok((second, semi_honest.ok_or(missing.clone())?, malicious.ok_or(missing)?))
}

fn main() -> Result<()> {
    for field in [Field::Bits2, Field::Bits4, Field::Bits8] {
        let network = MemoryNetwork::new(2);
        let [zero, one] = [0, 1].map(|index| party(network.end(PartyId::new(index)), index, field));
        let ((session, semi_honest, malicious), (_, semi_honest_peer, malicious_peer)) =
            block_on(try_join(zero, one))?;
        let mut randomness = Prg::new(Seed::from_os()?);
        let choices = Bits::random(WORDS, &mut randomness);
        let mut fastest = [Duration::MAX; 2];
        let refused = |refusal: mpc_core::source::Refusal| refusal.by(PartyId::new(1), &Step::root());
        for number in 0..EXTENSIONS {
            let tag = Step::root().then_nth("extension", number).tag(&session);
            let start = Instant::now();
            let (corrections, _pads) = semi_honest_peer.receiver.rows(tag, &choices, WIDTH);
            semi_honest.sender.rows(tag, WORDS, WIDTH, &corrections).map_err(refused)?;
            fastest[0] = fastest[0].min(start.elapsed());

            let start = Instant::now();
            let receiver = &malicious_peer.receiver;
            let (corrections, unanswered) = receiver.rows(tag, &choices, WIDTH, &mut randomness);
            let unproven = malicious.sender.rows(tag, WORDS, WIDTH, &corrections, &mut randomness);
            let unproven = unproven.map_err(refused)?;
            let (answer, _pads) = unanswered.answer(&unproven.challenge()).map_err(refused)?;
            unproven.verify(&answer).map_err(refused)?;
            fastest[1] = fastest[1].min(start.elapsed());
        }
        let nanoseconds = fastest.map(|time| time.as_secs_f64() * 1e9 / (64 * WORDS) as f64);
        println!(
            "k = {}: {:.1} ns a transfer semi-honest, {:.1} malicious, both sides together; ratio {:.2}",
            field.bits(),
            nanoseconds[0],
            nanoseconds[1],
            nanoseconds[1] / nanoseconds[0]
        );
    }
    Ok(())
}
