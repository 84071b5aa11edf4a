//! The result as the documentation defines it, computed in the clear, one person at a time and by textbook formulas. It
//! shares no code with the program.

use super::cohort::People;
use serde_json::Value;

/// What decides a result beside the data.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) homozygous: bool,
    pub(crate) pairwise: bool,
    pub(crate) min: u64,
    pub(crate) residual: Option<u64>,
    pub(crate) zero: bool,
    pub(crate) bonferroni: bool,
    /// Thousandths.
    pub(crate) lift: Option<u128>,
    /// Thousandths.
    pub(crate) chi_squared: Option<u128>,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            homozygous: false,
            pairwise: false,
            min: 10,
            residual: Some(5),
            zero: false,
            bonferroni: false,
            lift: None,
            chi_squared: None,
        }
    }
}

impl Rule {
    /// The lines of `[disclosure]`.
    pub(crate) fn disclosure(&self) -> String {
        let residual = match self.residual {
            Some(least) => format!("residual_min_count = {least}"),
            None => "leave_one_out = false".into(),
        };
        format!("min_cell_count = {}\nallow_zero = {}\n{residual}", self.min, self.zero)
    }

    /// The section `[select]`.
    pub(crate) fn select(&self) -> String {
        let line = |name: &str, milli: Option<u128>| {
            milli.map_or(String::new(), |milli| format!("{name} = {}.{:03}\n", milli / 1000, milli % 1000))
        };
        let lines = line("minimum_lift", self.lift) + &line("minimum_chi_squared", self.chi_squared);
        if lines.is_empty() { lines } else { format!("[select]\n{lines}") }
    }

    /// In whole numbers, where equality is equality.
    fn selects(&self, cells: [u64; 4]) -> bool {
        let [n11, n10, n01, n00] = cells.map(u128::from);
        let (row, column, n) = (n11 + n10, n11 + n01, n11 + n10 + n01 + n00);
        let lift = self.lift.is_none_or(|milli| 1000 * n11 * n >= milli * row * column);
        let chi_squared = self.chi_squared.is_none_or(|milli| {
            let (along, across) = (n11 * n00, n10 * n01);
            let difference = along.abs_diff(across);
            let margins = row * column * (n - row) * (n - column);
            along > across && 1000 * n * difference * difference >= milli * margins
        });
        lift && chi_squared
    }

    /// The lines of `[markers]` beside the panel.
    pub(crate) fn markers(&self) -> String {
        let encoding = if self.homozygous { "homozygous-alt" } else { "carrier" };
        let missing = if self.pairwise { "pairwise-complete" } else { "as-noncarrier" };
        format!("encoding = {encoding:?}\nmissing = {missing:?}")
    }
}

/// A released pair.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) a: String,
    pub(crate) b: String,
    /// n11, n10, n01, n00.
    pub(crate) cells: [u64; 4],
    pub(crate) numbers: Vec<(&'static str, Option<f64>)>,
}

/// The released pairs of a panel, in order.
pub(crate) fn released(sites: &[People], panel: &[String], rule: Rule) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (first, a) in panel.iter().enumerate() {
        for b in &panel[first + 1..] {
            let counts: Vec<[u64; 4]> = sites.iter().map(|people| cells(people, a, b, rule)).collect();
            let cells = [0, 1, 2, 3].map(|cell| counts.iter().map(|site| site[cell]).sum::<u64>());
            let passes = |count: u64, least: u64| count >= least || (rule.zero && count == 0);
            let is_released = (0..4).all(|cell| {
                let rests = counts.iter().map(|site| cells[cell] - site[cell]);
                passes(cells[cell], rule.min)
                    && rule.residual.is_none_or(|least| rests.into_iter().all(|rest| passes(rest, least)))
            });
            if is_released && rule.selects(cells) {
                pairs.push(Pair { a: a.clone(), b: b.clone(), cells, numbers: statistics(cells) });
            }
        }
    }
    let tested = panel.len() * (panel.len() - 1) / 2;
    adjust(&mut pairs, tested as f64, rule.bonferroni);
    pairs
}

fn cells(people: &People, a: &str, b: &str, rule: Rule) -> [u64; 4] {
    let column = |name: &str| people.markers.iter().position(|marker| marker == name).expect("the marker");
    let (a, b) = (column(a), column(b));
    let carries = |call: Option<u8>| call.is_some_and(|dosage| dosage >= if rule.homozygous { 2 } else { 1 });
    let mut cells = [0; 4];
    for (_, calls) in &people.rows {
        if rule.pairwise && (calls[a].is_none() || calls[b].is_none()) {
            continue;
        }
        cells[match (carries(calls[a]), carries(calls[b])) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        }] += 1;
    }
    cells
}

fn statistics(cells: [u64; 4]) -> Vec<(&'static str, Option<f64>)> {
    let [n11, n10, n01, n00] = cells.map(|count| count as f64);
    let (row, column, n) = (n11 + n10, n11 + n01, n11 + n10 + n01 + n00);
    let ratio = |above: f64, below: f64| (below != 0.0).then(|| above / below);
    let expected = ratio(row * column, n);
    let chi_squared =
        ratio(n * (n11 * n00 - n10 * n01) * (n11 * n00 - n10 * n01), row * column * (n - row) * (n - column));
    vec![
        ("n", Some(n)),
        ("expected", expected),
        ("lift", ratio(n11 * n, row * column)),
        ("odds_ratio", ratio(n11 * n00, n10 * n01)),
        ("chi_squared", chi_squared),
        ("chi_squared_p", chi_squared.map(|x| complementary_error_function((x / 2.0).sqrt()))),
        ("fisher_exact_p", Some(fisher(cells))),
        ("r2", chi_squared.map(|x| x / n)),
    ]
}

