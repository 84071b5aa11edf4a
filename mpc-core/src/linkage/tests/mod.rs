//! Linking, against plain sets; what is seen; and what deviates.

mod agreement;
mod deviations;
mod forged;
mod transcript;

use crate::linkage::own::Keys;
use crate::linkage::{Identifier, Limits, Normalisation};
use crate::random::{Prg, Seed};
use crate::step::Step;

fn identifiers(people: &[u32]) -> Vec<Identifier> {
    people.iter().map(|id| Normalisation::IdV1.apply(&[id.to_string().as_bytes()]).unwrap()).collect()
}

/// At most so many people a site, and however few at all.
fn limits(people_bound: u64) -> Limits {
    Limits { people_bound, min_people: 0 }
}

/// The exponents of a site in tests that have to know them.
fn keys(site: usize) -> Keys {
    Keys::draw(&mut Prg::new(Seed::from_bytes([site as u8 + 1; 32])))
}

fn step(path: &[&str]) -> Step {
    path.iter().fold(Step::root(), |step, name| step.then(name))
}
