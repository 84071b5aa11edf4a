//! `.fam`: family id, person id, father, mother, sex, phenotype. The person id is read, and nothing else.

use std::io::BufRead;
use std::path::Path;

use super::six_fields;
use crate::dataset::Options;
use crate::dataset::lines::Lines;
use crate::dataset::people::People;
use crate::error::UserError;

/// Returns the people.
pub(super) fn read<R: BufRead>(
    lines: &mut Lines<'_, R>,
    path: &Path,
    options: &Options<'_>,
) -> Result<People, UserError> {
    let mut people = People::new(options.linked)?;
    while let Some(line) = lines.next()? {
        let at = |error: UserError| error.at_line(path, line.number);
        let [_, person, ..] = six_fields(line.text).map_err(at)?;
        if let Some(first) = people.insert(&[person.as_bytes()], line.number).map_err(at)? {
            return Err(at(UserError::new(format!("the same person id (IID, field 2) as in line {first}"))
                .advise("ids must be unique; the family id (FID, field 1) is not part of them")));
        }
        if people.count() as u64 > options.people_bound {
            let bound = options.people_bound;
            return Err(at(UserError::new(format!("more people than people_bound = {bound}"))
                .advise("raise people_bound in the query, at all sites")));
        }
    }
    Ok(people)
}
