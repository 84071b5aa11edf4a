//! Is the sum of all sites' private numbers at least a public threshold? For any width, by a binary circuit.
//!
//! With every x_i shared by XOR bit by bit and `sum < 2^w`: the sum is at least t exactly when
//! `sum + (2^w - t)` reaches 2^w. Carry-save adders (3 numbers to 2, one AND a bit) bring the n + 1 numbers to two, and a
//! prefix tree (`protocol::carry`) gives the carry of those two.
//!
//! ANDs an element: (n - 1)(w + 1) + w + 2(w - 1) - ceil(log2 w); rounds: about log_1.5(n + 1) - 1, then 1 + ceil(log2 w).

use super::and::{self, and};
use super::carry::{self, Digit, carry_out, concat, part, xor};
use super::input::share_input;
use crate::algebra::{Bits, Planes, Vector};
use crate::correlation::Demand;
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::{Additive, Fresh, Raw, SemiHonest};
use crate::step::Step;
use crate::transport::Lane;

type Shared = Raw<Additive<Bits>>;

/// For each element, whether the sum of all sites' `own` is at least its threshold. The sums must be below
/// `2^width`, and the thresholds in `1 ..= 2^width`, where width is that of `own`.
///
/// # Errors
/// Those of [`and()`].
pub async fn sum_at_least(
    ctx: &Context<SemiHonest>,
    own: &Planes,
    thresholds: impl Iterator<Item = u64>,
) -> Result<Fresh<Additive<Bits>>> {
    let shape = own.shape();
    let (width, words) = (shape.width as usize, shape.words);
    // One row more than the sum has bits: the row that the complement of the threshold carries into.
    let rows = width + 1;

    let mut numbers = Vec::with_capacity(ctx.roster().site_count() + 1);
    for owner in ctx.roster().sites() {
        let mine = (owner == ctx.roster().me()).then(|| own.as_bits());
        let shared = share_input(&ctx.narrow("input"), owner, mine, width * words)?;
        numbers.push(Raw::linear(&[&shared], |parts| rows_shifted(parts, 0, rows * words)));
    }
    let complement = thresholds.map(|threshold| (1u64 << width).wrapping_sub(threshold));
    let complement = Planes::from_values(rows as u32, words, complement).as_bits();
    let mut constant = Raw::new(Additive::new(Bits::zeros(rows * words)));
    constant.add_public(&complement, ctx.is_first());
    numbers.push(constant);

    for level in 0.. {
        if numbers.len() <= 2 {
            break;
        }
        numbers = carry_save(&ctx.narrow_nth("carry-save", level), numbers, rows * words, words).await?;
    }
    let [a, b] = numbers.as_slice() else { return Err(Error::Internal("two numbers remain")) };
    top_bit(ctx, a, b, width, words).await
}

/// One level of carry-save adders: every three numbers become two of the same sum.
async fn carry_save(
    ctx: &Context<SemiHonest>,
    numbers: Vec<Shared>,
    length: usize,
    words: usize,
) -> Result<Vec<Shared>> {
    let (threes, rest) = numbers.as_chunks::<3>();
    // maj(a, b, c) = (a + c)(b + c) + c
    let left: Vec<Shared> = threes.iter().map(|[a, _, c]| xor(&[a, c])).collect();
    let right: Vec<Shared> = threes.iter().map(|[_, b, c]| xor(&[b, c])).collect();
    let products = and(ctx, &concat(&by_ref(&left)), &concat(&by_ref(&right))).await?.into_raw();
    let mut out = Vec::with_capacity(numbers.len());
    for (index, [a, b, c]) in threes.iter().enumerate() {
        let majority = xor(&[&part(&products, index * length, length), c]);
        out.push(xor(&[a, b, c]));
        out.push(Raw::linear(&[&majority], |parts| rows_shifted(parts, words, length)));
    }
    out.extend(rest.iter().map(|number| part(number, 0, length)));
    Ok(out)
}

