//! Made-up people. The same seed gives the same people on every machine.

use std::fmt::Write;

/// The tokens that stand for a missing call.
const MISSING: [&str; 7] = ["", "NA", "N/A", "NaN", "nan", ".", "./."];

/// One site's people: for each a dosage of each marker, or none.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    pub(crate) markers: Vec<String>,
    pub(crate) rows: Vec<(String, Vec<Option<u8>>)>,
}

/// Numbers without pattern (splitmix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

impl People {
    /// `count` people with `markers` markers of very different frequencies, neighbours related; one call of `missing`
    /// is missing, none where that is 0.
    pub(crate) fn some(site: usize, count: usize, markers: usize, missing: u64) -> Self {
        let mut numbers = Numbers(site as u64 * 7919 + 1);
        let rows = (0..count).map(|person| {
            let mut before = 0;
            let calls = (0..markers).map(|marker| {
                let per_mille = [450, 30, 700, 120, 300, 60, 940][marker % 7] + 15 * site as u64;
                let copy = |numbers: &mut Numbers| u8::from(numbers.below(1000) < per_mille / 2);
                let mut dosage = copy(&mut numbers) + copy(&mut numbers);
                if numbers.below(3) == 0 {
                    dosage = before;
                }
                before = dosage;
                (missing == 0 || numbers.below(missing) != 0).then_some(dosage)
            });
            (format!("p-{site}-{person}"), calls.collect())
        });
        Self { rows: rows.collect(), markers: (0..markers).map(|marker| format!("rs{marker}")).collect() }
    }

    /// People of whom given numbers carry both, the first, the second, none of two markers.
    pub(crate) fn with_cells(site: usize, cells: [usize; 4]) -> Self {
        let mut people = Self { markers: vec!["a".into(), "b".into()], rows: Vec::new() };
        for (count, calls) in cells.into_iter().zip([[1, 1], [1, 0], [0, 1], [0, 0]]) {
            for _ in 0..count {
                let id = format!("p-{site}-{}", people.rows.len());
                people.rows.push((id, calls.map(Some).to_vec()));
            }
        }
        people
    }

    /// The same people with the columns in another order.
    pub(crate) fn reordered(&self, order: &[usize]) -> Self {
        let markers = order.iter().map(|&at| self.markers[at].clone()).collect();
        let row = |(id, calls): &(String, Vec<Option<u8>>)| {
            (id.clone(), order.iter().map(|&at| calls[at]).collect())
        };
        Self { markers, rows: self.rows.iter().map(row).collect() }
    }

    /// As a CSV file.
    pub(crate) fn csv(&self) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let mut text = String::from("person");
        for marker in &self.markers {
            text.push(',');
            text.push_str(&if marker.contains([',', '"']) { quoted(marker) } else { marker.clone() });
        }
        text.push('\n');
        for (row, (id, calls)) in self.rows.iter().enumerate() {
            text.push_str(id);
            for (column, call) in calls.iter().enumerate() {
                let _ = match call {
                    Some(dosage) => write!(text, ",{dosage}"),
                    None => write!(text, ",{}", MISSING[(row + column) % MISSING.len()]),
                };
            }
            text.push('\n');
        }
        text
    }
}
