//! What a site announces about its data before anything is shared: which of the queried markers it holds, with the
//! alleles that its file states, and whether it has any people at all. In a horizontal query nothing else about a site's data
//! is told in the clear; in a vertical one linking tells sizes, and no alleles are announced.

pub mod alleles;
pub mod owners;

use super::{Panel, Query, bounds};
use crate::random::{Domain, hash::Hasher};
use alleles::{Alleles, LONGEST_ALLELE};
use std::collections::{BTreeMap, BTreeSet};

/// One site's announcement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Marker ids: for a listed panel those of the panel that the site holds, for `all` every marker of its file.
    pub markers: Vec<String>,
    /// Whether the site holds nobody; it then contributes zeros and is named in the result.
    pub nobody: bool,
    /// The alleles of each marker; `None` if the site's file states none at all, so that nobody can check that all
    /// sites count the same one.
    pub alleles: Option<Vec<Alleles>>,
    /// Whether its link to some other site is slow: then all sites send less and compute more.
    pub far: bool,
    /// Columns that identify a person, where people are linked; else 0. At most [`ID_COLUMNS`].
    pub id_columns: u8,
}

/// Most columns that identify a person.
pub const ID_COLUMNS: u8 = 31;

/// Longest marker id in an announcement, in bytes.
pub const LONGEST_ID: usize = 1_000;

/// Why the sites' announcements do not make a panel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PanelError {
    /// Queried markers that some site does not hold: (marker, site index), in panel order.
    #[error("{} queried marker(s) are unknown at a site", .0.len())]
    Unknown(Vec<(String, usize)>),
    /// Fewer than two markers remain.
    #[error("the sites have {0} marker(s) in common; a pair needs two")]
    TooFew(usize),
    /// More markers in common than a query may have.
    #[error("the sites have {0} markers in common; a query may have {max}", max = bounds::MARKERS.end())]
    TooMany(usize),
}

impl Schema {
    /// Canonical bytes: flags, count, and for each marker its length-prefixed id and alleles.
    pub fn encode(&self) -> Vec<u8> {
        let flags = [self.nobody, self.alleles.is_none(), self.far].map(u8::from);
        let mut out = vec![flags[0] | flags[1] << 1 | flags[2] << 2 | self.id_columns.min(ID_COLUMNS) << 3];
        out.extend_from_slice(&(self.markers.len() as u32).to_le_bytes());
        let mut text = |text: &str| {
            out.extend_from_slice(&(text.len() as u32).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        };
        let mut alleles = self.alleles.iter().flatten();
        for id in &self.markers {
            text(id);
            if self.alleles.is_some() {
                let (counted, other) = alleles.next().map_or(("", ""), |pair| (pair.counted(), pair.other()));
                text(counted);
                text(other);
            }
        }
        out
    }

    /// Reads a peer's announcement; `None` unless it is canonical, within bounds, and without repetition.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&flags, mut rest) = bytes.split_first()?;
        let (count, body) = rest.split_first_chunk::<4>()?;
        let count = u32::from_le_bytes(*count) as usize;
        rest = body;
        if count > *bounds::MARKERS.end() {
            return None;
        }
        // Four bytes a marker at the least: the count cannot make this allocate more than what was received.
        let mut markers = Vec::with_capacity(count.min(rest.len() / 4));
        let mut alleles = (flags & 2 == 0).then(Vec::new);
        let mut seen = BTreeSet::new();
        for _ in 0..count {
            let id = text(&mut rest, LONGEST_ID)?;
            if !seen.insert(id) {
                return None;
            }
            markers.push(id.to_owned());
            if let Some(alleles) = &mut alleles {
                let (counted, other) = (text(&mut rest, LONGEST_ALLELE)?, text(&mut rest, LONGEST_ALLELE)?);
                let pair = Alleles::new(counted, other)?;
                if (pair.counted(), pair.other()) != (counted, other) {
                    return None;
                }
                alleles.push(pair);
            }
        }
        let (nobody, far, id_columns) = (flags & 1 != 0, flags & 4 != 0, flags >> 3);
        rest.is_empty().then_some(Self { markers, nobody, alleles, far, id_columns })
    }
}

/// Takes a length-prefixed text of at most so many bytes from the front.
fn text<'a>(rest: &mut &'a [u8], longest: usize) -> Option<&'a str> {
    let (length, tail) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    let (text, tail) = tail.split_at_checked(length).filter(|_| length <= longest)?;
    *rest = tail;
    std::str::from_utf8(text).ok()
}

/// Hash of all sites' announcements in order, compared before anything is shared.
pub fn hash(schemas: &[Schema]) -> [u8; 32] {
    let hasher = Hasher::new(Domain::Schema).number(schemas.len() as u64);
    schemas.iter().fold(hasher, |hasher, schema| hasher.part(&schema.encode())).finish()
}

