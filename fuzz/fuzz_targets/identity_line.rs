//! Identity lines of any content.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mpc_net::IdentityLine;

fuzz_target!(|text: &str| {
    // The checksum stops nearly everything; with the right one put in, the rest is read as well.
    let with_checksum = text.parse::<IdentityLine>().is_ok();
    let mut words = text.split_ascii_whitespace();
    if let (Some(name), Some(address)) = (words.next(), words.next()) {
        let address = (address != "-").then_some(address);
        let key = mpc_net::PublicKey::from_bytes([7; 32]);
        if let Some(line) = IdentityLine::new(name, address, key) {
            assert_eq!(line.to_string().parse::<IdentityLine>().as_ref(), Ok(&line));
        }
    }
    if with_checksum {
        let line: IdentityLine = text.parse().expect("as before");
        assert_eq!(line.to_string().parse::<IdentityLine>(), Ok(line));
    }
});
