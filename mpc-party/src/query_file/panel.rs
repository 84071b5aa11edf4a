//! The panel of a query: markers listed in the query, in a file beside it, or all that there are.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use mpc_core::query::{Panel, bounds};

use super::MARKER_BYTES;
use crate::config::document::{Field, Section};
use crate::config::regular_file;
use crate::error::{UserError, quoted};

/// Largest panel file: three times the largest panel, so that a panel may be cut down by `exclude`.
const FILE_BYTES: u64 = 64 << 20;

/// Reads the one of `ids`, `file` and `all` that the section has; listed markers without the excluded ones.
pub(super) fn read(
    query: &Path,
    markers: &Section<'_>,
    exclude: &BTreeSet<String>,
) -> Result<Panel, UserError> {
    let all = match markers.get("all") {
        Some(field) => field.boolean()?.then_some(field),
        None => None,
    };
    let (field, mut ids) = match (markers.get("ids"), markers.get("file"), all) {
        (Some(field), None, None) => {
            let ids = listed(&field)?;
            (field, ids)
        }
        (None, Some(field), None) => {
            let ids = from_file(query, &field)?;
            (field, ids)
        }
        (None, None, Some(_)) => return Ok(Panel::All),
        (None, None, None) => {
            return Err(markers
                .error("[markers] does not say which")
                .advise("give one of ids = [...], file = \"...\" or all = true"));
        }
        (Some(field), Some(_), _) | (Some(field), _, Some(_)) | (_, Some(field), Some(_)) => {
            return Err(field
                .error("[markers] has more than one of ids, file and all")
                .advise("keep the one that is meant"));
        }
    };
    ids.retain(|id| !exclude.contains(id));
    let count = ids.len();
    if !bounds::MARKERS.contains(&count) {
        let (least, most) = (bounds::MARKERS.start(), bounds::MARKERS.end());
        return Err(field.error(format!(
            "{} gives {count} markers after exclusion; a query has {least} to {most}",
            field.name()
        )));
    }
    Ok(Panel::Listed(ids))
}

/// One marker id of the query file.
pub(super) fn marker(element: &Field<'_>) -> Result<String, UserError> {
    let id = element.text()?;
    check(id).map_err(|message| element.error(message))?;
    Ok(id.to_owned())
}

fn listed(field: &Field<'_>) -> Result<Vec<String>, UserError> {
    let mut ids = Vec::new();
    let mut seen = BTreeSet::new();
    for element in field.elements()? {
        let id = marker(&element)?;
        if !seen.insert(id.clone()) {
            return Err(element.error(format!("markers.ids names {} twice", quoted(&id))));
        }
        ids.push(id);
    }
    Ok(ids)
}

/// One id a line, taken literally: a comma, a quote or a `#` is part of the id.
fn from_file(query: &Path, field: &Field<'_>) -> Result<Vec<String>, UserError> {
    let name = field.text()?;
    if name.is_empty() || name.contains('\0') {
        return Err(field.error("markers.file is not a file name"));
    }
    let path = query.parent().unwrap_or(Path::new("")).join(name);
    let bytes = regular_file::read(&path, FILE_BYTES)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);

    let mut ids = Vec::new();
    let mut lines: HashMap<&str, u64> = HashMap::new();
    for (line, number) in bytes.split(|&byte| byte == b'\n').zip(1..) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Ok(id) = std::str::from_utf8(line) else {
            return Err(UserError::new("the line is not UTF-8")
                .advise("save the file as UTF-8")
                .at_line(&path, number));
        };
        if id.is_empty() {
            continue;
        }
        check(id).map_err(|message| UserError::new(message).at_line(&path, number))?;
        if let Some(first) = lines.insert(id, number) {
            let message = format!("marker {} is named twice, first in line {first}", quoted(id));
            return Err(UserError::new(message).at_line(&path, number));
        }
        ids.push(id.to_owned());
    }
    Ok(ids)
}

fn check(id: &str) -> Result<(), String> {
    match id.len() {
        0 => Err("a marker id is empty".into()),
        1..=MARKER_BYTES => Ok(()),
        _ => Err(format!("marker id {} is longer than {MARKER_BYTES} bytes", quoted(id))),
    }
}
