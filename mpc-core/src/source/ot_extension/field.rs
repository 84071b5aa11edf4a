//! The size of the trees.

use crate::kernels::cipher::ROWS;

/// The field of an extension, GF(2^k). A larger one means fewer bytes and more computing.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// k = 2: 8 bytes a transfer, which expands 256 streams.
    Bits2,
    /// k = 4: 4 bytes a transfer, 512 streams.
    Bits4,
    /// k = 8: 2 bytes a transfer, 4,096 streams.
    Bits8,
}

impl Field {
    /// The exponent k.
    pub const fn bits(self) -> usize {
        match self {
            Self::Bits2 => 2,
            Self::Bits4 => 4,
            Self::Bits8 => 8,
        }
    }

    /// Number of trees.
    pub(super) const fn trees(self) -> usize {
        ROWS / self.bits()
    }

    /// Leaves of a tree.
    pub(super) const fn leaves(self) -> usize {
        1 << self.bits()
    }

    /// Bytes that the receiver of `words` times 64 transfers sends.
    pub const fn corrections_len(self, words: usize) -> usize {
        self.trees() * words * 8
    }
}
