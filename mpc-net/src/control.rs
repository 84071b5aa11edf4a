//! Control messages: hello, ready, abort, check. The only place that uses bincode.
//!
//! On the control stream each message is a length (u32) and that many bytes; a `Ready` is followed by the raw bytes
//! of its announcement. Integers are little-endian and of fixed width (bincode's legacy format).

use crate::limits::{self, CONTROL_BYTES};
use crate::metrics::Counters;
use bincode::{Decode, Encode};
use mpc_core::transport::{AbortReason, PartyId};
use quinn::{ReadError, ReadExactError, RecvStream, SendStream, WriteError};
use std::sync::Arc;

/// Version of everything that follows the TLS handshake.
pub(crate) const PROTOCOL_VERSION: u16 = 2;

const CONFIG: bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Fixint,
    bincode::config::Limit<CONTROL_BYTES>,
> = bincode::config::legacy().with_limit::<CONTROL_BYTES>();

/// What parties tell each other beside the engine's messages.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Message {
    Hello(WireHello),
    Ready { length: u32 },
    Abort(WireReason),
    Check(WireCheck),
}

/// A hello on the wire. The version stands first and stays there, so that any two versions can name each other.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct WireHello {
    pub(crate) version: u16,
    pub(crate) build: String,
    pub(crate) query_hash: [u8; 32],
    pub(crate) parties: Vec<(String, Vec<[u8; 32]>)>,
    pub(crate) mode: String,
}

/// The word of a party that tries its links, or is asked by one that does.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct WireCheck {
    /// First, as in a hello.
    pub(crate) version: u16,
    pub(crate) build: String,
    /// Seconds since 1970.
    pub(crate) clock: u64,
}

/// [`AbortReason`] on the wire. The order of the variants is part of the protocol.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum WireReason {
    Interrupted,
    LocalInput,
    PeerLost { party: u8 },
    ProtocolViolation,
    Disagreement,
    Refused,
    Internal,
}

impl From<AbortReason> for WireReason {
    fn from(reason: AbortReason) -> Self {
        match reason {
            AbortReason::Interrupted => Self::Interrupted,
            AbortReason::LocalInput => Self::LocalInput,
            // A roster has at most 17 participants, so the index always fits.
            AbortReason::PeerLost(party) => {
                Self::PeerLost { party: u8::try_from(party.index()).unwrap_or(u8::MAX) }
            }
            AbortReason::ProtocolViolation => Self::ProtocolViolation,
            AbortReason::Disagreement => Self::Disagreement,
            AbortReason::Refused => Self::Refused,
            AbortReason::Internal => Self::Internal,
        }
    }
}

impl From<WireReason> for AbortReason {
    fn from(reason: WireReason) -> Self {
        match reason {
            WireReason::Interrupted => Self::Interrupted,
            WireReason::LocalInput => Self::LocalInput,
            WireReason::PeerLost { party } => Self::PeerLost(PartyId::new(party)),
            WireReason::ProtocolViolation => Self::ProtocolViolation,
            WireReason::Disagreement => Self::Disagreement,
            WireReason::Refused => Self::Refused,
            WireReason::Internal => Self::Internal,
        }
    }
}

/// Why control bytes were not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ControlError {
    /// The peer ended the stream after its last message.
    Finished,
    /// The connection ended, or the peer wants no more of the stream.
    Ended,
    /// A hello of another version of the protocol.
    Version(u16),
    /// No control message of this protocol.
    Malformed(&'static str),
}

pub(crate) fn encode(message: &Message) -> Result<Vec<u8>, ControlError> {
    let bytes = bincode::encode_to_vec(message, CONFIG)
        .map_err(|_| ControlError::Malformed("a control message could not be written"))?;
    if bytes.len() > CONTROL_BYTES {
        return Err(ControlError::Malformed("a control message is too long"));
    }
    Ok(bytes)
}

/// Numbers of the variants that begin with a version.
const HELLO: u32 = 0;
const CHECK: u32 = 3;

pub(crate) fn decode(bytes: &[u8]) -> Result<Message, ControlError> {
    // Anything after the version may differ in another version, so the version is looked at on its own first.
    if let Ok(((HELLO | CHECK, version), _)) = bincode::decode_from_slice::<(u32, u16), _>(bytes, CONFIG)
        && version != PROTOCOL_VERSION
    {
        return Err(ControlError::Version(version));
    }
    match bincode::decode_from_slice(bytes, CONFIG) {
        // bincode accepts trailing bytes.
        Ok((message, consumed)) if consumed == bytes.len() => Ok(message),
        Ok(_) => Err(ControlError::Malformed("a control message with trailing bytes")),
        Err(_) => Err(ControlError::Malformed("an unreadable control message")),
    }
}

/// An abort notice as it stands in a close frame.
pub(crate) fn decode_abort(bytes: &[u8]) -> Option<AbortReason> {
    match decode(bytes) {
        Ok(Message::Abort(reason)) => Some(reason.into()),
        _ => None,
    }
}

