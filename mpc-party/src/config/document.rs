//! A TOML document that names line and column in whatever is wrong with it: unknown keys with the nearest known
//! name, wrong types, values out of range. Query files and site configurations are both read through it.

use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

use super::regular_file;
use crate::error::{UserError, alternatives, nearest, quoted};

/// The text of a TOML file and its name.
pub struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// Reads a file of at most `limit` bytes.
    pub fn read(path: &Path, limit: u64) -> Result<Self, UserError> {
        let bytes = regular_file::read(path, limit)?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self::new(path, text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let source = Self::new(path, String::from_utf8_lossy(error.as_bytes()).into_owned());
                Err(source.error(valid..valid, "the text is not UTF-8").advise("save the file as UTF-8"))
            }
        }
    }

    /// Takes a text as the content of `path`.
    pub fn new(path: &Path, text: String) -> Self {
        Self { path: path.to_owned(), text }
    }

    /// The same text as the content of another file.
    pub fn at(self, path: &Path) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// The file's name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Parses the text.
    pub fn parse(&self) -> Result<Spanned<DeTable<'_>>, UserError> {
        DeTable::parse(&self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            self.error(span, format!("not valid TOML: {}", error.message()))
        })
    }

    /// An error at a span of the text.
    pub fn error(&self, span: Range<usize>, message: impl Into<String>) -> UserError {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() as u64 + 1;
        let column = before.get(line_start..).unwrap_or("").chars().count() as u64 + 1;
        UserError::new(message).at_column(&self.path, line, column)
    }
}

/// One table of a document. A section that the document lacks is an empty one.
pub struct Section<'a> {
    source: &'a Source,
    /// Dotted name; empty for the document itself.
    name: String,
    table: Option<&'a DeTable<'a>>,
    span: Range<usize>,
}

impl<'a> Section<'a> {
    /// The document itself. Its keys are checked by [`Section::allow_only`], once the schema is known.
    pub fn root(source: &'a Source, table: &'a Spanned<DeTable<'a>>) -> Self {
        Self { source, name: String::new(), table: Some(table.get_ref()), span: table.span() }
    }

    /// Refuses keys other than these; of several, the first in the file.
    pub fn allow_only(&self, known: &[&str]) -> Result<(), UserError> {
        let keys = self.table.into_iter().flat_map(|table| table.keys());
        let unknown = keys.filter(|key| !known.contains(&key.get_ref().as_ref()));
        let Some(key) = unknown.min_by_key(|key| key.span().start) else { return Ok(()) };
        let place =
            if self.name.is_empty() { "at the top level".into() } else { format!("in [{}]", self.name) };
        let list = known.join(", ");
        let advice = match nearest(key.get_ref(), known.iter().copied()) {
            Some(name) => format!("did you mean {}? Known here: {list}", quoted(name)),
            None => format!("known here: {list}"),
        };
        let message = format!("unknown key {} {place}", quoted(key.get_ref()));
        Err(self.source.error(key.span(), message).advise(advice))
    }

