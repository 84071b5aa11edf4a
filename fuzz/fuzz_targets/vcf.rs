//! VCF files of any content, plain or compressed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mpc_fuzz::{checked, with_options};
use mpc_party::dataset::read_vcf_from;
use std::path::Path;

fuzz_target!(|bytes: &[u8]| {
    with_options(bytes, |options, rest| checked(read_vcf_from(Path::new("d.vcf"), rest, options)));
});