/// The sending half of a control stream.
pub(crate) struct ControlSender {
    stream: SendStream,
    counters: Arc<Counters>,
    /// Whether the last message was written to its end; after half a message no other can follow.
    whole: bool,
}

impl ControlSender {
    pub(crate) fn new(stream: SendStream, counters: Arc<Counters>) -> Self {
        // An abort notice goes ahead of the bulk that waits on the lanes. A stream just opened takes a priority.
        let _ = stream.set_priority(1);
        Self { stream, counters, whole: true }
    }

    pub(crate) async fn send(&mut self, message: &Message) -> Result<(), ControlError> {
        let bytes = encode(message)?;
        let length = u32::try_from(bytes.len())
            .map_err(|_| ControlError::Malformed("a control message is too long"))?;
        self.write([length.to_le_bytes().as_slice(), &bytes].concat()).await
    }

    pub(crate) async fn announce(&mut self, announcement: Vec<u8>) -> Result<(), ControlError> {
        let length = u32::try_from(announcement.len())
            .map_err(|_| ControlError::Malformed("an announcement is too long"))?;
        self.send(&Message::Ready { length }).await?;
        self.write(announcement).await
    }

    /// Ends the stream and waits until the peer's machine has all of it.
    pub(crate) async fn finish(&mut self) -> Result<(), ControlError> {
        self.stream.finish().map_err(|_| ControlError::Ended)?;
        self.stream.stopped().await.map(|_| ()).map_err(|_| ControlError::Ended)
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ControlError> {
        if !self.whole {
            return Err(ControlError::Ended);
        }
        self.whole = false;
        let length = bytes.len();
        self.stream.write_chunk(bytes.into()).await.map_err(|_: WriteError| ControlError::Ended)?;
        self.whole = true;
        self.counters.count_sent(length);
        Ok(())
    }
}

/// The receiving half of a control stream.
pub(crate) struct ControlReceiver {
    stream: RecvStream,
    counters: Arc<Counters>,
}

impl ControlReceiver {
    pub(crate) fn new(stream: RecvStream, counters: Arc<Counters>) -> Self {
        Self { stream, counters }
    }

    /// The next message. Its announced length is bounded before anything is allocated.
    pub(crate) async fn next(&mut self) -> Result<Message, ControlError> {
        let mut length = [0; 4];
        match self.stream.read_exact(&mut length).await {
            Ok(()) => {}
            Err(ReadExactError::FinishedEarly(0)) => return Err(ControlError::Finished),
            Err(ReadExactError::ReadError(ReadError::ConnectionLost(_))) => return Err(ControlError::Ended),
            Err(_) => return Err(ControlError::Malformed("a control stream that breaks off")),
        }
        let length = u32::from_le_bytes(length) as usize;
        if length > CONTROL_BYTES {
            return Err(ControlError::Malformed("a control message that is too long"));
        }
        let bytes = self.read(length).await?;
        self.counters.count_received(4);
        decode(&bytes)
    }

    /// The announcement that follows a `Ready`.
    pub(crate) async fn announcement(&mut self, length: u32) -> Result<Vec<u8>, ControlError> {
        let length = length as usize;
        if length > limits::MAX_ANNOUNCEMENT_BYTES {
            return Err(ControlError::Malformed("an announcement that is too long"));
        }
        self.read(length).await
    }

