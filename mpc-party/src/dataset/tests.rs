//! CSV files read back as the matrix that was written; every fault is refused with its place.

use std::io::Read;

use mpc_core::statistics::cohort::Column;
use proptest::prelude::*;

use super::strict::{Limits, StrictReader};
use super::*;

const NONE: &BTreeSet<String> = &BTreeSet::new();

pub(super) fn options(markers: Wanted<'_>) -> Options<'_> {
    Options { markers, person_id: &[], encoding: Encoding::Carrier, people_bound: 1_000_000, linked: None }
}

pub(super) fn all() -> Options<'static> {
    options(Wanted::All { exclude: NONE })
}

fn load(text: impl AsRef<[u8]>, options: &Options<'_>) -> Result<Loaded, UserError> {
    csv::load(Path::new("d.csv"), text.as_ref(), Limits::default(), options)
}

fn refusal(text: impl AsRef<[u8]>, options: &Options<'_>) -> String {
    load(text, options).err().map_or("accepted".into(), |error| error.to_string())
}

pub(super) fn strings<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(String::from).to_vec()
}

fn column(calls: &[Option<u8>], encoding: Encoding) -> Column {
    let mut column = Column::default();
    calls.iter().for_each(|&call| column.push(call, encoding));
    column
}

/// All of what was read.
pub(super) fn cohort(loaded: Loaded, encoding: Encoding) -> Cohort {
    let positions: Vec<usize> = (0..loaded.ids.len()).collect();
    loaded.into_cohort(&positions, &[], encoding)
}

/// Carriers and missing calls of one column, as text: `+`, `-` or `?` a person.
pub(super) fn calls(column: &Column) -> String {
    let bit = |words: &[u64], person: usize| {
        words.get(person / 64).is_some_and(|word| word >> (person % 64) & 1 == 1)
    };
    let call = |person| match (bit(column.missing(), person), bit(column.carrier(), person)) {
        (true, _) => '?',
        (false, true) => '+',
        (false, false) => '-',
    };
    (0..column.people()).map(call).collect()
}

fn matrix(text: impl AsRef<[u8]>, options: &Options<'_>) -> Vec<(String, String)> {
    let cohort = cohort(load(text, options).unwrap_or_else(|error| panic!("{error}")), options.encoding);
    assert_eq!(cohort.ids.len(), cohort.columns.len());
    assert!(cohort.columns.iter().all(|column| column.people() == cohort.people));
    cohort.ids.into_iter().zip(cohort.columns.iter().map(calls)).collect()
}

pub(super) fn rows<const N: usize>(rows: [(&str, &str); N]) -> Vec<(String, String)> {
    rows.map(|(id, calls)| (id.into(), calls.into())).to_vec()
}

#[test]
fn every_value_has_its_meaning() {
    let text = "id,m\na,0\nb,1\nc,2\nd,\ne,NA\nf,N/A\ng,NaN\nh,nan\ni,.\nj,./.\nk,\"2\"\nl,\"\"\n";
    assert_eq!(matrix(text, &all()), rows([("m", "-++???????+?")]));
    let homozygous = Options { encoding: Encoding::HomozygousAlt, ..all() };
    assert_eq!(matrix(text, &homozygous), rows([("m", "--+???????+?")]));
    let cohort = cohort(load(text, &all()).ok().unwrap(), Encoding::Carrier);
    assert_eq!((cohort.people, cohort.columns[0].missing_calls()), (12, 8));
    for value in [
        "3", "-1", "-0", "1.0", "0,5", "1e308", "inf", "-inf", "null", "na", "0/1", "+1", "01", "None",
        "./1", "é",
    ] {
        let found = refusal(format!("id,m\na,0\nb,\"{value}\"\n"), &all());
        let advice = "leave a column that is no marker out: exclude = [\"m\"] in [markers]";
        assert_eq!(found, format!("d.csv:3: field 2 \"m\" is not 0, 1, 2 or missing\n  {advice}"), "{value}");
    }
}

