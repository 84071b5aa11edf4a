//! PLINK files read back as what was written; every fault is refused with its place.

use std::path::Path;

use mpc_core::query::Encoding;
use mpc_core::query::schema::alleles::Alleles;
use proptest::prelude::*;

use super::super::tests::{all, calls, cohort, options, rows, strings};
use super::super::{Loaded, Options, Wanted};
use super::read_plink_from;
use crate::error::UserError;

/// A data set in memory.
#[derive(Clone)]
struct Set {
    bed: Vec<u8>,
    bim: String,
    fam: String,
}

/// The codes of one marker, packed; a call is the copies of A1, or `?`.
fn pack(calls: &str) -> Vec<u8> {
    let codes: Vec<u8> = calls
        .bytes()
        .map(|call| match call {
            b'2' => 0,
            b'?' => 1,
            b'1' => 2,
            _ => 3,
        })
        .collect();
    codes.chunks(4).map(|four| four.iter().rev().fold(0, |byte, code| byte << 2 | code)).collect()
}

fn set(markers: &[(&str, &str)]) -> Set {
    let people = markers.first().map_or(0, |(_, calls)| calls.len());
    let bim = markers.iter().map(|(line, _)| format!("{}\n", line.replace(' ', "\t"))).collect();
    let rows = markers.iter().flat_map(|(_, calls)| pack(calls));
    Set {
        bed: [0x6c, 0x1b, 1].into_iter().chain(rows).collect(),
        bim,
        fam: (1..=people).map(|person| format!("f{person} p{person} 0 0 1 -9\n")).collect(),
    }
}

/// Two markers of five people.
fn two() -> Set {
    set(&[("1 rs1 0 10 A G", "012?0"), ("1 rs2 0 11 C T", "20101")])
}

impl Set {
    fn read(&self, options: &Options<'_>) -> Result<Loaded, UserError> {
        let parts = [self.bed.as_slice(), self.bim.as_bytes(), self.fam.as_bytes()];
        read_plink_from(Path::new("d"), parts, options)
    }

    fn matrix(&self, options: &Options<'_>) -> Vec<(String, String)> {
        let loaded = self.read(options).unwrap_or_else(|error| panic!("{error}"));
        let cohort = cohort(loaded, options.encoding);
        cohort.ids.into_iter().zip(cohort.columns.iter().map(calls)).collect()
    }

    fn refusal(&self) -> String {
        self.read(&all()).err().map_or("accepted".into(), |error| error.to_string())
    }
}

#[test]
fn codes_count_copies_of_the_first_allele() {
    // By hand: people 1 to 4 in one byte, the first in its lowest bits.
    let by_hand =
        Set { bed: vec![0x6c, 0x1b, 1, 0b01_00_10_11, 0b11], ..set(&[("1 rs1 0 10 A G", "012?0")]) };
    assert_eq!(by_hand.bed, set(&[("1 rs1 0 10 A G", "012?0")]).bed);
    assert_eq!(by_hand.matrix(&all()), rows([("rs1", "-++?-")]));
    let homozygous = Options { encoding: Encoding::HomozygousAlt, ..all() };
    assert_eq!(by_hand.matrix(&homozygous), rows([("rs1", "--+?-")]));
    let loaded = two().read(&all()).ok().unwrap();
    let expected = [Alleles::new("A", "G").unwrap(), Alleles::new("C", "T").unwrap()];
    assert_eq!((loaded.people, loaded.alleles.unwrap().as_slice()), (5, expected.as_slice()));
    let flipped = two().read(&all()).ok().unwrap().into_cohort(&[1, 0], &[1], Encoding::Carrier);
    assert_eq!(flipped.columns.iter().map(calls).collect::<Vec<_>>(), ["+-+-+", "++-?+"]);
}

#[test]
fn markers_have_their_ids() {
    let calls = "012?0";
    let set = set(&[("chr23 . 0 10 a G", calls), ("1 rs2 0.5 11 C T", calls), ("26 . 0 12 <DEL> AT", calls)]);
    let loaded = set.read(&all()).ok().unwrap();
    assert_eq!(loaded.ids, ["X:10:G:A", "rs2", "MT:12:AT:<DEL>"]);
    let alleles: Vec<_> = loaded.alleles.unwrap();
    let stated: Vec<_> = alleles.iter().map(|pair| (pair.counted(), pair.other())).collect();
    assert_eq!(stated, [("A", "G"), ("C", "T"), ("<DEL>", "AT")]);
}

