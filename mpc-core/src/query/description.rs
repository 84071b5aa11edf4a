//! What all participants of a run must agree on before anything is shared, the helper included.

use super::Query;
use crate::correlation::TruthTable;
use crate::random::{Domain, hash::Hasher};
use crate::session::PROTOCOL_VERSION;
use crate::sharing::Security;
use crate::source::ot::Field;

/// A participant as all others know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its public key.
    pub key: [u8; 32],
}

/// Who provides the correlations, with what has to be equal everywhere.
#[derive(Copy, Clone, Debug)]
pub enum Provider<'a> {
    /// This helper.
    Helper(&'a Member),
    /// The sites, by transfers over this field.
    Sites(Field),
}

/// Hash of protocol version, members in roster order, security level, source, parameters and canonical query.
pub fn describe<S: Security>(sites: &[Member], provider: Provider<'_>, query: &Query) -> [u8; 32] {
    let mut hasher = Hasher::new(Domain::SessionDescription)
        .number(PROTOCOL_VERSION.into())
        .part(S::NAME.as_bytes())
        .number(TruthTable::WIDEST.into())
        .number(sites.len() as u64);
    for member in sites {
        hasher = hasher.part(member.name.as_bytes()).part(&member.key);
    }
    hasher = match provider {
        Provider::Helper(helper) => hasher.part(b"helper").part(helper.name.as_bytes()).part(&helper.key),
        Provider::Sites(field) => hasher.part(b"sites").number(field.bits() as u64),
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
            describe::<SemiHonest>(&sites, Provider::Helper(&helper), &query),
            describe::<SemiHonest>(&sites, Provider::Sites(Field::Bits4), &query),
            describe::<SemiHonest>(&sites, Provider::Sites(Field::Bits8), &query),
            describe::<SemiHonest>(&sites, Provider::Helper(&member("helper", 4)), &query),
            describe::<SemiHonest>(&[member("b", 2), member("a", 1)], Provider::Helper(&helper), &query),
            describe::<SemiHonest>(&[member("a", 1), member("c", 2)], Provider::Helper(&helper), &query),
            describe::<SemiHonest>(&sites, Provider::Helper(&helper), &other),
        ];
        for (i, a) in hashes.iter().enumerate() {
            assert!(hashes[i + 1..].iter().all(|b| a != b));
        }
    }
}