/// Two-sided: the probabilities of all tables with these margins that are no likelier than this one.
fn fisher([n11, n10, n01, n00]: [u64; 4]) -> f64 {
    let (row, column, n) = (n11 + n10, n11 + n01, n11 + n10 + n01 + n00);
    // Logarithms of factorials, added up with compensation: thousands of terms would leave too few digits.
    let mut logs = vec![0.0];
    let (mut sum, mut lost) = (0.0f64, 0.0);
    for number in 1..=n {
        let term = (number as f64).ln() - lost;
        let next = sum + term;
        lost = (next - sum) - term;
        sum = next;
        logs.push(sum);
    }
    let factorial = |number: u64| logs[number as usize];
    let probability = |both: u64| {
        let margins = [row, n - row, column, n - column].map(factorial).iter().sum::<f64>() - factorial(n);
        let cells = [both, row - both, column - both, n + both - row - column];
        (margins - cells.map(factorial).iter().sum::<f64>()).exp()
    };
    let observed = probability(n11);
    let possible = (row + column).saturating_sub(n)..=row.min(column);
    let sum: f64 = possible.map(probability).filter(|p| *p <= observed * (1.0 + 1e-7)).sum();
    sum.min(1.0)
}

/// Series for small, continued fraction for large arguments (Abramowitz and Stegun, 7.1.6 and 7.1.14).
fn complementary_error_function(x: f64) -> f64 {
    let scale = (-x * x).exp() / std::f64::consts::PI.sqrt();
    if x < 2.0 {
        let mut term = 2.0 * x;
        let mut sum = 0.0;
        for step in 1..200 {
            sum += term;
            term *= 2.0 * x * x / (2.0 * f64::from(step) + 1.0);
        }
        1.0 - scale * sum
    } else {
        let tail = (1..200).rev().fold(0.0, |tail, step| f64::from(step) / 2.0 / (x + tail));
        scale / (x + tail)
    }
}

fn adjust(pairs: &mut [Pair], tested: f64, bonferroni: bool) {
    let p: Vec<f64> =
        pairs.iter().map(|pair| number(pair, "fisher_exact_p").expect("always defined")).collect();
    let mut sorted = p.clone();
    sorted.sort_by(f64::total_cmp);
    for (pair, p) in pairs.iter_mut().zip(p) {
        let adjusted = if bonferroni {
            p * tested
        } else {
            // The least p' m / rank over all p' that are not smaller; of equal ones, the last rank counts.
            let ranked = sorted.iter().zip(1..).filter(|(other, _)| **other >= p);
            ranked.map(|(other, rank)| other * tested / f64::from(rank)).fold(f64::INFINITY, f64::min)
        };
        pair.numbers.push(("p_adjusted", Some(adjusted.min(1.0))));
    }
}

pub(crate) fn number(pair: &Pair, name: &str) -> Option<f64> {
    pair.numbers.iter().find(|(other, _)| *other == name).and_then(|(_, value)| *value)
}

fn agree(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) if expected.abs() < 1e-300 => found.abs() < 1e-290,
        (Some(found), Some(expected)) => (found - expected).abs() <= 1e-9 * expected.abs(),
        (found, expected) => found.is_none() && expected.is_none(),
    }
}

/// Compares a result with what it must be: pairs, order, cells and numbers, in JSON and in CSV.
#[track_caller]
pub(crate) fn compare(json: &Value, csv: &[Vec<String>], expected: &[Pair], tested: usize) {
    assert_eq!(json["pairs_tested"], tested);
    assert_eq!(json["pairs_released"], expected.len());
    assert_eq!(json["disclosure"]["suppressed"], tested - expected.len());
    let found = json["pairs"].as_array().expect("pairs");
    let (header, rows) = csv.split_first().expect("a header");
    assert_eq!((found.len(), rows.len()), (expected.len(), expected.len()));
    for ((found, row), expected) in found.iter().zip(rows).zip(expected) {
        assert_eq!((&found["a"], &found["b"]), (&expected.a.clone().into(), &expected.b.clone().into()));
        let fields = found.as_object().expect("an object");
        assert_eq!(fields.len(), header.len(), "{found}");
        for (name, count) in ["n11", "n10", "n01", "n00"].into_iter().zip(expected.cells) {
            assert_eq!(found[name], count, "{name} of {expected:?}");
        }
        for (name, value) in &expected.numbers {
            assert!(fields.contains_key(*name), "no {name}");
            assert!(agree(found[*name].as_f64(), *value), "{name}: {} not {value:?}", found[*name]);
        }
        for (name, text) in header.iter().zip(row) {
            let same = match &found[name] {
                Value::String(value) => value == text,
                Value::Null => text.is_empty(),
                // This reading of JSON is off by a digit at times; the texts themselves are the same.
                value => value
                    .as_f64()
                    .zip(text.parse::<f64>().ok())
                    .is_some_and(|(x, y)| (x - y).abs() <= 1e-15 * y.abs()),
            };
            assert!(same && fields.contains_key(name), "{name}: {} in JSON, {text} in CSV", found[name]);
        }
    }
}
