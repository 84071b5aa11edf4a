//! `.bim`: chromosome, marker id, centimorgans, position, A1, A2.

use std::io::BufRead;
use std::path::Path;

use super::six_fields;
use crate::dataset::Wanted;
use crate::dataset::claims::Claims;
use crate::dataset::lines::Lines;
use crate::dataset::marker::place_id;
use crate::error::{UserError, quoted};

/// What the file says.
pub(super) struct Markers<'a> {
    /// The wanted ones.
    pub(super) claims: Claims<'a>,
    /// Their rows of `.bed`, in the order of the claims.
    pub(super) rows: Vec<u64>,
    /// Number of all markers.
    pub(super) count: u64,
}

/// Reads the file.
pub(super) fn read<'a, R: BufRead>(
    lines: &mut Lines<'_, R>,
    path: &'a Path,
    wanted: Wanted<'a>,
) -> Result<Markers<'a>, UserError> {
    let mut markers = Markers { claims: Claims::new(path, wanted), rows: Vec::new(), count: 0 };
    while let Some(line) = lines.next()? {
        let at = |error: UserError| error.at_line(path, line.number);
        let [chromosome, id, _, position, counted, other] = six_fields(line.text).map_err(at)?;
        if position.len() > 18 || !position.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(at(UserError::new("field 4 (position) is not a whole number")));
        }
        let row = markers.count;
        markers.count += 1;
        let place;
        let id = match id {
            "." => {
                place = place_id(chromosome, position, other, counted);
                &place
            }
            id => id,
        };
        if markers.claims.wants(id) {
            for (allele, field) in [(counted, "field 5 (A1)"), (other, "field 6 (A2)")] {
                if matches!(allele, "0" | ".") {
                    let message = format!(
                        "{field} of marker {} states no allele: told to the other sites, that says that nobody here carries it",
                        quoted(id)
                    );
                    return Err(at(UserError::new(message).advise(
                        "state both alleles (plink --a1-allele, --a2-allele), or leave the marker out of the query",
                    )));
                }
            }
            markers.claims.claim(id, counted, other, line.number)?;
            markers.rows.push(row);
        }
    }
    Ok(markers)
}
