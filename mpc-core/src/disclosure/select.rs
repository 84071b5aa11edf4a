//! The selected conditions on shares, exact as integers.
//!
//! With pooled cells, N their sum and margins `n1. = n11 + n10`, `n.1 = n11 + n01`, `n0. = N - n1.`, `n.0 = N - n.1`:
//!
//! - lift at least A/1000: `1000 n11 N - A n1. n.1 >= 0`
//! - chi-squared at least X/1000, with positive association: `d - 1 >= 0` for `d = n11 N - n1. n.1 = n11 n00 - n10 n01`, and
//!   `1000 N d^2 - X n1. n0. n.1 n.0 >= 0`
//!
//! Widths follow from N <= people_bound = B: `n11 N` and `n1. n.1` are at most B^2; |d|, `n1. n0.` and `n.1 n.0` are at most
//! B^2 / 4. Each comparison takes the bits of the larger side and a sign.
//!
//! Rounds: those of 1 product for the lift, of 4 for chi-squared, and of a comparison for each condition.

use super::release::Shared;
use crate::algebra::{Bits, Ring, RingShape, bits_for};
use crate::correlation::{Dealt, Demand};
use crate::error::Result;
use crate::protocol::compare::{self, negative};
use crate::protocol::input::own_summand;
use crate::protocol::multiply::{self, multiply, square, square_demand};
use crate::query::Select;
use crate::session::Context;
use crate::sharing::{Additive, Raw, SemiHonest};
use crate::statistics::counting::Cells;
use crate::step::Step;
use crate::transport::Lane;

type Numbers<W> = Raw<Additive<Ring<W>>>;

/// The conditions of a query with the widths they take.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct SelectRule {
    lift: Option<Condition>,
    chi_squared: Option<Condition>,
    /// Bits of d and its sign.
    d_width: u32,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
struct Condition {
    milli: u64,
    width: u32,
}

/// The products of counts do not fit 128 bits.
#[derive(Copy, Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "minimum_chi_squared with people_bound = {people_bound} needs more than 128 bits; lower people_bound"
)]
pub struct TooWide {
    /// The query's bound.
    pub people_bound: u64,
}

fn bits_for_wide(max: u128) -> u32 {
    u128::BITS - max.leading_zeros()
}

impl SelectRule {
    /// The conditions of a query.
    ///
    /// # Errors
    /// [`TooWide`].
    pub fn new(select: &Select, people_bound: u64) -> Result<Self, TooWide> {
        let bound = u128::from(people_bound);
        let square = bound * bound;
        let quarter = square / 4;
        // A lift of at least 0 is every lift.
        let lift = select.minimum_lift_milli.filter(|&milli| milli > 0).map(|milli| {
            let width = bits_for_wide(square * u128::from(milli.max(1000))) + 1;
            Condition { milli, width }
        });
        let chi_squared = select
            .minimum_chi_squared_milli
            .map(|milli| {
                let larger = (1000 * bound).max(milli.into());
                let most = quarter.checked_mul(quarter).and_then(|square| square.checked_mul(larger));
                let width = most.map(|most| bits_for_wide(most) + 1).filter(|&width| width <= u128::BITS);
                width.map(|width| Condition { milli, width }).ok_or(TooWide { people_bound })
            })
            .transpose()?;
        let d_width = bits_for(quarter.try_into().unwrap_or(u64::MAX)) + 1;
        Ok(Self { lift, chi_squared, d_width })
    }

    /// Rows of bits that decide.
    pub fn conditions(&self) -> usize {
        usize::from(self.lift.is_some()) + 2 * usize::from(self.chi_squared.is_some())
    }

    /// Width of the ring in which products are formed; `None` without conditions.
    pub(super) fn width(&self) -> Option<u32> {
        let widths = [self.lift, self.chi_squared].into_iter().flatten().map(|condition| condition.width);
        widths.chain(self.chi_squared.map(|_| self.d_width)).max()
    }
}

/// What the conditions are about, for each pair.
pub(super) struct Margins<W: Dealt> {
    /// People who carry both markers.
    pub(super) n11: Numbers<W>,
    /// People who carry the first, `n1.`.
    pub(super) carriers_a: Numbers<W>,
    /// People who carry the second, `n.1`.
    pub(super) carriers_b: Numbers<W>,
    /// All people, N.
    pub(super) people: Numbers<W>,
}

