//! Who provides correlations. Every source passes the same conformance test (`source::conformance`).

mod base_ot;
pub mod helper;
mod helper_ring;
pub mod ot;
pub mod ot_extension;
mod refusal;

pub use refusal::Refusal;

#[cfg(test)]
mod conformance;
