//! Query files: defaults, every name, every refusal with its place, every warning.

use mpc_core::query::Panel;
use proptest::prelude::*;

use super::*;

/// The query that the contract of the query language shows, with every default written out.
const FULL: &str = r#"schema  = 1
kind    = "cooccurrence"
title   = "Together?"
purpose = "Protocol 2026-114"

[population]
partition = "horizontal"
sites     = ["hospital-a", "hospital-b", "hospital-c"]
people_bound = 1000000

[markers]
ids      = ["rs429358", "rs7412"]
exclude  = []
encoding = "carrier"
missing  = "as-noncarrier"
pairs    = "all"

[statistics]
report     = ["n11", "expected", "lift", "odds_ratio", "chi_squared", "fisher_exact", "r2"]
correction = "benjamini-hochberg"

[select]
minimum_lift        = 1.0
minimum_chi_squared = 3.841

[disclosure]
min_cell_count     = 10
allow_zero         = false
leave_one_out      = true
residual_min_count = 5
min_people         = 10
suppress           = "whole-table"

[result]
recipients = ["hospital-a", "hospital-b", "hospital-c"]
"#;

/// The least that a query must say.
const BARE: &str = r#"schema = 1
kind = "cooccurrence"
title = "Together?"
purpose = "Protocol 2026-114"
population = { partition = "horizontal", sites = ["hospital-a", "hospital-b", "hospital-c"] }
markers.ids = ["rs429358", "rs7412"]
result.recipients = ["hospital-c", "hospital-a", "hospital-b"]
"#;

fn interpret(text: &str) -> Result<QueryFile, UserError> {
    super::interpret(&Source::new(Path::new("q.toml"), text.into()))
}

fn query(text: &str) -> Query {
    interpret(text).unwrap().query
}

/// `FULL` with one part replaced.
fn full_with(from: &str, to: &str) -> String {
    assert_eq!(FULL.matches(from).count(), 1, "{from}");
    FULL.replace(from, to)
}

fn vertical() -> String {
    full_with("\"horizontal\"", "\"vertical\"")
        .replace("leave_one_out      = true\n", "")
        .replace("residual_min_count = 5\n", "")
}

fn text(text: &str) -> String {
    text.into()
}

#[test]
fn the_full_query_is_read() {
    let expected = Query {
        title: text("Together?"),
        purpose: text("Protocol 2026-114"),
        partition: Partition::Horizontal,
        sites: vec![text("hospital-a"), text("hospital-b"), text("hospital-c")],
        people_bound: 1_000_000,
        panel: Panel::Listed(vec![text("rs429358"), text("rs7412")]),
        exclude: BTreeSet::new(),
        encoding: Encoding::Carrier,
        missing: MissingRule::AsNoncarrier,
        report: BTreeSet::from([
            Statistic::N11,
            Statistic::Expected,
            Statistic::Lift,
            Statistic::OddsRatio,
            Statistic::ChiSquared,
            Statistic::FisherExact,
            Statistic::R2,
        ]),
        correction: Correction::BenjaminiHochberg,
        select: Select { minimum_lift_milli: Some(1_000), minimum_chi_squared_milli: Some(3_841) },
        disclosure: Disclosure {
            min_cell_count: 10,
            allow_zero: false,
            residual_min_count: Some(5),
            min_people: 10,
        },
        recipients: BTreeSet::from([0, 1, 2]),
    };
    assert_eq!(interpret(FULL).unwrap(), QueryFile { query: expected, warnings: vec![] });
}

#[test]
fn defaults_are_the_values_shown() {
    let full = Query { select: Select::default(), ..query(FULL) };
    assert_eq!(interpret(BARE).unwrap(), QueryFile { query: full.clone(), warnings: vec![] });
    // Empty sections are absent ones.
    assert_eq!(query(&format!("{BARE}[statistics]\n[select]\n[disclosure]\n")), full);
    // CRLF, and texts that mean the same, give one hash.
    assert_eq!(query(&BARE.replace('\n', "\r\n")).hash(), full.hash());
}