impl<W: Dealt> Margins<W> {
    /// Those of the pooled tables of which this site has a part.
    fn pooled(counts: &Cells, width: u32) -> Self {
        let cells = |sum: fn([u64; 4]) -> u64| {
            let rows = counts.n11.iter().zip(&counts.n10).zip(&counts.n01).zip(&counts.n00);
            let values = rows
                .map(|(((&n11, &n10), &n01), &n00)| W::from_u64(sum([n11, n10, n01, n00].map(u64::from))));
            own_summand(Ring::new(width, values.collect()))
        };
        Self {
            n11: cells(|[n11, _, _, _]| n11),
            carriers_a: cells(|[n11, n10, _, _]| n11 + n10),
            carriers_b: cells(|[n11, _, n01, _]| n11 + n01),
            people: cells(|cells| cells.iter().sum()),
        }
    }
}

/// For each condition, whether each pair meets it: rows of bits.
///
/// # Errors
/// Those of the protocols used.
pub(super) async fn selected_rows(
    ctx: &Context<SemiHonest>,
    rule: &SelectRule,
    counts: &Cells,
) -> Result<Vec<Shared>> {
    match rule.width() {
        None => Ok(Vec::new()),
        Some(width @ ..=64) => rows_of::<u64>(ctx, rule, &Margins::pooled(counts, width)).await,
        Some(width) => rows_of::<u128>(ctx, rule, &Margins::pooled(counts, width)).await,
    }
}

/// The rows from shared margins, in the ring of [`SelectRule::width`].
pub(super) async fn rows_of<W: Dealt>(
    ctx: &Context<SemiHonest>,
    rule: &SelectRule,
    margins: &Margins<W>,
) -> Result<Vec<Shared>> {
    let Margins { n11, carriers_a, carriers_b, people } = margins;
    let pairs = n11.share_shape().len;

    let Some(chi_squared) = rule.chi_squared else {
        let products = product(&ctx.narrow("first"), &[n11, carriers_a], &[people, carriers_b]).await?;
        return lift_row(ctx, rule, &products, pairs).await;
    };
    let noncarriers_a = combination(&[(people, 1)], &[(carriers_a, 1)]);
    let noncarriers_b = combination(&[(people, 1)], &[(carriers_b, 1)]);
    let first = product(
        &ctx.narrow("first"),
        &[n11, carriers_a, carriers_a, carriers_b],
        &[people, carriers_b, &noncarriers_a, &noncarriers_b],
    )
    .await?;
    let d = combination(&[(&part(&first, 0, pairs), 1)], &[(&part(&first, pairs, pairs), 1)]);
    let variances = product(
        &ctx.narrow("variances"),
        &[&part(&first, 2 * pairs, pairs)],
        &[&part(&first, 3 * pairs, pairs)],
    )
    .await?;
    let d_squared = square(&ctx.narrow("d-squared"), &d).await?.into_raw();
    let third = product(&ctx.narrow("last"), &[people], &[&d_squared]).await?;

    let mut rows = lift_row(ctx, rule, &first, pairs).await?;
    let mut positive = reduced(&d, rule.d_width);
    let minus_one = Ring::new(rule.d_width, vec![W::default().wrapping_sub(W::from_u64(1)); pairs]);
    positive.add_public(&minus_one, ctx.is_first());
    rows.push(not_negative(&ctx.narrow("positive"), &positive).await?);
    let difference = combination(&[(&third, 1000)], &[(&variances, chi_squared.milli)]);
    rows.push(not_negative(&ctx.narrow("chi-squared"), &reduced(&difference, chi_squared.width)).await?);
    Ok(rows)
}

/// The row of the lift, if it is asked for, from the products `n11 N` and `n1. n.1`.
async fn lift_row<W: Dealt>(
    ctx: &Context<SemiHonest>,
    rule: &SelectRule,
    products: &Numbers<W>,
    pairs: usize,
) -> Result<Vec<Shared>> {
    let Some(lift) = rule.lift else { return Ok(Vec::new()) };
    let difference =
        combination(&[(&part(products, 0, pairs), 1000)], &[(&part(products, pairs, pairs), lift.milli)]);
    Ok(vec![not_negative(&ctx.narrow("lift"), &reduced(&difference, lift.width)).await?])
}

