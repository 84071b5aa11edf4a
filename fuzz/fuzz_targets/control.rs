//! Control messages of any content.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    mpc_net::decoders::control(bytes);
});
