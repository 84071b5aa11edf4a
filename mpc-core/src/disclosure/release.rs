//! The tests of the release rule, as shared rows of bits. Their product with the selected conditions is the one bit a
//! pair that is opened, so that nobody learns which of the tests a withheld pair failed.
//!
//! Where the source has transfers, all tests of a cell are one function of the sites' private counts
//! (`protocol::private_table`), for two or three sites and thresholds that are not large: one row for each cell.
//!
//! Otherwise, rounds: 1 for all tests by table (or those of `protocol::sum_at_least` where a threshold is too large
//! for a table). A leave-one-out test among two sites is about one site's own count: that site shares its outcome,
//! and nothing is sent.

use super::rule::{CELLS, ReleaseRule, Threshold};
use crate::algebra::{Bits, Planes, Vector};
use crate::correlation::Demand;
use crate::error::Result;
use crate::protocol::input::{own_summand, share_input};
use crate::protocol::private_table::{self, PrivateTable};
use crate::protocol::sum_at_least::{self, sum_at_least};
use crate::protocol::table_lookup::{self, look_up};
use crate::session::Context;
use crate::sharing::{Additive, Fresh, Raw, SemiHonest};
use crate::statistics::counting::Cells;
use crate::step::Step;
use crate::transport::Lane;
use zeroize::Zeroizing;

pub(super) type Shared = Raw<Additive<Bits>>;

/// A test of all pairs, with this site's counts: for each group the four cells, empty where the site takes no part.
struct Test<'a> {
    threshold: Threshold,
    groups: Vec<[&'a [u32]; CELLS]>,
}

impl Test<'_> {
    /// Words of a vector of one element for each cell of each group; every cell is padded to whole words.
    fn length(&self, words: usize) -> usize {
        self.groups.len() * CELLS * words
    }

    /// This site's clamped counts, `times` times one after another.
    fn clamped(&self, words: usize, times: usize) -> Planes {
        let cells = self.groups.as_flattened().repeat(times);
        Planes::from_clamped(self.threshold.width(), words, self.threshold.least(), &cells)
    }
}

/// The rule's function of a cell, where all of its tests are decided at once.
fn at_once(rule: &ReleaseRule, transfers: bool) -> Option<PrivateTable> {
    if transfers { rule.private_table() } else { None }
}

/// Number of rows that [`release_rows`] gives.
pub(super) fn rows(rule: &ReleaseRule, transfers: bool) -> usize {
    at_once(rule, transfers).map_or_else(|| rule.tests(), |_| CELLS)
}

/// For each test, or for each cell, whether each pair passes, from this site's counts: rows of bits, one after another.
/// Elements beyond the last pair mean nothing.
///
/// # Errors
/// Those of the protocols used.
pub(super) async fn release_rows(
    ctx: &Context<SemiHonest>,
    rule: &ReleaseRule,
    transfers: bool,
    counts: &Cells,
) -> Result<Shared> {
    let words = Bits::words_for(counts.n11.len());
    if let Some(function) = at_once(rule, transfers) {
        let cells = [&counts.n11, &counts.n10, &counts.n01, &counts.n00].map(Vec::as_slice);
        let own = Zeroizing::new(Planes::from_clamped(function.width(), words, rule.largest(), &cells));
        return private_table::look_up(&ctx.narrow("cells"), &function, &own).await;
    }
    let mut rows: Vec<Shared> = Vec::new();
    let mut by_table = Vec::new();
    for (number, test) in tests(rule, ctx.roster().me().index(), counts).into_iter().enumerate() {
        if test.threshold.contributors() == 1 {
            rows.push(own_outcomes(&ctx.narrow_nth("own", number), &test, words)?);
        } else if let Some(table) = test.threshold.table() {
            by_table.push((table, own_summand(test.clamped(words, 1))));
        } else {
            rows.push(by_circuit(&ctx.narrow_nth("circuit", number), &test, words).await?);
        }
    }
    if !by_table.is_empty() {
        let looked_up = look_up(&ctx.narrow("tables"), &by_table).await?;
        rows.extend(looked_up.into_iter().map(Fresh::into_raw));
    }
    let rows: Vec<&Shared> = rows.iter().collect();
    Ok(Raw::linear(&rows, |parts| Bits::concat(parts.iter().copied())))
}

