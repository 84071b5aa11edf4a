//! Every kind of malformed file: exit code 2, the place named, no value quoted, no result. What the places and words are
//! in detail is tested beside the readers; this is the whole program.

use crate::tables::{Federation, gzip};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

const GOOD: &[u8] = b"id,rs0,rs1\np1,0,1\np2,1,1\np3,2,0\n";
const HEAD: &str =
    "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tSECRET1\tSECRET2\n";
const BIM: &str = "1\trs0\t0\t1\tG\tA\n1\trs1\t0\t2\tG\tA\n";
const FAM: &str = "f SECRET1 0 0 1 1\nf SECRET2 0 0 1 1\n";
const BED: &[u8] = &[0x6c, 0x1b, 1, 0b1110, 0b0010];

fn vcf(rows: &str) -> Vec<u8> {
    format!("{HEAD}{rows}").into_bytes()
}

fn row(calls: &str) -> String {
    format!("1\t1\trs0\tA\tG\t.\t.\t.\t{calls}\n1\t2\trs1\tA\tG\t.\t.\t.\tGT\t0/0\t0/1\n")
}

/// `local` must fail and say each of the texts. Its check before a run reads data as a run does; every eighth time the
/// federation runs as well, whose farewells take their time.
#[track_caller]
fn refused(federation: &Federation, texts: &[&str]) {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let runs = CALLS.fetch_add(1, Ordering::Relaxed).is_multiple_of(8);
    for arguments in [&["--dry-run"][..], &[]].into_iter().take(1 + usize::from(runs)) {
        let (code, message) = federation.refusal(arguments);
        assert_eq!(code, Some(2), "{message}");
        assert!(message.starts_with("error: ") && message.lines().count() <= 3, "{message}");
        for text in texts {
            assert!(message.contains(text), "no {text:?} in {message}");
        }
        assert!(!message.contains("SECRET"), "{message}");
        // Whatever came out of the file, a terminal gets no control character of it.
        assert!(!message.chars().any(|c| c.is_control() && c != '\n'), "{message:?}");
    }
}

#[track_caller]
fn file_refused(name: &str, bytes: impl Into<Vec<u8>>, texts: &[&str]) {
    let files = [("a.csv", GOOD.to_vec()), (name, bytes.into()), ("c.csv", GOOD.to_vec())];
    refused(&Federation::of_files(&files, "ids = [\"rs0\", \"rs1\"]"), texts);
}

