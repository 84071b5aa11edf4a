//! Numbers of k bits one after another, without a gap: k bits a number where whole bytes would be more, as in matrices of
//! masked numbers.

use zeroize::Zeroize;

/// Bytes of this many numbers.
pub(crate) const fn packed_len(width: u32, numbers: usize) -> usize {
    (width as usize * numbers).div_ceil(8)
}

/// The numbers, each of which is below 2^width, lowest bits first. Bits beyond the last number are zero.
pub(crate) fn pack(width: u32, numbers: &[u32]) -> Vec<u8> {
    let mut out = Vec::with_capacity(packed_len(width, numbers.len()) + 8);
    let (mut gathered, mut count) = (0u64, 0);
    for &number in numbers {
        gathered |= u64::from(number) << count;
        count += width;
        if count >= u32::BITS {
            out.extend_from_slice(&(gathered as u32).to_le_bytes());
            gathered >>= u32::BITS;
            count -= u32::BITS;
        }
    }
    out.extend_from_slice(&gathered.to_le_bytes());
    out.truncate(packed_len(width, numbers.len()));
    gathered.zeroize();
    out
}

/// As many numbers as there is room for; `None` where the bytes are more or fewer, or have bits beyond the last number.
pub(crate) fn unpack(width: u32, bytes: &[u8], numbers: &mut [u32]) -> Option<()> {
    if bytes.len() != packed_len(width, numbers.len()) {
        return None;
    }
    let beyond = 8 * bytes.len() - width as usize * numbers.len();
    if bytes.last().is_some_and(|&last| u32::from(last) >> (8 - beyond) != 0) {
        return None;
    }
    unpack_words(width, bytes, numbers);
    Some(())
}

/// As [`unpack`], from random bytes, whose bits beyond the last number are left out.
pub(crate) fn unpack_words(width: u32, bytes: &[u8], numbers: &mut [u32]) {
    let mask = if width >= u32::BITS { u32::MAX } else { (1 << width) - 1 };
    // Eight bytes hold a number wherever it begins.
    let whole = bytes.len().saturating_sub(7) * 8 / (width as usize).max(1);
    let (near, last) = numbers.split_at_mut(whole.min(numbers.len()));
    let mut place = 0;
    for number in near.iter_mut() {
        let eight = bytes.get(place / 8..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
        *number = (u64::from_le_bytes(eight) >> (place % 8)) as u32 & mask;
        place += width as usize;
    }
    for number in last {
        let mut eight = [0; 8];
        let rest = bytes.get(place / 8..).unwrap_or_default();
        eight.iter_mut().zip(rest).for_each(|(byte, of_rest)| *byte = *of_rest);
        *number = (u64::from_le_bytes(eight) >> (place % 8)) as u32 & mask;
        place += width as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::random_words;

    #[test]
    fn numbers_take_their_bits_and_come_back() {
        for width in 1..=32 {
            for len in [0, 1, 2, 3, 7, 8, 9, 63, 64, 65, 1000] {
                let mask = u32::MAX >> (32 - width);
                let numbers: Vec<u32> =
                    random_words(width as u8, len).iter().map(|&word| word as u32 & mask).collect();
                let bytes = pack(width, &numbers);
                assert_eq!(bytes.len(), (width as usize * len).div_ceil(8));
                for (index, number) in numbers.iter().enumerate() {
                    for bit in 0..width {
                        let place = index * width as usize + bit as usize;
                        assert_eq!(bytes[place / 8] >> (place % 8) & 1, (number >> bit & 1) as u8);
                    }
                }
                let mut back = vec![0; len];
                assert!(unpack(width, &bytes, &mut back).is_some());
                assert_eq!(back, numbers, "{width} bits");
                assert!(unpack(width, &[&bytes[..], &[0]].concat(), &mut back).is_none(), "over-long");
                if let Some((_, short)) = bytes.split_last() {
                    assert!(unpack(width, short, &mut back).is_none(), "truncated");
                }
                if !(width as usize * len).is_multiple_of(8) {
                    let mut dirty = bytes.clone();
                    *dirty.last_mut().unwrap() |= 0x80;
                    assert!(unpack(width, &dirty, &mut back).is_none(), "bits beyond the last number");
                    unpack_words(width, &dirty, &mut back);
                    assert_eq!(back, numbers);
                }
            }
        }
    }
}
