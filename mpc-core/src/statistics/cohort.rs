//! One site's people and markers, packed to two bits a call while the file is read.
//!
//! Until the sites have agreed on which allele they count, a marker's calls are [`Genotypes`], which can still be read
//! for either allele. Then they become a [`Column`] in place: what the query asks for, one bit a person.

use crate::query::Encoding;

/// Every call of one marker over the people of one site: dosage 0, 1, 2 or missing, in two bits a person.
///
/// A person's bit in `some` says that the dosage is 1 or 2. Their bit in `full` says, beside a 1 in `some`, that it is
/// 2; beside a 0, that the call is missing. So counting the other allele swaps and inverts the two.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Genotypes {
    some: Vec<u64>,
    full: Vec<u64>,
    people: usize,
}

impl Genotypes {
    /// No calls yet, with room for those of so many people.
    pub fn with_capacity(people: usize) -> Self {
        let words = people.div_ceil(64);
        Self { some: Vec::with_capacity(words), full: Vec::with_capacity(words), people: 0 }
    }

    /// Calls that are packed already, least significant bit first; `None` unless both planes have a bit for each
    /// person and zeros beyond the last.
    pub fn from_planes(people: usize, some: Vec<u64>, full: Vec<u64>) -> Option<Self> {
        let words = people.div_ceil(64);
        let beyond = |plane: &[u64]| plane.last().is_some_and(|last| last & !last_word(people) != 0);
        let fits = some.len() == words && full.len() == words && !beyond(&some) && !beyond(&full);
        fits.then_some(Self { some, full, people })
    }

    /// Appends the next person's call: the dosage 0, 1 or 2, or `None` where it is missing.
    pub fn push(&mut self, dosage: Option<u8>) {
        let at = self.people % 64;
        if at == 0 {
            for plane in [&mut self.some, &mut self.full] {
                if plane.len() == plane.capacity() {
                    // Doubling would leave up to half of the memory unused.
                    plane.reserve_exact(plane.len() / 8 + 8);
                }
                plane.push(0);
            }
        }
        let (some, full) = match dosage {
            Some(copies) => (copies >= 1, copies >= 2),
            None => (false, true),
        };
        if let (Some(somes), Some(fulls)) = (self.some.last_mut(), self.full.last_mut()) {
            *somes |= u64::from(some) << at;
            *fulls |= u64::from(full) << at;
        }
        self.people += 1;
    }

    /// Number of people, missing calls included.
    pub fn people(&self) -> usize {
        self.people
    }

    /// The calls of other people: for each, the place of their call among these, or missing.
    pub fn rearranged(&self, places: impl Iterator<Item = Option<usize>>, people: usize) -> Self {
        let mut calls = Self::with_capacity(people);
        places.for_each(|place| calls.push(place.and_then(|place| self.call(place))));
        calls
    }

    /// The dosage of one person, or `None` where it is missing.
    fn call(&self, person: usize) -> Option<u8> {
        let bit = |plane: &[u64]| plane.get(person / 64).map_or(0, |word| (word >> (person % 64) & 1) as u8);
        match (bit(&self.some), bit(&self.full)) {
            (0, 1) => None,
            (some, full) => Some(some + full),
        }
    }

    /// What the query asks for, in the same memory. With `flip`, the dosage d is taken for 2 - d.
    pub fn into_column(mut self, encoding: Encoding, flip: bool) -> Column {
        let mut missing_calls = 0;
        let words = self.some.len();
        for ((some, full), word) in self.some.iter_mut().zip(&mut self.full).zip(1..) {
            let people = if word == words { last_word(self.people) } else { u64::MAX };
            let (carrying, both) = if flip { (!*full & people, !*some & people) } else { (*some, *full) };
            let missing = both & !carrying;
            *some = match encoding {
                Encoding::Carrier => carrying,
                Encoding::HomozygousAlt => carrying & both,
            };
            *full = missing;
            missing_calls += missing.count_ones() as usize;
        }
        let missing = if missing_calls == 0 { Vec::new() } else { self.full };
        Column { carrier: self.some, missing, people: self.people, missing_calls }
    }
}

/// The bits of the last word that stand for people.
fn last_word(people: usize) -> u64 {
    match people % 64 {
        0 => u64::MAX,
        used => (1 << used) - 1,
    }
}

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
        }
        if self.missing_calls > 0 || dosage.is_none() {
            self.missing.resize(self.carrier.len(), 0);
        }
        let carries = match (dosage, encoding) {
            (Some(copies), Encoding::Carrier) => copies >= 1,
            (Some(copies), Encoding::HomozygousAlt) => copies == 2,
            (None, _) => false,
        };
        if let Some(carrier) = self.carrier.last_mut() {
            *carrier |= bit * u64::from(carries);
        }
        if let Some(missing) = self.missing.last_mut() {
            *missing |= bit * u64::from(dosage.is_none());
        }
        self.people += 1;
        self.missing_calls += usize::from(dosage.is_none());
    }

    /// Carrier bits; zero where the call is missing and beyond the last person.
    pub fn carrier(&self) -> &[u64] {
        &self.carrier
    }

    /// Bits of missing calls: as many words as carrier bits have, or none where no call is missing.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn genotypes(calls: &[Option<u8>]) -> Genotypes {
        let mut genotypes = Genotypes::default();
        calls.iter().for_each(|&call| genotypes.push(call));
        genotypes
    }

    fn column(calls: &[Option<u8>], encoding: Encoding) -> Column {
        let mut column = Column::default();
        calls.iter().for_each(|&call| column.push(call, encoding));
        column
    }

    proptest! {
        #[test]
        fn genotypes_become_the_column_of_either_allele(
            calls in prop::collection::vec(prop::option::weighted(0.9, 0u8..3), 0..300),
        ) {
            let flipped: Vec<_> = calls.iter().map(|call| call.map(|dosage| 2 - dosage)).collect();
            for encoding in [Encoding::Carrier, Encoding::HomozygousAlt] {
                let read = genotypes(&calls);
                prop_assert_eq!(read.people(), calls.len());
                prop_assert!(read.clone().into_column(encoding, false) == column(&calls, encoding));
                prop_assert!(read.into_column(encoding, true) == column(&flipped, encoding));
            }
        }

        #[test]
        fn room_is_never_much_more_than_needed(people in 0usize..100_000) {
            let mut genotypes = Genotypes::default();
            (0..people).for_each(|_| genotypes.push(Some(1)));
            let words = people.div_ceil(64);
            prop_assert!(genotypes.some.capacity() <= words + words / 8 + 8);
        }
    }

    #[test]
    fn packed_calls_are_checked() {
        let calls: Vec<_> = (0..70).map(|person| (person % 5 != 0).then_some(person % 3)).collect();
        let read = genotypes(&calls);
        let (some, full) = (read.some.clone(), read.full.clone());
        assert!(Genotypes::from_planes(70, some.clone(), full.clone()) == Some(read));
        assert!(Genotypes::from_planes(0, Vec::new(), Vec::new()) == Some(Genotypes::default()));
        assert!(Genotypes::from_planes(64, vec![u64::MAX], vec![0]).is_some());
        assert!(Genotypes::from_planes(129, some.clone(), full.clone()).is_none(), "too few words");
        assert!(Genotypes::from_planes(64, some.clone(), full.clone()).is_none(), "too many words");
        assert!(Genotypes::from_planes(65, some, full.clone()).is_none(), "a bit beyond the last person");
        assert!(Genotypes::from_planes(70, vec![0, 1 << 6], full).is_none(), "a bit beyond the last person");
    }
}