/// Several products in one round.
async fn product<W: Dealt>(
    ctx: &Context<SemiHonest>,
    left: &[&Numbers<W>],
    right: &[&Numbers<W>],
) -> Result<Numbers<W>> {
    let concat = |parts: &[&Numbers<W>]| Raw::linear(parts, |parts| Ring::concat(parts.iter().copied()));
    Ok(multiply(ctx, &concat(left), &concat(right)).await?.into_raw())
}

async fn not_negative<W: Dealt>(ctx: &Context<SemiHonest>, number: &Numbers<W>) -> Result<Shared> {
    let mut sign = negative(ctx, number).await?.into_raw();
    let ones = Bits::from_words(vec![u64::MAX; sign.share_shape()]);
    sign.add_public(&ones, ctx.is_first());
    Ok(sign)
}

/// The sum of some multiples less the sum of others.
fn combination<W: Dealt>(plus: &[(&Numbers<W>, u64)], minus: &[(&Numbers<W>, u64)]) -> Numbers<W> {
    let terms: Vec<&Numbers<W>> = plus.iter().chain(minus).map(|(number, _)| *number).collect();
    let factors: Vec<W> = plus
        .iter()
        .map(|(_, factor)| W::from_u64(*factor))
        .chain(minus.iter().map(|(_, factor)| W::default().wrapping_sub(W::from_u64(*factor))))
        .collect();
    Raw::linear(&terms, |parts| Ring::combination(parts, &factors))
}

fn part<W: Dealt>(numbers: &Numbers<W>, start: usize, len: usize) -> Numbers<W> {
    Raw::linear(&[numbers], |parts| parts.first().map(|part| part.slice(start, len)).unwrap_or_default())
}

fn reduced<W: Dealt>(numbers: &Numbers<W>, width: u32) -> Numbers<W> {
    Raw::linear(&[numbers], |parts| parts.first().map(|part| part.reduced(width)).unwrap_or_default())
}

/// What the conditions at `step` ask for, for this many pairs.
pub(super) fn demand(out: &mut Demand, step: &Step, lane: Lane, rule: &SelectRule, pairs: usize) {
    match rule.width() {
        None => {}
        Some(width @ ..=64) => demand_in::<u64>(out, step, lane, rule, pairs, width),
        Some(width) => demand_in::<u128>(out, step, lane, rule, pairs, width),
    }
}

