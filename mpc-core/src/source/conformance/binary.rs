//! Correlations over Z_2.

use super::{ALL, LARGE, assert_uniform, clone, rows_and_sum, sum};
use crate::algebra::{Bits, Planes};
use crate::correlation::{AndTriples, Demand, OneTimeTables, Request, TruthTable};
use crate::step::Step;
use crate::test_world::{Parties, TestWorld};
use crate::transport::Lane;

const WORDS: usize = 40;

fn and_triples(parties: &[Parties], sizes: &[usize]) {
    for &sites in parties {
        for &words in sizes {
            let steps = |index| Step::root().then_nth("triples", index);
            let count = |out: &mut Demand| {
                (0..4).for_each(|index| {
                    out.push(&steps(index), Lane::nth(index), Request::AndTriples { words })
                });
            };
            let held = TestWorld::new(sites).demand(count).run(|ctx| async move {
                let mut held = Vec::new();
                for index in 0..4 {
                    let step = ctx.narrow_nth("triples", index).on_lane(Lane::nth(index));
                    let AndTriples { a, b, c } = step.and_triples(words).await?;
                    held.push([clone(&a), clone(&b), clone(&c)]);
                }
                Ok(held)
            });
            let held: Vec<Vec<[Bits; 3]>> = held.into_iter().map(Result::unwrap).collect();
            for index in 0..4 {
                let [a, b, c] = [0, 1, 2].map(|part| sum(held.iter().map(|site| site[index][part].clone())));
                let mut product = a.clone();
                product.and_assign(&b);
                assert!(product == c, "{sites} sites, {words} words");
            }
            if words == WORDS {
                let held: Vec<Vec<Bits>> =
                    held.into_iter().map(|site| site.into_iter().flatten().collect()).collect();
                assert_uniform(&held);
            }
        }
    }
}

fn one_time_tables(parties: &[Parties], sizes: &[(u32, usize)]) {
    for &sites in parties {
        for &(width, words) in sizes {
            let function = TruthTable::new(width, |v| v >= 3 || v == 0).unwrap();
            let step = Step::root().then("tables");
            let request = Request::OneTimeTables { function: function.clone(), words };
            let held = TestWorld::new(sites).demand(|out| out.push(&step, Lane::MAIN, request)).run(|ctx| {
                let function = function.clone();
                async move {
                    let OneTimeTables { mask, table } =
                        ctx.narrow("tables").one_time_tables(function, words).await?;
                    Ok((clone(&mask), clone(&table)))
                }
            });
            let held: Vec<(Planes, Bits)> = held.into_iter().map(Result::unwrap).collect();
            let mask = sum(held.iter().map(|(mask, _)| mask.clone()));
            let table = sum(held.iter().map(|(_, table)| table.clone()));
            let modulus = 1u64 << width;
            for element in 0..words * 64 {
                let r = mask.get(element);
                for v in 0..modulus {
                    let expected = function.values()[((v + modulus - r) % modulus) as usize];
                    let found = table.get(v as usize * words * 64 + element);
                    assert_eq!(found, expected, "{sites} sites, {width} bits");
                }
            }
            if words == WORDS {
                let held = held.iter().map(|(mask, table)| {
                    [super::rows(&mask.as_bits(), words), rows_and_sum(table, words)].concat()
                });
                assert_uniform(&held.collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn and_triples_are_triples() {
    and_triples(&ALL, &[1, 3, WORDS]);
}

#[test]
fn one_time_tables_hold_the_moved_function() {
    one_time_tables(&ALL, &[(1, 1), (1, WORDS), (3, 2), (4, WORDS), (5, 3), (8, WORDS)]);
}

#[test]
fn large_requests_are_made_in_parts() {
    and_triples(&LARGE, &[(1 << 14) + 3]);
    one_time_tables(&LARGE, &[(3, 5_500)]);
}