#[test]
fn csv() {
    let cases: &[(&[u8], &[&str])] = &[
        (b"", &["b.csv", "is empty"]),
        (b"SECRET1,0,1\nSECRET2,0,1\n", &["b.csv:1"]),
        (b"id,rs0,rs1\nSECRET1,\"0,1\n", &["b.csv:2", "field 2", "never closed"]),
        (b"id,rs0,rs1\nSECRET1,0\"SECRET,1\n", &["b.csv:2", "field 2", "quote inside"]),
        (b"id,rs0,rs1\nSECRET1,\"0\"SECRET,1\n", &["b.csv:2", "field 2", "closing quote"]),
        (b"id,rs0,rs1\nSECRET1,0\0,1\n", &["b.csv:2", "field 2", "NUL"]),
        (b"id,rs0,rs1\nSECRET1,0,1\nSECRET2\xff,0,1\n", &["b.csv:3", "field 1", "UTF-8"]),
        (b"\xff\xfei\0d\0,\0r\0", &["b.csv:1", "UTF-8"]),
        (b"id,rs0,rs1\rSECRET1,0,1\r", &["b.csv:1", "carriage return"]),
        (b"id,rs0,rs1\nSECRET1,0,1\n\nSECRET2,0,1\n", &["b.csv:3", "empty line"]),
        (b"id,rs0,rs1\nSECRET1,0\n", &["b.csv:2", "2 fields", "header has 3"]),
        (b"id,rs0,rs1\nSECRET1,0,1,1\n", &["b.csv:2", "4 fields"]),
        (b"id,rs0,rs1\nSECRET1,0,1\nSECRET1,0,1\n", &["b.csv:3", "line 2"]),
        (b"id,rs0,rs1\n,0,1\n", &["b.csv:2", "person id is empty"]),
        (b"id,rs0,rs1,rs0\nSECRET1,0,1,1\n", &["b.csv:1", "columns 2 and 4", "\"rs0\""]),
        (b"id,rs0\nSECRET1,0\n", &["\"rs1\"", "unknown at hospital-b"]),
        (b"\x1f\x8b\x08\0\0\0\0\0", &["b.csv:1", "UTF-8"]),
    ];
    for (bytes, texts) in cases {
        file_refused("b.csv", *bytes, texts);
    }
    for value in ["3", "-1", "-0", "NAN", "inf", "-inf", "1e308", "0,5", "1.0", " 1", "0/1", "SECRET"] {
        let text = format!("id,rs0,rs1\nSECRET1,0,1\nSECRET2,1,\"{value}\"\n");
        file_refused("b.csv", text, &["b.csv:3", "field 3", "\"rs1\""]);
    }
    // Names that would move the cursor or turn the writing direction are shown escaped.
    let files = [("a.csv", GOOD.to_vec()), ("b.csv", "id,\u{1b}[2J\u{202e}<b>\nSECRET1,SECRET\n".into())];
    refused(&Federation::of_files(&files, "all = true"), &["b.csv:2", "\\u{1b}", "\\u{202e}"]);
}

#[test]
fn vcf_files() {
    let good = row("GT\t0/0\t0/1");
    let cases: &[(Vec<u8>, &[&str])] = &[
        (Vec::new(), &["b.vcf:1", "##fileformat"]),
        (b"#CHROM\tPOS\n".to_vec(), &["b.vcf:1", "##fileformat"]),
        (b"##fileformat=VCFv4.2\n##x\n".to_vec(), &["b.vcf", "no row of column names"]),
        (b"##fileformat=VCFv4.2\n#CHROM POS ID\n".to_vec(), &["b.vcf:2", "column 1"]),
        (HEAD.replace("SECRET2", "SECRET1").into_bytes(), &["b.vcf:2", "columns 10 and 11"]),
        (HEAD.replace("SECRET2", " ").into_bytes(), &["b.vcf:2", "column 11"]),
        (vcf(&row("GT\t0/0")), &["b.vcf:3", "10 columns", "11"]),
        (vcf(&row("GT\t0/0\t0/1\t0/1")), &["b.vcf:3", "12 columns"]),
        (vcf(&row("GT\t0/0\t0/1/1")), &["b.vcf:3", "column 11", "more than two alleles"]),
        (vcf(&row("GT\t0/0\t0/2")), &["b.vcf:3", "column 11", "does not list"]),
        (vcf(&row("GT\t0/0\tSECRET")), &["b.vcf:3", "column 11", "not a genotype"]),
        (vcf(&row("DP\t1\t2")), &["b.vcf:3", "no GT"]),
        (vcf(&row("DP:GT\t1:0/0\t2:0/0")), &["b.vcf:3", "GT is not the first"]),
        (vcf(&good.replace("\tA\t", "\tA-\t")), &["b.vcf:3", "column 4"]),
        (vcf(&good.replace("\tG\t", "\tG,\t")), &["b.vcf:3", "column 5"]),
        (vcf(&good.replace("1\t1\t", "1\tx\t")), &["b.vcf:3", "column 2"]),
        (vcf(&good.replace("rs1", "rs0")), &["b.vcf:4", "as in line 3"]),
        (vcf(&good.replace("\n1\t2", "\n\n1\t2")), &["b.vcf:4", "empty line"]),
        (vcf(&good.replace("\t0/1", "\t0/1\0")), &["b.vcf:3:", "NUL"]),
        (vcf(&good).into_iter().chain(*b"\xff\n").collect(), &["b.vcf:5:1", "UTF-8"]),
        (vcf(&good.replace("0/0\n", "0/0\r")), &["b.vcf"]),
        (vcf(&good.replace("\t0/1\n1", "\t0/1\r1")), &["b.vcf:3:", "carriage return"]),
        (vcf(&good.replace("rs1", "rs9")), &["\"rs1\"", "unknown at hospital-b"]),
    ];
    for (bytes, texts) in cases {
        if *bytes != vcf(&good) {
            file_refused("b.vcf", bytes.clone(), texts);
        }
    }
    // A file that ends within a call.
    let whole = vcf(&row("GT\t0/0\t0/1"));
    file_refused("b.vcf", &whole[..whole.len() - 3], &["b.vcf:4"]);

    let packed = gzip(&whole);
    let mut damaged = packed.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let mut checksum = packed.clone();
    let at = checksum.len() - 6;
    checksum[at] ^= 1;
    file_refused("b.vcf.gz", &packed[..packed.len() - 9], &["b.vcf.gz:", "cut off"]);
    file_refused("b.vcf.gz", damaged, &["b.vcf.gz:", "damaged"]);
    file_refused("b.vcf.gz", checksum, &["b.vcf.gz:", "damaged"]);
    file_refused("b.vcf.gz", [packed, b"SECRET".to_vec()].concat(), &["b.vcf.gz:"]);
}

