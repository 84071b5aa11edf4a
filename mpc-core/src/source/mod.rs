//! Who provides correlations. Every source passes the same conformance test (`source::conformance`).

pub mod helper;
mod helper_ring;

#[cfg(test)]
mod conformance;