/// The tests of the rule with the counts of site `me`, which takes no part in the test of its own rest.
fn tests<'a>(rule: &ReleaseRule, me: usize, counts: &'a Cells) -> Vec<Test<'a>> {
    let cells: [&[u32]; CELLS] = [&counts.n11, &counts.n10, &counts.n01, &counts.n00];
    let pooled = rule.pooled().map(|threshold| Test { threshold, groups: vec![cells] });
    let residual = rule.residual().map(|threshold| {
        let group = |site| if site == me { Default::default() } else { cells };
        Test { threshold, groups: (0..rule.sites()).map(group).collect() }
    });
    pooled.into_iter().chain(residual).collect()
}

/// Two sites: the rest without one site is the other's own count, whose outcome that site knows and shares.
fn own_outcomes(ctx: &Context<SemiHonest>, test: &Test, words: usize) -> Result<Shared> {
    let mut shared = Vec::with_capacity(test.groups.len());
    for (site, cells) in test.groups.iter().enumerate() {
        // Group `site` is the rest without `site`: the count of the other one.
        let owner = ctx.roster().sites().find(|owner| owner.index() != site).unwrap_or(ctx.roster().me());
        let outcome = (owner == ctx.roster().me()).then(|| {
            let mut outcome = Bits::zeros(CELLS * words);
            for (cell, outcome) in cells.iter().zip(outcome.words_mut().chunks_exact_mut(words.max(1))) {
                for (counts, word) in cell.chunks(64).zip(outcome) {
                    let passes = |&count: &u32| u64::from(test.threshold.passes(count.into()));
                    *word = counts.iter().rev().fold(0, |word, count| word << 1 | passes(count));
                }
            }
            outcome
        });
        shared.push(share_input(&ctx.narrow("outcome"), owner, outcome, CELLS * words)?);
    }
    let shared: Vec<&Shared> = shared.iter().collect();
    Ok(Raw::linear(&shared, |parts| Bits::concat(parts.iter().copied())))
}

/// A threshold too large for a table. As `sum >= least` implies `sum >= 1`, "at least or zero" is
/// `[sum >= least] + [sum >= 1] + 1`, both found in one pass.
async fn by_circuit(ctx: &Context<SemiHonest>, test: &Test<'_>, words: usize) -> Result<Shared> {
    let (threshold, length) = (test.threshold, test.length(words));
    let least = std::iter::repeat_n(u64::from(threshold.least()), 64 * length);
    if !threshold.zero_passes() {
        return Ok(sum_at_least(ctx, &test.clamped(words, 1), least).await?.into_raw());
    }
    let twice = test.clamped(words, 2);
    let thresholds = least.chain(std::iter::repeat_n(1, 64 * length));
    let both = sum_at_least(ctx, &twice, thresholds).await?.into_raw();
    let mut outcome = Raw::linear(&[&both], |parts| {
        let both = parts.first().map(|both| both.words()).unwrap_or_default();
        let (least, nonzero) = both.split_at(length.min(both.len()));
        Bits::from_words(least.iter().zip(nonzero).map(|(least, nonzero)| least ^ nonzero).collect())
    });
    outcome.add_public(&Bits::from_words(vec![u64::MAX; length]), ctx.is_first());
    Ok(outcome)
}

/// What [`release_rows`] at `step` asks for, for `words` times 64 pairs.
pub(super) fn demand(
    out: &mut Demand,
    step: &Step,
    lane: Lane,
    rule: &ReleaseRule,
    transfers: bool,
    words: usize,
) {
    if let Some(function) = at_once(rule, transfers) {
        return private_table::demand(out, &step.then("cells"), lane, &function, CELLS * words);
    }
    let mut by_table = Vec::new();
    let groups = [(rule.pooled(), 1), (rule.residual(), rule.sites())];
    let tests = groups.into_iter().filter_map(|(threshold, groups)| Some((threshold?, groups)));
    for (number, (threshold, groups)) in tests.enumerate() {
        let length = groups * CELLS * words;
        if threshold.contributors() == 1 {
            continue;
        }
        if let Some(table) = threshold.table() {
            by_table.push((table, length));
        } else {
            let length = if threshold.zero_passes() { 2 * length } else { length };
            let step = step.then_nth("circuit", number);
            sum_at_least::demand(out, &step, lane, rule.sites(), threshold.width(), length);
        }
    }
    table_lookup::demand(out, &step.then("tables"), lane, &by_table);
}

#[cfg(test)]
mod tests_on_shares {
    use super::*;
    use crate::protocol::and_all::{self, and_all};
    use crate::protocol::open::{open_output, verify};
    use crate::query::Disclosure;
    use crate::sharing::Share;
    use crate::source::ot::Field;
    use crate::test_world::{Parties, TestWorld, random_words};

