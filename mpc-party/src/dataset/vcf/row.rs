//! One row of a VCF file: its structure, its markers, and their genotypes.

use std::borrow::Cow;

use mpc_core::query::Encoding;
use mpc_core::query::schema::alleles::in_case;
use mpc_core::statistics::cohort::Genotypes;

use super::genotype::{Call, call, quick};
use crate::dataset::lines::Line;
use crate::dataset::marker::place_id;
use crate::error::UserError;

/// Columns before FORMAT.
const FIXED: usize = 8;

/// A row of the right structure.
pub(super) struct Row<'a> {
    chromosome: &'a str,
    position: &'a str,
    id: &'a str,
    pub(super) reference: &'a str,
    /// The ALT column; empty where it is `.`.
    alternatives: &'a str,
    /// FORMAT and the samples, if the file has samples.
    format: &'a str,
    samples: &'a str,
    people: usize,
    is_ended: bool,
}

impl<'a> Row<'a> {
    /// Checks the structure.
    pub(super) fn new(line: Line<'a>, people: usize) -> Result<Self, UserError> {
        let text = line.text;
        if text.starts_with('#') {
            return Err(UserError::new("a header line between records"));
        }
        let columns = memchr::memchr_iter(b'\t', text.as_bytes()).count() + 1;
        // Without samples, FORMAT may be there or not.
        let expected = if people == 0 { FIXED..=FIXED + 1 } else { FIXED + 1 + people..=FIXED + 1 + people };
        if !expected.contains(&columns) {
            let expected = expected.end();
            return Err(UserError::new(format!("the row has {columns} columns; the header has {expected}"))
                .advise("columns are separated by one tab each"));
        }
        let mut rest = text.splitn(FIXED + 2, '\t');
        let mut next = || rest.next().unwrap_or_default();
        let [chromosome, position, id, reference, alternatives] = [(); 5].map(|()| next());
        let [_quality, _filter, _info] = [(); 3].map(|()| next());
        let (format, samples) = (next(), next());

        let graphic = |text: &str| !text.is_empty() && !text.bytes().any(|byte| byte <= b' ' || byte == 0x7f);
        for (text, name) in [
            (chromosome, "column 1 (CHROM)"),
            (id, "column 3 (ID)"),
            (reference, "column 4 (REF)"),
            (alternatives, "column 5 (ALT)"),
        ] {
            if !graphic(text) {
                return Err(UserError::new(format!("{name} is empty or holds a space")));
            }
        }
        if position.is_empty() || position.len() > 18 || !position.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(UserError::new("column 2 (POS) is not a whole number"));
        }
        if !reference.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Err(UserError::new("column 4 (REF) is not a sequence of bases"));
        }
        let alternatives = if alternatives == "." { "" } else { alternatives };
        if !alternatives.is_empty() && alternatives.split(',').any(|allele| matches!(allele, "" | ".")) {
            return Err(UserError::new("column 5 (ALT) has an empty allele"));
        }
        let mut keys = format.split(':');
        if people > 0 && format.is_empty() {
            return Err(UserError::new("column 9 (FORMAT) is empty"));
        }
        if keys.next() != Some("GT") && keys.any(|key| key == "GT") {
            return Err(UserError::new("GT is not the first key of column 9 (FORMAT)")
                .advise("VCF wants it to be the first"));
        }
        let is_ended = line.is_ended;
        Ok(Self { chromosome, position, id, reference, alternatives, format, samples, people, is_ended })
    }

    /// The ALT alleles, each with its number.
    pub(super) fn alternatives(&self) -> impl Iterator<Item = (u32, &'a str)> {
        (1..).zip(self.alternatives.split(',').filter(|allele| !allele.is_empty()))
    }

    /// The id of the marker that counts this allele.
    pub(super) fn id(&self, alternative: &str) -> Cow<'a, str> {
        match (self.id, self.alternatives.contains(',')) {
            (".", _) => place_id(self.chromosome, self.position, self.reference, alternative).into(),
            (id, false) => id.into(),
            (id, true) => format!("{id}:{}", in_case(alternative)).into(),
        }
    }

    /// Genotypes of the markers that count the alleles of these numbers.
    pub(super) fn genotypes(&self, numbers: &[u32], encoding: Encoding) -> Result<Vec<Genotypes>, UserError> {
        if self.people > 0 && self.format.split(':').next() != Some("GT") {
            return Err(UserError::new("column 9 (FORMAT) has no GT, and the query names this marker")
                .advise("leave the marker out of the query, or add its genotypes"));
        }
        let mut markers: Vec<(u32, Genotypes)> =
            numbers.iter().map(|&number| (number, Genotypes::with_capacity(self.people))).collect();
        let last_allele = self.alternatives().count() as u32;
        let mut rest = self.samples.as_bytes();
        for sample in 0..self.people {
            let call = match (quick(&mut rest), last_allele) {
                (Some(call), 1..) => call,
                _ => {
                    let end = memchr::memchr(b'\t', rest).unwrap_or(rest.len());
                    let (value, tail) = rest.split_at_checked(end).unwrap_or_default();
                    rest = tail.get(1..).unwrap_or_default();
                    let gt = value.split(|byte| *byte == b':').next().unwrap_or_default();
                    let call = call(gt, last_allele).map_err(|what| {
                        let column = FIXED + 2 + sample;
                        let text = format!("column {column} (sample {}) {what}", sample + 1);
                        UserError::new(text)
                            .advise("GT is one or two allele numbers, as 0|1 or 0/1, or . for missing")
                    })?;
                    // Nothing but its end tells `0` from the first half of `0|1`.
                    let is_whole =
                        matches!(call, Call::Diploid(..)) && last_allele < 10 || value.len() > gt.len();
                    if sample + 1 == self.people && !self.is_ended && !is_whole {
                        return Err(UserError::new("the last line has no line end: the file may be cut off")
                            .advise("end the last line with a line feed, if it is whole"));
                    }
                    call
                }
            };
            for (number, genotypes) in &mut markers {
                genotypes.push(call.dosage(*number, encoding));
            }
        }
        Ok(markers.into_iter().map(|(_, genotypes)| genotypes).collect())
    }
}
