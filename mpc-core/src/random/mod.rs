//! Secrets, seeds, and what is derived from them: the pure part, without messages.

pub mod hash;
mod prg;
mod secret;

pub use hash::Domain;
pub use prg::{Prg, Seed};
pub use secret::Secret;
