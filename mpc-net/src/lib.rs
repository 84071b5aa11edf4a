//! Mutually authenticated QUIC links between the parties of a computation.
#![forbid(unsafe_code)]
