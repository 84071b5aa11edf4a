//! Agreement on which allele of a marker is counted, from what the sites announce and nothing else.
//!
//! For each marker the first site, in the query's order, that states its alleles is the reference. A site that states the same two is taken as it is; one that states them swapped is flipped, unless
//! the two read the same on the other strand (A/T, C/G), where a swap cannot be told from a strand. Everything else is
//! refused. A site that states none is taken as it is. Every site holds the same announcements, so every site comes to
//! the same decision.

use super::Schema;
use std::collections::BTreeMap;

/// Longest allele in an announcement, in bytes.
pub const LONGEST_ALLELE: usize = 1_000;

/// The two alleles of a marker as a file states them, bases in upper case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alleles {
    counted: String,
    other: String,
}

impl Alleles {
    /// Two alleles in any case; `None` if one is empty, longer than [`LONGEST_ALLELE`], or holds anything but printable ASCII.
    pub fn new(counted: &str, other: &str) -> Option<Self> {
        let usable = |allele: &str| {
            (1..=LONGEST_ALLELE).contains(&allele.len())
                && allele.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
        };
        (usable(counted) && usable(other)).then(|| Self { counted: in_case(counted), other: in_case(other) })
    }

    /// The allele whose copies are counted.
    pub fn counted(&self) -> &str {
        &self.counted
    }

    /// The other allele.
    pub fn other(&self) -> &str {
        &self.other
    }

    fn swapped(&self) -> Self {
        Self { counted: self.other.clone(), other: self.counted.clone() }
    }

    /// Whether the two read the same on the other strand.
    fn is_strand_ambiguous(&self) -> bool {
        let complement = |base| match base {
            b'A' => b'T',
            b'T' => b'A',
            b'C' => b'G',
            b'G' => b'C',
            other => other,
        };
        self.counted.bytes().rev().map(complement).eq(self.other.bytes())
    }
}

/// An allele as it is compared: bases in upper case; symbols as `<DEL>` and breakends name contigs, so they stay.
pub fn in_case(allele: &str) -> String {
    match allele.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        true => allele.to_ascii_uppercase(),
        false => allele.to_owned(),
    }
}

/// A marker whose alleles keep two sites from being pooled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The marker.
    pub marker: String,
    /// The reference: site index and alleles.
    pub reference: (usize, Alleles),
    /// The site that does not fit: its index and alleles.
    pub site: (usize, Alleles),
    /// Whether they are swapped, but would read the same on the other strand.
    pub ambiguous: bool,
}

/// What each site does with its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// For each site, the positions in the panel, ascending, of the markers that it flips.
    pub flipped: Vec<Vec<usize>>,
}

/// Decides for every marker of the panel which sites flip it.
///
/// # Errors
/// The markers that cannot be pooled, in the order of panel and sites, one for each site that does not fit.
pub fn agree(panel: &[String], schemas: &[Schema]) -> Result<Agreement, Vec<Conflict>> {
    let stated: Vec<BTreeMap<&str, &Alleles>> = schemas.iter().map(by_marker).collect();
    let mut agreement = Agreement { flipped: vec![Vec::new(); schemas.len()] };
    let mut conflicts = Vec::new();
    for (marker, position) in panel.iter().zip(0..) {
        let mut sites = stated
            .iter()
            .enumerate()
            .filter_map(|(site, alleles)| Some((site, *alleles.get(marker.as_str())?)));
        let Some((reference_site, reference)) = sites.next() else { continue };
        for (site, own) in sites.filter(|(_, own)| *own != reference) {
            let swapped = own.swapped() == *reference;
            if swapped && !reference.is_strand_ambiguous() {
                agreement.flipped.get_mut(site).into_iter().for_each(|flipped| flipped.push(position));
                continue;
            }
            conflicts.push(Conflict {
                marker: marker.clone(),
                reference: (reference_site, reference.clone()),
                site: (site, own.clone()),
                ambiguous: swapped,
            });
        }
    }
    if conflicts.is_empty() { Ok(agreement) } else { Err(conflicts) }
}

