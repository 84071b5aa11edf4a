//! The one hash. Every input is length-prefixed and every use has a domain of its own, so no two meanings can
//! collide: ambiguous encodings are how threshold signatures were broken (TSSHOCK, 2023).

use crate::random::Seed;

/// What a hash is for. BLAKE3's key derivation mode keeps the domains apart.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Domain {
    /// Identity of a step's message.
    StepTag,
    /// Description of a session, compared by all.
    SessionDescription,
    /// The agreed session id.
    SessionId,
    /// The sites' schemas, compared by all.
    Schema,
    /// Seed shared by a pair of parties.
    PairSeed,
    /// Key of the stream that a pair expands at one step.
    StepStream,
    /// Record of opened values.
    Transcript,
    /// Hash to the group in base oblivious transfer.
    BaseOtPoint,
    /// Keys that base oblivious transfer outputs.
    BaseOtKey,
    /// Children of a node in the trees of oblivious transfer extension.
    OtTree,
    /// Key of the permutation that makes pads of one extension.
    OtPads,
    /// A person's identifier in its normal form.
    Identifier,
    /// An identifier of nobody.
    Dummy,
    /// Hash to the group in record linkage.
    LinkagePoint,
    /// Print of a leaf in the check of trees.
    OtLeaf,
    /// The prints of all leaves.
    OtLeaves,
    /// The hashed rows in the check of an extension.
    OtRows,
    /// Checksum of the line by which a party makes itself known.
    IdentityLine,
    /// Words by which two people compare their parties' keys.
    PhoneWords,
}

impl Domain {
    #[cfg(test)]
    const ALL: [Self; 19] = [
        Self::StepTag,
        Self::SessionDescription,
        Self::SessionId,
        Self::Schema,
        Self::PairSeed,
        Self::StepStream,
        Self::Transcript,
        Self::BaseOtPoint,
        Self::BaseOtKey,
        Self::OtTree,
        Self::OtPads,
        Self::Identifier,
        Self::Dummy,
        Self::LinkagePoint,
        Self::OtLeaf,
        Self::OtLeaves,
        Self::OtRows,
        Self::IdentityLine,
        Self::PhoneWords,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::StepTag => "mpc-core 2026-11 step tag v1",
            Self::SessionDescription => "mpc-core 2026-11 session description v1",
            Self::SessionId => "mpc-core 2026-11 session id v1",
            Self::Schema => "mpc-core 2026-11 schema v1",
            Self::PairSeed => "mpc-core 2026-11 pair seed v1",
            Self::StepStream => "mpc-core 2026-11 step stream v1",
            Self::Transcript => "mpc-core 2026-11 transcript v1",
            Self::BaseOtPoint => "mpc-core 2026-11 base ot point v1",
            Self::BaseOtKey => "mpc-core 2026-11 base ot key v1",
            Self::OtTree => "mpc-core 2026-11 ot tree v1",
            Self::OtPads => "mpc-core 2026-11 ot pads v1",
            Self::Identifier => "mpc-core 2026-11 identifier v1",
            Self::Dummy => "mpc-core 2026-11 dummy v1",
            Self::LinkagePoint => "mpc-core 2026-11 linkage point v1",
            Self::OtLeaf => "mpc-core 2026-11 ot leaf v1",
            Self::OtLeaves => "mpc-core 2026-11 ot leaves v1",
            Self::OtRows => "mpc-core 2026-11 ot rows v1",
            Self::IdentityLine => "mpc-core 2026-11 identity line v1",
            Self::PhoneWords => "mpc-core 2026-11 phone words v1",
        }
    }
}

/// Hashes a sequence of length-prefixed parts under a domain.
pub struct Hasher(blake3::Hasher);

impl Hasher {
    /// Starts a hash of this meaning.
    pub fn new(domain: Domain) -> Self {
        Self(blake3::Hasher::new_derive_key(domain.label()))
    }

    /// Appends one part.
    pub fn part(mut self, bytes: &[u8]) -> Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// Appends a number.
    pub fn number(self, value: u64) -> Self {
        self.part(&value.to_le_bytes())
    }

    /// The digest.
    pub fn finish(self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }

    /// 64 bytes instead of 32, enough to be hashed to a group.
    pub fn finish_wide(self) -> [u8; 64] {
        let mut wide = [0; 64];
        self.0.finalize_xof().fill(&mut wide);
        wide
    }

    /// The digest as a secret seed.
    pub fn finish_seed(self) -> Seed {
        Seed::from_bytes(self.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_domain_has_a_label_of_its_own() {
        for (i, a) in Domain::ALL.iter().enumerate() {
            for b in &Domain::ALL[i + 1..] {
                assert_ne!(a.label(), b.label());
            }
        }
    }

    #[test]
    fn parts_do_not_run_together() {
        let whole = Hasher::new(Domain::Schema).part(b"ab").part(b"c").finish();
        assert_ne!(whole, Hasher::new(Domain::Schema).part(b"a").part(b"bc").finish());
        assert_ne!(whole, Hasher::new(Domain::Schema).part(b"abc").finish());
        assert_ne!(whole, Hasher::new(Domain::Transcript).part(b"ab").part(b"c").finish());
    }
}
