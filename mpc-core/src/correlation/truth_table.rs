//! A public function from Z_2^b to one bit, for one-time tables.

use std::sync::Arc;

/// The function's values at 0, 1, .., 2^width - 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TruthTable {
    width: u32,
    values: Arc<[bool]>,
}

impl TruthTable {
    /// Widest index: 2^WIDEST values. A wider table costs more bytes than a comparison circuit
    /// (`protocol::sum_at_least`): 2^b bits from the source against about (n + 2) b triples.
    pub const WIDEST: u32 = 8;

    /// The function on indices of `width` bits; `None` above [`Self::WIDEST`].
    pub fn new(width: u32, function: impl Fn(u64) -> bool) -> Option<Self> {
        (width <= Self::WIDEST).then(|| Self { width, values: (0..1u64 << width).map(function).collect() })
    }

    /// Bits of the index.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// The values in order of the index.
    pub fn values(&self) -> &[bool] {
        &self.values
    }
}