    fn check(sites: usize, transfers: bool, disclosure: Disclosure, pairs: usize, most: u64) {
        let rule = ReleaseRule::new(sites, disclosure);
        let words = Bits::words_for(pairs);
        // Counts near the thresholds, with many zeros.
        let counts: Vec<Cells> = (0..sites)
            .map(|site| {
                let cell = |cell: u8| {
                    let random = random_words(site as u8 * 4 + cell, pairs);
                    let value = |word: &u64| match word >> 60 {
                        0 => 0,
                        1..4 => word % (most / 2 + 1),
                        _ => word % (4 * most),
                    };
                    random.iter().map(|word| value(word) as u32).collect()
                };
                Cells { n11: cell(0), n10: cell(1), n01: cell(2), n00: cell(3) }
            })
            .collect();
        let step = Step::root().then("release");
        let parties = match transfers {
            true => Parties::without_helper(sites as u8, Field::Bits4),
            false => Parties::with_helper(sites as u8),
        };
        let world = TestWorld::new(parties).demand(|out| {
            demand(out, &step, Lane::MAIN, &rule, transfers, words);
            and_all::demand(out, &step.then("all"), Lane::MAIN, rows(&rule, transfers), words);
        });
        let opened = world.run(|ctx| {
            let counts = &counts[ctx.roster().me().index()];
            async move {
                let ctx = ctx.narrow("release");
                let rows = release_rows(&ctx, &rule, transfers, counts).await?;
                let bits = and_all(&ctx.narrow("all"), rows, words).await?;
                assert_eq!(bits.share().shape(), words);
                let everyone = ctx.roster().sites().collect();
                let opened = open_output(&ctx, bits, &everyone).await?;
                verify(&ctx, opened).await
            }
        });
        let ok = |sum: u32, least: u32| sum >= least || disclosure.allow_zero && sum == 0;
        let mut released = 0;
        for (site, opened) in opened.into_iter().enumerate() {
            let opened = opened.unwrap().unwrap();
            for pair in 0..pairs {
                let cell_passes = |cell: fn(&Cells) -> &Vec<u32>| {
                    let held: Vec<u32> = counts.iter().map(|counts| cell(counts)[pair]).collect();
                    let total: u32 = held.iter().sum();
                    ok(total, disclosure.min_cell_count)
                        && disclosure
                            .residual_min_count
                            .is_none_or(|least| held.iter().all(|own| ok(total - own, least)))
                };
                let expected = cell_passes(|c| &c.n11)
                    && cell_passes(|c| &c.n10)
                    && cell_passes(|c| &c.n01)
                    && cell_passes(|c| &c.n00);
                assert_eq!(opened.get(pair), expected, "site {site}, pair {pair}, {disclosure:?}");
                released += usize::from(expected);
            }
        }
        assert!(released > 0 && released < sites * pairs, "{released} released: the test decides nothing");
    }

    #[test]
    fn agrees_with_the_rule_in_the_clear() {
        for sites in [2, 3, 5] {
            for allow_zero in [false, true] {
                for (min, residual) in [(3, None), (4, Some(2)), (2, Some(2)), (10, Some(5))] {
                    let disclosure = Disclosure {
                        min_cell_count: min,
                        allow_zero,
                        residual_min_count: residual,
                        min_people: 1,
                    };
                    check(sites, false, disclosure, 700, u64::from(min) * 2);
                    check(sites, true, disclosure, 300, u64::from(min) * 2);
                }
            }
        }
    }

    #[test]
    fn thresholds_on_both_sides_of_the_largest_private_table() {
        let largest = PrivateTable::MOST as u32 - 1;
        for min in [largest, largest + 1] {
            let disclosure = Disclosure {
                min_cell_count: min,
                allow_zero: false,
                residual_min_count: Some(5),
                min_people: 1,
            };
            let rule = ReleaseRule::new(3, disclosure);
            assert_eq!(rows(&rule, true), if min == largest { CELLS } else { rule.tests() });
            check(3, true, disclosure, 200, 120);
        }
    }

    #[test]
    fn thresholds_on_both_sides_of_the_widest_table() {
        // 3 * 85 = 255 is the last sum of a table of 8 bits.
        for min in [85, 86] {
            for allow_zero in [false, true] {
                for residual in [None, Some(5), Some(200)] {
                    let disclosure = Disclosure {
                        min_cell_count: min,
                        allow_zero,
                        residual_min_count: residual,
                        min_people: 1,
                    };
                    check(3, false, disclosure, 300, 240);
                }
            }
        }
        let large = Disclosure {
            min_cell_count: 1_000_000,
            allow_zero: false,
            residual_min_count: Some(5),
            min_people: 1,
        };
        check(3, false, large, 100, 2_000_000);
    }
}