    /// Memory grows with what has arrived, not with what was announced.
    async fn read(&mut self, length: usize) -> Result<Vec<u8>, ControlError> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            match self.stream.read_chunk(length - bytes.len(), true).await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk.bytes),
                Ok(None) => return Err(ControlError::Malformed("a control stream that breaks off")),
                Err(ReadError::ConnectionLost(_)) => return Err(ControlError::Ended),
                Err(_) => return Err(ControlError::Malformed("a control stream that breaks off")),
            }
        }
        self.counters.count_received(length);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hello() -> Message {
        Message::Hello(WireHello {
            version: PROTOCOL_VERSION,
            build: "0.1".into(),
            query_hash: [0xab; 32],
            parties: vec![("a".into(), vec![[1; 32]])],
            mode: "m".into(),
        })
    }

    fn check() -> Message {
        Message::Check(WireCheck { version: PROTOCOL_VERSION, build: "0.1".into(), clock: 0x6700_0001 })
    }

    fn samples() -> Vec<Message> {
        let reasons = [
            WireReason::Interrupted,
            WireReason::LocalInput,
            WireReason::PeerLost { party: 2 },
            WireReason::ProtocolViolation,
            WireReason::Disagreement,
            WireReason::Refused,
            WireReason::Internal,
        ];
        [hello(), Message::Ready { length: 0x0102_0304 }, check()]
            .into_iter()
            .chain(reasons.map(Message::Abort))
            .collect()
    }

    #[test]
    fn golden_bytes() {
        let golden = [
            &[0, 0, 0, 0, 2, 0][..],
            &[3, 0, 0, 0, 0, 0, 0, 0],
            b"0.1",
            &[0xab; 32],
            &[1, 0, 0, 0, 0, 0, 0, 0],
            &[1, 0, 0, 0, 0, 0, 0, 0],
            b"a",
            &[1, 0, 0, 0, 0, 0, 0, 0],
            &[1; 32],
            &[1, 0, 0, 0, 0, 0, 0, 0],
            b"m",
        ]
        .concat();
        assert_eq!(encode(&hello()).unwrap(), golden);
        assert_eq!(encode(&Message::Ready { length: 0x0102_0304 }).unwrap(), [1, 0, 0, 0, 4, 3, 2, 1]);
        let golden =
            [&[3, 0, 0, 0, 2, 0][..], &[3, 0, 0, 0, 0, 0, 0, 0], b"0.1", &[1, 0, 0, 0x67, 0, 0, 0, 0]]
                .concat();
        assert_eq!(encode(&check()).unwrap(), golden);
        let aborts: Vec<_> = samples().iter().skip(3).map(|message| encode(message).unwrap()).collect();
        assert_eq!(
            aborts,
            [
                vec![2, 0, 0, 0, 0, 0, 0, 0],
                vec![2, 0, 0, 0, 1, 0, 0, 0],
                vec![2, 0, 0, 0, 2, 0, 0, 0, 2],
                vec![2, 0, 0, 0, 3, 0, 0, 0],
                vec![2, 0, 0, 0, 4, 0, 0, 0],
                vec![2, 0, 0, 0, 5, 0, 0, 0],
                vec![2, 0, 0, 0, 6, 0, 0, 0],
            ]
        );
    }

    #[test]
    fn every_truncation_and_every_extension_is_refused() {
        for message in samples() {
            let bytes = encode(&message).unwrap();
            for length in 0..bytes.len() {
                assert!(decode(&bytes[..length]).is_err(), "{message:?} cut to {length}");
            }
            for extra in [0, 1, 0xff] {
                let longer = [bytes.as_slice(), &[extra]].concat();
                assert_eq!(
                    decode(&longer),
                    Err(ControlError::Malformed("a control message with trailing bytes"))
                );
            }
        }
    }

    #[test]
    fn every_flipped_bit_is_refused_or_has_one_meaning() {
        for message in samples() {
            let bytes = encode(&message).unwrap();
            for bit in 0..bytes.len() * 8 {
                let mut other = bytes.clone();
                other[bit / 8] ^= 1 << (bit % 8);
                if let Ok(read) = decode(&other) {
                    assert_ne!(read, message);
                    assert_eq!(encode(&read).unwrap(), other, "two spellings of {read:?}");
                }
            }
        }
    }

    #[test]
    fn unknown_codes_are_refused() {
        assert!(decode(&[4, 0, 0, 0]).is_err());
        assert!(decode(&[2, 0, 0, 0, 7, 0, 0, 0]).is_err());
        assert_eq!(decode_abort(&[2, 0, 0, 0, 7, 0, 0, 0]), None);
        assert_eq!(decode_abort(&[1, 0, 0, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn another_version_is_named_whatever_follows() {
        assert_eq!(decode(&[0, 0, 0, 0, 1, 0]), Err(ControlError::Version(1)));
        assert_eq!(decode(&[0, 0, 0, 0, 0xff, 0xff, 9, 9, 9]), Err(ControlError::Version(0xffff)));
        assert_eq!(decode(&[3, 0, 0, 0, 3, 0]), Err(ControlError::Version(3)));
    }

    #[test]
    fn claimed_counts_allocate_nothing() {
        // A text of 2^40 bytes, and 2^60 participants: the limit refuses both before memory is asked for.
        let text = [&[0, 0, 0, 0, 2, 0][..], &(1u64 << 40).to_le_bytes()].concat();
        assert!(decode(&text).is_err());
        let parties = [&[0, 0, 0, 0, 2, 0][..], &[0; 8], &[0; 32], &(1u64 << 60).to_le_bytes()].concat();
        assert!(decode(&parties).is_err());
    }

    #[test]
    fn reasons_survive_the_wire() {
        let reasons = [
            AbortReason::Interrupted,
            AbortReason::LocalInput,
            AbortReason::PeerLost(PartyId::new(2)),
            AbortReason::ProtocolViolation,
            AbortReason::Disagreement,
            AbortReason::Refused,
            AbortReason::Internal,
        ];
        for reason in reasons {
            let bytes = encode(&Message::Abort(reason.into())).unwrap();
            assert_eq!(decode_abort(&bytes), Some(reason));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_read_in_one_way(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(message) = decode(&bytes) {
                prop_assert_eq!(encode(&message).unwrap(), bytes);
            }
        }

        #[test]
        fn any_bytes_after_a_plausible_start(kind in 0u8..5, rest in proptest::collection::vec(any::<u8>(), 0..200)) {
            let bytes = [&[kind, 0, 0, 0, 2, 0][..], &rest].concat();
            if let Ok(message) = decode(&bytes) {
                prop_assert_eq!(encode(&message).unwrap(), bytes);
            }
        }
    }
}