#[test]
fn every_name_means_its_value() {
    assert_eq!(query(&full_with("\"carrier\"", "\"homozygous-alt\"")).encoding, Encoding::HomozygousAlt);
    let missing = query(&full_with("\"as-noncarrier\"", "\"pairwise-complete\"")).missing;
    assert_eq!(missing, MissingRule::PairwiseComplete);
    let correction = query(&full_with("\"benjamini-hochberg\"", "\"bonferroni\"")).correction;
    assert_eq!(correction, Correction::Bonferroni);
    let one = |name: &str| {
        let list =
            "[\"n11\", \"expected\", \"lift\", \"odds_ratio\", \"chi_squared\", \"fisher_exact\", \"r2\"]";
        query(&full_with(list, name)).report
    };
    for (name, statistic) in [
        ("n11", Statistic::N11),
        ("expected", Statistic::Expected),
        ("lift", Statistic::Lift),
        ("odds_ratio", Statistic::OddsRatio),
        ("chi_squared", Statistic::ChiSquared),
        ("fisher_exact", Statistic::FisherExact),
        ("r2", Statistic::R2),
    ] {
        assert_eq!(one(&format!("[\"{name}\"]")), BTreeSet::from([statistic]), "{name}");
    }
    assert_eq!(one("[]"), BTreeSet::new());
    assert!(query(&full_with("allow_zero         = false", "allow_zero = true")).disclosure.allow_zero);
    let bound = query(&full_with("people_bound = 1000000", "people_bound = 1_000")).people_bound;
    assert_eq!(bound, 1_000);
    let excluding =
        "ids = [\"rs429358\", \"x,\\\"#\", \"rs7412\"]\nexclude = [\"x,\\\"#\", \"absent\", \"absent\"]";
    let list = "ids      = [\"rs429358\", \"rs7412\"]\nexclude  = []";
    assert_eq!(query(&full_with(list, excluding)), query(FULL));
    let all = query(&full_with(list, "all = true\nexclude = [\"b\", \"a\"]"));
    assert_eq!((all.panel, all.exclude), (Panel::All, BTreeSet::from([text("a"), text("b")])));
    assert_eq!(query(&full_with("ids      = [\"rs429358\", \"rs7412\"]", "all = true")).panel, Panel::All);
    let recipients = "recipients = [\"hospital-a\", \"hospital-b\", \"hospital-c\"]";
    assert_eq!(
        query(&full_with(recipients, "recipients = [\"hospital-b\"]")).recipients,
        BTreeSet::from([1])
    );
    let no_residual = full_with("leave_one_out      = true\nresidual_min_count = 5", "leave_one_out = false");
    assert_eq!(query(&no_residual).disclosure.residual_min_count, None);
    // The threshold may stay written down while the rule is off.
    let off = full_with("leave_one_out      = true", "leave_one_out = false");
    assert_eq!(query(&off).disclosure.residual_min_count, None);
    let residual = full_with("leave_one_out      = true\nresidual_min_count = 5", "residual_min_count = 7");
    assert_eq!(query(&residual).disclosure.residual_min_count, Some(7));
}

#[test]
fn vertical_queries_are_complete() {
    let normalisation = Normalisation::IdV1;
    let plain =
        Vertical { pairs: Pairs::All, linkage: Method::default(), normalisation, owners_may_receive: false };
    let found = query(&vertical());
    assert_eq!(found.partition, Partition::Vertical(plain));
    assert_eq!(found.disclosure.residual_min_count, None);
    let off = vertical().replace("allow_zero         = false", "leave_one_out = false");
    assert_eq!(query(&off), found);

    let said = vertical()
        .replace("pairs    = \"all\"", "pairs = \"across-sites\"")
        .replace("allow_zero         = false", "owners_may_receive = true");
    let said = format!("{said}[linkage]\nmethod = \"intersection\"\nnormalisation = \"id-v1\"\n");
    let expected = Vertical {
        pairs: Pairs::AcrossSites,
        linkage: Method::Intersection,
        normalisation,
        owners_may_receive: true,
    };
    assert_eq!(query(&said).partition, Partition::Vertical(expected));
    assert_ne!(query(&said).hash(), found.hash());
    assert!(interpret(&format!("{}[linkage]\nmethod = \"union\"\n", vertical())).is_ok());
    let dummies = query(&format!("{}[linkage]\ndummies = 5000\n", vertical()));
    let linkage = Method::Union { dummies: 5_000 };
    assert_eq!(dummies.partition, Partition::Vertical(Vertical { linkage, ..plain }));
    assert_ne!(dummies.hash(), found.hash());
}

