//! The program as its users run it: `mpc-party local` on made-up and shipped data, and separately started parties with
//! configurations of their own, in good order and with everything that can go wrong.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends here"
)]

mod support;

mod approval;
mod attacks;
mod bench;
mod canary;
mod check;
mod data;
mod disk;
mod examples;
mod identities;
mod interrupt;
mod logs;
mod lost;
mod options;
mod output;
mod panel;
mod people;
mod release;
mod result;
mod separate;
mod stand_in;
mod strangers;
mod vertical;
