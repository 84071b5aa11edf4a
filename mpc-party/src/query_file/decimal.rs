//! Decimals that mean exactly what is written: read from the digits, never through floating point.

use crate::config::document::Field;
use crate::error::UserError;

/// A decimal of at most three digits after the point, in thousandths, below `bound` thousandths.
pub(super) fn thousandths(field: &Field<'_>, bound: u64) -> Result<u64, UserError> {
    match parse(field.number_text()?) {
        Some(number) if number < bound => Ok(number),
        Some(_) => Err(field
            .error(format!("{} is out of range", field.name()))
            .advise(format!("allowed: 0 or more, and below {}", bound / 1_000))),
        None => Err(field
            .error(format!("{} is not a plain decimal", field.name()))
            .advise("write digits with at most three after the point, such as 3.841; no sign, no exponent")),
    }
}

/// Thousandths of `12`, `1.5` or `3.841`; a number too large for 64 bits counts as the largest.
fn parse(text: &str) -> Option<u64> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 3 {
        return None;
    }
    // All digits, so the only way to fail is to be too large.
    let number = format!("{whole}{fraction:0<3}").parse();
    Some(number.unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_decimal_written_is_the_decimal_meant() {
        let known = [
            ("0", 0),
            ("1", 1_000),
            ("1.0", 1_000),
            ("1.50", 1_500),
            ("3.841", 3_841),
            ("+2.5", 2_500),
            ("0.001", 1),
            // Neither of these is what f64 makes of it times 1000.
            ("1.005", 1_005),
            ("4.035", 4_035),
            ("999999.999", 999_999_999),
            ("99999999999999999999999", u64::MAX),
        ];
        for (text, thousandths) in known {
            assert_eq!(parse(text), Some(thousandths), "{text}");
        }
        for text in
            ["", "-1", "-0.0", "1e3", "1.0E2", "inf", "+inf", "nan", "1.0001", "1.0000", "1.", ".5", "++1"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
