//! What may be released, decided on shares.

mod people;
mod release;
mod rule;

pub use people::{PeopleTest, demand as people_demand, test_people};
pub use release::{demand, release_bits};
pub use rule::{CELLS, ReleaseRule, Threshold};
