//! Who provides correlations. Every source passes the same conformance test (`source::conformance`).

mod base_ot;
pub mod helper;
mod helper_matrix;
mod helper_ring;
pub(crate) mod helper_transfers;
pub mod ot;
pub mod ot_extension;
mod refusal;

pub use refusal::Refusal;

#[cfg(test)]
mod conformance;

/// Who provides the correlations of a session.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Preprocessing {
    /// A helper that deals them ([`helper`]).
    Helper,
    /// The sites themselves, by oblivious transfer.
    ObliviousTransfer,
}

impl Preprocessing {
    /// Name in results and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Helper => "helper",
            Self::ObliviousTransfer => "ot",
        }
    }
}
