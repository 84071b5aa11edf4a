//! PLINK files of any content: .bim, .fam and .bed one after the other, each after its length in one byte.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mpc_fuzz::{checked, with_options};
use mpc_party::dataset::read_plink_from;
use std::path::Path;

/// Takes a part, its length first, from the front.
fn part<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let (length, tail) = rest.split_first().map_or((0, *rest), |(length, tail)| (usize::from(*length), tail));
    let (part, tail) = tail.split_at(length.min(tail.len()));
    *rest = tail;
    part
}

fuzz_target!(|bytes: &[u8]| {
    with_options(bytes, |options, mut rest| {
        let (bim, fam) = (part(&mut rest), part(&mut rest));
        checked(read_plink_from(Path::new("d"), [rest, bim, fam], options));
    });
});
