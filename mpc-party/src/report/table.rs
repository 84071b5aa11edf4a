//! The short text on the terminal: the strongest pairs, rounded to be read, and what the run did and cost.

use super::columns::{MARKER_NAMES, Row, Value, columns};
use super::strongest::strongest_pairs;
use super::{Report, ReportError, TestedPair};
use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{Cell, CellAlignment, Table};
use mpc_core::query::Statistic;
use std::fmt::Write;

/// Longest marker name shown in full.
const NAME: usize = 32;

/// Columns that would make the table too wide for most terminals.
const IN_FILES_ONLY: [&str; 3] = ["n10", "n01", "n00"];

/// The p that is not the one adjusted.
const IN_FILES_ONLY_BESIDE_FISHER: &str = "chi_squared_p";

/// The `strongest` released pairs and a summary.
///
/// # Errors
/// Where the pairs cannot be read.
pub fn table(report: &Report, strongest: usize) -> Result<String, ReportError> {
    let strongest = strongest_pairs(report, strongest).map_err(|error| report.scratch.error(error))?;
    let mut text = pairs(report, &strongest);
    // Writing to a String cannot fail.
    let _ = summary(&mut text, report);
    Ok(text)
}

fn pairs(report: &Report, shown: &[TestedPair]) -> String {
    if shown.is_empty() {
        return String::new();
    }
    let fisher = report.derivation.reports(Statistic::FisherExact);
    let in_files_only =
        |name| IN_FILES_ONLY.contains(&name) || (fisher && name == IN_FILES_ONLY_BESIDE_FISHER);
    let mut columns = columns(&report.derivation);
    columns.retain(|column| !in_files_only(column.name));
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    let names = MARKER_NAMES.into_iter().chain(columns.iter().map(|column| column.name));
    table.set_header(names);
    for tested in shown {
        let row = Row::new(&report.derivation, tested);
        let markers = [row.pair.a, row.pair.b].map(|marker| {
            let name = report.results.markers.get(marker as usize).map_or("", String::as_str);
            Cell::new(printable(name, NAME))
        });
        let numbers = columns.iter().map(|column| Cell::new(readable(&(column.value)(&row))));
        table.add_row(markers.into_iter().chain(numbers));
    }
    for column in table.column_iter_mut().skip(MARKER_NAMES.len()) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let released = report.results.pairs.len();
    format!("The {} strongest of {released} released pairs:\n\n{}\n\n", shown.len(), table.trim_fmt())
}

fn summary(text: &mut String, report: &Report) -> std::fmt::Result {
    let results = &report.results;
    writeln!(
        text,
        "{} pairs tested, {} released, {} withheld.",
        results.pairs_tested,
        results.pairs.len(),
        report.suppressed()
    )?;
    for warning in results.warnings {
        writeln!(text, "Warning: {}", printable(warning, usize::MAX))?;
    }
    if !results.learned.is_empty() {
        writeln!(text, "\nWhat each party could learn:")?;
        for line in results.learned {
            writeln!(text, "  {}", printable(line, usize::MAX))?;
        }
    }
    let seconds: Vec<String> =
        results.cost.seconds.iter().map(|(phase, seconds)| format!("{phase} {seconds:.2} s")).collect();
    let sized = |of: &[(String, u64)]| {
        of.iter().map(|(party, bytes)| format!("{party} {}", size(*bytes))).collect::<Vec<_>>().join(", ")
    };
    let a_pair: Vec<String> = results
        .cost
        .bytes_sent
        .iter()
        .map(|(party, bytes)| format!("{party} {:.1}", *bytes as f64 / results.pairs_tested.max(1) as f64))
        .collect();
    writeln!(text, "\nCost: {}; {} rounds.", seconds.join(", "), results.cost.rounds)?;
    writeln!(text, "Sent: {}.", sized(&results.cost.bytes_sent))?;
    writeln!(text, "Bytes sent for each pair tested: {}.", a_pair.join(", "))?;
    if !results.cost.peak_memory.is_empty() {
        writeln!(text, "Peak memory: {}.", sized(&results.cost.peak_memory))?;
    }
    Ok(())
}