#[test]
fn an_allele_that_nobody_carries_is_not_announced() {
    let calls = "012?0";
    let advice = "state both alleles (plink --a1-allele, --a2-allele), or leave the marker out of the query";
    for (alleles, field) in
        [("0 T", "field 5 (A1)"), ("T 0", "field 6 (A2)"), (". T", "field 5 (A1)"), ("0 0", "field 5 (A1)")]
    {
        let odd = format!("1 rs2 0 11 {alleles}");
        let set = set(&[("1 rs1 0 10 A G", calls), (&odd, calls)]);
        let expected = format!(
            "d.bim:2: {field} of marker \"rs2\" states no allele: told to the other sites, that says that nobody here \
             carries it\n  {advice}"
        );
        assert_eq!(set.refusal(), expected);
        // Where the query does not want the marker, nothing would be told.
        let listed = strings(["rs1"]);
        assert_eq!(set.matrix(&options(Wanted::Listed(&listed))).len(), 1);
    }
}

#[test]
fn listed_markers_come_in_panel_order() {
    let all_three = set(&[("1 a 0 1 A G", "01200"), ("1 b 0 2 A G", "00011"), ("1 c 0 3 A G", "?0000")]);
    let panel = strings(["c", "x", "a"]);
    let listed = options(Wanted::Listed(&panel));
    assert_eq!(all_three.matrix(&listed), rows([("c", "?----"), ("a", "-++--")]));
    assert_eq!(all_three.read(&listed).ok().unwrap().unknown, ["x"]);
    let panel = strings(["b"]);
    assert_eq!(all_three.matrix(&options(Wanted::Listed(&panel))), rows([("b", "---++")]));
    // Calls of other markers are not looked at.
    let mut odd = all_three.clone();
    odd.bed[4] |= 0xf0;
    assert_eq!(odd.matrix(&options(Wanted::Listed(&panel))), rows([("b", "---++")]));
}

#[test]
fn files_without_people_or_markers_are_files() {
    let nobody = set(&[("1 a 0 1 A G", "")]);
    assert_eq!(nobody.matrix(&all()), rows([("a", "")]));
    let nothing = Set { bim: String::new(), bed: vec![0x6c, 0x1b, 1], ..two() };
    assert_eq!((nothing.read(&all()).ok().unwrap().people, nothing.matrix(&all()).len()), (5, 0));
}

#[test]
fn every_other_length_of_bed_is_refused() {
    let whole = two();
    for length in 0..whole.bed.len() {
        let found = Set { bed: whole.bed[..length].to_vec(), ..whole.clone() }.refusal();
        let expected = match length {
            0..3 => "d.bed: bytes 1 to 3 are not 6c 1b 01: this is not a PLINK 1 .bed file\n  a .bed of genome regions is \
                     another format"
                .into(),
            _ => format!(
                "d.bed: the file has {length} bytes; 2 markers of 5 people, as .bim and .fam say, take 7\n  use the .bed, \
                 .bim and .fam of one data set; one of them may be cut off"
            ),
        };
        assert_eq!(found, expected);
    }
    let long = Set { bed: [whole.bed.clone(), vec![0]].concat(), ..whole.clone() };
    assert!(long.refusal().starts_with("d.bed: the file has 8 bytes; 2 markers of 5 people"));
    let lines = |text: &str, count: usize| text.lines().take(count).map(|line| format!("{line}\n")).collect();
    let fewer = Set { bim: lines(&whole.bim, 1), ..whole.clone() };
    assert!(fewer.refusal().starts_with("d.bed: the file has 7 bytes; 1 markers of 5 people"));
    let fewer = Set { fam: lines(&whole.fam, 4), ..whole.clone() };
    assert!(fewer.refusal().starts_with("d.bed: the file has 7 bytes; 2 markers of 4 people"));
}

#[test]
fn people_whom_fam_lacks_are_noticed() {
    // Six people in .bed, five in .fam: the size is the same.
    let mut six = set(&[("1 a 0 1 A G", "222222"), ("1 b 0 2 A G", "012?00")]);
    six.fam = two().fam;
    assert_eq!(
        six.refusal(),
        "d.bed: byte 7: row 2 has calls behind the last of 5 people, as .fam counts them\n  use the .bed, .bim and .fam of \
         one data set; .fam may lack people"
    );
}

