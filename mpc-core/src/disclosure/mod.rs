//! What may be released, decided on shares.

mod decision;
mod people;
mod release;
mod rule;
mod select;

pub use decision::{Decision, decide, demand};
pub use people::{PeopleTest, demand as people_demand, test_people};
pub use rule::{CELLS, ReleaseRule, Threshold};
pub use select::{SelectRule, TooWide};
