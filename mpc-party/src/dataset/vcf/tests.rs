//! VCF files read back as what was written; every fault is refused with its place.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use mpc_core::query::Encoding;
use mpc_core::query::schema::alleles::Alleles;
use proptest::prelude::*;

use super::super::lines::Longest;
use super::super::tests::{all, calls, cohort, options, rows, strings};
use super::super::{Loaded, Options, Wanted};
use super::{LINE, load};
use crate::error::UserError;

const HEAD: &str = "##fileformat=VCFv4.2\n##source=x\n";

fn read(text: impl AsRef<[u8]>, options: &Options<'_>) -> Result<Loaded, UserError> {
    load(Path::new("d.vcf"), text.as_ref(), LINE, options)
}

fn refusal(text: impl AsRef<[u8]>, options: &Options<'_>) -> String {
    read(text, options).err().map_or("accepted".into(), |error| error.to_string())
}

fn matrix(text: impl AsRef<[u8]>, options: &Options<'_>) -> Vec<(String, String)> {
    let loaded = read(text, options).unwrap_or_else(|error| panic!("{error}"));
    let cohort = cohort(loaded, options.encoding);
    cohort.ids.into_iter().zip(cohort.columns.iter().map(calls)).collect()
}

/// A file with three samples: each row is `CHROM POS ID REF ALT FORMAT` and the samples, by spaces.
fn file(records: &[&str]) -> String {
    let mut text = format!("{HEAD}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\ts2\ts3\n");
    for record in records {
        let mut columns: Vec<&str> = record.split(' ').collect();
        columns.splice(5..5, [".", "PASS", "AC=1"]);
        text += &columns.join("\t");
        text.push('\n');
    }
    text
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Members with bgzip's extra field, each of so many bytes, and the end mark.
pub(in crate::dataset) fn bgzip(bytes: &[u8], block: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for part in bytes.chunks(block.max(1)).chain([&[][..]]) {
        let plain = gzip(part);
        // Behind the ten bytes of the plain head.
        let body = if part.is_empty() { [&[3, 0][..], &[0; 8]].concat() } else { plain[10..].to_vec() };
        let size = (18 + body.len() - 1) as u16;
        out.extend([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, b'B', b'C', 2, 0]);
        out.extend(size.to_le_bytes());
        out.extend(body);
    }
    out
}

#[test]
fn calls_have_their_meaning() {
    let text = file(&[
        "1 10 rs1 A G GT 0|0 0|1 1|1",
        "1 11 rs2 A G GT:DP 0/1:7 ./.:. 1/0:3",
        "1 12 rs3 A G GT . 0/. .|1",
        "X 13 rs4 A G GT 0 1 .",
        "1 14 rs5 A G GT:DP 1|1:5 0|0 0",
    ]);
    let carrier = rows([("rs1", "-++"), ("rs2", "+?+"), ("rs3", "???"), ("rs4", "-+?"), ("rs5", "+--")]);
    assert_eq!(matrix(&text, &all()), carrier);
    let homozygous = Options { encoding: Encoding::HomozygousAlt, ..all() };
    let expected = rows([("rs1", "--+"), ("rs2", "-?-"), ("rs3", "???"), ("rs4", "--?"), ("rs5", "+--")]);
    assert_eq!(matrix(&text, &homozygous), expected);
    let loaded = read(&text, &all()).ok().unwrap();
    assert_eq!((loaded.people, &loaded.alleles.unwrap()[0]), (3, &Alleles::new("G", "A").unwrap()));
}

#[test]
fn counting_the_other_allele_is_right_for_haploid_calls_too() {
    let text = file(&["X 13 m A G GT 0 1 .", "X 14 n A G GT 0|0 0|1 1|1"]);
    for (encoding, expected) in
        [(Encoding::Carrier, ["+-?", "++-"]), (Encoding::HomozygousAlt, ["--?", "+--"])]
    {
        let loaded = read(&text, &Options { encoding, ..all() }).ok().unwrap();
        let cohort = loaded.into_cohort(&[0, 1], &[0, 1], encoding);
        assert_eq!(cohort.columns.iter().map(calls).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn markers_have_their_ids() {
    let text = file(&[
        "chr1 10 . a g GT 0|0 0|1 1|1",
        "23 11 . A G,T GT 0|1 0|2 1|2",
        "chr26 12 rs2 A G,<DEL>,* GT 0|1 2/3 3",
        "24 13 rs3;rs4 AT A GT 1|0 0|0 0|0",
        "2 14 rs5 A . GT 0|0 0|0 0/0",
    ]);
    let expected = rows([
        ("1:10:A:G", "-++"),
        ("X:11:A:G", "+-+"),
        ("X:11:A:T", "-++"),
        ("rs2:G", "+--"),
        ("rs2:<DEL>", "-+-"),
        ("rs2:*", "-++"),
        ("rs3;rs4", "+--"),
    ]);
    assert_eq!(matrix(&text, &all()), expected);
    let panel = strings(["rs2:<DEL>", "rs2", "rs5", "1:10:A:G"]);
    let listed = options(Wanted::Listed(&panel));
    assert_eq!(matrix(&text, &listed), rows([("rs2:<DEL>", "-+-"), ("1:10:A:G", "-++")]));
    assert_eq!(read(&text, &listed).ok().unwrap().unknown, ["rs2", "rs5"]);
}

#[test]
fn only_wanted_markers_are_read_but_all_are_checked() {
    let panel = strings(["rs2"]);
    let listed = options(Wanted::Listed(&panel));
    let text = file(&["1 10 rs1 A G DP 7 x 0|0|0", "1 11 rs2 A G GT 0|0 0|1 1|1", "1 12 rs1 A G GT 9/9 x x"]);
    assert_eq!(matrix(&text, &listed), rows([("rs2", "-++")]));
    let short = file(&["1 10 rs1 A G DP 7 x", "1 11 rs2 A G GT 0|0 0|1 1|1"]);
    assert!(refusal(short, &listed).starts_with("d.vcf:4: the row has 11 columns; the header has 12"));
}

#[test]
fn compressed_files_read_as_plain_ones() {
    let text = file(&["1 10 rs1 A G GT 0|0 0|1 1|1", "1 11 rs2 A C GT 1|0 0|0 .|."]);
    let expected = matrix(&text, &all());
    let (first, second) = text.as_bytes().split_at(100);
    assert_eq!(matrix(gzip(text.as_bytes()), &all()), expected);
    assert_eq!(matrix([gzip(first), gzip(second)].concat(), &all()), expected);
    for block in [1, 7, 100, 100_000] {
        assert_eq!(matrix(bgzip(text.as_bytes(), block), &all()), expected);
    }
    assert_eq!(matrix(text.replace('\n', "\r\n"), &all()), expected);
    assert_eq!(matrix(text.clone() + "\n\r\n\n", &all()), expected);
}

#[test]
fn compressed_files_that_are_cut_off_or_damaged_are_refused() {
    let text = file(&["1 10 rs1 A G GT 0|0 0|1 1|1", "1 11 rs2 A C GT 1|0 0|0 .|."]);
    let cut = "cut off here\n  copy or compress the file again";
    for whole in [gzip(text.as_bytes()), bgzip(text.as_bytes(), 60)] {
        for length in 2..whole.len() {
            let found = refusal(&whole[..length], &all());
            assert!(found.starts_with("d.vcf:") && found != "accepted", "{length}: {found}");
            assert!(found.ends_with(cut) || found.contains("the first line is not"), "{length}: {found}");
        }
        for at in 2..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            if let Ok(loaded) = read(&damaged, &all()) {
                // Names, times and the like in the head of a member.
                assert_eq!(loaded.ids, ["rs1", "rs2"]);
            }
        }
        assert!(refusal([whole, b"x".to_vec()].concat(), &all()).contains("the compressed file is"));
    }
    // Members that are whole, but the rest of the file is missing.
    let blocks = bgzip(text.as_bytes(), 100_000);
    let found = refusal(&blocks[..blocks.len() - 28], &all());
    assert_eq!(found, format!("d.vcf:6: the compressed file is {cut}"));
}

#[test]
fn a_table_without_people_or_markers_is_a_table() {
    let names = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";
    for text in [
        format!("{HEAD}{names}\n1\t1\trs1\tA\tG\t.\t.\t.\n"),
        format!("{HEAD}{names}\tFORMAT\n1\t1\trs1\tA\tG\t.\t.\t.\tGT\n"),
        format!("{HEAD}{names}\tFORMAT\n1\t1\trs1\tA\tG\t.\t.\t.\n"),
    ] {
        assert_eq!(matrix(&text, &all()), rows([("rs1", "")]));
    }
    let loaded = read(format!("{HEAD}{names}\tFORMAT\ts"), &all()).ok().unwrap();
    assert_eq!((loaded.people, loaded.ids.len()), (1, 0));
}

#[test]
fn faults_are_named_with_line_and_column() {
    let row = |row: &str| file(&["1 9 rs0 A G GT 0|0 0|0 0|0", row]).into_bytes();
    let raw = |bytes: &[u8]| [file(&[]).as_bytes(), bytes].concat();
    let advice = "\n  GT is one or two allele numbers, as 0|1 or 0/1, or . for missing";
    let version = "d.vcf:1: the first line is not ##fileformat=VCFv4, with a point and a number\n  this reader knows VCF 4";
    let order = "\n  a row #CHROM POS ID ... with tabs between names comes before the records";
    let tabs = "\n  columns are separated by one tab each";
    let cut = "d.vcf:4: the last line has no line end: the file may be cut off\n  end the last line with a line feed, if \
               it is whole";
    let chrom = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT";
    let utf8 = "this is not UTF-8\n  save the file as UTF-8";
    let once = "\n  give each its own id, or leave the marker out: exclude in [markers]";
    let cases: Vec<(Vec<u8>, String)> = vec![
        (b"".into(), version.into()),
        (b"\n".into(), version.into()),
        (b"##fileformat=VCFv3.3\n".into(), version.into()),
        (b"##fileformat=VCFv4.\n".into(), version.into()),
        (b"\xef\xbb\xbf##fileformat=VCFv4.2\n".into(), version.into()),
        (b"id,rs1\n".into(), version.into()),
        (HEAD.into(), "d.vcf: the file has no row of column names, #CHROM POS ID ...".into()),
        (format!("{HEAD}1\t2\n").into(), format!("d.vcf:3: column 1 of the header is not #CHROM{order}")),
        (format!("{HEAD}#CHROM POS\n").into(), format!("d.vcf:3: column 1 of the header is not #CHROM{order}")),
        (
            format!("{HEAD}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\n").into(),
            format!("d.vcf:3: column 8 of the header is not INFO{order}"),
        ),
        (
            format!("{HEAD}{}\n", chrom.replace("FORMAT", "s1")).into(),
            format!("d.vcf:3: column 9 of the header is not FORMAT{order}"),
        ),
        (
            format!("{HEAD}{chrom}\ta\tb\ta\n").into(),
            "d.vcf:3: columns 10 and 12 have the same sample id\n  each person has one column; ids must be unique".into(),
        ),
        (format!("{HEAD}{chrom}\ta\t\tb\n").into(), "d.vcf:3: the sample id in column 11 is empty".into()),
        (format!("{HEAD}{chrom}\ta\t \n").into(), "d.vcf:3: the sample id in column 11 is empty".into()),
        (row("1 10 rs1 A G GT 0|0 0|0"), format!("d.vcf:5: the row has 11 columns; the header has 12{tabs}")),
        (
            row("1 10 rs1 A G GT 0|0 0|0 0|0 0|0"),
            format!("d.vcf:5: the row has 13 columns; the header has 12{tabs}"),
        ),
        (raw(b"1 10 rs1 A G\n"), format!("d.vcf:4: the row has 1 columns; the header has 12{tabs}")),
        (raw(b"#1\t10\n"), "d.vcf:4: a header line between records".into()),
        (raw(b"##x\n"), "d.vcf:4: a header line between records".into()),
        (row(" 10 rs1 A G GT 0|0 0|0 0|0"), "d.vcf:5: column 1 (CHROM) is empty or holds a space".into()),
        (row("1 x rs1 A G GT 0|0 0|0 0|0"), "d.vcf:5: column 2 (POS) is not a whole number".into()),
        (row("1 -5 rs1 A G GT 0|0 0|0 0|0"), "d.vcf:5: column 2 (POS) is not a whole number".into()),
        (row("1  rs1 A G GT 0|0 0|0 0|0"), "d.vcf:5: column 2 (POS) is not a whole number".into()),
        (row("1 10  A G GT 0|0 0|0 0|0"), "d.vcf:5: column 3 (ID) is empty or holds a space".into()),
        (row("1 10 rs1  G GT 0|0 0|0 0|0"), "d.vcf:5: column 4 (REF) is empty or holds a space".into()),
        (row("1 10 rs1 A,C G GT 0|0 0|0 0|0"), "d.vcf:5: column 4 (REF) is not a sequence of bases".into()),
        (row("1 10 rs1 . G GT 0|0 0|0 0|0"), "d.vcf:5: column 4 (REF) is not a sequence of bases".into()),
        (row("1 10 rs1 A  GT 0|0 0|0 0|0"), "d.vcf:5: column 5 (ALT) is empty or holds a space".into()),
        (row("1 10 rs1 A G, GT 0|0 0|0 0|0"), "d.vcf:5: column 5 (ALT) has an empty allele".into()),
        (row("1 10 rs1 A G,.,T GT 0|0 0|0 0|0"), "d.vcf:5: column 5 (ALT) has an empty allele".into()),
        (row("1 10 rs1 A G  0|0 0|0 0|0"), "d.vcf:5: column 9 (FORMAT) is empty".into()),
        (
            row("1 10 rs1 A G DP:GT 0|0 0|0 0|0"),
            "d.vcf:5: GT is not the first key of column 9 (FORMAT)\n  VCF wants it to be the first".into(),
        ),
        (
            row("1 10 rs1 A G GTX:DP 0|0 0|0 0|0"),
            "d.vcf:5: column 9 (FORMAT) has no GT, and the query names this marker\n  leave the marker out of the query, \
             or add its genotypes"
                .into(),
        ),
        (row("1 10 rs1 A G GT 0|0 0|0/1 0|0"), format!("d.vcf:5: column 11 (sample 2) has more than two alleles{advice}")),
        (
            row("1 10 rs1 A G GT 0|0 0|0 0|2"),
            format!("d.vcf:5: column 12 (sample 3) has an allele that the row does not list{advice}"),
        ),
        (row("1 10 rs1 A G GT  0|0 0|0"), format!("d.vcf:5: column 10 (sample 1) is not a genotype{advice}")),
        (row("1 10 rs1 A G GT:DP 0|0 :5 0|0"), format!("d.vcf:5: column 11 (sample 2) is not a genotype{advice}")),
        (row("1 10 rs0 A C GT 0|0 0|0 0|0"), format!("d.vcf:5: the same marker, \"rs0\", as in line 4{once}")),
        (row("1 10 rs1 A C,C GT 0|0 0|0 0|0"), format!("d.vcf:5: the same marker, \"rs1:C\", as in line 5{once}")),
        (
            raw(b"\n1\t10\trs1\tA\tG\t.\t.\t.\tGT\t0\t0\t0\n"),
            "d.vcf:4: an empty line between others\n  remove the line, if no record is lost".into(),
        ),
        (raw(b"1\t1\0\n"), "d.vcf:4:4: this is a NUL byte\n  this is not a text file".into()),
        (raw(b"1\t\xc3\xa9\xff\n"), format!("d.vcf:4:4: {utf8}")),
        (raw(b"1\t1\r2\n"), "d.vcf:4:4: this is a carriage return without a line feed\n  end lines with LF or CRLF".into()),
        (raw(b"1\t10\trs1\tA\tG\t.\t.\t.\tGT\t0|0\t0|0\t0"), cut.into()),
        (raw(b"1\t10\trs1\tA\tG\t.\t.\t.\tGT\t0|0\t0|0\t."), cut.into()),
        (raw(b"1\t10\trs1\tA\tG\t.\t.\t.\tGT\t0|0\t0|0\t0|1"), "accepted".into()),
        (raw(b"1\t10\trs1\tA\tG\t.\t.\t.\tGT:DP\t0|0\t0|0\t0:7"), "accepted".into()),
    ];
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        let found = refusal(&text, &all());
        if found != expected {
            wrong.push(format!("{}\nfound    {found}\nexpected {expected}", text.escape_ascii()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_cannot_travel_is_refused_with_its_name() {
    let long = "A".repeat(1_001);
    let found = refusal(file(&[&format!("1 1 rs1 {long} G GT 0 0 0")]), &all());
    assert!(
        found.starts_with("d.vcf:4: an allele of marker \"rs1\" cannot be compared between sites\n"),
        "{found}"
    );
    let found = refusal(file(&[&format!("1 1 {long} A G GT 0 0 0")]), &all());
    assert!(found.starts_with("d.vcf:4: the marker's id has more than 1000 bytes\n"), "{found}");
    let rows: Vec<String> = (0..20_001).map(|row| format!("1 1 rs{row} A G GT 0|0 0|0 0|0")).collect();
    let found = refusal(file(&rows.iter().map(String::as_str).collect::<Vec<_>>()), &all());
    assert!(found.starts_with("d.vcf:20004: the file has more than 20000 wanted markers"), "{found}");
}

#[test]
fn more_people_than_the_bound_are_refused() {
    let two = Options { people_bound: 2, ..all() };
    let advice = "raise people_bound in the query, at all sites";
    assert_eq!(refusal(file(&[]), &two), format!("d.vcf:3: more people than people_bound = 2\n  {advice}"));
}

#[test]
fn no_refusal_quotes_a_person() {
    for row in ["1 1 m A G GT 0 CANARY 0", "1 1 m A G GT 0 0|CANARY 0", "1 1 m A G GT 0 CANARY:1 0"] {
        let found = refusal(file(&[row]).replace("s2", "CANARY"), &all());
        assert!(found.starts_with("d.vcf:4: column 11 (sample 2)") && !found.contains("CANARY"), "{found}");
    }
    let found = refusal(file(&[]).replace("s2", "CANARY").replace("s3", "CANARY"), &all());
    assert!(found.starts_with("d.vcf:3: columns 11 and 12") && !found.contains("CANARY"), "{found}");
}

#[test]
fn endless_input_is_refused_at_a_limit() {
    let endless = |start: &str, byte: u8| {
        let input = std::io::Read::chain(std::io::Cursor::new(start.to_owned()), std::io::repeat(byte));
        load(Path::new("d.vcf"), input, Longest { bytes: 1 << 16, ..LINE }, &all()).err().unwrap().to_string()
    };
    let long =
        "the line is longer than 65536 bytes\n  split the file by people or leave values other than GT out";
    assert_eq!(endless("", b'x'), format!("d.vcf:1: {long}"));
    assert_eq!(endless(&file(&[]), b'\t'), format!("d.vcf:4: {long}"));
    assert_eq!(endless(&file(&[]), 0), format!("d.vcf:4: {long}"));
    assert_eq!(endless(&file(&[]), b'\n'), "d.vcf:1004: more than 1000 empty lines");
    // A compressed gigabyte of one line.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(file(&[]).as_bytes()).unwrap();
    let zeros = vec![b'0'; 1 << 20];
    for _ in 0..1024 {
        encoder.write_all(&zeros).unwrap();
    }
    let found = refusal(encoder.finish().unwrap(), &all());
    assert!(found.starts_with("d.vcf:4: the line is longer than 67108864 bytes"), "{found}");
    // The head is bounded as a whole.
    let meta = format!("##{}\n", "x".repeat(1 << 20));
    let found = refusal(HEAD.to_owned() + &meta.repeat(65), &all());
    assert!(
        found.starts_with("d.vcf:66: more than 67108864 bytes before the row of column names"),
        "{found}"
    );
}

proptest! {
    #[test]
    fn mutated_files_are_read_or_refused(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..5),
        form in 0..3u8,
    ) {
        let text = file(&[
            "1 10 rs1 A G GT 0|0 0|1 1|1",
            "1 11 . A G,T GT:DP 0/1:7 ./.:. 1/2:3",
            "X 13 rs4 A <DEL> GT 0 1 .",
        ]);
        let mut bytes = match form {
            0 => text.into_bytes(),
            1 => gzip(text.as_bytes()),
            _ => bgzip(text.as_bytes(), 50),
        };
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        match read(&bytes, &all()) {
            Ok(loaded) => {
                prop_assert_eq!(loaded.genotypes.len(), loaded.ids.len());
                prop_assert!(loaded.genotypes.iter().all(|calls| calls.people() == loaded.people));
            }
            Err(error) => prop_assert!(error.place.is_some() && error.to_string().lines().count() <= 2),
        }
    }
}
