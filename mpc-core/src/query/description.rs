//! What all participants of a run must agree on before anything is shared, the helper included.

use super::Query;
use crate::correlation::TruthTable;
use crate::random::{Domain, hash::Hasher};
use crate::session::PROTOCOL_VERSION;
use crate::sharing::Security;

/// A participant as all others know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its public key.
    pub key: [u8; 32],
}

/// Hash of protocol version, members in roster order, security level, source, parameters and canonical query.
pub fn describe<S: Security>(sites: &[Member], helper: Option<&Member>, query: &Query) -> [u8; 32] {
    let mut hasher = Hasher::new(Domain::SessionDescription)
        .number(PROTOCOL_VERSION.into())
        .part(S::NAME.as_bytes())
        .number(TruthTable::WIDEST.into())
        .number(sites.len() as u64);
    for member in sites {
        hasher = hasher.part(member.name.as_bytes()).part(&member.key);
    }
    hasher = match helper {
        Some(helper) => hasher.part(b"helper").part(helper.name.as_bytes()).part(&helper.key),
        None => hasher.part(b"oblivious transfer"),
    };
    hasher.part(&query.canonical_bytes()).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::example;
    use crate::sharing::SemiHonest;

    #[test]
    fn every_part_counts() {
        let member = |name: &str, key| Member { name: name.into(), key: [key; 32] };
        let sites = [member("a", 1), member("b", 2)];
        let helper = member("helper", 3);
        let query = example(2);
        let mut other = query.clone();
        other.disclosure.min_cell_count += 1;
        let hashes = [
            describe::<SemiHonest>(&sites, Some(&helper), &query),
            describe::<SemiHonest>(&sites, None, &query),
            describe::<SemiHonest>(&sites, Some(&member("helper", 4)), &query),
            describe::<SemiHonest>(&[member("b", 2), member("a", 1)], Some(&helper), &query),
            describe::<SemiHonest>(&[member("a", 1), member("c", 2)], Some(&helper), &query),
            describe::<SemiHonest>(&sites, Some(&helper), &other),
        ];
        for (i, a) in hashes.iter().enumerate() {
            assert!(hashes[i + 1..].iter().all(|b| a != b));
        }
    }
}