/// Three significant digits.
fn readable(value: &Value) -> String {
    let real = match *value {
        Value::Count(count) => return count.to_string(),
        Value::Real(Some(real)) if real.is_finite() => real,
        Value::Real(_) => return "-".to_owned(),
    };
    let magnitude = real.abs();
    if magnitude == 0.0 {
        return "0".to_owned();
    }
    if !(1e-3..1e6).contains(&magnitude) {
        return format!("{real:.2e}");
    }
    let decimals = 2 - magnitude.log10().floor() as i32;
    format!("{real:.*}", usize::try_from(decimals).unwrap_or(0))
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// Names come from data files: control characters must not reach a terminal, and a long one must not break the table.
fn printable(name: &str, longest: usize) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    if name.chars().count() <= longest {
        return name.chars().map(clean).collect();
    }
    name.chars().map(clean).take(longest.saturating_sub(3)).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::Example;
    use super::*;

    #[test]
    fn golden() {
        let mut example = Example::new();
        example.warnings = vec!["two sites: each can subtract its own counts".to_owned()];
        assert_eq!(example.with_report(|report| table(report, 3).unwrap()), GOLDEN);
    }

    const GOLDEN: &str = r#"The 3 strongest of 5 released pairs:

| a   | b                | n11 |    n | expected | lift | odds_ratio | chi_squared | fisher_exact_p | p_adjusted |      r2 |
|-----|------------------|-----|------|----------|------|------------|-------------|----------------|------------|---------|
| rs1 | CDKN2A(D),CDKN2B |  30 | 1000 |     8.00 | 3.75 |       7.29 |        73.1 |       2.64e-12 |   2.64e-11 |  0.0731 |
| rs1 | a "quoted" name  |   3 | 1000 |    0.160 | 18.8 |       34.4 |        51.9 |        3.60e-4 |    0.00180 |  0.0519 |
| rs1 | two�lines        |   0 |  400 |    0.270 |    0 |          0 |       0.285 |           1.00 |       1.00 | 7.12e-4 |

10 pairs tested, 5 released, 5 withheld.
Warning: two sites: each can subtract its own counts

What each party could learn:
  every site: which pairs were released

Cost: connect 0.10 s, preprocessing 1.25 s, online 0.30 s; 12 rounds.
Sent: hospital-a 1.2 MB, helper 456 B.
Bytes sent for each pair tested: hospital-a 123456.7, helper 45.6.
Peak memory: hospital-a 34.6 MB.
"#;

    #[test]
    fn nothing_released() {
        let mut example = Example::new();
        example.pairs.clear();
        let text = example.with_report(|report| table(report, 10).unwrap());
        assert!(text.starts_with("10 pairs tested, 0 released, 10 withheld.\n"), "{text}");
    }

    #[test]
    fn rounding_is_for_readers() {
        let text = |real| readable(&Value::Real(Some(real)));
        assert_eq!(text(0.0), "0");
        assert_eq!(text(1.0), "1.00");
        assert_eq!(text(21.34), "21.3");
        assert_eq!(text(1234.5), "1234");
        assert_eq!(text(0.00917), "0.00917");
        assert_eq!(text(1.5e-6), "1.50e-6");
        assert_eq!(text(1e-300), "1.00e-300");
        assert_eq!(text(2.5e7), "2.50e7");
        assert_eq!(readable(&Value::Real(None)), "-");
        assert_eq!(readable(&Value::Count(12345)), "12345");
    }

    #[test]
    fn names_cannot_write_to_the_terminal() {
        assert_eq!(printable("rs1\u{1b}[2J\n", 32), "rs1\u{fffd}[2J\u{fffd}");
        assert_eq!(printable(&"x".repeat(40), 32).len(), 32);
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1_500_000), "1.5 MB");
    }
}