#[test]
fn listed_markers_come_in_panel_order_and_others_are_not_read() {
    let text = "id,sex,rs1,rs2,note\np1,F,1,0,\"x, \"\"y\"\"\"\np2,M,0,,z\n";
    let panel = strings(["rs2", "rs9", "rs1", "id"]);
    let wanted = options(Wanted::Listed(&panel));
    assert_eq!(matrix(text, &wanted), rows([("rs2", "-?"), ("rs1", "+-")]));
    assert_eq!(load(text, &wanted).ok().unwrap().unknown, ["rs9", "id"]);
    // A bad value in a wanted column.
    let panel = strings(["rs1", "sex"]);
    assert_eq!(
        refusal(text, &options(Wanted::Listed(&panel))),
        "d.csv:2: field 2 \"sex\" is not 0, 1, 2 or missing\n  missing is an empty field, NA, N/A, NaN, nan, . or ./."
    );
    assert_eq!(
        refusal("id,rs1\nJane, 1\n", &options(Wanted::Listed(&panel))),
        "d.csv:2: field 2 \"rs1\" is not 0, 1, 2 or missing\n  remove the spaces around the value"
    );
}

#[test]
fn all_markers_come_in_file_order_without_the_excluded() {
    let text = "id,age,rs2,rs1\np1,70,1,0\np2,71,0,2\n";
    let exclude = BTreeSet::from([String::from("age"), String::from("absent")]);
    let wanted = options(Wanted::All { exclude: &exclude });
    assert_eq!(matrix(text, &wanted), rows([("rs2", "+-"), ("rs1", "-+")]));
    assert_eq!(
        refusal(text, &all()),
        "d.csv:2: field 2 \"age\" is not 0, 1, 2 or missing\n  leave a column that is no marker out: exclude = \
         [\"age\"] in [markers]"
    );
}

#[test]
fn the_column_of_person_ids_can_be_named() {
    let text = "rs1,patient,rs2\n1,a,0\n0,b,1\n";
    let named = Options { person_id: &["patient".into()], ..all() };
    assert_eq!(matrix(text, &named), rows([("rs1", "+-"), ("rs2", "-+")]));
    let absent = Options { person_id: &["pid".into()], ..all() };
    assert_eq!(
        refusal(text, &absent),
        "d.csv:1: no column is named \"pid\", which is to hold the person ids\n  correct person_id, or leave it out if \
         the ids are in the first column"
    );
}

#[test]
fn several_columns_identify_a_person() {
    let key = ["born".to_owned(), "family".to_owned()];
    let linked = Options { person_id: &key, linked: Some(Normalisation::IdV1), ..all() };
    let counted = Options { linked: None, ..linked };
    let text = "family,rs1,born\nDoe,1,1980-1-2\nRoe,0,1980-1-2\nDoe,2,1981-01-02\n";
    let loaded = read_csv_from(Path::new("d.csv"), text.as_bytes(), &linked).ok().unwrap();
    let expected =
        [["1980-01-02", "doe"], ["1980-01-02", "roe"], ["1981-01-02", "doe"]].map(|id| id.map(str::as_bytes));
    let expected = expected.map(|id| Normalisation::IdV1.apply(&id).unwrap());
    assert!(loaded.identifiers == expected);
    assert_eq!(matrix(text, &counted), rows([("rs1", "+-+")]));

    let twice = text.replace("Roe", "Doe");
    for options in [&linked, &counted] {
        assert!(refusal(&twice, options).starts_with("d.csv:3: the same person id as in line 2"));
        assert!(
            refusal(text.replace("Roe", " "), options)
                .starts_with("d.csv:3: the person id is empty (field 1)")
        );
        let shifted = "family,rs1,born\nb,1,ca\nab,1,c\n";
        assert!(read_csv_from(Path::new("d.csv"), shifted.as_bytes(), options).is_ok());
    }
    // Only linked ids are the same in any spelling.
    let spelled = text.replace("Roe,0,1980-1-2", "DOE,0,1980/01/02");
    assert!(refusal(&spelled, &linked).starts_with("d.csv:3: the same person id as in line 2"));
    assert!(read_csv_from(Path::new("d.csv"), spelled.as_bytes(), &counted).is_ok());
}