fn demand_in<W: Dealt>(
    out: &mut Demand,
    step: &Step,
    lane: Lane,
    rule: &SelectRule,
    pairs: usize,
    width: u32,
) {
    let mut products = |name: &str, count: usize| {
        multiply::demand::<W>(out, &step.then(name), lane, RingShape { width, len: count * pairs });
    };
    match rule.chi_squared {
        None => products("first", 2),
        Some(_) => {
            products("first", 4);
            products("variances", 1);
        }
    }
    if rule.chi_squared.is_some() {
        square_demand::<W>(out, &step.then("d-squared"), lane, RingShape { width, len: pairs });
        multiply::demand::<W>(out, &step.then("last"), lane, RingShape { width, len: pairs });
    }
    let mut sign = |name: &str, width: u32| {
        compare::demand::<W>(out, &step.then(name), lane, RingShape { width, len: pairs });
    };
    if let Some(lift) = rule.lift {
        sign("lift", lift.width);
    }
    if let Some(chi_squared) = rule.chi_squared {
        sign("positive", rule.d_width);
        sign("chi-squared", chi_squared.width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Prg, Seed};
    use crate::test_world::TestWorld;

    #[test]
    fn widths_follow_from_the_bounds() {
        let rule = |lift, chi, bound| {
            let select = Select { minimum_lift_milli: lift, minimum_chi_squared_milli: chi };
            SelectRule::new(&select, bound)
        };
        assert_eq!(rule(Some(999_999), None, 30_000).unwrap().width(), Some(51));
        assert_eq!(rule(Some(999_999), None, 1_000_000).unwrap().width(), Some(61));
        assert_eq!(rule(Some(1_999), None, 30_000).unwrap().width(), Some(42));
        assert_eq!(rule(Some(1_999), None, 1_000_000).unwrap().width(), Some(52));
        assert_eq!(rule(None, Some(3_841), 1_000_000).unwrap().width(), Some(107));
        assert_eq!(rule(Some(0), None, 1_000_000).unwrap().conditions(), 0);
        assert_eq!(rule(None, None, 1_000_000).unwrap().width(), None);
        assert!(rule(None, Some(0), 15_000_000).is_ok());
        assert_eq!(rule(None, Some(0), 1 << 30), Err(TooWide { people_bound: 1 << 30 }));
    }

    /// Three sites' parts of tables, among them extreme ones and some exactly on a threshold.
    fn parts(bound: u32, count: usize, seed: u8) -> Vec<Cells> {
        let mut prg = Prg::new(Seed::from_bytes([seed; 32]));
        let mut sites = vec![Cells::default(); 3];
        let half = bound / 2;
        let fixed = [
            [0, 0, 0, 0],
            [bound, 0, 0, 0],
            [half, 0, 0, half],
            [0, half, half, 0],
            [half, half, 0, 0],
            // lift exactly 2, chi-squared exactly 4 (for bound >= 100)
            [20, 20, 5, 55],
            [4, 0, 0, 0],
            [1, 0, 0, 3],
            [10, 10, 10, 10],
        ];
        for index in 0..count {
            let total = fixed.get(index).copied().unwrap_or_else(|| {
                let mut random = || u32::from_le_bytes(prg.array()) % (bound / 4 + 1);
                [random(), random(), random(), random()]
            });
            for (site, cells) in sites.iter_mut().enumerate() {
                let part = |whole: u32| match site {
                    0 => whole / 2,
                    1 => whole / 3,
                    _ => whole - whole / 2 - whole / 3,
                };
                cells.n11.push(part(total[0]));
                cells.n10.push(part(total[1]));
                cells.n01.push(part(total[2]));
                cells.n00.push(part(total[3]));
            }
        }
        sites
    }

    fn meets(select: &Select, [n11, n10, n01, n00]: [u128; 4]) -> bool {
        let n = n11 + n10 + n01 + n00;
        let (a, b) = (n11 + n10, n11 + n01);
        let lift = select.minimum_lift_milli.is_none_or(|milli| 1000 * n11 * n >= u128::from(milli) * a * b);
        let chi = select.minimum_chi_squared_milli.is_none_or(|milli| {
            n11 * n > a * b && {
                let d = n11 * n - a * b;
                1000 * n * d * d >= u128::from(milli) * a * (n - a) * b * (n - b)
            }
        });
        lift && chi
    }

    #[test]
    fn agree_with_exact_integers() {
        for bound in [100u32, 30_000, 1_000_000] {
            for (lift, chi) in [
                (Some(2_000), None),
                (Some(1), None),
                (Some(999_999), None),
                (None, Some(0)),
                (None, Some(3_841)),
                (None, Some(4_167)),
                (Some(2_000), Some(999_999_999)),
                (Some(1_500), Some(10_828)),
            ] {
                let select = Select { minimum_lift_milli: lift, minimum_chi_squared_milli: chi };
                let rule = SelectRule::new(&select, bound.into()).unwrap();
                let sites = parts(bound, 150, 3);
                let step = Step::root().then("select");
                let world = TestWorld::new(3).demand(|out| demand(out, &step, Lane::MAIN, &rule, 150));
                let rows = world.reconstruct(|ctx| {
                    let counts = &sites[ctx.roster().me().index()];
                    async move {
                        let rows = selected_rows(&ctx.narrow("select"), &rule, counts).await?;
                        let rows: Vec<&Shared> = rows.iter().collect();
                        Ok(Raw::linear(&rows, |parts| Bits::concat(parts.iter().copied())))
                    }
                });
                let words = Bits::words_for(150);
                for pair in 0..150 {
                    let total = |cell: fn(&Cells) -> &Vec<u32>| {
                        sites.iter().map(|site| u128::from(cell(site)[pair])).sum()
                    };
                    let cells = [total(|c| &c.n11), total(|c| &c.n10), total(|c| &c.n01), total(|c| &c.n00)];
                    let met = (0..rule.conditions()).all(|row| rows.get(row * words * 64 + pair));
                    assert_eq!(met, meets(&select, cells), "{cells:?} under {select:?}, bound {bound}");
                }
            }
        }
    }
}
