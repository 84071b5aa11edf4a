//! The innermost loop of counting: bits that two bitmaps have in common.

/// Words per step: independent counts, so that the compiler keeps them in vector registers.
const LANES: usize = 8;

/// Number of bits set in both; words that only one of them has do not count.
pub(super) fn count_common(x: &[u64], y: &[u64]) -> u32 {
    let length = x.len().min(y.len());
    let (x, y) = (x.get(..length).unwrap_or(x), y.get(..length).unwrap_or(y));
    let (x_chunks, x_rest) = x.as_chunks::<LANES>();
    let (y_chunks, y_rest) = y.as_chunks::<LANES>();
    let mut counts = [0u64; LANES];
    for (x, y) in x_chunks.iter().zip(y_chunks) {
        for ((count, x), y) in counts.iter_mut().zip(x).zip(y) {
            *count += u64::from((x & y).count_ones());
        }
    }
    let rest: u32 = x_rest.iter().zip(y_rest).map(|(x, y)| (x & y).count_ones()).sum();
    // A site's people are below 2^31, so the sum fits.
    counts.iter().sum::<u64>() as u32 + rest
}

#[cfg(test)]
mod tests {
    use super::count_common;

    #[test]
    fn every_length_and_every_bit() {
        for length in 0..40 {
            let ones = vec![u64::MAX; length];
            assert_eq!(count_common(&ones, &ones), 64 * length as u32);
            for word in 0..length {
                let mut one = vec![0; length];
                one[word] = 1 << (word % 64);
                assert_eq!(count_common(&ones, &one), 1);
                assert_eq!(count_common(&one, &ones[..word]), 0);
            }
        }
        assert_eq!(count_common(&[0b1100], &[0b1010]), 1);
    }
}
