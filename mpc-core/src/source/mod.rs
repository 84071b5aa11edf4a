//! Who provides correlations. Every source passes the same conformance test (`source::conformance`).

pub mod helper;

#[cfg(test)]
mod conformance;
