//! Names of parties: they stand in configurations, queries, logs and file names of every site.

use super::document::Field;
use crate::error::{UserError, quoted};

/// Longest name, as for a host name's label.
const LENGTH: usize = 63;

/// A party's name.
pub(crate) fn party(field: &Field<'_>) -> Result<String, UserError> {
    let name = field.text()?;
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if (1..=LENGTH).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(name.to_owned());
    }
    Err(field
        .error(format!("{} cannot be {}", field.name(), quoted(name)))
        .advise(format!("a name has 1 to {LENGTH} characters out of a-z, 0-9 and \"-\"")))
}
