//! Structure of a CSV file, checked byte by byte on its way to the parser: RFC 4180 to the letter, UTF-8, bounded rows.
//!
//! The parser accepts whatever it can make some sense of, and its line numbers lag behind at CRLF. In patients' data a
//! guess is a wrong count, so this reader refuses before the parser guesses, and it counts the lines. Stricter than RFC
//! 4180 in one point: an empty line between rows is refused, because it may be a row whose values were lost; empty
//! lines at the end are not. Laxer in one: lines may end in LF alone.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read};

/// Bounds that keep memory small whatever the file holds.
#[derive(Copy, Clone, Debug)]
pub(super) struct Limits {
    /// Longest row, in bytes.
    pub(super) row_bytes: u64,
    /// Most fields of a row.
    pub(super) fields: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { row_bytes: 16 << 20, fields: 100_000 }
    }
}

/// What is wrong with the structure, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Physical line.
    pub(super) line: u64,
    /// Field of the row, from 1, where the fault is in one.
    pub(super) field: Option<u64>,
    /// What is wrong.
    pub(super) message: String,
    /// What to do.
    pub(super) advice: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

/// A row that has passed.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Physical line where it begins.
    pub(super) line: u64,
    /// Number of its fields.
    pub(super) fields: u64,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum State {
    /// Before the first byte of a line.
    RowStart,
    /// Before the first byte of a field.
    FieldStart,
    /// In a field without quotes.
    Unquoted,
    /// In a field with quotes.
    Quoted,
    /// After a quote in a field with quotes: the closing one, or the first of a doubled one.
    QuoteInQuoted,
    /// After a carriage return.
    CarriageReturn,
}

/// Hands through the bytes of a file as long as their structure is right; the error it ends with carries a [`Fault`].
pub(super) struct StrictReader<R> {
    inner: R,
    limits: Limits,
    state: State,
    utf8: Utf8,
    line: u64,
    row_line: u64,
    row_bytes: u64,
    field: u64,
    /// Line of the quote that is open.
    quote_line: u64,
    /// First of the empty lines just passed.
    empty_line: Option<u64>,
    rows: VecDeque<Row>,
}

impl<R: Read> StrictReader<R> {
    pub(super) fn new(inner: R, limits: Limits) -> Self {
        Self {
            inner,
            limits,
            state: State::RowStart,
            utf8: Utf8::default(),
            line: 1,
            row_line: 1,
            row_bytes: 0,
            field: 0,
            quote_line: 0,
            empty_line: None,
            rows: VecDeque::new(),
        }
    }

    /// The next row in the order of the file, once its bytes have passed.
    pub(super) fn next_row(&mut self) -> Option<Row> {
        self.rows.pop_front()
    }

    fn push(&mut self, byte: u8) -> Result<(), Fault> {
        if (byte >= 0x80 || self.utf8.is_pending()) && !self.utf8.push(byte) {
            return Err(self.fault("is not UTF-8", "save the file as UTF-8"));
        }
        if byte == 0 {
            return Err(self.fault("holds a NUL byte", "this is not a text file; save it as CSV in UTF-8"));
        }
        self.row_bytes += 1;
        if self.row_bytes > self.limits.row_bytes {
            return Err(self.row_too_long());
        }
        match (self.state, byte) {
            (State::RowStart, b'\n') => self.end_empty_line(),
            // The end of an empty line; `field` stays 0.
            (State::RowStart, b'\r') => self.state = State::CarriageReturn,
            (State::RowStart, _) => {
                if let Some(line) = self.empty_line {
                    return Err(Fault {
                        line,
                        field: None,
                        message: "an empty line between rows".into(),
                        advice: "remove the line, if no row is lost".into(),
                    });
                }
                self.row_line = self.line;
                self.field = 1;
                self.start_field(byte)?;
            }
            (State::FieldStart, _) => self.start_field(byte)?,
            (State::Unquoted, b',') | (State::QuoteInQuoted, b',') => self.end_field()?,
            (State::Unquoted, b'\n' | b'\r') | (State::QuoteInQuoted, b'\n' | b'\r') => self.end_row(byte),
            (State::Unquoted, b'"') => {
                return Err(self.fault(
                    "has a quote inside, but does not begin with one",
                    "put the whole field in quotes and write each quote in it twice",
                ));
            }
            (State::Unquoted, _) => {}
            (State::Quoted, b'"') => self.state = State::QuoteInQuoted,
            (State::Quoted, b'\n') => self.line += 1,
            (State::Quoted, _) => {}
            (State::QuoteInQuoted, b'"') => self.state = State::Quoted,
            (State::QuoteInQuoted, _) => {
                return Err(self.fault(
                    "has text after its closing quote",
                    "a quoted field ends with its quote; write a quote in it twice",
                ));
            }
            (State::CarriageReturn, b'\n') if self.field == 0 => self.end_empty_line(),
            (State::CarriageReturn, b'\n') => self.next_line(),
            (State::CarriageReturn, _) => return Err(self.lone_carriage_return()),
        }
        Ok(())
    }

