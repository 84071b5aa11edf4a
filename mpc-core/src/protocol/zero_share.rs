//! Zero-sharing: makes a sharing uniform given everything but its sum.
//!
//! Party i adds `sum over j > i of PRG(k_ij) - sum over j < i of PRG(k_ij)`; all of it sums to zero (Araki, Furukawa,
//! Lindell, Nof, Ohara, CCS 2016, section 2.2, with one seed for each pair). Against up to n - 2 colluding parties
//! the shares of the others are uniform given their sum. No bytes, no rounds, n - 1 PRG words an element.

use crate::algebra::Vector;
use crate::error::Result;
use crate::session::Context;
use crate::sharing::{Additive, Fresh, Raw, SemiHonest, Share};

/// A fresh sharing of the same vector.
///
/// # Errors
/// Only an internal fault: a step used twice.
pub fn zero_share<V: Vector>(
    ctx: &Context<SemiHonest>,
    shared: Raw<Additive<V>>,
) -> Result<Fresh<Additive<V>>> {
    let me = ctx.roster().me();
    let mut mask = V::zeros(shared.share().shape());
    for (peer, mut stream) in ctx.narrow("zero").pair_streams()? {
        if me < peer {
            mask.add_random(&mut stream);
        } else {
            mask.sub_random(&mut stream);
        }
    }
    let mask = Additive::new(mask);
    Ok(Fresh::new(crate::sharing::add(&shared.into_share(), &mask)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Ring;
    use crate::protocol::input::own_summand;
    use crate::protocol::open::{open_output, verify};
    use crate::test_world::{TestWorld, with_unequal_seed};
    use crate::transport::PartyId;

    #[test]
    fn every_pair_of_sites_hides_both() {
        for sites in [2, 3, 4] {
            for (one, other) in (0..sites).flat_map(|one| (0..one).map(move |other| (one, other))) {
                // With a seed that differs at its two ends the shares no longer sum to zero: so both ends use it.
                let pair = [one, other].map(PartyId::new);
                let sum = with_unequal_seed(TestWorld::new(sites), pair).reconstruct(|ctx| async move {
                    let zeros = Ring::<u64>::new(64, vec![0; 3]);
                    Ok(zero_share(&ctx, own_summand(zeros))?.into_raw())
                });
                assert!(sum.values().iter().all(|&value| value != 0), "sites {one} and {other} of {sites}");
            }
        }
    }

    #[test]
    fn keeps_the_sum_and_hides_the_summands() {
        for sites in [2, 3, 5] {
            let outputs = TestWorld::new(sites).run(|ctx| async move {
                let own = Ring::<u32>::new(20, vec![ctx.roster().me().index() as u32 + 1; 3]);
                let fresh = zero_share(&ctx, own_summand(own.clone()))?;
                let hidden = *fresh.share().opening() != own;
                let everyone = ctx.roster().sites().collect();
                let sum = open_output(&ctx, fresh, &everyone).await?;
                let sum = verify(&ctx, sum).await?;
                Ok((hidden, sum.map(|sum| sum.values().to_vec())))
            });
            let expected = u32::from(sites) * (u32::from(sites) + 1) / 2;
            for output in outputs {
                assert_eq!(output.unwrap(), (true, Some(vec![expected; 3])));
            }
        }
    }
}
