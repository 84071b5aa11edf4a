//! A small result for tests, and tests of both files together.

use super::*;
use mpc_core::statistics::Table2x2;
use mpc_core::statistics::derive_all::derive_all;

/// Owns what [`Results`] borrows.
pub(super) struct Example {
    pub(super) parties: Vec<String>,
    pub(super) markers: Vec<String>,
    pub(super) pairs: Vec<ReleasedPair>,
    pub(super) statistics: BTreeSet<Statistic>,
    pub(super) disclosure: Disclosure,
    pub(super) warnings: Vec<String>,
    learned: Vec<String>,
    pub(super) cost: Cost,
    pub(super) tested: u64,
    /// Most p-values sorted at once.
    pub(super) run: u64,
}

/// Pairs of the first three markers with the fourth, with tables of many sizes; the same at every call.
pub(super) fn random_pairs(count: u64) -> Vec<ReleasedPair> {
    let mut state = 1u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let pair = |_| ReleasedPair {
        a: next(3) as u32,
        b: 3,
        table: Table2x2 { n11: next(300), n10: next(9000), n01: next(9000), n00: next(90_000) },
    };
    (0..count).map(pair).collect()
}

impl Example {
    pub(super) fn new() -> Self {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let tables = [
            (0, 1, [30, 70, 50, 850]),
            (0, 2, [3, 17, 5, 975]),
            (0, 3, [0, 12, 9, 379]),
            (1, 2, [0, 0, 40, 60]),
            (2, 3, [10, 10, 10, 10]),
        ];
        let pair = |(a, b, [n11, n10, n01, n00]): (u32, u32, [u64; 4])| ReleasedPair {
            a,
            b,
            table: Table2x2 { n11, n10, n01, n00 },
        };
        Self {
            parties: names(&["hospital-a", "hospital-b", "hospital-c"]),
            markers: names(&["rs1", "CDKN2A(D),CDKN2B", "a \"quoted\" name", "two\nlines"]),
            pairs: tables.into_iter().map(pair).collect(),
            statistics: [
                Statistic::N11,
                Statistic::Expected,
                Statistic::Lift,
                Statistic::OddsRatio,
                Statistic::ChiSquared,
                Statistic::FisherExact,
                Statistic::R2,
            ]
            .into(),
            disclosure: Disclosure {
                min_cell_count: 10,
                allow_zero: true,
                residual_min_count: Some(5),
                min_people: 10,
            },
            warnings: Vec::new(),
            learned: names(&["every site: which pairs were released"]),
            cost: Cost {
                seconds: vec![
                    ("connect".to_owned(), 0.1),
                    ("preprocessing".to_owned(), 1.25),
                    ("online".to_owned(), 0.3),
                ],
                bytes_sent: vec![("hospital-a".to_owned(), 1_234_567), ("helper".to_owned(), 456)],
                rounds: 12,
                peak_memory: vec![("hospital-a".to_owned(), 34_567_890)],
            },
            tested: 10,
            run: adjust::RUN,
        }
    }

    /// The pairs on disk, in blocks that come in another order.
    pub(super) fn pairs_in(&self, output: &OutputDir) -> Pairs {
        let spool = Spool::new(output).unwrap();
        let blocks: Vec<&[ReleasedPair]> = self.pairs.chunks(1000).collect();
        for (block, pairs) in blocks.into_iter().enumerate().rev() {
            spool.append(block, pairs).unwrap();
        }
        spool.pairs(Some(self.pairs.len() as u64)).unwrap()
    }

    pub(super) fn report<'a>(&'a self, pairs: &'a Pairs, output: &OutputDir) -> Report<'a> {
        self.try_report(pairs, output).unwrap()
    }

    /// What is found of the report.
    pub(super) fn with_report<T>(&self, found: impl FnOnce(&Report<'_>) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputDir::open(folder.path()).unwrap();
        found(&self.report(&self.pairs_in(&output), &output))
    }

    fn try_report<'a>(&'a self, pairs: &'a Pairs, output: &OutputDir) -> Result<Report<'a>, ReportError> {
        Report::with_runs(self.results(pairs), output, self.run)
    }

    pub(super) fn results<'a>(&'a self, pairs: &'a Pairs) -> Results<'a> {
        Results {
            title: "Together \"more often\"?",
            query_hash: "00ff",
            parties: &self.parties,
            security: Security {
                adversary: "semi-honest",
                preprocessing: "helper",
                shares_hidden_from: 2,
                residual_protects_against_sites: 1,
            },
            markers: &self.markers,
            pairs_tested: self.tested,
            pairs,
            report: &self.statistics,
            correction: Correction::BenjaminiHochberg,
            disclosure: &self.disclosure,
            warnings: &self.warnings,
            learned: &self.learned,
            cost: &self.cost,
            progress: &|_, _, _| {},
        }
    }

    /// The texts of both files.
    fn files(&self) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputDir::open(folder.path()).unwrap();
        let pairs = self.pairs_in(&output);
        let report = self.report(&pairs, &output);
        output.commit(&report).unwrap();
        let read = |name| std::fs::read_to_string(folder.path().join(name)).unwrap();
        (read("result.json"), read("result.csv"))
    }
}