#[track_caller]
fn plink_refused(bed: &[u8], bim: &str, fam: &str, texts: &[&str]) {
    let files = [("a.csv", GOOD.to_vec()), ("b.bed", bed.to_vec()), ("c.csv", GOOD.to_vec())];
    let federation = Federation::of_files(&files, "ids = [\"rs0\", \"rs1\"]");
    std::fs::write(federation.file("b.bim"), bim).unwrap();
    std::fs::write(federation.file("b.fam"), fam).unwrap();
    refused(&federation, texts);
}

#[test]
fn plink() {
    let changed = |at: usize, byte: u8| {
        let mut bed = BED.to_vec();
        bed[at] = byte;
        bed
    };
    plink_refused(b"", BIM, FAM, &["b.bed", "not 6c 1b 01"]);
    plink_refused(&changed(0, 0), BIM, FAM, &["b.bed", "not 6c 1b 01"]);
    plink_refused(&changed(2, 0), BIM, FAM, &["b.bed", "person after person"]);
    plink_refused(&changed(2, 2), BIM, FAM, &["b.bed", "not 6c 1b 01"]);
    plink_refused(&BED[..4], BIM, FAM, &["b.bed", "has 4 bytes", "take 5"]);
    plink_refused(&[BED, &[0]].concat(), BIM, FAM, &["b.bed", "has 6 bytes", "take 5"]);
    plink_refused(&changed(3, 0b1_0000), BIM, FAM, &["b.bed", "byte 4", "row 1"]);
    plink_refused(BED, &BIM[..BIM.len() / 2], FAM, &["b.bed", "1 markers of 2 people"]);
    plink_refused(BED, BIM, &FAM.replace("f SECRET2 0 0 1 1\n", ""), &["b.bed", "byte 4"]);
    plink_refused(BED, BIM, &format!("{FAM}f x 0 0 1 1\nf y 0 0 1 1\nf z 0 0 1 1\n"), &["b.bed", "5 people"]);
    plink_refused(BED, &BIM.replace("rs1", "rs0"), FAM, &["b.bim:2", "as in line 1"]);
    plink_refused(BED, &BIM.replace("\t2\t", "\tx\t"), FAM, &["b.bim:2", "field 4"]);
    plink_refused(BED, &BIM.replace("\t2\t", "\t"), FAM, &["b.bim:2", "5 fields"]);
    plink_refused(BED, &BIM.replace("G\tA\n1", "G\tA\0\n1"), FAM, &["b.bim:1:", "NUL"]);
    plink_refused(BED, BIM, &FAM.replace("SECRET2", "SECRET1"), &["b.fam:2", "line 1"]);
    plink_refused(BED, BIM, &FAM.replace(" 1 1\n", "\n"), &["b.fam:1", "4 fields"]);
    plink_refused(BED, &BIM.replace("rs1", "rs9"), FAM, &["\"rs1\"", "unknown at hospital-b"]);

    let files = [("a.csv", GOOD.to_vec()), ("b.bed", BED.to_vec())];
    let federation = Federation::of_files(&files, "ids = [\"rs0\", \"rs1\"]");
    refused(&federation, &["b.bim", "no such file"]);
    std::fs::write(federation.file("b.bim"), BIM).unwrap();
    refused(&federation, &["b.fam", "no such file"]);
}