#[test]
fn faults_are_named_with_line_and_field() {
    let good = two();
    let bed = |bytes: &[u8]| Set { bed: bytes.into(), ..good.clone() };
    let bim = |text: &str| Set { bim: text.into(), ..good.clone() };
    let fam = |text: &str| Set { fam: text.into(), ..good.clone() };
    let fields = "\n  fields are separated by tabs or spaces";
    let magic = "d.bed: bytes 1 to 3 are not 6c 1b 01: this is not a PLINK 1 .bed file\n  a .bed of genome regions is another \
                 format";
    let once = "\n  give each its own id, or leave the marker out: exclude in [markers]";
    let cases: Vec<(Set, String)> = vec![
        (
            bed(&[0x6c, 0x1b, 0, 0, 0, 0, 0]),
            "d.bed: byte 3: the file holds person after person (individual-major)\n  convert it: plink --bfile OLD \
             --make-bed --out NEW"
                .into(),
        ),
        (bed(b"chr1\t10\t20\n"), magic.into()),
        (bed(&[0x6c, 0x1b, 2, 0, 0, 0, 0]), magic.into()),
        (bim("1 rs1 0 10 A\n"), format!("d.bim:1: the line has 5 fields, not 6{fields}")),
        (bim("1 rs1 0 10 A G\n1\trs2 0 10 A G x\n"), format!("d.bim:2: the line has 7 fields, not 6{fields}")),
        (bim("1 rs1 0 x A G\n"), "d.bim:1: field 4 (position) is not a whole number".into()),
        (bim("1 rs1 0 -1 A G\n"), "d.bim:1: field 4 (position) is not a whole number".into()),
        (
            bim("1 rs1 0 10 A G\n1 rs3 0 1 A G\n1 rs1 0 11 A G\n"),
            format!("d.bim:3: the same marker, \"rs1\", as in line 1{once}"),
        ),
        (
            bim("1 rs1 0 10 A,C G\n"),
            "d.bim:1: an allele of marker \"rs1\" cannot be compared between sites\n  an allele is at most 1000 printable \
             ASCII characters; leave the marker out: exclude in [markers]"
                .into(),
        ),
        (
            bim("1 rs1 0 10 A G\n\n1 rs2 0 10 A G\n"),
            "d.bim:2: an empty line between others\n  remove the line, if no record is lost".into(),
        ),
        (bim("1 rs1\0 0 10 A G\n"), "d.bim:1:6: this is a NUL byte\n  this is not a text file".into()),
        (fam("a b 0 0 1\n"), format!("d.fam:1: the line has 5 fields, not 6{fields}")),
        (fam("a\n"), format!("d.fam:1: the line has 1 fields, not 6{fields}")),
        (
            fam("a p 0 0 1 1\na q 0 0 1 1\nb p 0 0 1 1\n"),
            "d.fam:3: the same person id (IID, field 2) as in line 1\n  ids must be unique; the family id (FID, field 1) is \
             not part of them"
                .into(),
        ),
    ];
    for (set, expected) in cases {
        assert_eq!(set.refusal(), expected);
    }
    let crlf =
        Set { bim: good.bim.replace('\n', "\r\n"), fam: good.fam.replace('\n', "\r\n"), ..good.clone() };
    assert_eq!(crlf.matrix(&all()), good.matrix(&all()));
    let bound = Options { people_bound: 4, ..all() };
    assert_eq!(
        good.read(&bound).err().unwrap().to_string(),
        "d.fam:5: more people than people_bound = 4\n  raise people_bound in the query, at all sites"
    );
}

proptest! {
    #[test]
    fn any_number_of_people_reads_back(
        calls in prop::collection::vec(prop::sample::select(vec!['0', '1', '2', '?']), 0..300),
    ) {
        let text: String = calls.into_iter().collect();
        let set = set(&[("1 a 0 1 A G", text.as_str()), ("1 b 0 2 A G", text.as_str())]);
        let expected: String = text.replace(['1', '2'], "+").replace('0', "-");
        prop_assert_eq!(set.matrix(&all()), rows([("a", &expected), ("b", &expected)]));
    }

    #[test]
    fn mutated_files_are_read_or_refused(
        edits in prop::collection::vec((0..3usize, any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..5),
    ) {
        let Set { bed, bim, fam } = two();
        let mut parts = [bed, bim.into_bytes(), fam.into_bytes()];
        for (part, at, byte, kind) in edits {
            let bytes = &mut parts[part];
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        let [bed, bim, fam] = &parts;
        match read_plink_from(Path::new("d"), [bed, bim, fam], &all()) {
            Ok(loaded) => {
                prop_assert_eq!(loaded.genotypes.len(), loaded.ids.len());
                prop_assert!(loaded.genotypes.iter().all(|calls| calls.people() == loaded.people));
            }
            Err(error) => prop_assert!(error.place.is_some() && error.to_string().lines().count() <= 2),
        }
    }
}
