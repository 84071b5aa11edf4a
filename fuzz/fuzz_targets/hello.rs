//! Hellos of any content, compared with one of our own.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mpc_net::{Hello, PublicKey};

fuzz_target!(|bytes: &[u8]| {
    let key = |byte| PublicKey::from_bytes([byte; 32]);
    let own = Hello {
        build: "0.1.0".into(),
        query_hash: [0xab; 32],
        session_parties: vec![("hospital-a".into(), vec![key(1)]), ("hospital-b".into(), vec![key(2), key(3)])],
        mode: "semi-honest/helper".into(),
    };
    mpc_net::decoders::hello(bytes, &own);
});
