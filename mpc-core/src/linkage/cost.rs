//! What linking sends.

use super::lists::BYTES;

/// Payload bytes that each site sends, for these numbers of people and this number of rows.
pub fn bytes_by_site(people: &[usize], rows: usize) -> Vec<u64> {
    let sites = people.len();
    let all: usize = people.iter().sum();
    let others = sites.saturating_sub(1);
    let bytes = |site: usize| {
        // The set that ends at the collector is not sent to it.
        let kept = if site == 0 { people.get(1).copied().unwrap_or_default() } else { 0 };
        let told = if site == others { others } else { 1 };
        let numbers = others * (1 + usize::from(site == 0));
        (BYTES * (2 * all - kept + told * rows) + size_of::<u64>() * numbers) as u64
    };
    (0..sites).map(bytes).collect()
}

/// Messages that wait for each other.
pub const fn rounds(sites: u64) -> u64 {
    2 * sites + 2
}
