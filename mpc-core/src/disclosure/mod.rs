//! What may be released, decided on shares.

mod decision;
mod people;
mod release;
mod rule;
mod select;
mod shared_tables;
mod withhold;

pub use decision::{Decision, decide, demand};
pub use people::{PeopleTest, demand as people_demand, test_people};
pub use rule::{CELLS, ReleaseRule, Threshold};
pub use select::{SelectRule, TooWide};
pub use shared_tables::{
    SharedTables, TableRule, decide_tables, enough_people, enough_people_demand, tables_demand,
};
pub use withhold::{demand as withhold_demand, released_cells};
