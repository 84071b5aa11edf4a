//! The columns of a result, in order: the same names and the same texts in JSON and CSV.
//!
//! Numbers are written as `serde_json` writes them, the shortest text that reads back the same. What is undefined has
//! no text: `null` in JSON, empty in CSV. That includes anything not finite, which neither format could hold.

use super::TestedPair;
use mpc_core::query::Statistic;
use mpc_core::statistics::ReleasedPair;
use mpc_core::statistics::derive::{Derivation, Derived};
use std::io;

/// One released pair's numbers.
pub(super) struct Row {
    pub(super) pair: ReleasedPair,
    derived: Derived,
}

impl Row {
    /// With all statistics that the report has.
    pub(super) fn new(derivation: &Derivation, tested: &TestedPair) -> Self {
        let TestedPair { pair, p, adjusted } = *tested;
        Self { pair, derived: derivation.derived(&pair.table, p, adjusted) }
    }
}

/// A number of a row.
pub(super) enum Value {
    Count(u64),
    Real(Option<f64>),
}

/// A column after the two marker names.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) value: fn(&Row) -> Value,
    shown: Shown,
}

enum Shown {
    Always,
    With(Statistic),
    WithAdjusted,
}

/// Names of the two columns of marker names.
pub(super) const MARKER_NAMES: [&str; 2] = ["a", "b"];

const COLUMNS: [Column; 13] = [
    Column { name: "n11", value: |row| Value::Count(row.pair.table.n11), shown: Shown::Always },
    Column { name: "n10", value: |row| Value::Count(row.pair.table.n10), shown: Shown::Always },
    Column { name: "n01", value: |row| Value::Count(row.pair.table.n01), shown: Shown::Always },
    Column { name: "n00", value: |row| Value::Count(row.pair.table.n00), shown: Shown::Always },
    Column { name: "n", value: |row| Value::Count(row.pair.table.n()), shown: Shown::Always },
    Column {
        name: "expected",
        value: |row| Value::Real(row.derived.expected),
        shown: Shown::With(Statistic::Expected),
    },
    Column { name: "lift", value: |row| Value::Real(row.derived.lift), shown: Shown::With(Statistic::Lift) },
    Column {
        name: "odds_ratio",
        value: |row| Value::Real(row.derived.odds_ratio),
        shown: Shown::With(Statistic::OddsRatio),
    },
    Column {
        name: "chi_squared",
        value: |row| Value::Real(row.derived.chi_squared),
        shown: Shown::With(Statistic::ChiSquared),
    },
    Column {
        name: "chi_squared_p",
        value: |row| Value::Real(row.derived.chi_squared_p),
        shown: Shown::With(Statistic::ChiSquared),
    },
    Column {
        name: "fisher_exact_p",
        value: |row| Value::Real(row.derived.fisher_exact_p),
        shown: Shown::With(Statistic::FisherExact),
    },
    Column {
        name: "p_adjusted",
        value: |row| Value::Real(row.derived.p_adjusted),
        shown: Shown::WithAdjusted,
    },
    Column { name: "r2", value: |row| Value::Real(row.derived.r2), shown: Shown::With(Statistic::R2) },
];

/// The columns that a result has.
pub(super) fn columns(derivation: &Derivation) -> Vec<&'static Column> {
    let shown = |column: &&Column| match column.shown {
        Shown::Always => true,
        Shown::With(statistic) => derivation.reports(statistic),
        Shown::WithAdjusted => derivation.reports_adjusted(),
    };
    COLUMNS.iter().filter(shown).collect()
}

impl Value {
    /// Appends the number's text; returns whether there is one.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> io::Result<bool> {
        match *self {
            Value::Count(count) => serde_json::to_writer(out, &count)?,
            Value::Real(Some(real)) if real.is_finite() => serde_json::to_writer(out, &real)?,
            Value::Real(_) => return Ok(false),
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Value) -> Option<String> {
        let mut out = Vec::new();
        value.write(&mut out).unwrap().then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn reals_read_back_the_same() {
        let reals = [
            5e-324,
            1e-300,
            2.225_073_858_507_201_4e-308,
            f64::MAX,
            0.1,
            1.0 / 3.0,
            1e21,
            123_456_789.125,
            0.0,
            1.0,
            9_007_199_254_740_993.0,
        ];
        for real in reals {
            let text = text(Value::Real(Some(real))).unwrap();
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), real.to_bits(), "{text}");
            let json: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(json.as_f64().map(f64::to_bits), Some(real.to_bits()), "{text}");
        }
        assert_eq!(text(Value::Real(Some(5e-324))).unwrap(), "5e-324");
        assert_eq!(text(Value::Real(Some(f64::MAX))).unwrap().replace("e+", "e"), "1.7976931348623157e308");
        assert_eq!(text(Value::Real(Some(0.1))).unwrap(), "0.1");
        assert_eq!(text(Value::Count(u64::MAX)).unwrap(), "18446744073709551615");
    }

    #[test]
    fn what_is_not_finite_has_no_text() {
        for real in [None, Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY)] {
            assert_eq!(text(Value::Real(real)), None);
        }
    }
}
