//! Transfers that withstand a peer that deviates: the extension of the parent module, with a check of the trees when a
//! session begins and a check of the choices in each extension.
//!
//! The construction is that of SoftSpoken (Roy, eprint 2022/192): all-but-one transfers with a check of what the trees'
//! owner sent, and vectors over GF(2^k) whose consistency is shown by a universal hash. Which hash, that its values are
//! compared by digest, and the argument below are this project's own. Both checks are interactive: a challenge is
//! drawn after the corrections have arrived, so its bound does not depend on what the peer can compute.
//!
//! **Trees** (`trees`). The print of a leaf is its hash, 32 bytes. The trees' owner sends the sum of the prints of each
//! tree and one hash of all prints; who lacks leaf `Delta_g` takes the missing print from the sum and compares the hash.
//! *Why:* the hash, a random oracle, fixes one list of prints, and prints fix leaves. Whatever sums the owner sent in
//! the levels, the check passes exactly for those `Delta_g` for which all other leaves are those of the list. So there is
//! one set of leaves that fits every `Delta` with which the session goes on. A lying owner still learns that `Delta` is
//! among them, if it is: it goes uncaught with the probability of just what it learns (below).
//!
//! **Choices** (`rows`, `extension`). In each tree g the corrections fix choices c_g = d_g + u_g, and the sender holds `q = v +
//! Delta_g c_g`, row by row. An honest receiver has one c for all trees. 128 more transfers are made with random choices.
//! With the transfers of a row as elements X_0 .. X_B of GF(2^128), the additional ones last, and a challenge z, let
//! `h(X) = X_B + sum over j < B of z^(j + 1) X_j`. The receiver answers with h(c) and a digest of h(v_r) for all 128 rows r,
//! and the sender compares the digest of `h(q_r) + Delta_r h(c)`.
//!
//! *Soundness.* Say the answer is a number y and rows t_r (the digest, a random oracle, fixes them). As h is linear,
//! row r passes exactly if `h(v_r) + t_r = Delta_r (h(c_g) + y)`. Two different vectors of choices have one hash for at most B of
//! all 2^128 challenges, as their difference is a polynomial in z of degree at most B. So, except with probability
//! `B (128/k)^2 / 2^129`, the trees with h(c_g) = y have one c. In any other tree the equation determines all k bits of
//! `Delta_g`: the receiver has guessed them. Where it passes, it knows these bits, so it knows their part of q, and what
//! is left is the honest correlation for c and the remaining bits. For 2^20 transfers and k = 4 the bound is 2^-106.
//!
//! *What a receiver can learn.* All checks together pass for a set of values of `Delta` that it has chosen before `Delta` plays a
//! part: one of 2^128 values in the set passes with probability |set| / 2^128 and is then uniform in it. To find a pad
//! that it did not choose it must ask the hash of `pads` at a value that only `Delta` tells: with T calls, T / |set|. The
//! product is T / 2^128, as if it had not tried. A session ends at the first check that fails, and base transfers and
//! `Delta` with it: kept, they would leak bit by bit.
//!
//! *What a sender can learn.* h(c) is h of all but the additional choices, plus these, which are uniform and used once. The
//! digest is of rows that it can compute. Nothing else is sent.
//!
//! **Pads.** One hash for both levels (`pads`): tweakable and correlation robust also where the peer has chosen the
//! values and the known bits of `Delta`. Pads are *endemic*: a peer that deviates can choose its own.
//!
//! Not used for two things: base transfers run in both directions instead of one direction from the other, so nothing of
//! the set-up rests on an extension; and no level can stand in for the other, by its type:
//!
//! ```
//! use mpc_core::sharing::Malicious;
//! use mpc_core::source::ot_extension::OtSender;
//! fn authenticate(_: &OtSender<Malicious>) {}
//! fn with(sender: &OtSender<Malicious>) {
//!     authenticate(sender);
//! }
//! ```
//!
//! ```compile_fail,E0308
//! use mpc_core::sharing::{Malicious, SemiHonest};
//! use mpc_core::source::ot_extension::OtSender;
//! fn authenticate(_: &OtSender<Malicious>) {}
//! fn with(sender: &OtSender<SemiHonest>) {
//!     authenticate(sender);
//! }
//! ```
//!
//! Bytes of the set-up, from each side: 8,224, then 4,128 and 4,096 / k. Of an extension beyond the semi-honest one: the
//! corrections of 128 transfers (192 where the words are odd), 16 of the challenge, 48 of the answer. Rounds: one more.

mod extension;
mod rows;
mod set_up;
mod transfers;
mod trees;

pub use extension::{Unanswered, Unproven};
pub use set_up::{set_up, set_up_bytes};
pub use transfers::{bytes, choose, offer};

#[cfg(test)]
mod cheats;
