//! Dummies: identifiers of nobody, the same at all sites. Each site puts each of them into its set with probability 1/2 and
//! tells nobody which, so that the numbers which linking tells are not exact. A dummy is in no site's membership, so it
//! counts nowhere.
//!
//! Of a pool of d dummies, a region (the people who are at exactly some of n sites) gets a binomial number more, of d with
//! probability `2^-n`; for a site that sees it, and knows its own choices, of about d / 2 with probability `2^(1-n)`. To tell
//! by such a number whether one person belongs to a region, there is an advantage (the distance of the two distributions)
//! of about `sqrt(2^n / (pi d))`: the largest probability of that binomial distribution for two sites, and less than that
//! for a region among more. A site that knows the others' numbers of people knows how many dummies they took, and has
//! sqrt(2) times that advantage ([`Method::advantage`]). Runs add up: k of them show what one with d / k dummies would.
//!
//! *Cost*: about d / 2 more people at each site, and `d (1 - 2^-n)` more rows.

use super::{Identifier, Method};
use crate::algebra::{Bits, Vector};
use crate::error::Result;
use crate::random::{Domain, Prg, hash::Hasher};
use crate::session::Context;
use crate::sharing::SemiHonest;
use std::f64::consts::PI;

impl Identifier {
    /// That of a dummy. No person has it, as it is hashed under a domain of its own.
    fn dummy(number: u32) -> Self {
        Self::of_hash(Hasher::new(Domain::Dummy).number(number.into()).finish())
    }
}

impl Method {
    /// Dummies of a site, and rows of dummies among so many sites, on average.
    pub const fn expected_dummies(self, sites: usize) -> (usize, usize) {
        let pool = self.dummies() as usize;
        (pool / 2, pool - (pool >> sites))
    }

    /// At most how much more probable one answer than the other makes what linking tells, where one person is in question:
    /// 1 without dummies. For a site that knows how many people the others have.
    pub fn advantage(self, sites: usize) -> f64 {
        (2f64.powi(sites as i32 + 1) / (PI * f64::from(self.dummies()))).sqrt().min(1.0)
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
    use statrs::distribution::{Binomial, Discrete, Hypergeometric};
    use std::collections::HashSet;
    use std::f64::consts::SQRT_2;

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

    /// The distance of a distribution with one maximum from itself moved by one is its largest probability.
    #[test]
    fn the_advantage_is_as_stated() {
        for pool in [100, 1_000, 10_000] {
            let advantage = |sites| Method::Union { dummies: pool }.advantage(sites);
            let own = u64::from(pool / 2);
            // The other's number of dummies is known: how many of them are one's own.
            let common = Hypergeometric::new(pool.into(), own, own).unwrap().ln_pmf(own / 2).exp();
            assert!((common / advantage(2) - 1.0).abs() < 0.03, "{pool}: {common}");
            // It is not known.
            let most = |sites: i32| {
                let chance = 2f64.powi(1 - sites);
                let others = Binomial::new(chance, own).unwrap();
                others.ln_pmf((own as f64 * chance) as u64).exp()
            };
            assert!((most(2) * SQRT_2 / advantage(2) - 1.0).abs() < 0.03, "{pool}: {}", most(2));
            for sites in [3, 5] {
                assert!(
                    most(sites) * SQRT_2 < 1.03 * advantage(sites as usize),
                    "{sites}, {pool}: {}",
                    most(sites)
                );
            }
        }
        assert_eq!(Method::default().advantage(2), 1.0);
    }

    #[test]
    fn as_many_as_expected() {
        assert_eq!(Method::Union { dummies: 1_000 }.expected_dummies(3), (500, 875));
        assert_eq!(Method::default().expected_dummies(2), (0, 0));
        assert_eq!(Method::Intersection.expected_dummies(2), (0, 0));
    }
}