    fn start_field(&mut self, byte: u8) -> Result<(), Fault> {
        match byte {
            b',' => self.end_field()?,
            b'\n' | b'\r' => self.end_row(byte),
            b'"' => {
                self.quote_line = self.line;
                self.state = State::Quoted;
            }
            _ => self.state = State::Unquoted,
        }
        Ok(())
    }

    fn end_field(&mut self) -> Result<(), Fault> {
        self.field += 1;
        self.state = State::FieldStart;
        if self.field <= self.limits.fields {
            return Ok(());
        }
        Err(Fault {
            line: self.line,
            field: None,
            message: format!("the row has more than {} fields", self.limits.fields),
            advice: "split the file by columns".into(),
        })
    }

    /// The parser hands out a row at its carriage return already, so the row is noted there; that a line feed follows
    /// is checked with the next byte.
    fn end_row(&mut self, byte: u8) {
        self.rows.push_back(Row { line: self.row_line, fields: self.field });
        match byte {
            b'\r' => self.state = State::CarriageReturn,
            _ => self.next_line(),
        }
    }

    fn end_empty_line(&mut self) {
        self.empty_line.get_or_insert(self.line);
        self.next_line();
    }

    fn next_line(&mut self) {
        self.line += 1;
        self.row_bytes = 0;
        self.field = 0;
        self.state = State::RowStart;
    }

    fn finish(&mut self) -> Result<(), Fault> {
        if self.utf8.is_pending() {
            return Err(self.fault("is not UTF-8", "save the file as UTF-8"));
        }
        match self.state {
            State::RowStart => Ok(()),
            State::FieldStart | State::Unquoted | State::QuoteInQuoted => {
                self.end_row(b'\n');
                Ok(())
            }
            State::Quoted => {
                let mut fault = self.fault("begins with a quote that is never closed", "close the quote");
                fault.line = self.quote_line;
                Err(fault)
            }
            State::CarriageReturn => Err(self.lone_carriage_return()),
        }
    }

    fn fault(&self, message: &str, advice: &str) -> Fault {
        // A fault in the first byte of a row is in its first field.
        let field = Some(self.field.max(1));
        Fault { line: self.line, field, message: message.into(), advice: advice.into() }
    }

    fn lone_carriage_return(&self) -> Fault {
        Fault {
            line: self.line,
            field: None,
            message: "a carriage return without a line feed".into(),
            advice: "end lines with LF or CRLF".into(),
        }
    }

    fn row_too_long(&self) -> Fault {
        let advice = match self.state {
            State::Quoted => format!("the quote opened in line {} is perhaps never closed", self.quote_line),
            _ => "split the file by columns".into(),
        };
        let message = format!("the row is longer than {} bytes", self.limits.row_bytes);
        Fault { line: self.row_line, field: None, message, advice }
    }
}

impl<R: Read> Read for StrictReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let checked = match (count, buffer.is_empty()) {
            (0, false) => self.finish(),
            _ => buffer.iter().take(count).try_for_each(|&byte| self.push(byte)),
        };
        checked.map(|()| count).map_err(io::Error::other)
    }
}

/// UTF-8 over any cut of the bytes: what the next byte must be, if within a character.
#[derive(Copy, Clone, Debug, Default)]
struct Utf8 {
    /// Bytes that the character still lacks.
    lacking: u8,
    /// Least and greatest next byte.
    next: (u8, u8),
}

impl Utf8 {
    fn is_pending(self) -> bool {
        self.lacking > 0
    }

    /// Whether the text is still UTF-8 with this byte.
    fn push(&mut self, byte: u8) -> bool {
        const ANY: (u8, u8) = (0x80, 0xbf);
        if self.is_pending() {
            let fits = (self.next.0..=self.next.1).contains(&byte);
            *self = Self { lacking: self.lacking - 1, next: ANY };
            return fits;
        }
        // The narrower ranges shut out overlong forms, surrogates and what is beyond Unicode.
        let (lacking, next) = match byte {
            0x00..=0x7f => (0, ANY),
            0xc2..=0xdf => (1, ANY),
            0xe0 => (2, (0xa0, 0xbf)),
            0xed => (2, (0x80, 0x9f)),
            0xe1..=0xef => (2, ANY),
            0xf0 => (3, (0x90, 0xbf)),
            0xf1..=0xf3 => (3, ANY),
            0xf4 => (3, (0x80, 0x8f)),
            _ => return false,
        };
        *self = Self { lacking, next };
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_utf8(bytes: &[u8]) -> bool {
        let mut utf8 = Utf8::default();
        bytes.iter().all(|&byte| utf8.push(byte)) && !utf8.is_pending()
    }

    #[test]
    fn utf8_is_what_the_standard_library_says() {
        // Every pair of leading bytes, alone and completed: all the narrower ranges lie there.
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                for rest in [&[][..], &[0x80], &[0x80, 0x80], &[0x80, 0x80, 0x80], b"a", &[0xc0]] {
                    let bytes = [&[first, second], rest].concat();
                    assert_eq!(is_utf8(&bytes), std::str::from_utf8(&bytes).is_ok(), "{bytes:x?}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn utf8_of_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..8)) {
            prop_assert_eq!(is_utf8(&bytes), std::str::from_utf8(&bytes).is_ok());
        }
    }
}
