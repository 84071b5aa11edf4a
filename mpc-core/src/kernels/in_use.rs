//! Which forms this machine runs, for reports of what was measured on it.

use super::level::{AesLevel, Level};

/// The names of the forms that semi-honest protocols use here.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct KernelsInUse {
    /// Of all kernels but the cipher; `portable` where the processor has nothing better.
    pub vectors: &'static str,
    /// Of the cipher: expansion and hashes of oblivious transfers.
    pub cipher: &'static str,
}

impl KernelsInUse {
    /// Those of this machine.
    pub fn here() -> Self {
        Self { vectors: Level::widest().name(), cipher: AesLevel::widest().name() }
    }
}
