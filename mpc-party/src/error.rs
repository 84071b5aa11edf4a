//! Errors as their reader sees them: what, where, what to do. Texts come from query files, headers and paths, so
//! whatever is quoted in one is escaped and shortened first; a person's id or value is never quoted.

use std::fmt;
use std::path::{Path, PathBuf};

/// Exit codes of every command.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ExitClass {
    /// Done; a run that releases no pair is done too.
    Done,
    /// Usage, configuration or data invalid.
    Usage,
    /// The query was refused as a whole, by policy or by disclosure.
    Refused,
    /// Aborted: peer, network, protocol, Ctrl-C.
    Aborted,
    /// A fault of this program.
    Internal,
}

impl ExitClass {
    /// The process exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Aborted => 4,
            Self::Internal => 5,
        }
    }
}

/// Where in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as its user named it.
    pub path: PathBuf,
    /// Physical line, counted from 1.
    pub line: Option<u64>,
    /// Character in that line, counted from 1.
    pub column: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.path.to_string_lossy(), usize::MAX))?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        Ok(())
    }
}

/// Something that the user can put right: usage, configuration or data. Exit code 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserError {
    /// Where, if it is in a file.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What to do, where that is not plain from the message.
    pub advice: Option<String>,
}

impl UserError {
    /// An error without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into(), advice: None }
    }

    /// Says what to do.
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Names the file.
    pub fn in_file(self, path: &Path) -> Self {
        self.at(path, None, None)
    }

    /// Names file and line.
    pub fn at_line(self, path: &Path, line: u64) -> Self {
        self.at(path, Some(line), None)
    }

    /// Names file, line and column.
    pub fn at_column(self, path: &Path, line: u64, column: u64) -> Self {
        self.at(path, Some(line), Some(column))
    }

    fn at(mut self, path: &Path, line: Option<u64>, column: Option<u64>) -> Self {
        self.place = Some(Place { path: path.to_owned(), line, column });
        self
    }
}

impl fmt::Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.advice {
            Some(advice) => write!(f, "\n  {advice}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UserError {}

/// Why a command ended without its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Decides the exit code.
    pub class: ExitClass,
    /// At most a few lines for stderr.
    pub message: String,
}

impl Failure {
    /// A failure of the given class.
    pub fn new(class: ExitClass, message: impl Into<String>) -> Self {
        Self { class, message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<UserError> for Failure {
    fn from(error: UserError) -> Self {
        Self::new(ExitClass::Usage, error.to_string())
    }
}

/// Longest name that a message quotes in full.
const QUOTED_CHARS: usize = 80;

/// A name between quotes, safe to print: control and direction characters escaped, long names cut.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", printable(name, QUOTED_CHARS))
}

/// A name as [`quoted`], without the quotes: for lists of ids and alleles.
pub fn escaped(name: &str) -> String {
    printable(name, QUOTED_CHARS)
}

/// Several names between quotes: `"a", "b" or "c"`.
pub fn alternatives<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.into_iter().map(quoted).collect();
    match names.pop() {
        Some(last) if names.is_empty() => last,
        Some(last) => format!("{} or {last}", names.join(", ")),
        None => String::new(),
    }
}

/// The known name nearest to a mistyped one, if any is near enough to be worth a hint.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A 16 MB name would take hours to compare.
    let name: String = name.chars().take(QUOTED_CHARS).collect();
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Escapes what does not print, and a backslash or quote that could be taken for an escape.
fn printable(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == limit {
            out.push_str("...");
            break;
        }
        match character {
            '\'' => out.push(character),
            _ => out.extend(character.escape_debug()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let classes =
            [ExitClass::Done, ExitClass::Usage, ExitClass::Refused, ExitClass::Aborted, ExitClass::Internal];
        assert_eq!(classes.map(ExitClass::code), [0, 2, 3, 4, 5]);
    }

    #[test]
    fn an_error_says_where_what_and_what_to_do() {
        let error = UserError::new("it is wrong").advise("make it right");
        assert_eq!(error.to_string(), "it is wrong\n  make it right");
        let error = UserError::new("it is wrong").at_column(Path::new("a/b.toml"), 3, 14);
        assert_eq!(error.to_string(), "a/b.toml:3:14: it is wrong");
        let error = error.at_line(Path::new("x\n.csv"), 7);
        assert_eq!(error.to_string(), "x\\n.csv:7: it is wrong");
        assert_eq!(Failure::from(error.clone()).class, ExitClass::Usage);
        assert_eq!(error.in_file(Path::new("x")).to_string(), "x: it is wrong");
    }

    #[test]
    fn quoted_names_cannot_disturb_a_terminal() {
        assert_eq!(quoted("rs1"), "\"rs1\"");
        assert_eq!(quoted("a\u{1b}[2J\u{202e}b"), "\"a\\u{1b}[2J\\u{202e}b\"");
        assert_eq!(quoted("MT:ND1 (5')"), "\"MT:ND1 (5')\"");
        assert_eq!(quoted(&"x".repeat(10_000)).len(), 85);
    }

    #[test]
    fn hints_are_near_or_absent() {
        let known = ["min_cell_count", "min_people", "allow_zero"];
        assert_eq!(nearest("min_cel_count", known), Some("min_cell_count"));
        assert_eq!(nearest("qqq", known), None);
        assert_eq!(alternatives(["a"]), "\"a\"");
        assert_eq!(alternatives(["a", "b", "c"]), "\"a\", \"b\" or \"c\"");
    }
}
