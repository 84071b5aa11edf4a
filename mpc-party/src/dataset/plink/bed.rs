//! `.bed`: three bytes, then for each marker two bits a person, four people a byte, the first in the lowest bits.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use mpc_core::statistics::cohort::Genotypes;

use crate::config::regular_file;
use crate::error::UserError;

/// The first two bytes of every `.bed`, and the third if it holds marker after marker.
const MAGIC: [u8; 3] = [0x6c, 0x1b, 0x01];
/// People in 64 bits.
const PEOPLE_PER_WORD: usize = 32;
/// The lower bit of each person's two.
const LOWER: u64 = 0x5555_5555_5555_5555;

/// An open file.
pub(super) struct Bed<'p, R> {
    path: &'p Path,
    input: R,
    people: usize,
    /// The row at which the input stands.
    next: u64,
    row: Vec<u8>,
}

impl<'p, R: Read + Seek> Bed<'p, R> {
    /// Checks its beginning and its size.
    pub(super) fn open(
        path: &'p Path,
        mut input: R,
        size: u64,
        people: usize,
        markers: u64,
    ) -> Result<Self, UserError> {
        let mut start = Vec::new();
        let read = input.by_ref().take(MAGIC.len() as u64).read_to_end(&mut start);
        read.map_err(|error| regular_file::unreadable(path, &error))?;
        let refuse =
            |message: String, advice: &str| Err(UserError::new(message).advise(advice).in_file(path));
        match *start {
            _ if start == MAGIC => {}
            [0x6c, 0x1b, 0x00] => {
                let message = "byte 3: the file holds person after person (individual-major)";
                return refuse(message.into(), "convert it: plink --bfile OLD --make-bed --out NEW");
            }
            _ => {
                let message = "bytes 1 to 3 are not 6c 1b 01: this is not a PLINK 1 .bed file";
                return refuse(message.into(), "a .bed of genome regions is another format");
            }
        }
        let row = people.div_ceil(4);
        let expected = (row as u64).checked_mul(markers).and_then(|bytes| bytes.checked_add(3));
        if expected != Some(size) {
            let expected = expected.map_or_else(|| "more".to_owned(), |bytes| bytes.to_string());
            let message = format!(
                "the file has {size} bytes; {markers} markers of {people} people, as .bim and .fam say, take {expected}"
            );
            return refuse(
                message,
                "use the .bed, .bim and .fam of one data set; one of them may be cut off",
            );
        }
        Ok(Self { path, input, people, next: 0, row: vec![0; row] })
    }

    /// The calls of the marker in this row, counted from 0. Rows in ascending order need fewer seeks.
    pub(super) fn read(&mut self, row: u64) -> Result<Genotypes, UserError> {
        let start = row * self.row.len() as u64 + MAGIC.len() as u64;
        let seek = if row == self.next { Ok(0) } else { self.input.seek(SeekFrom::Start(start)) };
        seek.and_then(|_| self.input.read_exact(&mut self.row))
            .map_err(|error| regular_file::unreadable(self.path, &error))?;
        self.next = row + 1;

        let words = self.people.div_ceil(64);
        let (mut some, mut full) = (Vec::with_capacity(words), Vec::with_capacity(words));
        let mut people = self.people;
        let mut beyond = 0;
        for pair in self.row.chunks(16) {
            let (first, second) = pair.split_at(pair.len().min(8));
            let (mut carrying, mut both) = (0, 0);
            for (codes, shift) in [(word(first), 0), (word(second), PEOPLE_PER_WORD)] {
                let here = people.min(PEOPLE_PER_WORD);
                people -= here;
                let used = low_bits(2 * here);
                beyond |= codes & !used;
                // 00: two copies of A1, 10: one, 11: none, 01: missing. So the inverse of the lower bits says that there
                // is a copy, and the inverse of the upper ones what the second plane holds.
                carrying |= pack(!codes & used) << shift;
                both |= pack((!codes & used) >> 1) << shift;
            }
            some.push(carrying);
            full.push(both);
        }
        if beyond != 0 {
            let last = start + self.row.len() as u64;
            let message = format!(
                "byte {last}: row {} has calls behind the last of {} people, as .fam counts them",
                row + 1,
                self.people
            );
            return Err(UserError::new(message)
                .advise("use the .bed, .bim and .fam of one data set; .fam may lack people")
                .in_file(self.path));
        }
        Genotypes::from_planes(self.people, some, full)
            .ok_or_else(|| UserError::new("the calls cannot be packed").in_file(self.path))
    }
}

/// Up to eight bytes as a number, the first in the lowest bits.
fn word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(word)
}

fn low_bits(count: usize) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

/// Bits 0, 2, 4, ... side by side.
fn pack(word: u64) -> u64 {
    let step = |word: u64, shift: u32, mask: u64| (word | word >> shift) & mask;
    let word = step(word & LOWER, 1, 0x3333_3333_3333_3333);
    let word = step(word, 2, 0x0f0f_0f0f_0f0f_0f0f);
    let word = step(word, 4, 0x00ff_00ff_00ff_00ff);
    let word = step(word, 8, 0x0000_ffff_0000_ffff);
    step(word, 16, 0x0000_0000_ffff_ffff)
}
