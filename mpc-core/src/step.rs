//! Named steps. A step's path, hashed with the session id, is the one identity of its message on the wire and of
//! the randomness it expands, so neither can be taken for another's (the idea of ipa's gates). A path is used once.

use crate::random::{Domain, hash::Hasher};
use crate::transport::Tag;
use std::fmt;
use std::sync::Arc;

/// A path such as `/block-3/decide/release/tables/open/broadcast`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Step(Arc<str>);

impl Step {
    /// The root of all paths.
    pub fn root() -> Self {
        Self(Arc::from(""))
    }

    /// The sub-step with this name. Names are fixed words of the protocol that contain no `/`.
    pub fn then(&self, name: &str) -> Self {
        Self(format!("{}/{name}", self.0).into())
    }

    /// The sub-step number `index` of a repeated kind.
    pub fn then_nth(&self, name: &str, index: usize) -> Self {
        Self(format!("{}/{name}-{index}", self.0).into())
    }

    /// The identity of this step within a session.
    pub fn tag(&self, session: &SessionId) -> Tag {
        let digest = Hasher::new(Domain::StepTag).part(&session.0).part(self.0.as_bytes()).finish();
        let mut tag = [0; Tag::BYTES];
        tag.copy_from_slice(&digest[..Tag::BYTES]);
        Tag::from_bytes(tag)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "/" } else { &self.0 })
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Identity of one run: no two runs share it, because every party contributes fresh randomness.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SessionId(pub(crate) [u8; 32]);

impl SessionId {
    /// Stands in before a session is agreed.
    pub(crate) const NONE: Self = Self([0; 32]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_sessions_have_tags_of_their_own() {
        let root = Step::root();
        let session = SessionId([7; 32]);
        let paths =
            [root.clone(), root.then("a"), root.then("a").then("b"), root.then_nth("a", 1), root.then("b")];
        for (i, path) in paths.iter().enumerate() {
            for (j, other) in paths.iter().enumerate() {
                assert_eq!(path.tag(&session) == other.tag(&session), i == j, "{path} {other}");
            }
            assert_ne!(path.tag(&session), path.tag(&SessionId([8; 32])));
        }
    }
}
