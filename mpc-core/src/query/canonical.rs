//! Canonical bytes of a query: fixed-width little-endian integers and length-prefixed strings, no maps, every
//! default filled in. Two query files that ask the same question have the same bytes and the same hash.

use super::{Correction, Encoding, MissingRule, Pairs, Panel, Partition, Query, Statistic};
use crate::linkage::Method;

/// Version of this encoding; changing what any field means changes it.
const ENCODING: &[u8] = b"mpc cooccurrence query v1";

struct Writer(Vec<u8>);

impl Writer {
    fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    fn number(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn texts<'a>(&mut self, texts: impl ExactSizeIterator<Item = &'a String>) {
        self.number(texts.len() as u64);
        texts.for_each(|text| self.text(text));
    }

    fn optional(&mut self, value: Option<u64>) {
        self.byte(value.is_some().into());
        self.number(value.unwrap_or(0));
    }
}

impl Query {
    /// The bytes that all parties hash and compare.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut out = Writer(ENCODING.to_vec());
        out.text(&self.title);
        out.text(&self.purpose);
        match self.partition {
            Partition::Horizontal => out.byte(0),
            Partition::Vertical(vertical) => {
                out.byte(1);
                out.byte(match vertical.pairs {
                    Pairs::All => 0,
                    Pairs::AcrossSites => 1,
                });
                match vertical.linkage {
                    Method::Union { dummies } => {
                        out.byte(0);
                        out.number(dummies.into());
                    }
                    Method::Intersection => out.byte(1),
                }
                out.text(vertical.normalisation.name());
                out.byte(vertical.owners_may_receive.into());
            }
        }
        out.texts(self.sites.iter());
        out.number(self.people_bound);
        match &self.panel {
            Panel::Listed(ids) => {
                out.byte(0);
                out.texts(ids.iter());
            }
            Panel::All => out.byte(1),
        }
        out.texts(self.exclude.iter());
        out.byte(match self.encoding {
            Encoding::Carrier => 0,
            Encoding::HomozygousAlt => 1,
        });
        out.byte(match self.missing {
            MissingRule::AsNoncarrier => 0,
            MissingRule::PairwiseComplete => 1,
        });
        out.number(self.report.len() as u64);
        for statistic in &self.report {
            out.byte(match statistic {
                Statistic::N11 => 0,
                Statistic::Expected => 1,
                Statistic::Lift => 2,
                Statistic::OddsRatio => 3,
                Statistic::ChiSquared => 4,
                Statistic::FisherExact => 5,
                Statistic::R2 => 6,
            });
        }
        out.byte(match self.correction {
            Correction::BenjaminiHochberg => 0,
            Correction::Bonferroni => 1,
        });
        out.optional(self.select.minimum_lift_milli);
        out.optional(self.select.minimum_chi_squared_milli);
        out.number(self.disclosure.min_cell_count.into());
        out.byte(self.disclosure.allow_zero.into());
        out.optional(self.disclosure.residual_min_count.map(u64::from));
        out.number(self.disclosure.min_people.into());
        out.number(self.recipients.len() as u64);
        self.recipients.iter().for_each(|&site| out.number(site as u64));
        out.0
    }

    /// BLAKE3 of the canonical bytes.
    pub fn hash(&self) -> [u8; 32] {
        *blake3::hash(&self.canonical_bytes()).as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Vertical, example};
    use super::*;
    use crate::linkage::Normalisation;
    use std::collections::BTreeSet;

    #[test]
    fn every_field_changes_the_hash() {
        let vertical = |pairs, linkage, owners_may_receive| {
            let normalisation = Normalisation::IdV1;
            Partition::Vertical(Vertical { pairs, linkage, normalisation, owners_may_receive })
        };
        let changes: [&dyn Fn(&mut Query); 30] = [
            &|_| (),
            &|query| query.title.push('x'),
            &|query| query.purpose.push('x'),
            &|query| {
                let last = query.title.pop().unwrap();
                query.purpose.insert(0, last);
            },
            &|query| query.partition = vertical(Pairs::All, Method::default(), false),
            &|query| query.partition = vertical(Pairs::AcrossSites, Method::default(), false),
            &|query| query.partition = vertical(Pairs::All, Method::Union { dummies: 1 }, false),
            &|query| query.partition = vertical(Pairs::All, Method::Intersection, false),
            &|query| query.partition = vertical(Pairs::All, Method::default(), true),
            &|query| query.sites.swap(0, 1),
            &|query| query.sites[0].push('x'),
            &|query| query.people_bound += 1,
            &|query| query.panel = Panel::All,
            &|query| query.panel = Panel::Listed(vec!["b".into(), "a".into()]),
            &|query| query.panel = Panel::Listed(vec!["ab".into(), String::new()]),
            &|query| query.exclude = BTreeSet::from(["b".into()]),
            &|query| query.encoding = Encoding::HomozygousAlt,
            &|query| query.missing = MissingRule::PairwiseComplete,
            &|query| query.report = BTreeSet::from([Statistic::Lift]),
            &|query| query.report = BTreeSet::from([Statistic::R2]),
            &|query| query.correction = Correction::Bonferroni,
            &|query| query.select.minimum_lift_milli = Some(0),
            &|query| query.select.minimum_chi_squared_milli = Some(0),
            &|query| query.disclosure.min_cell_count += 1,
            &|query| query.disclosure.allow_zero = true,
            &|query| query.disclosure.residual_min_count = None,
            &|query| query.disclosure.residual_min_count = Some(6),
            &|query| query.disclosure.min_people += 1,
            &|query| query.recipients = BTreeSet::from([0]),
            &|query| query.recipients = BTreeSet::from([0, 1]),
        ];
        let hashes: BTreeSet<[u8; 32]> = changes
            .iter()
            .map(|change| {
                let mut query = example(3);
                change(&mut query);
                query.hash()
            })
            .collect();
        assert_eq!(hashes.len(), changes.len());
    }
}
