//! Normal forms of identifiers. Sites type one number in different ways, and a hash sees every difference, so what counts
//! as the same is a part of the query, under a name with a version: rules never change, they get successors.
//!
//! `id-v1`, for each key column, in this order:
//!
//! | rule | example |
//! |---|---|
//! | bytes that are no UTF-8 are refused | |
//! | Unicode's compatibility form (NFKC) | full-width `１２` is `12`, `e` and U+0301 are `é`, a no-break space is a space |
//! | invisible characters go: soft hyphen, joiners, direction marks, byte order mark | |
//! | other control characters are refused, except white space | |
//! | case goes: each character to upper case, then to lower case (no language's rules) | `AB` is `ab`, `ß` is `ss`, `ς` is `σ` |
//! | white space at the ends goes, and within is one space | ` 12  34 ` is `12 34` |
//! | a whole column that is a date with the year first is written `yyyy-mm-dd`, from `-`, `/` or `.` | `1980-1-2` and `1980/01/02` are `1980-01-02` |
//! | an empty column is refused | |
//!
//! What stays different: leading zeros (`012` and `12`), punctuation (`12-34` and `1234`), accents (`é` and `e`), and dates
//! in other orders, as `2/1/1980` is one day in Boston and another in Paris.
//!
//! Several key columns are hashed one after another, each with its length before it, so `ab, c` and `a, bc` differ whatever
//! they contain. What is kept of an identifier is this hash, 32 bytes: shorter than most names, and not to be read by
//! accident. It is no protection, as whoever has it can try all numbers; nothing of it leaves the site but blinded.

use crate::random::{Domain, hash::Hasher};
use std::iter::Peekable;
use std::str::Chars;
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A person's identifier in its normal form, hashed.
#[derive(Clone, PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Identifier([u8; 32]);

impl Identifier {
    pub(super) fn of_hash(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The hash.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Which rules make two spellings one identifier.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Normalisation {
    /// The rules at the head of this file.
    IdV1,
}

/// Why an identifier is refused. Quotes nothing of it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierFault {
    /// There is nothing, or nothing but white space, in one of its columns.
    #[error("it is empty")]
    Empty,
    /// Not UTF-8.
    #[error("it is not UTF-8")]
    Encoding,
    /// A control character other than white space.
    #[error("it contains a control character")]
    Control,
}

impl Normalisation {
    /// The name in queries and results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IdV1 => "id-v1",
        }
    }

    /// The identifier in these key columns, in their order.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn apply(self, columns: &[&[u8]]) -> Result<Identifier, IdentifierFault> {
        let mut hasher = Hasher::new(Domain::Identifier).part(self.name().as_bytes());
        if columns.is_empty() {
            return Err(IdentifierFault::Empty);
        }
        for column in columns {
            let text = std::str::from_utf8(column).map_err(|_| IdentifierFault::Encoding)?;
            hasher = hasher.part(id_v1(text)?.as_bytes());
        }
        Ok(Identifier(hasher.finish()))
    }
}

fn id_v1(text: &str) -> Result<Zeroizing<String>, IdentifierFault> {
    let mut text = Zeroizing::new(text.to_owned());
    // What becomes of a character can itself have a normal form, so until nothing changes; twice is enough for all
    // characters there are (tests).
    for _ in 0..4 {
        let next = Zeroizing::new(fold(&text));
        if next == text {
            break;
        }
        text = next;
    }
    if text.contains(char::is_control) {
        return Err(IdentifierFault::Control);
    }
    if text.is_empty() {
        return Err(IdentifierFault::Empty);
    }
    Ok(date(&text).unwrap_or(text))
}

