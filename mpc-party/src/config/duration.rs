//! Durations as people write them: `500ms`, `30s`, `10m`, `2h`.

use std::time::Duration;

use super::document::Field;
use crate::error::UserError;

/// Longest duration; a longer one is more likely a wrong unit.
const LONGEST: Duration = Duration::from_hours(7 * 24);
/// Units and their milliseconds, the longest first.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A duration above zero, up to a week.
pub(super) fn read(field: &Field<'_>) -> Result<Duration, UserError> {
    match parse(field.text()?) {
        Some(duration) if !duration.is_zero() && duration <= LONGEST => Ok(duration),
        Some(_) => {
            Err(field.error(format!("{} is out of range", field.name())).advise("allowed: 1ms to 168h"))
        }
        None => Err(field
            .error(format!("{} is not a duration", field.name()))
            .advise("write a whole number and a unit: \"500ms\", \"30s\", \"10m\" or \"2h\"")),
    }
}

/// The shortest text that reads back as this duration, to the millisecond.
pub(super) fn write(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    for (unit, length) in UNITS {
        if millis >= length && millis.is_multiple_of(length) {
            return format!("{}{unit}", millis / length);
        }
    }
    format!("{millis}ms")
}

fn parse(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
    if number.is_empty() {
        return None;
    }
    // All digits, so the only way to fail is to be too large.
    let number: u64 = number.parse().unwrap_or(u64::MAX);
    Some(Duration::from_millis(number.saturating_mul(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_write() {
        let known = [("1ms", 1), ("500ms", 500), ("30s", 30_000), ("10m", 600_000), ("168h", 604_800_000)];
        for (text, millis) in known {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
            assert_eq!(parse(&write(Duration::from_millis(millis))), Some(Duration::from_millis(millis)));
        }
        assert_eq!(write(Duration::from_secs(90)), "90s");
        assert_eq!(write(Duration::from_secs(120)), "2m");
        assert_eq!(parse("99999999999999999999h"), Some(Duration::from_millis(u64::MAX)));
        for text in ["", "5", "s", "-1s", "1.5s", "1 s", "1S", "1d", "s1", "1sms", "\u{661}s"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