#[test]
fn the_rows_of_all_sites_can_be_numbered() {
    let bounded = |bound: u64| {
        let text = vertical().replace("people_bound = 1000000", &format!("people_bound = {bound}"));
        interpret(&text).map(|file| file.query.people_bound).map_err(|error| error.to_string())
    };
    let most = u64::from(u32::MAX) / 3;
    assert_eq!(bounded(most), Ok(most));
    let refused = bounded(most + 1).unwrap_err();
    assert!(refused.contains("allowed with 3 sites: at most 1431655765"), "{refused}");
}

#[test]
fn whatever_is_wrong_is_named_with_its_place() {
    const SITES: &str = "[\"hospital-a\", \"hospital-b\", \"hospital-c\"]\npeople_bound";
    const NAME_RULE: &str = "a name has 1 to 63 characters out of a-z, 0-9 and \"-\"";
    const DECIMAL_RULE: &str =
        "write digits with at most three after the point, such as 3.841; no sign, no exponent";
    let long = |length| format!("\"{}\"", "x".repeat(length));
    let many_sites = format!(
        "[{}]\npeople_bound",
        (0..17).map(|site| format!("\"s{site}\"")).collect::<Vec<_>>().join(", ")
    );
    let many_ids =
        format!("[{}]", (0..20_001).map(|marker| format!("\"{marker}\"")).collect::<Vec<_>>().join(","));

    let mut cases: Vec<(&str, String, String)> = Vec::new();
    let mut case = |from, to: &str, error: &str| cases.push((from, to.to_owned(), error.to_owned()));

    // Schema and kind come before any complaint about keys.
    case("schema  = 1", "scheme = 1", "1:1: schema is missing");
    case(
        "schema  = 1",
        "schema = 2\nfuture = 1",
        "1:10: this query schema is not known\n  allowed: schema = 1",
    );
    case("schema  = 1", "schema = \"1\"", "1:10: schema must be an integer, not a string");
    case(
        "\"cooccurrence\"",
        "\"cooccurence\"",
        "2:11: kind cannot be \"cooccurence\"\n  allowed: \"cooccurrence\"",
    );
    case("\"cooccurrence\"", "1.5", "2:11: kind must be a string, not a decimal number");

    // Keys.
    case(
        "min_cell_count     =",
        "min_cel_count =",
        "27:1: unknown key \"min_cel_count\" in [disclosure]\n  did you \
        mean \"min_cell_count\"? Known here: min_cell_count, allow_zero, leave_one_out, residual_min_count, \
        min_people, suppress, owners_may_receive",
    );
    case(
        "encoding =",
        "encodng =",
        "14:1: unknown key \"encodng\" in [markers]\n  did you mean \"encoding\"? Known \
        here: ids, file, all, exclude, encoding, missing, pairs",
    );
    case(
        "people_bound =",
        "people =",
        "9:1: unknown key \"people\" in [population]\n  did you mean \"people_bound\"? \
        Known here: partition, sites, people_bound",
    );
    case(
        "correction =",
        "corection =",
        "20:1: unknown key \"corection\" in [statistics]\n  did you mean \
        \"correction\"? Known here: report, correction",
    );
    case(
        "minimum_lift        =",
        "min_lift =",
        "23:1: unknown key \"min_lift\" in [select]\n  did you mean \
        \"minimum_lift\"? Known here: minimum_lift, minimum_chi_squared",
    );
    case(
        "recipients = ",
        "recipient = ",
        "35:1: unknown key \"recipient\" in [result]\n  did you mean \
        \"recipients\"? Known here: recipients",
    );
    case(
        "[select]",
        "[selct]",
        "22:2: unknown key \"selct\" at the top level\n  did you mean \"select\"? Known here: \
        schema, kind, title, purpose, population, linkage, markers, statistics, select, disclosure, result",
    );
    case(
        "[select]",
        "[select]\n\"\\u001b[2J\" = 1",
        "23:1: unknown key \"\\u{1b}[2J\" in [select]\n  known here: \
        minimum_lift, minimum_chi_squared",
    );

    // TOML itself.
    case(
        "allow_zero         = false",
        "allow_zero = no",
        "28:14: not valid TOML: invalid float, expected `nan`",
    );
    case("allow_zero         = false", "min_cell_count = 11", "28:1: not valid TOML: duplicate key");

    // Missing parts.
    case("kind    = \"cooccurrence\"\n", "", "1:1: kind is missing");
    case("title   = \"Together?\"\n", "", "1:1: title is missing");
    case("purpose = \"Protocol 2026-114\"\n", "", "1:1: purpose is missing");
    case("partition = \"horizontal\"\n", "", "6:1: population.partition is missing");
    case(
        "sites     = [\"hospital-a\", \"hospital-b\", \"hospital-c\"]\npeople",
        "people",
        "6:1: population.sites is \
        missing",
    );
    case(
        "ids      = [\"rs429358\", \"rs7412\"]\n",
        "",
        "11:1: [markers] does not say which\n  give one of ids = \
        [...], file = \"...\" or all = true",
    );
    case(
        "recipients = [\"hospital-a\", \"hospital-b\", \"hospital-c\"]\n",
        "",
        "34:1: result.recipients is missing",
    );

    // Texts.
    case("\"Together?\"", "\"  \"", "3:11: title is empty");
    case("\"Together?\"", &long(1_001), "3:11: title is longer than 1000 characters");
    case(
        "\"Together?\"",
        "\"a\\tb\"",
        "3:11: title contains a control character\n  write it on one line, without tabs",
    );
    case("\"Protocol 2026-114\"", &long(10_001), "4:11: purpose is longer than 10000 characters");
    case(
        "\"Protocol 2026-114\"",
        "\"\"\"a\nb\"\"\"",
        "4:11: purpose contains a control character\n  write it on one \
        line, without tabs",
    );
    case("\"Protocol 2026-114\"", "2026-01-14", "4:11: purpose must be a string, not a date");

    // Population.
    case(
        "\"horizontal\"",
        "\"horizontl\"",
        "7:13: population.partition cannot be \"horizontl\"\n  did you mean \
        \"horizontal\"? allowed: \"horizontal\" or \"vertical\"",
    );
    case(
        SITES,
        "[\"hospital-a\"]\npeople_bound",
        "8:13: population.sites names 1 sites; a query has 2 to 16",
    );
    case(SITES, &many_sites, "8:13: population.sites names 17 sites; a query has 2 to 16");
    case(SITES, "\"hospital-a\"\npeople_bound", "8:13: population.sites must be an array, not a string");
    case(SITES, "[\"a\", 7]\npeople_bound", "8:19: population.sites must be a string, not an integer");
    case(SITES, "[\"a\", \"b\", \"a\"]\npeople_bound", "8:24: population.sites names \"a\" twice");
    case(
        SITES,
        "[\"a\", \"helper\"]\npeople_bound",
        "8:19: a site cannot be called \"helper\"\n  the party that holds \
        no data is called so in results: choose another name",
    );
    let bad_name = format!("8:14: population.sites cannot be \"A_1\"\n  {NAME_RULE}");
    case(SITES, "[\"A_1\", \"b\"]\npeople_bound", &bad_name);
    let bad_name = format!("8:14: population.sites cannot be \"\"\n  {NAME_RULE}");
    case(SITES, "[\"\", \"b\"]\npeople_bound", &bad_name);
    let bad_name = format!("8:14: population.sites cannot be {}\n  {NAME_RULE}", long(64));
    case(SITES, &format!("[{}, \"b\"]\npeople_bound", long(64)), &bad_name);
    for wrong in ["0", "-1", "2147483648", "99999999999999999999"] {
        case(
            "= 1000000",
            &format!("= {wrong}"),
            "9:16: population.people_bound is out of range\n  allowed: 1 to \
            2147483647",
        );
    }

    // Markers.
    case("\"rs7412\"]", "\"rs429358\"]", "12:25: markers.ids names \"rs429358\" twice");
    case("\"rs7412\"]", "\"\"]", "12:25: a marker id is empty");
    case("\"rs7412\"]", "7412]", "12:25: markers.ids must be a string, not an integer");
    let long_id = format!("12:25: marker id \"{}...\" is longer than 1000 bytes", "x".repeat(80));
    case("\"rs7412\"]", &format!("{}]", long(1_001)), &long_id);
    case(
        "[\"rs429358\", \"rs7412\"]",
        "[]",
        "12:12: markers.ids gives 0 markers after exclusion; a query has 2 to 20000",
    );
    case(
        "[\"rs429358\", \"rs7412\"]",
        &many_ids,
        "12:12: markers.ids gives 20001 markers after exclusion; a query has \
        2 to 20000",
    );
    case(
        "exclude  = []",
        "exclude = [\"rs7412\"]",
        "12:12: markers.ids gives 1 markers after exclusion; a query has 2 \
        to 20000",
    );
    case("exclude  = []", "exclude = \"rs7412\"", "13:11: markers.exclude must be an array, not a string");
    case(
        "exclude  = []",
        "all = true",
        "12:12: [markers] has more than one of ids, file and all\n  keep the one that \
        is meant",
    );
    case(
        "exclude  = []",
        "file = \"p.txt\"",
        "12:12: [markers] has more than one of ids, file and all\n  keep the one \
        that is meant",
    );
    case(
        "ids      = [\"rs429358\", \"rs7412\"]",
        "all = false",
        "11:1: [markers] does not say which\n  give one of \
        ids = [...], file = \"...\" or all = true",
    );
    case(
        "ids      = [\"rs429358\", \"rs7412\"]",
        "all = \"yes\"",
        "12:7: markers.all must be true or false, not a \
        string",
    );
    case("ids      = [\"rs429358\", \"rs7412\"]", "file = \"\"", "12:8: markers.file is not a file name");
    case(
        "\"carrier\"",
        "\"carier\"",
        "14:12: markers.encoding cannot be \"carier\"\n  did you mean \"carrier\"? \
        allowed: \"carrier\" or \"homozygous-alt\"",
    );
    case(
        "\"as-noncarrier\"",
        "\"zero\"",
        "15:12: markers.missing cannot be \"zero\"\n  allowed: \"as-noncarrier\" or \
        \"pairwise-complete\"",
    );
    case(
        "\"all\"",
        "\"some\"",
        "16:12: markers.pairs cannot be \"some\"\n  allowed: \"all\" or \"across-sites\"",
    );
    case(
        "\"all\"",
        "\"across-sites\"",
        "16:12: markers.pairs = \"across-sites\" is for vertical queries only\n  in a \
        horizontal query every site holds every marker: leave it out",
    );

    // Statistics.
    case(
        "\"r2\"",
        "\"r3\"",
        "19:87: statistics.report cannot be \"r3\"\n  allowed: \"n11\", \"expected\", \"lift\", \
        \"odds_ratio\", \"chi_squared\", \"fisher_exact\" or \"r2\"",
    );
    case("\"r2\"", "\"lift\"", "19:87: statistics.report names \"lift\" twice");
    case(
        "\"benjamini-hochberg\"",
        "\"bonferoni\"",
        "20:14: statistics.correction cannot be \"bonferoni\"\n  did you \
        mean \"bonferroni\"? allowed: \"benjamini-hochberg\" or \"bonferroni\"",
    );

    // Conditions: exact decimals.
    for wrong in ["-1.0", "-0.0", "1e3", "1.0E2", "inf", "nan", "1.0001", "1.0000", "-1"] {
        let error = format!("23:23: select.minimum_lift is not a plain decimal\n  {DECIMAL_RULE}");
        case("1.0\n", &format!("{wrong}\n"), &error);
    }
    case(
        "1.0\n",
        "1000\n",
        "23:23: select.minimum_lift is out of range\n  allowed: 0 or more, and below 1000",
    );
    case("1.0\n", "\"1\"\n", "23:23: select.minimum_lift must be a decimal number, not a string");
    case("1.0\n", "0x10\n", "23:23: select.minimum_lift must be a decimal number, not an integer");
    case(
        "3.841",
        "1000000.0",
        "24:23: select.minimum_chi_squared is out of range\n  allowed: 0 or more, and below \
        1000000",
    );

    // Disclosure.
    for (line, from, name) in [
        (27, "min_cell_count     = 10", "min_cell_count"),
        (30, "residual_min_count = 5", "residual_min_count"),
        (31, "min_people         = 10", "min_people"),
    ] {
        let column = name.len() + 4;
        for wrong in ["0", "1000001", "-3"] {
            let error =
                format!("{line}:{column}: disclosure.{name} is out of range\n  allowed: 1 to 1000000");
            case(from, &format!("{name} = {wrong}"), &error);
        }
        let error = format!("{line}:{column}: disclosure.{name} must be an integer, not a decimal number");
        case(from, &format!("{name} = 10.0"), &error);
    }
    case("= false", "= 0", "28:22: disclosure.allow_zero must be true or false, not an integer");
    case(
        "\"whole-table\"",
        "\"cell\"",
        "32:22: disclosure.suppress cannot be \"cell\"\n  allowed: \"whole-table\"",
    );
    case(
        "\"horizontal\"",
        "\"vertical\"",
        "29:22: disclosure.leave_one_out = true is for horizontal queries only\n  in \
        a vertical query no site has a part of its own to take away: leave it out",
    );
    case(
        "allow_zero         = false",
        "owners_may_receive = true",
        "28:22: disclosure.owners_may_receive = true is \
        for vertical queries only\n  in a horizontal query every site owns every marker: leave it out",
    );
    case(
        "[result]",
        "[linkage]\n[result]",
        "34:1: [linkage] is for vertical queries only\n  in a horizontal query \
        nobody is at two sites: leave the section out",
    );

    // Result.
    case(
        "recipients = [\"hospital-a\", \"hospital-b\", \"hospital-c\"]",
        "recipients = []",
        "35:14: result.recipients \
        is empty\n  name at least one site",
    );
    case(
        "recipients = [\"hospital-a\", \"hospital-b\", \"hospital-c\"]",
        "recipients = [\"hospital-d\"]",
        "35:15: \
        recipient \"hospital-d\" is not a site of this query\n  did you mean \"hospital-c\"? allowed: \"hospital-a\", \
        \"hospital-b\" or \"hospital-c\"",
    );
    case(
        "recipients = [\"hospital-a\", \"hospital-b\", \"hospital-c\"]",
        "recipients = [\"hospital-a\", \
        \"hospital-a\"]",
        "35:29: result.recipients names \"hospital-a\" twice",
    );

    let mut wrong = Vec::new();
    for (from, to, error) in &cases {
        let found = match interpret(&full_with(from, to)) {
            Ok(_) => "accepted".to_owned(),
            Err(found) => found.to_string(),
        };
        if found != format!("q.toml:{error}") {
            wrong.push(format!("{from:.60} -> {to:.60}\nfound    {found}\nexpected q.toml:{error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn whole_sections_can_be_missing_or_of_another_type() {
    let without = |start: &str, end: &str| {
        let (head, rest) = FULL.split_once(start).unwrap();
        interpret(&format!("{head}{}", &rest[rest.find(end).unwrap_or(rest.len())..]))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(without("[population]", "[markers]"), "q.toml:1:1: section [population] is missing");
    assert_eq!(without("[markers]", "[statistics]"), "q.toml:1:1: section [markers] is missing");
    assert_eq!(without("[result]", "$"), "q.toml:1:1: section [result] is missing");
    let error = interpret(&BARE.replace("result.recipients", "result")).unwrap_err();
    assert_eq!(error.to_string(), "q.toml:7:10: result must be a table, not an array");
    assert_eq!(interpret("").unwrap_err().to_string(), "q.toml:1:1: schema is missing");
    let bad = format!("{}[linkage]\nmethod = \"guess\"\n", vertical());
    assert_eq!(
        interpret(&bad).unwrap_err().to_string(),
        "q.toml:35:10: linkage.method cannot be \"guess\"\n  allowed: \"union\" or \"intersection\""
    );
    let bad = format!("{}[linkage]\nmethod = \"intersection\"\ndummies = 9\n", vertical());
    assert_eq!(
        interpret(&bad).unwrap_err().to_string(),
        "q.toml:36:11: linkage.dummies is for method \"union\" only\n  an intersection tells every site who is at all \
         sites, so there is no number to hide"
    );
    let bad = format!("{}[linkage]\nnormalisation = \"id-v2\"\n", vertical());
    assert_eq!(
        interpret(&bad).unwrap_err().to_string(),
        "q.toml:35:17: linkage.normalisation cannot be \"id-v2\"\n  allowed: \"id-v1\""
    );
}

#[test]
fn limits_themselves_are_accepted() {
    let ids = (0..20_000).map(|marker| format!("\"{marker:0>1000}\"")).collect::<Vec<_>>().join(",");
    let found = query(&full_with("[\"rs429358\", \"rs7412\"]", &format!("[{ids}]")));
    assert!(matches!(found.panel, Panel::Listed(ids) if ids.len() == 20_000));
    for count in [2, 16] {
        let sites = (0..count).map(|site| format!("\"{site:0>63}\"")).collect::<Vec<_>>().join(",");
        let text = FULL.replace("[\"hospital-a\", \"hospital-b\", \"hospital-c\"]", &format!("[{sites}]"));
        assert_eq!(query(&text).sites.len(), count);
    }
    let found = query(
        &FULL
            .replace("1.0\n", "999.999\n")
            .replace("3.841", "999999.999")
            .replace("min_cell_count     = 10", "min_cell_count = 1_000_000")
            .replace("= 1000000\n", "= 2147483647\n"),
    );
    assert_eq!(found.select.minimum_lift_milli, Some(999_999));
    assert_eq!(found.select.minimum_chi_squared_milli, Some(999_999_999));
    assert_eq!(found.disclosure.min_cell_count, 1_000_000);
    assert_eq!(query(&full_with("1.0\n", "0\n")).select.minimum_lift_milli, Some(0));
    assert_eq!(query(&full_with("\"Together?\"", &format!("\"{}\"", "é".repeat(1_000)))).title.len(), 2_000);
}

#[test]
fn every_danger_carries_its_warning() {
    let warning = |from: &str, to: &str| {
        let [warning] = interpret(&full_with(from, to)).unwrap().warnings.try_into().unwrap();
        warning
    };
    assert_eq!(
        warning("min_cell_count     = 10", "min_cell_count = 4"),
        "min_cell_count = 4 is below 5: a released count that small can point to single people"
    );
    assert!(
        warning("residual_min_count = 5", "residual_min_count = 1")
            .starts_with("residual_min_count = 1 is below")
    );
    assert!(warning("min_people         = 10", "min_people = 1").starts_with("min_people = 1 is below 5"));
    assert!(warning("= false", "= true").starts_with("allow_zero = true: "));
    let off = warning("leave_one_out      = true\nresidual_min_count = 5", "leave_one_out = false");
    assert!(off.starts_with("leave_one_out = false: "), "{off}");
    let sites = "[\"hospital-a\", \"hospital-b\", \"hospital-c\"]";
    let two = interpret(&FULL.replace(sites, "[\"a\", \"b\"]")).unwrap().warnings;
    assert_eq!(two, ["two sites: each can take its own counts away and has the other's exact counts"]);
    assert!(
        warning("\"as-noncarrier\"", "\"pairwise-complete\"")
            .starts_with("missing = \"pairwise-complete\": ")
    );

    // A vertical query has no leave_one_out to warn about.
    assert!(interpret(&vertical()).unwrap().warnings.is_empty());
    let owners = vertical().replace("allow_zero         = false", "owners_may_receive = true");
    let [owners] = interpret(&owners).unwrap().warnings.try_into().unwrap();
    assert!(owners.starts_with("owners_may_receive = true: "));
}

#[test]
fn panel_files_are_taken_literally() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("q.toml");
    std::fs::write(&path, full_with("ids      = [\"rs429358\", \"rs7412\"]", "file = \"panel.txt\""))
        .unwrap();
    let panel = dir.path().join("panel.txt");
    let place = panel.display();

    std::fs::write(&panel, "\u{feff}rs2\r\n\r\n\nAKAP6,NPAS3(D)\n\"q\"\n#c \nrs1").unwrap();
    let expected = ["rs2", "AKAP6,NPAS3(D)", "\"q\"", "#c ", "rs1"].map(String::from);
    assert_eq!(read(&path).unwrap().query.panel, Panel::Listed(expected.to_vec()));

    let error = || read(&path).unwrap_err().to_string();
    std::fs::write(&panel, "rs1\nrs2\r\n\nrs1\n").unwrap();
    assert_eq!(error(), format!("{place}:4: marker \"rs1\" is named twice, first in line 1"));
    std::fs::write(&panel, b"rs1\nr\xff2\n").unwrap();
    assert_eq!(error(), format!("{place}:2: the line is not UTF-8\n  save the file as UTF-8"));
    std::fs::write(&panel, format!("rs1\n{}\n", "x".repeat(1_001))).unwrap();
    assert!(error().starts_with(&format!("{place}:2: marker id \"xxx")), "{}", error());
    std::fs::write(&panel, "rs1\n").unwrap();
    assert_eq!(
        error(),
        format!(
            "{}:12:8: markers.file gives 1 markers after exclusion; a query has 2 to 20000",
            path.display()
        )
    );
    std::fs::remove_file(&panel).unwrap();
    assert_eq!(error(), format!("{place}: there is no such file"));
    std::fs::create_dir(&panel).unwrap();
    assert_eq!(error(), format!("{place}: this is a directory, not a file"));
}

#[test]
fn query_files_are_utf8_and_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("q.toml");
    let place = path.display();
    std::fs::write(&path, format!("\u{feff}{FULL}")).unwrap();
    assert_eq!(read(&path).unwrap().query, query(FULL));
    std::fs::write(&path, b"schema = 1\ntitle = \"caf\xe9\"\n").unwrap();
    assert_eq!(
        read(&path).unwrap_err().to_string(),
        format!("{place}:2:13: the text is not UTF-8\n  save the file as UTF-8")
    );
    assert_eq!(read(dir.path()).unwrap_err().message, "this is a directory, not a file");
}

#[test]
fn deep_and_endless_texts_are_errors() {
    for text in [
        "a.".repeat(100_000) + "a = 1",
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}", "{a=".repeat(100_000)),
        format!("[{}a]", "a.".repeat(100_000)),
        "[[a]]\n".repeat(50_000),
    ] {
        assert!(interpret(&text).is_err());
    }
}

proptest! {
    #[test]
    fn mutated_queries_never_panic(edits in prop::collection::vec((0..FULL.len(), any::<u8>()), 1..4)) {
        let mut bytes = FULL.as_bytes().to_vec();
        for (at, byte) in edits {
            bytes[at] = byte;
        }
        if let Err(error) = interpret(&String::from_utf8_lossy(&bytes)) {
            prop_assert!(error.place.is_some_and(|place| place.column.is_some()));
            prop_assert!(error.message.len() < 400);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        prop_assert!(interpret(&text).is_err());
    }
}
