//! The typed question: what is computed, over whom, and what may be released. Its canonical bytes are what all
//! parties hash and compare, so two texts that mean the same have one hash.

mod canonical;
#[cfg(any(test, feature = "test-util"))]
pub mod collected;
pub mod description;
pub mod plan;
pub mod run;
pub mod schema;
pub mod vertical;

use crate::linkage::{Method, Normalisation};
use std::collections::BTreeSet;

/// A co-occurrence query, complete and valid: every default is filled in, and every combination that the query
/// language refuses has been refused, by `mpc-party`'s query file reader or by the test that builds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Short question in the researcher's words.
    pub title: String,
    /// Why it is asked: protocol and approval numbers. Logged, never interpreted.
    pub purpose: String,
    /// How people are spread over sites.
    pub partition: Partition,
    /// Site names, in the order that fixes party indices.
    pub sites: Vec<String>,
    /// Public bound on people, of all sites together, or of each site if vertical. Horizontal: sets every width.
    pub people_bound: u64,
    /// Which markers, before `exclude`.
    pub panel: Panel,
    /// Markers left out of the panel.
    pub exclude: BTreeSet<String>,
    /// What makes a person a carrier.
    pub encoding: Encoding,
    /// How a missing call counts.
    pub missing: MissingRule,
    /// Statistics beyond the four cells, without repetition, in the fixed order of [`Statistic`].
    pub report: BTreeSet<Statistic>,
    /// Adjustment for many tests.
    pub correction: Correction,
    /// Conditions decided on shares besides disclosure.
    pub select: Select,
    /// What may be released.
    pub disclosure: Disclosure,
    /// Indices into `sites` of those who receive released cells; never empty.
    pub recipients: BTreeSet<usize>,
}

/// How people are spread over sites.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Partition {
    /// Each site has its own people and the same markers.
    Horizontal,
    /// The same people, different markers at each site.
    Vertical(Vertical),
}

/// What only a vertical query says.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Vertical {
    /// Which pairs are tested.
    pub pairs: Pairs,
    /// How people of different sites are matched.
    pub linkage: Method,
    /// Which rules make two spellings of an id one.
    pub normalisation: Normalisation,
    /// Whether a recipient may own a queried column. With exact counts of its own columns against another site's,
    /// it can work out that site's records.
    pub owners_may_receive: bool,
}

/// Which pairs a vertical query tests.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Pairs {
    /// Every pair of the panel.
    #[default]
    All,
    /// Only pairs held by two different sites.
    AcrossSites,
}

/// Which markers a query is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Panel {
    /// These, in this order (from `ids` or from a panel file).
    Listed(Vec<String>),
    /// All that every site holds, in the order of the first site's file.
    All,
}

/// What makes a person a carrier of a marker.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// At least one copy.
    Carrier,
    /// Two copies.
    HomozygousAlt,
}

/// How a missing call counts.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum MissingRule {
    /// As a person who does not carry the marker.
    AsNoncarrier,
    /// The person is left out of every pair with that marker.
    PairwiseComplete,
}

/// A statistic of the 2x2 table, derived in the clear from released cells.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Statistic {
    /// n11 itself; always reported.
    N11,
    /// Expected n11 under independence.
    Expected,
    /// Observed over expected.
    Lift,
    /// Sample odds ratio.
    OddsRatio,
    /// Pearson's chi-squared without continuity correction, and its p.
    ChiSquared,
    /// Fisher's exact test, two-sided.
    FisherExact,
    /// Squared phi coefficient.
    R2,
}

/// Adjustment of p-values for many tests.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Correction {
    /// False discovery rate.
    BenjaminiHochberg,
    /// Family-wise error rate.
    Bonferroni,
}

/// Conditions on a pair that are decided on shares. Thresholds in thousandths, exactly as written.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Select {
    /// Least lift, in thousandths.
    pub minimum_lift_milli: Option<u64>,
    /// Least chi-squared (with positive association), in thousandths.
    pub minimum_chi_squared_milli: Option<u64>,
}

/// The release rule's parameters.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// Least count of each cell of the pooled table.
    pub min_cell_count: u32,
    /// Whether a cell that is exactly zero passes.
    pub allow_zero: bool,
    /// Least count of each cell after any one site's own part is taken away; `None` when not asked for.
    pub residual_min_count: Option<u32>,
    /// Least number of people in the whole cohort; if vertical, of those at all sites.
    pub min_people: u32,
}

/// Bounds of the query language.
pub mod bounds {
    /// Sites of a query.
    pub const SITES: std::ops::RangeInclusive<usize> = 2..=16;
    /// Markers of a query.
    pub const MARKERS: std::ops::RangeInclusive<usize> = 2..=20_000;
    /// Thresholds of the release rule.
    pub const THRESHOLD: std::ops::RangeInclusive<u32> = 1..=1_000_000;
    /// `minimum_lift` is below this many thousandths.
    pub const LIFT_MILLI: u64 = 1_000 * 1_000;
    /// `minimum_chi_squared` is below this many thousandths.
    pub const CHI_SQUARED_MILLI: u64 = 1_000_000 * 1_000;
    /// Below this threshold a warning is printed.
    pub const WARN_BELOW: u32 = 5;
    /// Range of `people_bound`: a site's counts fit words of 32 bits.
    pub const PEOPLE: std::ops::RangeInclusive<u64> = 1..=(1 << 31) - 1;
    /// Rows of a vertical query at most, which people of all sites may be: their places are words of 32 bits.
    pub const ROWS: u64 = u32::MAX as u64;
    /// Range of `linkage.dummies`.
    pub const DUMMIES: std::ops::RangeInclusive<u64> = 0..=1_000_000;
}

/// A query over two listed markers with the default rule, for tests.
#[cfg(any(test, feature = "test-util"))]
pub fn example(sites: usize) -> Query {
    Query {
        title: "example".into(),
        purpose: "test".into(),
        partition: Partition::Horizontal,
        sites: (0..sites).map(|site| format!("site-{site}")).collect(),
        people_bound: 1_000_000,
        panel: Panel::Listed(vec!["a".into(), "b".into()]),
        exclude: BTreeSet::new(),
        encoding: Encoding::Carrier,
        missing: MissingRule::AsNoncarrier,
        report: BTreeSet::new(),
        correction: Correction::BenjaminiHochberg,
        select: Select::default(),
        disclosure: Disclosure {
            min_cell_count: 10,
            allow_zero: false,
            residual_min_count: Some(5),
            min_people: 10,
        },
        recipients: (0..sites).collect(),
    }
}
