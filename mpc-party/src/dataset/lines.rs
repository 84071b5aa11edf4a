//! Lines of a text file, for formats whose records are lines: UTF-8, without NUL, of bounded length, ended by LF or
//! CRLF. Empty lines are accepted at the end only: between others they may be records that were lost.

use std::io::{BufRead, Read};
use std::path::Path;

use super::gzip::Damaged;
use crate::config::regular_file;
use crate::error::UserError;

/// The longest line that is read.
#[derive(Copy, Clone, Debug)]
pub(super) struct Longest {
    /// In bytes, with its end.
    pub(super) bytes: u64,
    /// What to do about a longer one.
    pub(super) advice: &'static str,
}
/// Most empty lines at the end.
const EMPTY_LINES: u64 = 1_000;

/// One line, without its end.
#[derive(Copy, Clone, Debug)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: u64,
    /// Its text.
    pub(super) text: &'a str,
    /// Whether a line end follows, as after all lines but perhaps the last.
    pub(super) is_ended: bool,
}

/// The lines of a file.
pub(super) struct Lines<'p, R> {
    path: &'p Path,
    input: R,
    longest: Longest,
    number: u64,
    empty: Option<u64>,
    buffer: Vec<u8>,
}

impl<'p, R: BufRead> Lines<'p, R> {
    /// `path` is the name for errors.
    pub(super) fn new(path: &'p Path, input: R, longest: Longest) -> Self {
        Self { path, input, longest, number: 0, empty: None, buffer: Vec::new() }
    }

    /// The next line that is not empty.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, UserError> {
        let is_ended = loop {
            match self.read()? {
                None => return Ok(None),
                Some(is_ended) if !self.buffer.is_empty() => break is_ended,
                Some(_) => {
                    let first = *self.empty.get_or_insert(self.number);
                    if self.number - first >= EMPTY_LINES {
                        return Err(self.fault(format!("more than {EMPTY_LINES} empty lines")));
                    }
                }
            }
        };
        if let Some(line) = self.empty {
            return Err(UserError::new("an empty line between others")
                .advise("remove the line, if no record is lost")
                .at_line(self.path, line));
        }
        let text = match std::str::from_utf8(&self.buffer) {
            Ok(text) => text,
            Err(error) => {
                return Err(self.odd_byte(error.valid_up_to(), "is not UTF-8", "save the file as UTF-8"));
            }
        };
        if let Some(at) = memchr::memchr2(0, b'\r', &self.buffer) {
            return Err(match self.buffer.get(at) {
                Some(0) => self.odd_byte(at, "is a NUL byte", "this is not a text file"),
                _ => {
                    self.odd_byte(at, "is a carriage return without a line feed", "end lines with LF or CRLF")
                }
            });
        }
        Ok(Some(Line { number: self.number, text, is_ended }))
    }

    /// Reads a line into the buffer and cuts its end off; says whether it had one, or nothing at the end of the file.
    fn read(&mut self) -> Result<Option<bool>, UserError> {
        self.buffer.clear();
        let read = self.input.by_ref().take(self.longest.bytes + 1).read_until(b'\n', &mut self.buffer);
        let count = read.map_err(|error| self.unreadable(&error))?;
        if count == 0 {
            return Ok(None);
        }
        self.number += 1;
        if count as u64 > self.longest.bytes {
            let message = format!("the line is longer than {} bytes", self.longest.bytes);
            return Err(self.fault(message).advise(self.longest.advice));
        }
        let is_ended = self.buffer.pop_if(|last| *last == b'\n').is_some();
        if is_ended {
            self.buffer.pop_if(|last| *last == b'\r');
        }
        Ok(Some(is_ended))
    }

    fn fault(&self, message: impl Into<String>) -> UserError {
        UserError::new(message).at_line(self.path, self.number)
    }

    fn odd_byte(&self, at: usize, what: &str, advice: &str) -> UserError {
        let before = self.buffer.get(..at).unwrap_or_default();
        let character = before.iter().filter(|byte| !matches!(byte, 0x80..0xc0)).count() as u64 + 1;
        UserError::new(format!("this {what}")).advise(advice).at_column(self.path, self.number, character)
    }

    fn unreadable(&self, error: &std::io::Error) -> UserError {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Damaged>()) {
            Some(damaged) => UserError::new(damaged.to_string())
                .advise("copy or compress the file again")
                .at_line(self.path, self.number + 1),
            None => regular_file::unreadable(self.path, error),
        }
    }
}