#[test]
fn what_is_no_file() {
    let good = || GOOD.to_vec();
    let mut federation =
        Federation::of_files(&[("a.csv", good()), ("b.csv", good())], "ids = [\"rs0\", \"rs1\"]");
    let mut at = |name: &str, make: &dyn Fn(&Path), texts: &[&str]| {
        let path = federation.file(name);
        make(&path);
        federation.set_path(1, path);
        refused(&federation, texts);
    };
    let pipe = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    let folder = |path: &Path| std::fs::create_dir(path).unwrap();
    let link = |path: &Path, to: &Path| std::os::unix::fs::symlink(to, path).unwrap();
    let irregular = "not a regular file";
    for name in ["pipe.csv", "pipe.vcf", "pipe.vcf.gz", "pipe.bed"] {
        at(name, &pipe, &[name, irregular]);
    }
    for name in ["folder.csv", "folder.vcf", "folder.bed"] {
        at(name, &folder, &[name, "a directory"]);
    }
    // A prefix whose .bim is a pipe.
    at("set.bed", &|path| std::fs::write(path, BED).unwrap(), &["set.bim", "no such file"]);
    at("set", &|path| pipe(&path.with_extension("bim")), &["set.bim", irregular]);
    at("device.csv", &|path| link(path, Path::new("/dev/zero")), &["device.csv", irregular]);
    at("device.bed", &|path| link(path, Path::new("/dev/zero")), &["device.bed", irregular]);
    at("loop.csv", &|path| link(path, path), &["loop.csv", "cannot be read"]);
    at("loop.bed", &|path| link(path, path), &["loop.bed", "cannot be read"]);
    at("to-folder.csv", &|path| link(path, path.parent().unwrap()), &["to-folder.csv", "a directory"]);
    at("dangling.csv", &|path| link(path, Path::new("nowhere")), &["dangling.csv", "no such file"]);
    at("data.xlsx", &|path| std::fs::write(path, "x").unwrap(), &["data.xlsx", ".csv, .vcf"]);
    at("nothing", &|_| {}, &["nothing"]);
}

#[test]
fn tables_without_people_are_data_and_end_as_too_few() {
    let header = b"id,rs0,rs1\n".to_vec();
    let vcf = HEAD.replace("\tSECRET1\tSECRET2", "").into_bytes();
    let rows = b"1\t1\trs0\tA\tG\t.\t.\t.\tGT\n1\t2\trs1\tA\tG\t.\t.\t.\tGT\n";
    let files = [("a.csv", header), ("b.vcf", [vcf, rows.to_vec()].concat()), ("c.bed", BED[..3].to_vec())];
    let federation = Federation::of_files(&files, "ids = [\"rs0\", \"rs1\"]");
    std::fs::write(federation.file("c.bim"), BIM).unwrap();
    std::fs::write(federation.file("c.fam"), "").unwrap();
    let (code, message) = federation.refusal(&[]);
    assert_eq!(code, Some(3), "{message}");
    assert!(message.contains("min_people = 10"), "{message}");
}
