//! The decision about pairs whose counts no site knows: all four cells are shared, and each is compared with the threshold.
//!
//! Widths follow from the bound on the people, B: cells are shared modulo 2^w with w = bits(B) + 1, where a cell less a
//! threshold up to B + 1 keeps its sign. Conditions are computed in their own, larger ring, into which the margins are widened.
//!
//! Rounds: a comparison of w bits, and with conditions those of a widening and of `disclosure::select`.

use super::release::Shared;
use super::rule::CELLS;
use super::select::{self, Margins, SelectRule, TooWide, rows_of};
use crate::algebra::{Bits, Ring, RingShape, Vector, bits_for};
use crate::correlation::{Dealt, Demand};
use crate::error::Result;
use crate::protocol::and_all::{self, and_all};
use crate::protocol::compare::{self, negative};
use crate::protocol::input::own_summand;
use crate::protocol::less_than::Numbers;
use crate::protocol::open::{open_output, verify};
use crate::protocol::widen::{self, widen};
use crate::query::{Disclosure, Select};
use crate::session::Context;
use crate::sharing::{Additive, Fresh, Raw, SemiHonest};
use crate::step::Step;
use crate::transport::Lane;
use zeroize::{Zeroize, Zeroizing};

/// What decides about a pair of shared tables.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct TableRule {
    least: u32,
    zero_passes: bool,
    min_people: u32,
    select: SelectRule,
    width: u32,
}

/// A site's shares of the tables of some pairs, modulo 2^width.
pub struct SharedTables {
    /// People who carry both markers.
    pub n11: Ring<u32>,
    /// People who carry the first.
    pub carriers_a: Ring<u32>,
    /// People who carry the second.
    pub carriers_b: Ring<u32>,
    /// All people.
    pub people: Ring<u32>,
}

impl Drop for SharedTables {
    fn drop(&mut self) {
        let Self { n11, carriers_a, carriers_b, people } = self;
        [n11, carriers_a, carriers_b, people].into_iter().for_each(Zeroize::zeroize);
    }
}

impl SharedTables {
    /// The shares of n11, n10, n01, n00.
    pub fn cells(&self) -> Zeroizing<[Ring<u32>; CELLS]> {
        let Self { n11, carriers_a, carriers_b, people } = self;
        let n10 = carriers_a.minus(n11);
        let n01 = carriers_b.minus(n11);
        let n00 = Zeroizing::new(people.minus(carriers_a)).minus(&n01);
        Zeroizing::new([n11.clone(), n10, n01, n00])
    }
}

impl TableRule {
    /// The rule of a query over at most so many people.
    ///
    /// # Errors
    /// [`TooWide`].
    pub fn new(disclosure: &Disclosure, select: &Select, bound: u64) -> std::result::Result<Self, TooWide> {
        // A count that no cohort of this size reaches fails like any other that is too large.
        let clamped = |threshold: u32| u64::from(threshold).min(bound + 1) as u32;
        Ok(Self {
            least: clamped(disclosure.min_cell_count),
            zero_passes: disclosure.allow_zero,
            min_people: clamped(disclosure.min_people),
            select: SelectRule::new(select, bound)?,
            width: bits_for(bound) + 1,
        })
    }

    /// Bits of a share.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Tests and selected conditions that a pair has to pass.
    pub fn tests(&self) -> usize {
        CELLS + self.select.conditions()
    }

    /// Numbers compared for so many words of pairs.
    fn compared(&self, words: usize) -> RingShape {
        let times = if self.zero_passes { 2 } else { 1 };
        RingShape { width: self.width, len: times * CELLS * 64 * words }
    }

    /// Margins of so many pairs, to be widened.
    fn margins(&self, pairs: usize) -> RingShape {
        RingShape { width: self.width, len: CELLS * pairs }
    }
}

/// Whether each pair is released. Elements beyond the last pair mean nothing.
///
/// # Errors
/// Those of the protocols used.
pub async fn decide_tables(
    ctx: &Context<SemiHonest>,
    rule: &TableRule,
    tables: &SharedTables,
) -> Result<Fresh<Additive<Bits>>> {
    let words = Bits::words_for(tables.n11.shape().len);
    let mut rows = vec![large_enough(&ctx.narrow("cells"), rule, tables, words).await?];
    let step = ctx.narrow("select");
    match rule.select.width() {
        None => {}
        Some(width @ ..=64) => rows.extend(selected::<u64>(&step, rule, tables, width).await?),
        Some(width) => rows.extend(selected::<u128>(&step, rule, tables, width).await?),
    }
    let rows: Vec<&Shared> = rows.iter().collect();
    let rows = Raw::linear(&rows, |parts| Bits::concat(parts.iter().copied()));
    and_all(&ctx.narrow("all"), rows, words).await
}

