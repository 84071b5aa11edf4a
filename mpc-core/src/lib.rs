//! Secure multiparty computation for joint statistics over data that may not be pooled.
//!
//! The modules are chapters, each using earlier ones only:
//! `kernels`, [`random`] and [`transport`], [`step`], [`algebra`], [`sharing`], [`correlation`], [`session`], [`protocol`],
//! [`source`], [`statistics`], [`query`].
#![deny(unsafe_code)]

pub mod algebra;
pub mod correlation;
pub mod disclosure;
pub mod error;
#[allow(
    unsafe_code,
    reason = "vector instructions; the chapter says what is unsafe in it, and why it is sound"
)]
mod kernels;
pub mod protocol;
pub mod query;
pub mod random;
pub mod session;
pub mod sharing;
pub mod source;
pub mod statistics;
pub mod step;
pub mod transport;

#[cfg(any(test, feature = "test-util"))]
pub mod test_world;
