//! Dummies: identifiers of nobody, the same at all sites. Each site puts each of them into its set with probability 1/2 and
//! tells nobody which, so that the numbers which linking tells are not exact. A dummy is in no site's membership, so it
//! counts nowhere.
//!
//! Of a pool of d dummies, a region (the people who are at exactly some of n sites) gets a binomial number more, of d with
//! probability `2^-n`; for a site that sees it, and knows its own choices, of about d / 2 with probability `2^(1-n)`. To tell by
//! such a number whether one person belongs to a region, there is an advantage of about `sqrt(2^n / (pi d))` over guessing: the
//! largest probability of the binomial distribution of d / 2 with probability 1/2 for two sites, and less than that formula for
//! one region among more. A site that knows the others' numbers of people knows how many dummies they took, and has sqrt(2) times that advantage. For
//! two sites: 0.11 for 100 dummies, 0.011 for 10,000. Runs add up: k of them show what one with d / k dummies
//! would.
//!
//! *Cost*: about d / 2 more people at each site, and `d (1 - 2^-n)` more rows.

use super::Identifier;
use crate::algebra::{Bits, Vector};
use crate::error::Result;
use crate::random::{Domain, Prg, hash::Hasher};
use crate::session::Context;
use crate::sharing::SemiHonest;

impl Identifier {
    /// That of a dummy. No person has it, as it is hashed under a domain of its own.
    fn dummy(number: u32) -> Self {
        Self::of_hash(Hasher::new(Domain::Dummy).number(number.into()).finish())
    }
}

/// This site's dummies, of a pool of so many.
pub(super) fn draw(ctx: &Context<SemiHonest>, pool: u32) -> Result<Vec<Identifier>> {
    Ok(choose(&mut ctx.narrow("dummies").own_stream()?, pool))
}

fn choose(randomness: &mut Prg, pool: u32) -> Vec<Identifier> {
    let words = Bits::random(Bits::words_for(pool as usize), randomness);
    (0..pool).filter(|&number| words.get(number as usize)).map(Identifier::dummy).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::Normalisation;
    use crate::random::Seed;
    use std::collections::HashSet;

    #[test]
    fn about_half_of_the_pool_by_chance() {
        let draw = |seed, pool| choose(&mut Prg::new(Seed::from_bytes([seed; 32])), pool);
        assert!(draw(1, 0).is_empty());
        let (one, other) = (draw(1, 10_000), draw(2, 10_000));
        for drawn in [&one, &other] {
            // Six standard deviations of 50.
            assert!(drawn.len().abs_diff(5_000) < 300, "{}", drawn.len());
            assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), drawn.len());
        }
        let common = one.iter().collect::<HashSet<_>>().intersection(&other.iter().collect()).count();
        assert!(common.abs_diff(2_500) < 260, "{common}");
    }

    #[test]
    fn nobody_has_a_dummys_identifier() {
        for number in [0, 1, 9] {
            let person = Normalisation::IdV1.apply(&[number.to_string().as_bytes()]).unwrap();
            assert!(person != Identifier::dummy(number));
        }
    }

    /// The advantage that the head of this file states, against the exact one.
    #[test]
    fn the_advantage_is_as_stated() {
        for (sites, pool) in [(2, 100), (2, 1_000), (3, 100), (3, 1_000), (5, 1_000)] {
            let (trials, chance) = (pool / 2, 2f64.powi(1 - sites));
            // The largest probability of the binomial distribution is the distance of it from itself moved by one.
            let (mut probability, mut most) = ((1.0 - chance).powi(trials), 0f64);
            for count in 0..trials {
                most = most.max(probability);
                probability *= f64::from(trials - count) / f64::from(count + 1) * chance / (1.0 - chance);
            }
            let stated = (2f64.powi(sites) / (std::f64::consts::PI * f64::from(pool))).sqrt();
            assert!(most > 0.0 && most < 1.02 * stated, "{sites} sites, {pool}: {most} and {stated}");
            assert!(sites > 2 || most > 0.97 * stated, "{most} and {stated}");
        }
    }
}