#[test]
fn golden_json() {
    assert_eq!(Example::new().files().0, GOLDEN_JSON);
}

#[test]
fn golden_csv() {
    assert_eq!(Example::new().files().1, GOLDEN_CSV);
}

/// Both files read back to the same numbers as were derived.
fn check_read_back(example: &Example) {
    let (text, csv) = example.files();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["pairs_released"], example.pairs.len());
    let pairs = json["pairs"].as_array().unwrap();
    let mut lines = text.lines().filter(|line| line.starts_with("    {"));
    let mut csv = ::csv::Reader::from_reader(csv.as_bytes());
    let header = csv.headers().unwrap().clone();
    let mut records = csv.records();
    for (truth, pair) in example.pairs.iter().zip(pairs) {
        let (line, record) = (lines.next().unwrap(), records.next().unwrap().unwrap());
        for (name, marker) in [("a", truth.a), ("b", truth.b)] {
            assert_eq!(pair[name], example.markers[marker as usize]);
            assert_eq!(
                record[header.iter().position(|n| n == name).unwrap()],
                example.markers[marker as usize]
            );
        }
        let table = truth.table;
        let numbers = [
            ("n11", Some(table.n11 as f64)),
            ("n10", Some(table.n10 as f64)),
            ("n01", Some(table.n01 as f64)),
            ("n00", Some(table.n00 as f64)),
            ("n", Some(table.n() as f64)),
            ("expected", table.expected()),
            ("lift", table.lift()),
            ("odds_ratio", table.odds_ratio()),
            ("chi_squared", table.chi_squared()),
            ("chi_squared_p", table.chi_squared_p()),
            ("fisher_exact_p", Some(table.fisher_exact_p())),
            ("r2", table.r2()),
        ];
        assert_eq!(header.len(), 2 + numbers.len() + 1, "and p_adjusted");
        for (name, truth) in numbers {
            let text = &record[header.iter().position(|n| n == name).unwrap()];
            assert_eq!(text.parse::<f64>().ok().map(f64::to_bits), truth.map(f64::to_bits), "{name} {text}");
            // The same text in JSON; serde_json's own reading of it is less exact without its feature for that.
            let in_json = if text.is_empty() { "null" } else { text };
            assert!(line.contains(&format!("\"{name}\": {in_json}")), "{name} {text}");
        }
    }
    assert_eq!(pairs.len(), example.pairs.len());
    assert!(lines.next().is_none() && records.next().is_none());
}

#[test]
fn both_files_read_back() {
    check_read_back(&Example::new());
}

#[test]
fn only_requested_columns() {
    let mut example = Example::new();
    let mut header = |statistics: &[Statistic]| {
        example.statistics = statistics.iter().copied().collect();
        example.files().1.lines().next().unwrap().to_owned()
    };
    assert_eq!(header(&[]), "a,b,n11,n10,n01,n00,n");
    assert_eq!(header(&[Statistic::N11]), "a,b,n11,n10,n01,n00,n");
    assert_eq!(
        header(&[Statistic::ChiSquared]),
        "a,b,n11,n10,n01,n00,n,chi_squared,chi_squared_p,p_adjusted"
    );
    assert_eq!(header(&[Statistic::FisherExact]), "a,b,n11,n10,n01,n00,n,fisher_exact_p,p_adjusted");
    assert_eq!(header(&[Statistic::R2, Statistic::Lift]), "a,b,n11,n10,n01,n00,n,lift,r2");
}

#[test]
fn nothing_released_is_a_result() {
    let mut example = Example::new();
    example.pairs.clear();
    example.disclosure.residual_min_count = None;
    let (json, csv) = example.files();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["pairs"], serde_json::json!([]));
    assert_eq!(json["pairs_released"], 0);
    assert_eq!(json["disclosure"]["suppressed"], 10);
    assert_eq!(json["disclosure"]["leave_one_out"], false);
    assert_eq!(json["disclosure"]["residual_min_count"], serde_json::Value::Null);
    assert_eq!(csv.lines().count(), 1);
}

#[test]
fn a_pair_outside_the_panel_is_an_error() {
    let mut example = Example::new();
    example.markers.pop();
    let folder = tempfile::tempdir().unwrap();
    let output = OutputDir::open(folder.path()).unwrap();
    let pairs = example.pairs_in(&output);
    let refused = example.try_report(&pairs, &output);
    assert!(matches!(refused, Err(ReportError::NotInPanel { position: 3, markers: 3 })));
    example.statistics.clear();
    assert!(example.try_report(&pairs, &output).is_err(), "also where there is nothing to compute");
}

#[test]
fn a_hundred_thousand_pairs_stream() {
    let mut example = Example::new();
    example.pairs = random_pairs(100_000);
    example.tested = 200_000;
    let start = std::time::Instant::now();
    check_read_back(&example);
    assert!(start.elapsed().as_secs() < 60);
}

