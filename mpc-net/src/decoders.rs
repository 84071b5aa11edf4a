//! What reads the bytes of a peer, as fuzz targets call it. For test programs only.

use crate::control::{self, Message};
use crate::frame::{self, HEADER_BYTES};
use crate::hello::Hello;
use mpc_core::transport::Tag;

/// Whether a header is accepted for a message with this tag and length. If it is, there is no other that would be.
pub fn frame(header: &[u8; HEADER_BYTES], tag: Tag, length: u32) -> bool {
    let accepted = frame::check(header, tag, length as usize).is_ok();
    assert_eq!(accepted, *header == frame::encode(tag, length));
    accepted
}

/// Whether bytes are a control message. If they are, they are its only spelling.
pub fn control(bytes: &[u8]) -> bool {
    match control::decode(bytes) {
        Ok(message) => {
            assert_eq!(control::encode(&message).as_deref(), Ok(bytes));
            true
        }
        Err(_) => false,
    }
}

/// Whether bytes are a hello whose texts may reach a terminal. If they are, a session says both values or agrees.
pub fn hello(bytes: &[u8], own: &Hello) -> bool {
    let Ok(Message::Hello(wire)) = control::decode(bytes) else { return false };
    let Ok(theirs) = Hello::from_wire(wire) else { return false };
    assert!(theirs.check().is_ok());
    if let Some(error) = own.disagreement(&theirs, "hospital-b") {
        assert!(error.to_string().bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    }
    true
}

/// The bytes of a hello, for fuzzing to start from.
pub fn hello_bytes(hello: &Hello) -> Vec<u8> {
    control::encode(&Message::Hello(hello.to_wire())).unwrap_or_default()
}
