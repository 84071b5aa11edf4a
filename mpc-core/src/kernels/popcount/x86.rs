//! x86: one instruction a vector (AVX-512 VPOPCNTDQ), a table of half bytes (Mula, Kurz, Lemire, Computer Journal 2018,
//! section 3.1), or one instruction a word.

use super::portable;
use std::arch::x86_64::*;

/// POPCNT.
///
/// # Safety
/// The processor has POPCNT.
#[target_feature(enable = "popcnt")]
pub(super) fn popcnt<const R: usize, const C: usize>(
    rows: [&[u64]; R],
    columns: [&[u64]; C],
) -> [[u64; C]; R] {
    portable::tile(rows, columns)
}

/// AVX-512.
///
/// # Safety
/// The processor has the features named. All bitmaps have the same length.
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
pub(super) unsafe fn avx512<const R: usize, const C: usize>(
    rows: [&[u64]; R],
    columns: [&[u64]; C],
) -> [[u64; C]; R] {
    const LANES: usize = 8;
    let words = rows.first().map_or(0, |row| row.len());
    let mut counts = [[_mm512_setzero_si512(); C]; R];
    for word in (0..words).step_by(LANES) {
        // Lanes beyond the last word are not read, and are zero.
        let present = ((1u16 << (words - word).min(LANES)) - 1) as __mmask8;
        // SAFETY: of all bitmaps, which are `words` long, the words `word ..` in `present` are read.
        let load = |bitmap: &[u64]| unsafe {
            _mm512_maskz_loadu_epi64(present, bitmap.as_ptr().cast::<i64>().wrapping_add(word))
        };
        let rows = rows.map(load);
        for (column, bitmap) in columns.iter().enumerate() {
            let bits = load(bitmap);
            for (counts, row) in counts.iter_mut().zip(rows) {
                let common = _mm512_popcnt_epi64(_mm512_and_si512(row, bits));
                counts[column] = _mm512_add_epi64(counts[column], common);
            }
        }
    }
    counts.map(|row| row.map(|count| _mm512_reduce_add_epi64(count) as u64))
}

/// AVX2.
///
/// # Safety
/// The processor has the features named. All bitmaps have the same length.
#[target_feature(enable = "avx2,popcnt")]
pub(super) unsafe fn avx2<const R: usize, const C: usize>(
    rows: [&[u64]; R],
    columns: [&[u64]; C],
) -> [[u64; C]; R] {
    let mut counts = [[0; C]; R];
    // Two by two, as many as the registers hold.
    for (row, bitmaps) in (0..R).step_by(2).zip(rows.chunks(2)) {
        for (column, others) in (0..C).step_by(2).zip(columns.chunks(2)) {
            let [first, second] = [bitmaps[0], bitmaps[bitmaps.len() - 1]];
            let [third, fourth] = [others[0], others[others.len() - 1]];
            // SAFETY: the features are those of this function, and the bitmaps have one length.
            let quarter = unsafe { avx2_two_by_two([first, second], [third, fourth]) };
            for (counts, quarter) in counts[row..].iter_mut().zip(quarter).take(bitmaps.len()) {
                counts[column..].iter_mut().zip(quarter).for_each(|(count, common)| *count = common);
            }
        }
    }
    counts
}

/// # Safety
/// As [`avx2`].
#[inline]
#[target_feature(enable = "avx2,popcnt")]
unsafe fn avx2_two_by_two(rows: [&[u64]; 2], columns: [&[u64]; 2]) -> [[u64; 2]; 2] {
    const LANES: usize = 4;
    // A byte counts up to 8 a vector, and 255 in all.
    const VECTORS: usize = 31;
    let of_half_byte = _mm256_setr_epi8(
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
    );
    let low = _mm256_set1_epi8(0x0f);
    let zero = _mm256_setzero_si256();
    let words = rows[0].len();
    let whole = words / LANES * LANES;
    let mut counts = [[zero; 2]; 2];
    for start in (0..whole).step_by(LANES * VECTORS) {
        let mut bytes = [[zero; 2]; 2];
        for word in (start..whole.min(start + LANES * VECTORS)).step_by(LANES) {
            // SAFETY: all bitmaps are `words` long, and `word + LANES <= whole <= words`.
            let load = |bitmap: &[u64]| unsafe { _mm256_loadu_si256(bitmap.as_ptr().add(word).cast()) };
            let (rows, columns) = (rows.map(load), columns.map(load));
            for (bytes, row) in bytes.iter_mut().zip(rows) {
                for (bytes, column) in bytes.iter_mut().zip(columns) {
                    let common = _mm256_and_si256(row, column);
                    let ones = _mm256_shuffle_epi8(of_half_byte, _mm256_and_si256(common, low));
                    let common = _mm256_and_si256(_mm256_srli_epi16::<4>(common), low);
                    let more = _mm256_shuffle_epi8(of_half_byte, common);
                    *bytes = _mm256_add_epi8(*bytes, _mm256_add_epi8(ones, more));
                }
            }
        }
        for (counts, bytes) in counts.as_flattened_mut().iter_mut().zip(bytes.as_flattened()) {
            *counts = _mm256_add_epi64(*counts, _mm256_sad_epu8(*bytes, zero));
        }
    }
    let rest = portable::tile(rows.map(|row| &row[whole..]), columns.map(|column| &column[whole..]));
    let mut sums = rest;
    for (sum, counts) in sums.as_flattened_mut().iter_mut().zip(counts.as_flattened()) {
        let mut lanes = [0u64; LANES];
        // SAFETY: `lanes` has the size of the vector.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), *counts) };
        *sum += lanes.iter().sum::<u64>();
    }
    sums
}
