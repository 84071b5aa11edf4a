//! What the fuzz targets share.

use mpc_core::query::Encoding;
use mpc_party::dataset::{Loaded, Options, Wanted};
use mpc_party::error::UserError;
use std::collections::BTreeSet;

/// Calls a reader with options that the first byte chooses, and the rest of the bytes.
pub fn with_options(bytes: &[u8], read: impl FnOnce(&Options<'_>, &[u8])) {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let exclude = BTreeSet::from(["x".to_owned()]);
    let listed = ["rs1", "x", "rs2:G", "1:1:A:G"].map(String::from);
    let markers = match choice & 1 {
        0 => Wanted::All { exclude: &exclude },
        _ => Wanted::Listed(&listed),
    };
    let encoding = if choice & 2 == 0 { Encoding::Carrier } else { Encoding::HomozygousAlt };
    let people_bound = if choice & 4 == 0 { 1_000_000 } else { 2 };
    read(&Options { markers, person_id: &[], encoding, people_bound, linked: None }, rest);
}

/// What holds for everything that was read, and for every refusal.
pub fn checked(read: Result<Loaded, UserError>) {
    match read {
        Ok(loaded) => {
            assert_eq!(loaded.ids.len(), loaded.genotypes.len());
            assert!(loaded.alleles.is_none_or(|alleles| alleles.len() == loaded.ids.len()));
            assert!(loaded.genotypes.iter().all(|calls| calls.people() == loaded.people));
            assert_eq!(loaded.ids.iter().collect::<BTreeSet<_>>().len(), loaded.ids.len());
        }
        Err(error) => {
            assert!(error.place.is_some());
            assert!(error.to_string().lines().count() <= 2);
        }
    }
}