fn by_marker(schema: &Schema) -> BTreeMap<&str, &Alleles> {
    let alleles = schema.alleles.as_deref().unwrap_or_default();
    schema.markers.iter().map(String::as_str).zip(alleles).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(text: &str) -> Alleles {
        let (counted, other) = text.split_once('/').unwrap();
        Alleles::new(counted, other).unwrap()
    }

    /// Sites with one marker each; "" is a site without alleles.
    fn decide(sites: &[&str]) -> Result<Vec<usize>, (usize, usize, bool)> {
        let schema = |alleles: &&str| Schema {
            markers: vec!["m".into()],
            alleles: (!alleles.is_empty()).then(|| vec![pair(alleles)]),
            ..Schema::default()
        };
        let schemas: Vec<Schema> = sites.iter().map(schema).collect();
        match agree(&["m".into()], &schemas) {
            Ok(agreement) => Ok((0..sites.len()).filter(|&site| agreement.flipped[site] == [0]).collect()),
            Err(conflicts) => Err((conflicts[0].reference.0, conflicts[0].site.0, conflicts[0].ambiguous)),
        }
    }

    #[test]
    fn the_same_is_kept_and_the_exact_swap_is_flipped() {
        assert_eq!(decide(&["A/G", "A/G", "a/g"]), Ok(vec![]));
        assert_eq!(decide(&["A/G", "G/A", "A/G"]), Ok(vec![1]));
        assert_eq!(decide(&["A/G", "g/a", "G/A"]), Ok(vec![1, 2]));
        assert_eq!(decide(&["AT/A", "A/AT"]), Ok(vec![1]));
        assert_eq!(decide(&["<DEL>/N", "<DEL>/n"]), Ok(vec![]));
        assert_eq!(decide(&["A/T", "A/T", "C/G"]), Err((0, 2, false)));
        assert_eq!(decide(&["A/T", "A/T", "A/T"]), Ok(vec![]));
    }

    #[test]
    fn swaps_that_may_be_strands_are_refused() {
        for (a, b) in [("A/T", "T/A"), ("C/G", "G/C"), ("AG/CT", "CT/AG"), ("t/a", "A/T")] {
            assert_eq!(decide(&[a, b]), Err((0, 1, true)), "{a} {b}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for (a, b) in [("A/G", "T/C"), ("A/G", "A/C"), ("A/G", "C/G"), ("A/G", "C/A"), ("<DEL>/A", "<del>/A")]
        {
            assert_eq!(decide(&[a, b]), Err((0, 1, false)), "{a} {b}");
        }
    }

    #[test]
    fn sites_without_alleles_are_taken_as_they_are() {
        assert_eq!(decide(&["", "", ""]), Ok(vec![]));
        assert_eq!(decide(&["", "A/G", "", "G/A"]), Ok(vec![3]));
        assert_eq!(decide(&["", "A/G", "A/C"]), Err((1, 2, false)));
    }

    #[test]
    fn alleles_are_bounded_printable_text() {
        assert!(Alleles::new(&"A".repeat(LONGEST_ALLELE), "C").is_some());
        assert!(Alleles::new(&"A".repeat(LONGEST_ALLELE + 1), "C").is_none());
        for allele in ["", "A\t", "A C", "é", "A,C", "\u{1b}[2J"] {
            assert!(Alleles::new(allele, "C").is_none() && Alleles::new("C", allele).is_none(), "{allele}");
        }
    }

    #[test]
    fn positions_are_those_of_the_panel() {
        let schema = |rows: &[(&str, &str)]| Schema {
            markers: rows.iter().map(|row| row.0.into()).collect(),
            alleles: Some(rows.iter().map(|row| pair(row.1)).collect()),
            ..Schema::default()
        };
        let first = schema(&[("x", "A/G"), ("a", "A/G"), ("b", "C/T"), ("c", "AC/A")]);
        let second = schema(&[("c", "A/AC"), ("b", "C/T"), ("x", "T/T"), ("a", "G/A")]);
        let panel = ["c", "b", "a"].map(String::from);
        assert_eq!(agree(&panel, &[first, second]).unwrap().flipped, [vec![], vec![0, 2]]);
    }
}