    /// The value of a key, if it is there.
    pub fn get(&self, key: &str) -> Option<Field<'a>> {
        let value = self.table?.get(key)?;
        Some(Field { source: self.source, name: self.dotted(key), value })
    }

    /// The value of a mandatory key.
    pub fn require(&self, key: &str) -> Result<Field<'a>, UserError> {
        self.get(key).ok_or_else(|| self.error(format!("{} is missing", self.dotted(key))))
    }

    /// A table in this one, with no keys but the known ones.
    pub fn section(&self, key: &str, known: &[&str]) -> Result<Section<'a>, UserError> {
        match self.get(key) {
            Some(field) => field.section(known),
            None => Ok(Section {
                source: self.source,
                name: self.dotted(key),
                table: None,
                span: self.span.clone(),
            }),
        }
    }

    /// Like [`Section::section`], for a section that must be there.
    pub fn require_section(&self, key: &str, known: &[&str]) -> Result<Section<'a>, UserError> {
        match self.get(key) {
            Some(field) => field.section(known),
            None => Err(self.error(format!("section [{}] is missing", self.dotted(key)))),
        }
    }

    /// An array of tables in this one, each with no keys but the known ones.
    pub fn sections(&self, key: &str, known: &[&str]) -> Result<Vec<Section<'a>>, UserError> {
        let Some(field) = self.get(key) else { return Ok(Vec::new()) };
        field.elements()?.iter().map(|element| element.section(known)).collect()
    }

    /// Whether the document has this section.
    pub fn is_present(&self) -> bool {
        self.table.is_some()
    }

    /// An error at the head of this section.
    pub fn error(&self, message: impl Into<String>) -> UserError {
        self.source.error(self.span.clone(), message)
    }

    fn dotted(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

/// One value of a document.
pub struct Field<'a> {
    source: &'a Source,
    name: String,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Field<'a> {
    /// The dotted name of the value's key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// An error at this value.
    pub fn error(&self, message: impl Into<String>) -> UserError {
        self.source.error(self.value.span(), message)
    }

    /// The value, which must be a string.
    pub fn text(&self) -> Result<&'a str, UserError> {
        self.value.get_ref().as_str().ok_or_else(|| self.wrong_type("a string"))
    }

    /// The value, which must be true or false.
    pub fn boolean(&self) -> Result<bool, UserError> {
        self.value.get_ref().as_bool().ok_or_else(|| self.wrong_type("true or false"))
    }

    /// The value, which must be an integer in the range.
    pub fn integer(&self, range: RangeInclusive<u64>) -> Result<u64, UserError> {
        let integer = self.value.get_ref().as_integer().ok_or_else(|| self.wrong_type("an integer"))?;
        match u64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => Err(self.error(format!("{} is out of range", self.name)).advise(format!(
                "allowed: {} to {}",
                range.start(),
                range.end()
            ))),
        }
    }

    /// The digits of a number as they are written, without underscores: numbers that are taken exactly are not read
    /// through floating point.
    pub fn number_text(&self) -> Result<&'a str, UserError> {
        match self.value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => Ok(integer.as_str()),
            DeValue::Float(float) => Ok(float.as_str()),
            _ => Err(self.wrong_type("a decimal number")),
        }
    }

    /// The value, which must be a day: year, month, day.
    pub fn date(&self) -> Result<(u16, u8, u8), UserError> {
        match self.value.get_ref() {
            DeValue::Datetime(Datetime { date: Some(date), time: None, offset: None }) => {
                Ok((date.year, date.month, date.day))
            }
            _ => Err(self.wrong_type("a date").advise("write it as 2027-12-31, without quotes")),
        }
    }

    /// The value, which must be one of the named ones.
    pub fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, UserError> {
        let text = self.text()?;
        match choices.iter().find(|(name, _)| *name == text) {
            Some((_, value)) => Ok(*value),
            None => {
                let names = || choices.iter().map(|(name, _)| *name);
                let hint = match nearest(text, names()) {
                    Some(name) if choices.len() > 1 => format!("did you mean {}? ", quoted(name)),
                    _ => String::new(),
                };
                Err(self
                    .error(format!("{} cannot be {}", self.name, quoted(text)))
                    .advise(format!("{hint}allowed: {}", alternatives(names()))))
            }
        }
    }

    /// Whether the value is an array.
    pub fn is_array(&self) -> bool {
        self.value.get_ref().is_array()
    }

    /// The value, which must be an array.
    pub fn elements(&self) -> Result<Vec<Field<'a>>, UserError> {
        let array = self.value.get_ref().as_array().ok_or_else(|| self.wrong_type("an array"))?;
        let field = |value| Field { source: self.source, name: self.name.clone(), value };
        Ok(array.iter().map(field).collect())
    }

    /// The value, which must be a table, with no keys but the known ones.
    pub fn section(&self, known: &[&str]) -> Result<Section<'a>, UserError> {
        let table = self.value.get_ref().as_table().ok_or_else(|| self.wrong_type("a table"))?;
        let section = Section {
            source: self.source,
            name: self.name.clone(),
            table: Some(table),
            span: self.value.span(),
        };
        section.allow_only(known)?;
        Ok(section)
    }

    /// The value is of another type than it must be.
    pub fn wrong_type(&self, expected: &str) -> UserError {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a decimal number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(Datetime { time: None, offset: None, .. }) => "a date",
            DeValue::Datetime(_) => "a date and time",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        self.error(format!("{} must be {expected}, not {found}", self.name))
    }
}
