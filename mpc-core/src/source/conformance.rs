//! One test for every source: the correlations, combined in the clear, are what they claim to be, and what single
//! sites hold of them is uniform and independent from step to step.

use crate::algebra::{Bits, Planes, Vector};
use crate::correlation::{AndTriples, Demand, OneTimeTables, Request, TruthTable};
use crate::sharing::Share;
use crate::step::Step;
use crate::test_world::TestWorld;
use crate::transport::Lane;

const WORDS: usize = 40;

fn clone<V: Vector + Clone>(share: &impl Share<V>) -> V {
    share.opening().clone()
}

fn sum<V: Vector>(shares: impl IntoIterator<Item = V>) -> V {
    shares
        .into_iter()
        .reduce(|mut sum, share| {
            sum.add_assign(&share);
            sum
        })
        .unwrap_or_default()
}

fn ones(bits: &Bits) -> f64 {
    f64::from(bits.words().iter().map(|word| word.count_ones()).sum::<u32>())
        / (bits.words().len() as f64 * 64.0)
}

#[test]
fn and_triples_are_triples() {
    for sites in [2, 3, 5] {
        let steps = |index| Step::root().then_nth("triples", index);
        let count = |out: &mut Demand| {
            (0..4).for_each(|index| {
                out.push(&steps(index), Lane::nth(index), Request::AndTriples { words: WORDS })
            });
        };
        let held = TestWorld::new(sites).demand(count).run(|ctx| async move {
            let mut held = Vec::new();
            for index in 0..4 {
                let step = ctx.narrow_nth("triples", index).on_lane(Lane::nth(index));
                let AndTriples { a, b, c } = step.and_triples(WORDS).await?;
                held.push([clone(&a), clone(&b), clone(&c)]);
            }
            Ok(held)
        });
        let held: Vec<_> = held.into_iter().map(Result::unwrap).collect();
        let mut seen: Vec<&Bits> = Vec::new();
        for index in 0..4 {
            let [a, b, c] = [0, 1, 2].map(|part| sum(held.iter().map(|site| site[index][part].clone())));
            let mut product = a.clone();
            product.and_assign(&b);
            assert!(product == c);
            assert!((ones(&a) - 0.5).abs() < 0.05 && (ones(&b) - 0.5).abs() < 0.05);
            for share in held.iter().flat_map(|site| &site[index]) {
                assert!((ones(share) - 0.5).abs() < 0.05, "shares are uniform");
                assert!(!seen.contains(&share), "no share is used twice");
                seen.push(share);
            }
        }
    }
}

#[test]
fn one_time_tables_hold_the_moved_function() {
    for sites in [2, 3, 5] {
        for width in [1, 3, 5, 8] {
            let function = TruthTable::new(width, |v| v >= 3 || v == 0).unwrap();
            let step = Step::root().then("tables");
            let request = Request::OneTimeTables { function: function.clone(), words: WORDS };
            let held = TestWorld::new(sites).demand(|out| out.push(&step, Lane::MAIN, request)).run(|ctx| {
                let function = function.clone();
                async move {
                    let OneTimeTables { mask, table } =
                        ctx.narrow("tables").one_time_tables(function, WORDS).await?;
                    Ok((clone(&mask), clone(&table)))
                }
            });
            let held: Vec<(Planes, Bits)> = held.into_iter().map(Result::unwrap).collect();
            let mask = sum(held.iter().map(|(mask, _)| mask.clone()));
            let table = sum(held.iter().map(|(_, table)| table.clone()));
            for (_, share) in &held {
                assert!((ones(share) - 0.5).abs() < 0.05, "shares are uniform");
            }
            let modulus = 1u64 << width;
            for element in 0..WORDS * 64 {
                let r = mask.get(element);
                for v in 0..modulus {
                    let expected = function.values()[((v + modulus - r) % modulus) as usize];
                    assert_eq!(table.get(v as usize * WORDS * 64 + element), expected);
                }
            }
        }
    }
}