/// Row `width` of the sum of two numbers.
async fn top_bit(
    ctx: &Context<SemiHonest>,
    a: &Shared,
    b: &Shared,
    width: usize,
    words: usize,
) -> Result<Fresh<Additive<Bits>>> {
    let low = width * words;
    let sum = xor(&[a, b]);
    let generate = and(&ctx.narrow("generate"), &part(a, 0, low), &part(b, 0, low)).await?.into_raw();
    let digits = (0..width).map(|row| Digit {
        generate: part(&generate, row * words, words),
        propagate: Some(part(&sum, row * words, words)),
    });
    let carry = carry_out(&ctx.narrow("carry"), digits.collect(), words).await?;
    // Fresh: the carry contains a product of this protocol, whose shares are uniform, as one summand.
    Ok(Fresh::new(xor(&[&part(&sum, low, words), &carry]).into_share()))
}

fn by_ref(shared: &[Shared]) -> Vec<&Shared> {
    shared.iter().collect()
}

/// The rows moved up by `shift` words, cut or filled with zeros to `length` words.
fn rows_shifted(parts: &[&Bits], shift: usize, length: usize) -> Bits {
    let rows = parts.first().map(|bits| bits.words()).unwrap_or_default();
    let zeros = std::iter::repeat(0);
    Bits::from_words(
        zeros.clone().take(shift).chain(rows.iter().copied()).chain(zeros).take(length).collect(),
    )
}

/// What [`sum_at_least`] at `step` asks for, among `sites` sites with numbers of `width` bits.
pub fn demand(out: &mut Demand, step: &Step, lane: Lane, sites: usize, width: u32, words: usize) {
    let width = width as usize;
    let mut numbers = sites + 1;
    for level in 0.. {
        if numbers <= 2 {
            break;
        }
        and::demand(out, &step.then_nth("carry-save", level), lane, numbers / 3 * (width + 1) * words);
        numbers -= numbers / 3;
    }
    and::demand(out, &step.then("generate"), lane, width * words);
    carry::demand(out, &step.then("carry"), lane, width, words);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{PARTIES, Parties, TestWorld};
    use proptest::prelude::*;

    fn check(parties: Parties, numbers: Vec<Vec<u64>>, thresholds: Vec<u64>, width: u32) {
        let sites = numbers.len();
        let words = Bits::words_for(thresholds.len());
        let step = Step::root().then("test");
        let world = TestWorld::new(parties).demand(|out| demand(out, &step, Lane::MAIN, sites, width, words));
        let out =
            world.reconstruct(|ctx| {
                let own = &numbers[ctx.roster().me().index()];
                let own = Planes::from_values(width, words, own.iter().copied());
                let thresholds = thresholds.clone();
                async move {
                    Ok(sum_at_least(&ctx.narrow("test"), &own, thresholds.into_iter()).await?.into_raw())
                }
            });
        for (index, &threshold) in thresholds.iter().enumerate() {
            let sum: u64 = numbers.iter().map(|own| own[index]).sum();
            assert_eq!(
                out.get(index),
                sum >= threshold,
                "{parties} sites, width {width}: {sum} >= {threshold}"
            );
        }
    }

    #[test]
    fn exhaustive_for_small_widths() {
        for parties in PARTIES {
            let sites = usize::from(parties.sites());
            for width in [1u32, 2, 3, 4] {
                let (mut numbers, mut thresholds) = (vec![Vec::new(); sites], Vec::new());
                for sum in 0..1u64 << width {
                    for threshold in 1..=1u64 << width {
                        let each = sum / sites as u64;
                        for (site, own) in numbers.iter_mut().enumerate() {
                            own.push(if site == 0 { sum - each * (sites as u64 - 1) } else { each });
                        }
                        thresholds.push(threshold);
                    }
                }
                check(parties, numbers, thresholds, width);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn agrees_with_integers(
            sites in 2usize..=6,
            width in 5u32..=34,
            seeds in prop::collection::vec((any::<u64>(), any::<u64>(), -2i64..=2), 1..100),
        ) {
            let bound = (1u64 << width) - 1;
            let mut numbers = vec![Vec::new(); sites];
            let mut thresholds = Vec::new();
            for (a, b, near) in seeds {
                let mut sum = 0;
                for (site, own) in numbers.iter_mut().enumerate() {
                    let value = a.rotate_left(site as u32 * 7) % (bound / sites as u64 + 1);
                    own.push(value);
                    sum += value;
                }
                let threshold = if b % 2 == 0 { sum.saturating_add_signed(near) } else { b % bound };
                thresholds.push(threshold.clamp(1, 1 << width));
            }
            check(Parties::with_helper(sites as u8), numbers, thresholds, width);
        }
    }
}
