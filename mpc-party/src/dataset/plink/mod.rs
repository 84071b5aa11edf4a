//! PLINK 1 files: `.bed` (genotypes, two bits a call), `.bim` (a line a marker), `.fam` (a line a person).
//!
//! - A person's id is the IID of `.fam`, alone; the family id (FID) is not part of it.
//! - A marker's id is the second field of `.bim`; where that is `.`, it is `chrom:pos:A2:A1`.
//! - The counted allele is A1, the fifth field. `0` or `.` as an allele says that nobody in the file carries it; a
//!   wanted marker with it is refused, because alleles are announced to the other sites.
//! - `.bed` holds marker after marker and is exactly as long as the two others say. The bits behind the last person of
//!   a marker are zero, as PLINK writes them: other bits would be the calls of people whom `.fam` lacks.
//!
//! Only the wanted markers' calls are read.

mod bed;
mod bim;
mod fam;
#[cfg(test)]
mod tests;

use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use super::lines::{Lines, Longest};
use super::unchanged::{Metered, Watched};
use super::{Loaded, Options, Tell};
use crate::error::UserError;
use crate::progress::Meter;
use bed::Bed;

/// The longest line of `.bim` and `.fam`: the longest known alleles are far shorter.
const LINE: Longest =
    Longest { bytes: 1 << 20, advice: "this is not a .bim or .fam file, or its line ends are lost" };

/// A path with an extension behind whatever it ends with.
pub(super) fn with_suffix(prefix: &Path, extension: &str) -> PathBuf {
    let mut path = prefix.as_os_str().to_owned();
    path.push(".");
    path.push(extension);
    path.into()
}

/// Reads the three files with this prefix.
pub fn read_plink(prefix: &Path, options: &Options<'_>, tell: Tell<'_>) -> Result<Loaded, UserError> {
    let open = |extension| Watched::open(&with_suffix(prefix, extension));
    let (bed, bim, fam) = (open("bed")?, open("bim")?, open("fam")?);
    let meter = Meter::new([&bed, &bim, &fam].iter().map(|file| file.size()).sum(), tell);
    fn part<'a>(watched: &'a Watched, meter: &'a Meter<'a>) -> Part<'a, Metered<'a>> {
        Part { path: watched.path(), input: watched.reader(meter), size: watched.size() }
    }
    let loaded = read_parts(part(&bed, &meter), part(&bim, &meter), part(&fam, &meter), options)?;
    [bed, bim, fam].iter().try_for_each(Watched::check)?;
    Ok(loaded)
}

/// Reads three files' bytes: `.bed`, `.bim` and `.fam`. `prefix` is the name for errors.
pub fn read_plink_from(
    prefix: &Path,
    [bed, bim, fam]: [&[u8]; 3],
    options: &Options<'_>,
) -> Result<Loaded, UserError> {
    let paths = ["bed", "bim", "fam"].map(|extension| with_suffix(prefix, extension));
    let [bed_path, bim_path, fam_path] = &paths;
    let bed = Part { path: bed_path, input: std::io::Cursor::new(bed), size: bed.len() as u64 };
    let bim = Part { path: bim_path, input: bim, size: bim.len() as u64 };
    read_parts(bed, bim, Part { path: fam_path, input: fam, size: fam.len() as u64 }, options)
}

/// One of the three files.
struct Part<'a, R> {
    path: &'a Path,
    input: R,
    size: u64,
}

fn read_parts(
    bed: Part<'_, impl Read + Seek>,
    bim: Part<'_, impl Read>,
    fam: Part<'_, impl Read>,
    options: &Options<'_>,
) -> Result<Loaded, UserError> {
    let people = fam::read(&mut Lines::new(fam.path, BufReader::new(fam.input), LINE), fam.path, options)?;
    let lines = &mut Lines::new(bim.path, BufReader::new(bim.input), LINE);
    let markers = bim::read(lines, bim.path, options.markers)?;
    let mut bed = Bed::open(bed.path, bed.input, bed.size, people.count(), markers.count)?;
    let genotypes = markers.rows.iter().map(|&row| bed.read(row)).collect::<Result<_, _>>()?;
    Ok(markers.claims.finish(genotypes, people))
}

/// The six fields of a line of `.bim` or `.fam`, separated by tabs or spaces.
fn six_fields(text: &str) -> Result<[&str; 6], UserError> {
    let mut fields = text.split([' ', '\t']).filter(|field| !field.is_empty());
    let six = [(); 6].map(|()| fields.next());
    match (six, fields.count()) {
        ([Some(a), Some(b), Some(c), Some(d), Some(e), Some(f)], 0) => Ok([a, b, c, d, e, f]),
        (six, more) => {
            let count = six.iter().flatten().count() + more;
            Err(UserError::new(format!("the line has {count} fields, not 6"))
                .advise("fields are separated by tabs or spaces"))
        }
    }
}