/// All rules for characters.
fn fold(text: &str) -> String {
    let visible = text.nfkc().filter(|character| !is_invisible(*character));
    let folded = visible.flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let mut out = String::with_capacity(text.len());
    for character in folded.nfkc() {
        if !character.is_whitespace() {
            out.push(character);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

/// Characters that show nothing and come along when text is copied.
const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
    )
}

/// The date that the text is, if it is one, with the year first.
fn date(text: &str) -> Option<Zeroizing<String>> {
    let mut rest = text.chars().peekable();
    let year = number(&mut rest, 4, 4)?;
    let separator = rest.next().filter(|separator| matches!(separator, '-' | '/' | '.'))?;
    let month = number(&mut rest, 1, 2)?;
    rest.next_if_eq(&separator)?;
    let day = number(&mut rest, 1, 2)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    let whole = rest.next().is_none() && (1..=days).contains(&day);
    whole.then(|| Zeroizing::new(format!("{year:04}-{month:02}-{day:02}")))
}

/// A number of this many digits.
fn number(rest: &mut Peekable<Chars<'_>>, least: usize, most: usize) -> Option<u32> {
    let (mut value, mut digits) = (0, 0);
    while digits < most
        && let Some(digit) = rest.peek().and_then(|next| next.to_digit(10))
    {
        value = 10 * value + digit;
        digits += 1;
        rest.next();
    }
    (digits >= least).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn normal(text: &str) -> String {
        id_v1(text).unwrap().to_string()
    }

    #[test]
    fn what_the_table_says() {
        let cases = [
            ("AB-12", "ab-12"),
            ("\u{ff11}\u{ff12}", "12"),
            ("Rene\u{301}", "ren\u{e9}"),
            ("12\u{a0}\u{2009}34", "12 34"),
            (" \t12 \r\n 34\u{3000}", "12 34"),
            ("1\u{ad}2\u{200b}\u{feff}", "12"),
            ("Stra\u{df}e", "strasse"),
            ("STRASSE", "strasse"),
            ("\u{39f}\u{394}\u{39f}\u{3a3}", "\u{3bf}\u{3b4}\u{3bf}\u{3c3}"),
            ("\u{3bf}\u{3b4}\u{3bf}\u{3c2}", "\u{3bf}\u{3b4}\u{3bf}\u{3c3}"),
            ("\u{fb01}n", "fin"),
            ("1980-1-2", "1980-01-02"),
            (" 1980/01/2 ", "1980-01-02"),
            ("1980.1.02", "1980-01-02"),
            ("\u{ff11}980-1-2", "1980-01-02"),
            ("2000-2-29", "2000-02-29"),
            // No dates, or not for sure, or more than a date.
            ("1900-2-29", "1900-2-29"),
            ("1980-13-1", "1980-13-1"),
            ("1980-0-1", "1980-0-1"),
            ("1980-4-31", "1980-4-31"),
            ("1980-1/2", "1980-1/2"),
            ("1980-1-2 x", "1980-1-2 x"),
            ("1980-1-200", "1980-1-200"),
            ("01980-1-2", "01980-1-2"),
            ("80-1-2", "80-1-2"),
            ("2/1/1980", "2/1/1980"),
            ("19800102", "19800102"),
            ("012", "012"),
        ];
        for (typed, expected) in cases {
            assert_eq!(normal(typed), expected, "{typed:?}");
        }
    }

    #[test]
    fn nothing_is_no_identifier() {
        for empty in ["", " ", "\t\r\n", "\u{200b}", "\u{feff} \u{a0}"] {
            assert_eq!(id_v1(empty).err(), Some(IdentifierFault::Empty), "{empty:?}");
        }
        assert_eq!(id_v1("1\u{0}2").err(), Some(IdentifierFault::Control));
        assert_eq!(id_v1("\u{7f}12").err(), Some(IdentifierFault::Control));
        let apply = |columns: &[&[u8]]| Normalisation::IdV1.apply(columns).err();
        assert_eq!(apply(&[b"12", b"\xff"]), Some(IdentifierFault::Encoding));
        assert_eq!(apply(&[b"12", b" "]), Some(IdentifierFault::Empty));
        assert_eq!(apply(&[]), Some(IdentifierFault::Empty));
    }

    #[test]
    fn columns_do_not_run_together() {
        let columns: [&[&[u8]]; 6] =
            [&[b"ab", b"c"], &[b"a", b"bc"], &[b"abc"], &[b"ab c"], &[b"c", b"ab"], &[b"ab", b"c", b"c"]];
        for (i, one) in columns.iter().enumerate() {
            for (j, other) in columns.iter().enumerate() {
                let [one, other] = [one, other].map(|columns| Normalisation::IdV1.apply(columns).unwrap());
                assert_eq!(one == other, i == j, "{i} {j}");
            }
        }
        let [one, other] = [b"AB", b"ab"].map(|id| Normalisation::IdV1.apply(&[id]).unwrap());
        assert!(one == other);
    }

    #[test]
    fn every_character_has_one_normal_form() {
        for character in char::MIN..=char::MAX {
            let twice = fold(&fold(&character.to_string()));
            assert_eq!(fold(&twice), twice, "U+{:04X}", u32::from(character));
        }
    }

    proptest! {
        #[test]
        fn normal_forms_stay(text in ".*") {
            if let Ok(once) = id_v1(&text) {
                prop_assert_eq!(id_v1(&once).ok(), Some(once));
            }
        }
    }
}
