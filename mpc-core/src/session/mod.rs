//! One run of a computation among agreed parties: who takes part, what was agreed, and the context through which
//! protocols send, receive and draw shared randomness.

mod agreement;
mod context;
mod finish;
mod roster;
mod transcript;

pub use agreement::{Agreed, PROTOCOL_VERSION, SchemaTerms, Terms, agree};
pub use context::Context;
pub(crate) use context::step_stream;
pub use finish::finish;
pub use roster::Roster;
