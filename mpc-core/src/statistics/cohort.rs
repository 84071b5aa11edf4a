//! One site's people and markers, packed to two bits a call while the file is read.

use crate::query::Encoding;

/// One marker over the people of one site, one bit a person, least significant bit first.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Column {
    carrier: Vec<u64>,
    missing: Vec<u64>,
    people: usize,
    missing_calls: usize,
}

impl Column {
    /// Appends the next person's call: the dosage 0, 1 or 2, or `None` where it is missing.
    pub fn push(&mut self, dosage: Option<u8>, encoding: Encoding) {
        let bit = 1u64 << (self.people % 64);
        if self.people.is_multiple_of(64) {
            self.carrier.push(0);
            self.missing.push(0);
        }
        let carries = match (dosage, encoding) {
            (Some(copies), Encoding::Carrier) => copies >= 1,
            (Some(copies), Encoding::HomozygousAlt) => copies == 2,
            (None, _) => false,
        };
        if let (Some(carrier), Some(missing)) = (self.carrier.last_mut(), self.missing.last_mut()) {
            *carrier |= bit * u64::from(carries);
            *missing |= bit * u64::from(dosage.is_none());
        }
        self.people += 1;
        self.missing_calls += usize::from(dosage.is_none());
    }

    /// Carrier bits; zero where the call is missing and beyond the last person.
    pub fn carrier(&self) -> &[u64] {
        &self.carrier
    }

    /// Bits of missing calls.
    pub fn missing(&self) -> &[u64] {
        &self.missing
    }

    /// Number of people, missing calls included.
    pub fn people(&self) -> usize {
        self.people
    }

    /// Number of missing calls.
    pub fn missing_calls(&self) -> usize {
        self.missing_calls
    }
}

/// One site's people: for each marker, in the order in which `ids` names them, one column.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Cohort {
    /// Marker ids.
    pub ids: Vec<String>,
    /// One column a marker, all over the same people.
    pub columns: Vec<Column>,
    /// Number of people.
    pub people: usize,
}