#[test]
fn forms_of_the_same_table_read_alike() {
    let expected = rows([("a,b", "+-"), ("c\"d", "?+")]);
    for text in [
        "id,\"a,b\",\"c\"\"d\"\n1,1,NA\n2,0,1\n",
        "id,\"a,b\",\"c\"\"d\"\n1,1,NA\n2,0,1",
        "\u{feff}id,\"a,b\",\"c\"\"d\"\r\n1,1,NA\r\n2,0,1\r\n",
        "\u{feff}\"id\",\"a,b\",\"c\"\"d\"\r\n\"1\",\"1\",\"NA\"\r\n2,0,1",
        "id,\"a,b\",\"c\"\"d\"\n1,1,NA\r\n2,0,1\n\n\r\n\n",
        "\"i\n\nd\",\"a,b\",\"c\"\"d\"\n\"1\r\n\",1,NA\n2,0,1\n",
        // Row names without a name, as R writes them.
        "\"\",\"a,b\",\"c\"\"d\"\n\"1\",1,NA\n\"2\",0,1\n",
    ] {
        assert_eq!(matrix(text, &all()), expected, "{text:?}");
    }
}

#[test]
fn a_table_without_people_or_markers_is_a_table() {
    assert_eq!(matrix("id,rs1\n", &all()), rows([("rs1", "")]));
    assert_eq!(matrix("id,rs1", &all()), rows([("rs1", "")]));
    assert_eq!(load("id\na\nb\n", &all()).ok().unwrap().people, 2);
    let nothing = load("id,rs1\na,1\n", &options(Wanted::Listed(&[]))).ok().unwrap();
    assert_eq!((nothing.people, nothing.ids.len()), (1, 0));
}

