//! The 24 bytes before each message of the engine, little-endian:
//!
//! ```text
//! 0  u16  magic and version   0x4d01
//! 2  u16  kind                1 = message
//! 4  u32  length of the payload
//! 8  16 bytes  tag of the step that sends it
//! ```
//!
//! The receiver knows tag and length from the protocol's state, so both must be equal, not merely plausible.

use mpc_core::transport::{LinkFault, Tag};

pub(crate) const HEADER_BYTES: usize = 24;
const MAGIC: u16 = 0x4d01;
const MESSAGE: u16 = 1;

pub(crate) fn encode(tag: Tag, length: u32) -> [u8; HEADER_BYTES] {
    let mut bytes = [0; HEADER_BYTES];
    let fields = MAGIC
        .to_le_bytes()
        .into_iter()
        .chain(MESSAGE.to_le_bytes())
        .chain(length.to_le_bytes())
        .chain(*tag.as_bytes());
    for (byte, field) in bytes.iter_mut().zip(fields) {
        *byte = field;
    }
    bytes
}

/// Whether this is the header of exactly the message that is awaited.
pub(crate) fn check(header: &[u8; HEADER_BYTES], tag: Tag, length: usize) -> Result<(), LinkFault> {
    let [m0, m1, k0, k1, l0, l1, l2, l3, got @ ..] = *header;
    if u16::from_le_bytes([m0, m1]) != MAGIC {
        return Err(LinkFault::Malformed("wrong magic or version of a frame"));
    }
    if u16::from_le_bytes([k0, k1]) != MESSAGE {
        return Err(LinkFault::Malformed("unknown kind of a frame"));
    }
    check_message(Tag::from_bytes(got), u64::from(u32::from_le_bytes([l0, l1, l2, l3])), tag, length)
}

/// Whether a message of this tag and length is the one that is awaited.
pub(crate) fn check_message(got: Tag, got_length: u64, tag: Tag, length: usize) -> Result<(), LinkFault> {
    if got != tag {
        return Err(LinkFault::UnexpectedTag { expected: tag, got });
    }
    let expected = length as u64;
    if got_length != expected {
        return Err(LinkFault::WrongLength { expected, got: got_length });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: Tag = Tag::from_bytes([0xa0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

    #[test]
    fn golden_bytes() {
        let golden = [
            0x01, 0x4d, 0x01, 0x00, 0x78, 0x56, 0x34, 0x02, 0xa0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
            14, 15,
        ];
        assert_eq!(encode(TAG, 0x0234_5678), golden);
        assert_eq!(check(&golden, TAG, 0x0234_5678), Ok(()));
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let good = encode(TAG, 1000);
        for bit in 0..HEADER_BYTES * 8 {
            let mut bad = good;
            bad[bit / 8] ^= 1 << (bit % 8);
            let fault = check(&bad, TAG, 1000).expect_err("a flipped bit must be seen");
            let expected = match bit / 8 {
                0..4 => matches!(fault, LinkFault::Malformed(_)),
                4..8 => matches!(fault, LinkFault::WrongLength { expected: 1000, .. }),
                _ => matches!(fault, LinkFault::UnexpectedTag { .. }),
            };
            assert!(expected, "bit {bit}: {fault}");
        }
    }

    #[test]
    fn announced_length_is_reported_not_believed() {
        let fault = check(&encode(TAG, u32::MAX), TAG, 8).expect_err("4 GiB are not 8 bytes");
        assert_eq!(fault, LinkFault::WrongLength { expected: 8, got: u64::from(u32::MAX) });
    }
}
