//! Oblivious transfers without number from 128 base transfers: SoftSpoken (Roy, Crypto 2022, eprint 2022/192), over
//! GF(2^k) for k = 2, 4 or 8.
//!
//! The receiver of the extension has 128/k trees with 2^k leaves each (`tree`), the sender all leaves but number
//! `Delta_g` of tree g. Each leaf is the key of a stream (`streams`). Of the streams `R_x` of a tree, the receiver
//! computes `u_g = sum R_x` and the k bit rows of `v_g = sum x R_x`, the sender those of `w_g = sum (x + Delta_g) R_x =
//! v_g + Delta_g u_g`. For its choices c the receiver sends `u_g + c`, and the sender adds `Delta_g (u_g + c)`: now every
//! transfer has `q = v + c Delta` in 128 bits, and its pads are the hashes of `q` and `q + Delta` (`pads`), the
//! receiver's that of `v`.
//!
//! An extension is a function of the pair's state, a tag and the choices. Streams begin at a block that the tag says, and
//! the pads' hash is keyed by it, so that extensions need no order among them, and lanes no common counter. A tag is used
//! once in a session.
//!
//! The security level is a type parameter. What stands here is the same at both; at [`SemiHonest`](crate::sharing::SemiHonest)
//! it is all there is. At [`Malicious`](crate::sharing::Malicious) trees and choices are checked before pads can be
//! used ([`malicious`]).
//!
//! Bytes from receiver to sender: `16 / k` a transfer. Rounds: half of one. The set-up takes three messages a pair:
//! both sides of `base_ot`, then 4,096 bytes of trees and `2,048 / k` of choices, then 4,096 bytes of the
//! trees of the other direction, whose base transfers the first direction has made.

mod field;
mod link;
pub mod malicious;
mod pads;
mod receiver;
mod sender;
mod set_up;
mod streams;
mod tree;

pub use field::Field;
pub use link::Link;
pub(in crate::source) use pads::widen;
pub use receiver::OtReceiver;
pub use sender::OtSender;
pub use set_up::{set_up, set_up_bytes};

/// What this party shares with one peer: transfers in both directions, at a security level. Wiped when dropped.
pub struct Pair<S> {
    /// The direction in which this party sends.
    pub sender: OtSender<S>,
    /// The direction in which this party chooses.
    pub receiver: OtReceiver<S>,
}

#[cfg(test)]
mod tests;