#[test]
fn structural_faults_are_named_with_line_and_field() {
    let utf8 = "is not UTF-8\n  save the file as UTF-8";
    let nul = "holds a NUL byte\n  this is not a text file; save it as CSV in UTF-8";
    let stray = "has a quote inside, but does not begin with one\n  put the whole field in quotes and write each quote \
                 in it twice";
    let after =
        "has text after its closing quote\n  a quoted field ends with its quote; write a quote in it twice";
    let open = "begins with a quote that is never closed\n  close the quote";
    let lone = "a carriage return without a line feed\n  end lines with LF or CRLF";
    let blank = "an empty line between rows\n  remove the line, if no row is lost";
    let empty = "d.csv: the file is empty\n  the first row must name the columns";
    let person = "the person id is empty (field 1)\n  fill it in, or leave the row out";
    let same = "columns 3 and 4 have the same name\n  the first row must name the columns, each once";
    let twice = "\n  each person has one row; ids must be unique";
    let cases: &[(&[u8], String)] = &[
        (b"", empty.into()),
        (b"\xef\xbb\xbf", empty.into()),
        (b"\n\r\n\n", empty.into()),
        (b"\nid,rs1\n", format!("d.csv:1: {blank}")),
        (b"id,rs1,x\na,1,y\n\nb,1,y\n", format!("d.csv:3: {blank}")),
        (b"id,rs1,x\r\na,1,y\r\n\r\n\r\nb,1,y\r\n", format!("d.csv:3: {blank}")),
        (b"id,rs1,x\na,1\n", "d.csv:2: the row has 2 fields; the header has 3".into()),
        (b"id,rs1,x\r\na,1,y\r\nb,1,y,z\r\n", "d.csv:3: the row has 4 fields; the header has 3".into()),
        (b"id,rs1\n\"a\n\n\",1\nb\n", "d.csv:5: the row has 1 fields; the header has 2".into()),
        (b"id,rs1,x\na,1,b\"c\n", format!("d.csv:2: field 3 {stray}")),
        (b"id,rs1,x\na,1,\"b\"c\n", format!("d.csv:2: field 3 {after}")),
        (b"id,rs1,x\na,1,\"b\" \n", format!("d.csv:2: field 3 {after}")),
        (b"id,rs1,x\na,1,y\nb,1,\"c\n\nd,1,e\n", format!("d.csv:3: field 3 {open}")),
        (b"id,rs1,x\na,1,\"", format!("d.csv:2: field 3 {open}")),
        (b"id,rs1,x\na,1,b\0c\n", format!("d.csv:2: field 3 {nul}")),
        (b"\0id,rs1\n", format!("d.csv:1: field 1 {nul}")),
        (b"id,rs1,x\na,1,\xe9t\xe9\n", format!("d.csv:2: field 3 {utf8}")),
        (b"id,r\xff,x\n", format!("d.csv:1: field 2 {utf8}")),
        (b"id,rs1,x\na\xc3,1,y\n", format!("d.csv:2: field 1 {utf8}")),
        (b"id,rs1,x\na,1,y\xe2\x82", format!("d.csv:2: field 3 {utf8}")),
        (b"\xff\xfei\0d\0,\0", format!("d.csv:1: field 1 {utf8}")),
        (b"\x1f\x8b\x08\x00", format!("d.csv:1: field 1 {utf8}")),
        (b"id,rs1\ra,1\r", format!("d.csv:1: {lone}")),
        (b"id,rs1\na,1\r", format!("d.csv:2: {lone}")),
        (b"id,rs1\n\ra,1\n", format!("d.csv:2: {lone}")),
        (b"id,rs1,x,x\n", format!("d.csv:1: {same}")),
        (b"id,rs1,,\n", format!("d.csv:1: {same}")),
        // No header: nothing of the first person is quoted.
        (b"4711,M,0,0\n4712,F,0,1\n", format!("d.csv:1: {same}")),
        (b"4711,M,0,1\n,F,0,1\n", format!("d.csv:2: {person}")),
        (
            b"p1,0,1,NA\np2,1,1,0\n",
            "d.csv:1: the first row looks like data\n  the first row must name the columns".into(),
        ),
        (b"id,rs1\n,1\n", format!("d.csv:2: {person}")),
        (b"id,rs1\n\" \",1\n", format!("d.csv:2: {person}")),
        (b"id,rs1\na,1\nb,1\n\"a\",0\n", format!("d.csv:4: the same person id as in line 2{twice}")),
        (
            b"id,rs1\r\n\"a\nb\",1\r\nc,1\r\n\"a\nb\",0\r\n",
            format!("d.csv:5: the same person id as in line 2{twice}"),
        ),
    ];
    let panel = strings(["rs1"]);
    let mut wrong = Vec::new();
    for (text, error) in cases {
        let found = refusal(text, &options(Wanted::Listed(&panel)));
        // The names of columns follow their numbers once the header is known.
        let found_plain = found.replace("field 3 \"x\" ", "field 3 ");
        if found_plain != *error {
            wrong.push(format!("{}\nfound    {found}\nexpected {error}", text.escape_ascii()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn faults_far_from_the_start_keep_line_and_column_name() {
    // More than one buffer, with CRLF and rows of two lines.
    let mut text = String::from("id,rs1,\"a,b\"\r\n");
    for person in 0..20_000 {
        text += &format!("\"p\n{person}\",1,x\r\n");
    }
    let panel = strings(["rs1"]);
    let wanted = options(Wanted::Listed(&panel));
    assert_eq!(load(&text, &wanted).ok().unwrap().people, 20_000);
    assert_eq!(
        refusal(format!("{text}q,7,\r\n"), &wanted),
        "d.csv:40002: field 2 \"rs1\" is not 0, 1, 2 or missing\n  missing is an empty field, NA, N/A, NaN, nan, . or \
         ./."
    );
    assert_eq!(
        refusal(format!("{text}q,1,x\"\r\n"), &wanted),
        "d.csv:40002: field 3 \"a,b\" has a quote inside, but does not begin with one\n  put the whole field in quotes \
         and write each quote in it twice"
    );
}

#[test]
fn all_markers_must_have_names_that_can_travel() {
    let advice = "with all = true every column is a marker";
    assert_eq!(refusal("id,a,\n1,0,0\n", &all()), format!("d.csv:1: column 3 has no name\n  {advice}"));
    let long = format!("id,{}\n", "x".repeat(1_001));
    assert_eq!(
        refusal(long, &all()),
        format!("d.csv:1: column 2 has a name of more than 1000 bytes\n  {advice}")
    );
}

#[test]
fn more_people_than_the_bound_are_refused() {
    let two = Options { people_bound: 2, ..all() };
    assert!(load("id,m\na,1\nb,1\n", &two).is_ok());
    assert_eq!(
        refusal("id,m\na,1\nb,1\nc,1\n", &two),
        "d.csv:4: more people than people_bound = 2\n  raise people_bound in the query, at all sites"
    );
}

#[test]
fn rows_and_columns_are_bounded() {
    let limits = Limits { row_bytes: 20, fields: 4 };
    let refusal = |text: &str| {
        let loaded = csv::load(Path::new("d.csv"), text.as_bytes(), limits, &all());
        loaded.err().map_or("accepted".into(), |error| error.to_string())
    };
    // 20 bytes with the line feed, and 4 fields, are within the limits.
    assert_eq!(refusal("id,a,b,c\n1234567890123,1,1,1\n"), "accepted");
    assert_eq!(
        refusal("id,a,b,c\n12345678901234,1,1,1\n"),
        "d.csv:2: the row is longer than 20 bytes\n  split the file by columns"
    );
    assert_eq!(
        refusal("id,a,b,c,d\n"),
        "d.csv:1: the row has more than 4 fields\n  split the file by columns"
    );
    assert_eq!(
        refusal("id,a\n1,0\n2,\"\n3,0\n4,0\n5,0\n6,0\n7,0\n"),
        "d.csv:3: the row is longer than 20 bytes\n  the quote opened in line 3 is perhaps never closed"
    );
    // An endless line ends the reading long before it ends.
    let endless = csv::load(Path::new("d.csv"), std::io::repeat(b'x'), Limits::default(), &all());
    assert_eq!(endless.err().unwrap().message, "the row is longer than 16777216 bytes");
    let endless = csv::load(Path::new("d.csv"), std::io::repeat(b','), Limits::default(), &all());
    assert_eq!(endless.err().unwrap().message, "the row has more than 100000 fields");
}

#[test]
fn no_refusal_quotes_a_person() {
    const CANARY: &str = "CANARY";
    let panel = strings(["rs1"]);
    for text in [
        "id,rs1\nCANARY,CANARY\n",
        "id,rs1\nCANARY,1\nCANARY,1\n",
        "id,rs1\nCANARY,1,CANARY\n",
        "id,rs1\nCANARY,CAN\"ARYCANARY\n",
        "id,rs1\n\"CANARY\"CANARY,1\n",
        "id,rs1\n\"CANARY,1\n",
        "id,rs1\nCANARY,CANARY\rCANARY\n",
        "id,rs1\nCANARY,CANARY\0\n",
    ] {
        for wanted in [all(), options(Wanted::Listed(&panel))] {
            let found = refusal(text, &wanted);
            assert!(found.starts_with("d.csv:") && !found.contains(CANARY), "{found}");
        }
    }
    // Without a header, the first person is not quoted as one.
    let found = refusal("CANARY,1,0\nx,1,1\n", &Options { person_id: &["id".into()], ..all() });
    assert!(!found.contains(CANARY), "{found}");
}

#[test]
fn files_are_told_apart_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("a.CSV"), "id,m\np,1\n").unwrap();
    std::fs::write(path("cohort.bed"), "").unwrap();
    assert_eq!(read(&path("a.CSV"), &all(), &|_, _| {}).ok().unwrap().people, 1);
    let message = |name: &str| read(&path(name), &all(), &|_, _| {}).err().unwrap().message;
    let found = |name: &str| {
        read(&path(name), &all(), &|_, _| {})
            .err()
            .unwrap()
            .to_string()
            .replace(&*dir.path().to_string_lossy(), "")
    };
    assert_eq!(found("a.vcf"), "/a.vcf: there is no such file");
    assert_eq!(found("a.VCF.gz"), "/a.VCF.gz: there is no such file");
    assert_eq!(found("cohort.bed"), "/cohort.bim: there is no such file");
    assert_eq!(found("cohort"), "/cohort.bim: there is no such file");
    std::fs::write(path("other.v2.fam"), "").unwrap();
    assert_eq!(found("other.v2"), "/other.v2.bed: there is no such file");
    let named = Options { person_id: &["id".into()], ..all() };
    assert!(
        read(&path("cohort"), &named, &|_, _| {})
            .err()
            .unwrap()
            .message
            .starts_with("person_id names a column")
    );
    assert_eq!(message("a.xlsx"), "the format of this file is not known from its name");
    assert_eq!(message("b.csv"), "there is no such file");
    std::fs::create_dir(path("c.csv")).unwrap();
    assert_eq!(message("c.csv"), "this is a directory, not a file");
    assert!(std::process::Command::new("mkfifo").arg(path("d.csv")).status().unwrap().success());
    assert_eq!(message("d.csv"), "this is not a regular file");
}

#[test]
fn files_of_a_site_identify_people_alike() {
    let file = |name: &str, id_columns| (PathBuf::from(name), Loaded { id_columns, ..Loaded::default() });
    assert!(join(vec![file("a.csv", 2), file("b.csv", 2)]).is_ok());
    let error = join(vec![file("a.csv", 2), file("b.csv", 1)]).err().unwrap().to_string();
    assert!(error.starts_with("b.csv: a person is identified by another number of columns"), "{error}");
}

/// A reader that gives its bytes in pieces of the given sizes, over and over.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: std::iter::Cycle<std::slice::Iter<'a, usize>>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.sizes.next().copied().unwrap_or(1).min(buffer.len());
        (&mut self.bytes).take(size as u64).read(buffer)
    }
}

/// A generated table: names, one row a person, and how it is written.
#[derive(Clone, Debug)]
struct Table {
    names: Vec<String>,
    calls: Vec<Vec<Option<u8>>>,
    /// For each column as written: a person id, a marker or anything else.
    order: Vec<Written>,
    /// Choices of quoting, missing code and line end, used in turn.
    choices: Vec<u8>,
    byte_order_mark: bool,
}

#[derive(Copy, Clone, Debug, PartialEq)]
enum Written {
    Id,
    Marker(usize),
    Other(usize),
}

fn tables() -> impl Strategy<Value = Table> {
    let names = prop::collection::btree_set("[a-z ,\"\n\ré€😀]{0,4}", 1..6);
    (names, 0..80usize, 0..3usize).prop_flat_map(|(names, people, others)| {
        // A prefix, so that no name is empty, a value or the name of another column.
        let names: Vec<String> = names.into_iter().map(|name| format!("m{name}")).collect();
        let mut order = vec![Written::Id];
        order.extend((0..names.len()).map(Written::Marker));
        order.extend((0..others).map(Written::Other));
        let call = prop::option::weighted(0.8, 0..3u8);
        let row = prop::collection::vec(call, names.len());
        (
            Just(names).prop_shuffle(),
            prop::collection::vec(row, people),
            Just(order).prop_shuffle(),
            prop::collection::vec(any::<u8>(), 1..50),
            any::<bool>(),
        )
            .prop_map(|(names, calls, order, choices, byte_order_mark)| Table {
                names,
                calls,
                order,
                choices,
                byte_order_mark,
            })
    })
}

impl Table {
    fn write(&self) -> Vec<u8> {
        let mut choices = self.choices.iter().copied().cycle();
        let mut choose = |count: usize| usize::from(choices.next().unwrap()) % count;
        let mut out = if self.byte_order_mark { "\u{feff}".to_owned() } else { String::new() };
        let header = |column: &Written| match column {
            Written::Id => "the id".to_owned(),
            Written::Marker(marker) => self.names[*marker].clone(),
            Written::Other(other) => format!("other {other}"),
        };
        let rows = std::iter::once(self.order.iter().map(header).collect::<Vec<_>>());
        let mut missing = self
            .choices
            .iter()
            .map(|&choice| ["", "NA", "N/A", "NaN", "nan", ".", "./."][usize::from(choice) % 7].to_owned());
        let people: Vec<Vec<String>> = (0..self.calls.len())
            .map(|person| {
                let value = |column: &Written| match column {
                    Written::Id => format!("p,{person}"),
                    Written::Marker(marker) => match self.calls[person][*marker] {
                        Some(call) => call.to_string(),
                        None => missing.next().unwrap_or_default(),
                    },
                    Written::Other(_) => ["", "x\"y", "\r\n", "5", "a,b"][person % 5].to_owned(),
                };
                self.order.iter().map(value).collect()
            })
            .collect();
        let count = people.len();
        for (index, row) in rows.chain(people).enumerate() {
            let fields: Vec<String> = row
                .iter()
                .map(|field| match field.contains(['"', ',', '\n', '\r']) || choose(3) == 0 {
                    true => format!("\"{}\"", field.replace('"', "\"\"")),
                    false => field.clone(),
                })
                .collect();
            out += &fields.join(",");
            match (index == count, choose(4)) {
                (true, 0) => {}
                (true, 1) => out += "\n\n\r\n",
                (_, 2) => out += "\r\n",
                _ => out += "\n",
            }
        }
        out.into_bytes()
    }

    fn column(&self, marker: usize, encoding: Encoding) -> Column {
        let calls: Vec<Option<u8>> = self.calls.iter().map(|row| row[marker]).collect();
        column(&calls, encoding)
    }
}

proptest! {
    #[test]
    fn a_written_table_reads_back(
        table in tables(),
        sizes in prop::collection::vec(1..200usize, 1..5),
        homozygous in any::<bool>(),
    ) {
        let bytes = table.write();
        let encoding = if homozygous { Encoding::HomozygousAlt } else { Encoding::Carrier };
        let pieces = || Pieces { bytes: &bytes, sizes: sizes.iter().cycle() };
        let base = Options { person_id: &["the id".into()], encoding, ..all() };

        let listed = Options { markers: Wanted::Listed(&table.names), ..base };
        let loaded = csv::load(Path::new("t"), pieces(), Limits::default(), &listed)
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&loaded.ids, &table.names);
        prop_assert_eq!(loaded.people, table.calls.len());
        prop_assert!(loaded.unknown.is_empty());
        for (marker, column) in cohort(loaded, encoding).columns.iter().enumerate() {
            prop_assert!(*column == table.column(marker, encoding));
        }

        let exclude: BTreeSet<String> = (0..3).map(|other| format!("other {other}")).collect();
        let everything = Options { markers: Wanted::All { exclude: &exclude }, ..base };
        let loaded = csv::load(Path::new("t"), pieces(), Limits::default(), &everything)
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        let markers: Vec<usize> = table.order.iter().filter_map(|column| match column {
            Written::Marker(marker) => Some(*marker),
            _ => None,
        }).collect();
        let cohort = cohort(loaded, encoding);
        prop_assert_eq!(cohort.ids.len(), markers.len());
        for (index, &marker) in markers.iter().enumerate() {
            prop_assert_eq!(&cohort.ids[index], &table.names[marker]);
            prop_assert!(cohort.columns[index] == table.column(marker, encoding));
        }
    }

    #[test]
    fn a_mutated_table_is_read_or_refused(
        table in tables(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..4),
    ) {
        let mut bytes = table.write();
        for (at, byte, kind) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        match load(&bytes, &all()) {
            Ok(loaded) => {
                let people = loaded.people;
                prop_assert!(loaded.genotypes.iter().all(|calls| calls.people() == people));
            }
            Err(error) => prop_assert!(error.place.is_some() && error.to_string().lines().count() <= 2),
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(
        prop_oneof![4 => prop::sample::select(&b"01,\"\n\r.NA"[..]), 1 => any::<u8>()], 0..60,
    )) {
        let _ = load(&bytes, &all());
    }

    /// What passes the strict reader is cut into the same fields by the parser.
    #[test]
    fn strict_reader_and_parser_agree(bytes in prop::collection::vec(
        prop::sample::select(&b"ab,,\"\"\n\r"[..]), 0..60,
    )) {
        let strict = StrictReader::new(bytes.as_slice(), Limits::default());
        let mut builder = ::csv::ReaderBuilder::new();
        let mut reader = builder.has_headers(false).flexible(true).from_reader(strict);
        let mut record = ::csv::ByteRecord::new();
        while let Ok(true) = reader.read_byte_record(&mut record) {
            let row = reader.get_mut().next_row();
            prop_assert_eq!(row.map(|row| row.fields), Some(record.len() as u64));
        }
    }
}