/// The panel in order: the listed markers, which every site must hold, or all markers that every site holds, in the
/// first site's order; without the excluded ones.
///
/// # Errors
/// [`PanelError`].
pub fn panel(query: &Query, schemas: &[Schema]) -> Result<Vec<String>, PanelError> {
    let held: Vec<BTreeSet<&String>> = schemas.iter().map(|schema| schema.markers.iter().collect()).collect();
    let everywhere = |id: &String| held.iter().all(|site| site.contains(id));
    let panel: Vec<String> = match &query.panel {
        Panel::Listed(ids) => {
            let wanted = ids.iter().filter(|id| !query.exclude.contains(*id));
            let unknown: Vec<(String, usize)> = wanted
                .clone()
                .flat_map(|id| {
                    held.iter()
                        .enumerate()
                        .filter(move |(_, site)| !site.contains(id))
                        .map(move |(at, _)| (id.clone(), at))
                })
                .collect();
            if !unknown.is_empty() {
                return Err(PanelError::Unknown(unknown));
            }
            wanted.cloned().collect()
        }
        Panel::All => {
            let first = schemas.first().map(|schema| schema.markers.as_slice()).unwrap_or_default();
            first.iter().filter(|id| everywhere(id) && !query.exclude.contains(*id)).cloned().collect()
        }
    };
    match panel.len() {
        few if few < *bounds::MARKERS.start() => Err(PanelError::TooFew(few)),
        many if many > *bounds::MARKERS.end() => Err(PanelError::TooMany(many)),
        _ => Ok(panel),
    }
}

/// For each marker of the panel, its position among a site's own markers.
pub fn positions(panel: &[String], own: &[String]) -> Option<Vec<usize>> {
    let at: BTreeMap<&String, usize> = own.iter().zip(0..).collect();
    panel.iter().map(|id| at.get(id).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::example;

    fn schema(ids: &[&str]) -> Schema {
        Schema { markers: ids.iter().map(|&id| id.into()).collect(), ..Schema::default() }
    }

    #[test]
    fn announcements_survive_the_wire_and_nothing_else_does() {
        let markers = vec!["rs1".into(), "a,\"b\"".into(), "ü".into()];
        let pair = |counted, other| Alleles::new(counted, other).unwrap();
        let alleles = vec![pair("A", "G"), pair("<DEL>", "C"), pair("G", "ACGT")];
        let csv = Schema { markers: markers.clone(), nobody: true, alleles: None, far: false, id_columns: 0 };
        survives(csv);
        survives(Schema { markers, nobody: false, alleles: Some(alleles), far: true, id_columns: 31 });
        survives(Schema::default());
        assert_eq!(Schema::decode(&[0, 0xff, 0xff, 0xff, 0xff]), None, "claims four billion markers");
        assert_eq!(Schema::decode(&schema(&["rs1", "rs1"]).encode()), None, "repeated");
        let lower = [b"\0\x01\0\0\0\x01\0\0\0m\x01\0\0\0a\x01\0\0\0C".as_slice()].concat();
        assert_eq!(Schema::decode(&lower), None, "not canonical");
        assert!(Schema::decode(&lower.to_ascii_uppercase()).is_some());
    }

    fn survives(sample: Schema) {
        let bytes = sample.encode();
        assert_eq!(Schema::decode(&bytes), Some(sample.clone()));
        for cut in 0..bytes.len() {
            assert_eq!(Schema::decode(&bytes[..cut]), None, "truncated to {cut}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(Schema::decode(&flipped), Some(sample.clone()), "bit {bit}");
        }
        assert_eq!(Schema::decode(&[bytes, vec![0]].concat()), None, "over-long");
    }

    #[test]
    fn more_markers_than_a_query_may_have_are_refused() {
        let announce = |count: usize| Schema {
            markers: (0..count).map(|id| id.to_string()).collect(),
            ..Schema::default()
        };
        let most = announce(*bounds::MARKERS.end());
        assert_eq!(Schema::decode(&most.encode()), Some(most));
        assert_eq!(Schema::decode(&announce(bounds::MARKERS.end() + 1).encode()), None);
        let long = Schema { markers: vec!["x".repeat(LONGEST_ID + 1)], ..Schema::default() };
        assert_eq!(Schema::decode(&long.encode()), None);
    }

    #[test]
    fn listed_panels_name_what_is_missing_where() {
        let mut query = example(3);
        query.panel = Panel::Listed(vec!["b".into(), "a".into(), "x".into()]);
        let sites = [schema(&["a", "b", "x"]), schema(&["b", "x"]), schema(&["a", "b"])];
        let missing = PanelError::Unknown(vec![("a".into(), 1), ("x".into(), 2)]);
        assert_eq!(panel(&query, &sites), Err(missing));
        query.exclude = BTreeSet::from(["x".into()]);
        let sites = [schema(&["a", "b"]), schema(&["b", "a"]), schema(&["c", "a", "b"])];
        assert_eq!(panel(&query, &sites), Ok(vec!["b".into(), "a".into()]));
        assert_eq!(positions(&["b".into(), "a".into()], &sites[2].markers), Some(vec![2, 1]));
    }

    #[test]
    fn all_means_common_to_all_in_the_first_sites_order() {
        let mut query = example(2);
        query.panel = Panel::All;
        let sites = [schema(&["d", "c", "b", "a"]), schema(&["a", "b", "c"])];
        assert_eq!(panel(&query, &sites), Ok(vec!["c".into(), "b".into(), "a".into()]));
        query.exclude = BTreeSet::from(["b".into(), "c".into()]);
        assert_eq!(panel(&query, &sites), Err(PanelError::TooFew(1)));
    }
}