/// For each cell, whether each pair's is large enough: rows of bits, one after another.
async fn large_enough(
    ctx: &Context<SemiHonest>,
    rule: &TableRule,
    tables: &SharedTables,
    words: usize,
) -> Result<Shared> {
    let cells = Zeroizing::new(tables.cells().each_ref().map(|cell| cell.padded(64 * words)));
    let cells = Zeroizing::new(Ring::concat(cells.iter()));
    let thresholds: &[u32] = if rule.zero_passes { &[rule.least, 1] } else { &[rule.least] };
    let minus =
        |&threshold: &u32| Ring::new(rule.width, vec![threshold.wrapping_neg(); cells.values().len()]);
    let minus = Ring::concat(&thresholds.iter().map(minus).collect::<Vec<_>>());
    let mut margins = own_summand(Ring::concat(thresholds.iter().map(|_| &*cells)));
    margins.add_public(&minus, ctx.is_first());
    let below = negative(ctx, &margins).await?.into_raw();
    // At least: not below. At least or zero, as it implies at least 1: [below least] + [below 1] + 1.
    let rows = CELLS * words;
    let mut passes = Raw::linear(&[&below], |parts| {
        let below = parts.first().map(|below| below.words()).unwrap_or_default();
        let (least, one) = below.split_at(rows.min(below.len()));
        let ones = one.iter().copied().chain(std::iter::repeat(0));
        Bits::from_words(least.iter().zip(ones).map(|(least, one)| least ^ one).collect())
    });
    passes.add_public(&Bits::from_words(vec![u64::MAX; rows]), ctx.is_first());
    Ok(passes)
}

/// The rows of the selected conditions, in a ring of `width` bits.
async fn selected<W: Dealt>(
    ctx: &Context<SemiHonest>,
    rule: &TableRule,
    tables: &SharedTables,
    width: u32,
) -> Result<Vec<Shared>> {
    let pairs = tables.n11.shape().len;
    let SharedTables { n11, carriers_a, carriers_b, people } = tables;
    let margins = Ring::concat([n11, carriers_a, carriers_b, people]);
    let margins = margins.values().iter().map(|&share| W::from_u64(share.into())).collect();
    let margins = own_summand(Ring::new(rule.width, margins));
    let margins = if rule.width < width {
        widen(&ctx.narrow("widen"), &margins, width, Numbers::Unsigned).await?
    } else {
        margins
    };
    let part = |at: usize| {
        Raw::linear(&[&margins], |parts| {
            let part = parts.first().map(|part| part.slice(at * pairs, pairs)).unwrap_or_default();
            part.reduced(width)
        })
    };
    let margins = Margins { n11: part(0), carriers_a: part(1), carriers_b: part(2), people: part(3) };
    rows_of(ctx, &rule.select, &margins).await
}

/// What [`decide_tables`] at `step` asks for, for this many pairs.
pub fn tables_demand(out: &mut Demand, step: &Step, lane: Lane, rule: &TableRule, pairs: usize) {
    let words = Bits::words_for(pairs);
    compare::demand::<u32>(out, &step.then("cells"), lane, rule.compared(words));
    let select = step.then("select");
    if let Some(width) = rule.select.width().filter(|&width| rule.width < width) {
        let (step, margins) = (select.then("widen"), rule.margins(pairs));
        match width {
            ..=64 => widen::demand::<u64>(out, &step, lane, margins, width),
            _ => widen::demand::<u128>(out, &step, lane, margins, width),
        }
    }
    select::demand(out, &select, lane, &rule.select, pairs);
    and_all::demand(out, &step.then("all"), lane, rule.tests(), words);
}

/// Whether the people of a shared number are enough, known to all sites.
///
/// # Errors
/// Those of the protocols used.
pub async fn enough_people(ctx: &Context<SemiHonest>, rule: &TableRule, people: u32) -> Result<bool> {
    let mut margin = own_summand(Ring::new(rule.width, vec![people]));
    let minus = Ring::new(rule.width, vec![rule.min_people.wrapping_neg()]);
    margin.add_public(&minus, ctx.is_first());
    let below = negative(ctx, &margin).await?;
    let everyone = ctx.roster().sites().collect();
    let opened = open_output(ctx, below, &everyone).await?;
    Ok(verify(ctx, opened).await?.is_some_and(|below| !below.get(0)))
}

/// What [`enough_people`] at `step` asks for.
pub fn enough_people_demand(out: &mut Demand, step: &Step, lane: Lane, rule: &TableRule) {
    compare::demand::<u32>(out, step, lane, RingShape { width: rule.width, len: 1 });
}
