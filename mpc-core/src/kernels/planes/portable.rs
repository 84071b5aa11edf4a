//! The twin of all other forms: eight numbers at a time, whose equal bits a multiplication brings together.

use super::NUMBERS;

/// The lowest bit of each byte.
const LOW: u64 = 0x0101_0101_0101_0101;

/// Brings the lowest bits of eight bytes together in the highest byte, in their order.
const GATHER: u64 = 0x0102_0408_1020_4080;

pub(super) fn pack(numbers: &[u32; NUMBERS], most: u32, planes: &mut [u64]) {
    planes.fill(0);
    for (byte, planes) in planes.chunks_mut(8).enumerate() {
        if byte >= 4 {
            break;
        }
        for (group, numbers) in numbers.as_chunks::<8>().0.iter().enumerate() {
            let bytes = u64::from_le_bytes(numbers.map(|number| (number.min(most) >> (8 * byte)) as u8));
            for (bit, plane) in planes.iter_mut().enumerate() {
                *plane |= ((bytes >> bit & LOW).wrapping_mul(GATHER) >> 56) << (8 * group);
            }
        }
    }
}
