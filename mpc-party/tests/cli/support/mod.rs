//! What the tests share: made-up cohorts, query texts, bounded processes, and the plain computation to compare with.

pub(crate) mod cohort;
pub(crate) mod expected;
pub(crate) mod federation;
pub(crate) mod process;
pub(crate) mod query;
pub(crate) mod secrets;
pub(crate) mod trial;
