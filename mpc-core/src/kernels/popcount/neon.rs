//! ARM: one instruction counts the bits of each byte.

use super::portable;
use std::arch::aarch64::*;

/// NEON.
///
/// # Safety
/// The processor has NEON. All bitmaps have the same length.
#[target_feature(enable = "neon")]
pub(super) unsafe fn tile<const R: usize, const C: usize>(
    rows: [&[u64]; R],
    columns: [&[u64]; C],
) -> [[u64; C]; R] {
    const LANES: usize = 2;
    // A byte counts up to 8 a vector, and 255 in all.
    const VECTORS: usize = 31;
    let words = rows.first().map_or(0, |row| row.len());
    let whole = words / LANES * LANES;
    let mut counts = portable::tile(rows.map(|row| &row[whole..]), columns.map(|column| &column[whole..]));
    for start in (0..whole).step_by(LANES * VECTORS) {
        let mut bytes = [[vdupq_n_u8(0); C]; R];
        for word in (start..whole.min(start + LANES * VECTORS)).step_by(LANES) {
            // SAFETY: all bitmaps are `words` long, and `word + LANES <= whole <= words`.
            let load = |bitmap: &[u64]| unsafe { vreinterpretq_u8_u64(vld1q_u64(bitmap.as_ptr().add(word))) };
            let rows = rows.map(load);
            for (column, bitmap) in columns.iter().enumerate() {
                let bits = load(bitmap);
                for (bytes, row) in bytes.iter_mut().zip(rows) {
                    bytes[column] = vaddq_u8(bytes[column], vcntq_u8(vandq_u8(row, bits)));
                }
            }
        }
        for (count, bytes) in counts.as_flattened_mut().iter_mut().zip(bytes.as_flattened()) {
            *count += u64::from(vaddlvq_u8(*bytes));
        }
    }
    counts
}
