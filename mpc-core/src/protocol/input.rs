//! Sharing private inputs. Both ways cost no bytes and no rounds.

use crate::algebra::Vector;
use crate::error::Result;
use crate::session::Context;
use crate::sharing::{Additive, Raw, SemiHonest};
use crate::transport::PartyId;

/// Takes each party's own vector as its share of the sum of all: a hospital's local count *is* an additive share of
/// the pooled count. Such a sharing must be zero-shared, or masked, before anything of it is opened.
pub fn own_summand<V: Vector>(own: V) -> Raw<Additive<V>> {
    Raw::new(Additive::new(own))
}

/// Shares a vector of `owner`, who alone passes it. Every other party's share is the stream it has in common with the
/// owner, and the owner keeps the remainder (the seed trick of Araki et al., CCS 2016, for pairwise seeds). The
/// streams are labelled with the owner: under one label, inputs of i and of j would cancel each other's masks.
///
/// # Errors
/// Only an internal fault: a step used twice.
pub fn share_input<V: Vector>(
    ctx: &Context<SemiHonest>,
    owner: PartyId,
    own: Option<V>,
    shape: V::Shape,
) -> Result<Raw<Additive<V>>> {
    let streams = ctx.narrow_nth("owner", owner.index()).pair_streams()?;
    let mut share = own.unwrap_or_else(|| V::zeros(shape));
    for (peer, mut stream) in streams {
        if owner == ctx.roster().me() {
            share.sub_random(&mut stream);
        } else if owner == peer {
            share = V::random(shape, &mut stream);
        }
    }
    Ok(Raw::new(Additive::new(share)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Bits;
    use crate::protocol::open::{open_output, verify};
    use crate::protocol::zero_share::zero_share;
    use crate::sharing::Share;
    use crate::test_world::{TestWorld, with_unequal_seed};

    #[test]
    fn every_other_site_hides_an_input() {
        for (owner, other) in (0..4).flat_map(|owner| (0..4).map(move |other| (owner, other))) {
            if owner == other {
                continue;
            }
            let pair = [other, owner].map(PartyId::new);
            let sum = with_unequal_seed(TestWorld::new(4), pair).reconstruct(|ctx| async move {
                let owner = PartyId::new(owner);
                let own = (ctx.roster().me() == owner).then(|| Bits::zeros(3));
                share_input(&ctx.narrow("input"), owner, own, 3)
            });
            assert!(sum.words().iter().all(|&word| word != 0), "{owner}'s input without a mask of {other}");
        }
    }

    #[test]
    fn inputs_of_all_owners_add_up_and_do_not_show() {
        for sites in [2, 3, 5] {
            let outputs = TestWorld::new(sites).run(|ctx| async move {
                let me = ctx.roster().me();
                let mut shares = Vec::new();
                for owner in ctx.roster().sites() {
                    let own = (owner == me).then(|| Bits::from_words(vec![1 << owner.index(); 2]));
                    shares.push(share_input(&ctx.narrow("input"), owner, own, 2)?);
                }
                let all: Vec<&_> = shares.iter().collect();
                let total = Raw::linear(&all, |parts| {
                    let mut sum = Bits::zeros(2);
                    parts.iter().for_each(|part| sum.add_assign(part));
                    sum
                });
                let hidden = total.share().opening().words()[0] != 1 << me.index();
                let fresh = zero_share(&ctx, total)?;
                let everyone = ctx.roster().sites().collect();
                let opened = open_output(&ctx, fresh, &everyone).await?;
                Ok((hidden, verify(&ctx, opened).await?.map(|sum| sum.words().to_vec())))
            });
            for output in outputs {
                assert_eq!(output.unwrap(), (true, Some(vec![(1 << sites) - 1; 2])));
            }
        }
    }
}
