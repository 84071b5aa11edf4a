//! Headers of any content, against the one that is awaited.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mpc_core::transport::Tag;

fuzz_target!(|input: ([u8; 24], [u8; 16], u32)| {
    let (header, tag, length) = input;
    mpc_net::decoders::frame(&header, Tag::from_bytes(tag), length);
});