#[test]
fn files_do_not_depend_on_how_many_p_values_are_sorted_at_once() {
    let mut example = Example::new();
    example.pairs = random_pairs(20_000);
    example.tested = 50_000;
    let truth = example.files();
    example.run = 777;
    assert!(example.files() == truth);
    // The oracle has everything in memory.
    let truth =
        derive_all(&example.pairs, &example.statistics, Correction::BenjaminiHochberg, example.tested);
    example.with_report(|report| {
        let found = report.read(0..20_000).unwrap();
        let found = found.iter().map(|tested| tested.adjusted.map(f64::to_bits));
        assert!(found.eq(truth.iter().map(|derived| derived.p_adjusted.map(f64::to_bits))));
    });
}

const GOLDEN_JSON: &str = r#"{
  "schema": 1,
  "query": {"title":"Together \"more often\"?","hash":"00ff"},
  "parties": ["hospital-a","hospital-b","hospital-c"],
  "security": {"adversary":"semi-honest","preprocessing":"helper","shares_hidden_from":2,"residual_protects_against_sites":1},
  "pairs_tested": 10,
  "pairs_released": 5,
  "pairs": [
    {"a": "rs1", "b": "CDKN2A(D),CDKN2B", "n11": 30, "n10": 70, "n01": 50, "n00": 850, "n": 1000, "expected": 8.0, "lift": 3.75, "odds_ratio": 7.285714285714286, "chi_squared": 73.06763285024155, "chi_squared_p": 1.2528231324224485e-17, "fisher_exact_p": 2.635597846104824e-12, "p_adjusted": 2.635597846104824e-11, "r2": 0.07306763285024155},
    {"a": "rs1", "b": "a \"quoted\" name", "n11": 3, "n10": 17, "n01": 5, "n00": 975, "n": 1000, "expected": 0.16, "lift": 18.75, "odds_ratio": 34.411764705882355, "chi_squared": 51.85360434496379, "chi_squared_p": 5.979680456510393e-13, "fisher_exact_p": 0.00036024941035107537, "p_adjusted": 0.0018012470517553769, "r2": 0.05185360434496379},
    {"a": "rs1", "b": "two\nlines", "n11": 0, "n10": 12, "n01": 9, "n00": 379, "n": 400, "expected": 0.27, "lift": 0.0, "odds_ratio": 0.0, "chi_squared": 0.2847575605768977, "chi_squared_p": 0.5935997632538367, "fisher_exact_p": 1.0, "p_adjusted": 1.0, "r2": 0.0007118939014422443},
    {"a": "CDKN2A(D),CDKN2B", "b": "a \"quoted\" name", "n11": 0, "n10": 0, "n01": 40, "n00": 60, "n": 100, "expected": 0.0, "lift": null, "odds_ratio": null, "chi_squared": null, "chi_squared_p": null, "fisher_exact_p": 1.0, "p_adjusted": 1.0, "r2": null},
    {"a": "a \"quoted\" name", "b": "two\nlines", "n11": 10, "n10": 10, "n01": 10, "n00": 10, "n": 40, "expected": 10.0, "lift": 1.0, "odds_ratio": 1.0, "chi_squared": 0.0, "chi_squared_p": 1.0, "fisher_exact_p": 1.0, "p_adjusted": 1.0, "r2": 0.0}
  ],
  "disclosure": {"min_cell_count":10,"allow_zero":true,"leave_one_out":true,"residual_min_count":5,"suppressed":5},
  "warnings": [],
  "learned": ["every site: which pairs were released"],
  "cost": {"seconds":{"connect":0.1,"preprocessing":1.25,"online":0.3},"bytes_sent":{"hospital-a":1234567,"helper":456},"rounds":12,"peak_memory":{"hospital-a":34567890}}
}
"#;

const GOLDEN_CSV: &str = r#"a,b,n11,n10,n01,n00,n,expected,lift,odds_ratio,chi_squared,chi_squared_p,fisher_exact_p,p_adjusted,r2
rs1,"CDKN2A(D),CDKN2B",30,70,50,850,1000,8.0,3.75,7.285714285714286,73.06763285024155,1.2528231324224485e-17,2.635597846104824e-12,2.635597846104824e-11,0.07306763285024155
rs1,"a ""quoted"" name",3,17,5,975,1000,0.16,18.75,34.411764705882355,51.85360434496379,5.979680456510393e-13,0.00036024941035107537,0.0018012470517553769,0.05185360434496379
rs1,"two
lines",0,12,9,379,400,0.27,0.0,0.0,0.2847575605768977,0.5935997632538367,1.0,1.0,0.0007118939014422443
"CDKN2A(D),CDKN2B","a ""quoted"" name",0,0,40,60,100,0.0,,,,,1.0,1.0,
"a ""quoted"" name","two
lines",10,10,10,10,40,10.0,1.0,1.0,0.0,1.0,1.0,1.0,0.0
"#;
