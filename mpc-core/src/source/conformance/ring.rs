//! Correlations over rings.

use super::{ALL, LARGE, assert_uniform, clone, planes, rows, rows_and_sum, sum};
use crate::algebra::{Bits, Ring, RingShape, Vector};
use crate::correlation::{
    DIGIT_BITS, DIGIT_VALUES, Dealt, DigitMasks, DoubleBits, Request, Squares, Triples, digits_of,
};
use crate::error::Result;
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::step::Step;
use crate::test_world::{Parties, TestWorld};
use crate::transport::Lane;

/// Elements of the vectors whose shares are tested to be uniform.
const LEN: usize = 64 * 40;

/// As many for which sites without a helper multiply encryptions, at 60 bits and more.
const ENCRYPTED: usize = 64 * 160;

/// What each site holds of one request.
fn held<T, F: Future<Output = Result<T>>>(
    sites: Parties,
    request: Request,
    ask: impl Fn(Context<SemiHonest>) -> F,
) -> Vec<T> {
    let step = Step::root().then("asked");
    let world = TestWorld::new(sites).demand(|out| out.push(&step, Lane::MAIN, request));
    world.run(|ctx| ask(ctx.narrow("asked"))).into_iter().map(Result::unwrap).collect()
}

fn of_parts<T, V: Vector>(held: &[T], part: impl Fn(&T) -> &V) -> V {
    sum(held.iter().map(|site| part(site).clone()))
}

fn triples<W: Dealt>(parties: &[Parties], width: u32, len: usize, run: usize) {
    let shape = RingShape { width, len };
    for &sites in parties {
        let held = held(sites, Request::Triples { word: W::BITS, shape, run }, |ctx| async move {
            let (source, place) = ctx.ring_source::<W>()?;
            let Triples { a, b, c } = source.triples(place, shape, run).await?;
            Ok([clone(&a), clone(&b), clone(&c)])
        });
        let [a, b, c] = [0, 1, 2].map(|part| of_parts(&held, |site| &site[part]));
        let mut products: Ring<W> = a;
        products.mul_assign(&b);
        assert!(products.run_sums(run) == c, "{sites} sites, {shape:?}, runs of {run}");
        if [LEN, ENCRYPTED].contains(&len) {
            let held = held.iter().map(|[a, b, c]| [planes(a), planes(b), planes(c)].concat());
            assert_uniform(&held.collect::<Vec<_>>());
        }
    }
}

#[test]
fn triples_are_triples() {
    triples::<u32>(&ALL, 1, 65, 1);
    triples::<u32>(&ALL, 2, 64, 4);
    triples::<u32>(&ALL, 20, LEN, 1);
    triples::<u32>(&ALL, 31, 60, 3);
    triples::<u32>(&ALL, 32, 1, 1);
    triples::<u64>(&ALL, 33, 130, 1);
    triples::<u64>(&ALL, 51, 100, 100);
    triples::<u64>(&ALL, 64, 200, 2);
    triples::<u128>(&ALL, 65, 3, 1);
    triples::<u128>(&ALL, 107, 70, 1);
    triples::<u128>(&ALL, 128, 66, 1);
}

#[test]
fn triples_by_encryptions_are_triples() {
    const { assert!(ENCRYPTED < 16_384) };
    triples::<u64>(&ALL, 64, ENCRYPTED, 1);
    triples::<u32>(&LARGE, 20, 16_384, 1);
    triples::<u64>(&LARGE, 64, 2 * 16_384 + 1, 1);
    triples::<u64>(&LARGE, 51, 16_500, 3);
    triples::<u128>(&LARGE, 107, 16_385, 1);
    triples::<u128>(&LARGE, 128, 5_000, 1);
}

#[test]
fn squares_by_encryptions_are_squares() {
    squares::<u64>(&ALL, 64, ENCRYPTED);
    squares::<u32>(&LARGE, 32, 34_000);
    squares::<u128>(&LARGE, 128, 16_400);
}

fn squares<W: Dealt>(parties: &[Parties], width: u32, len: usize) {
    let shape = RingShape { width, len };
    for &sites in parties {
        let held = held(sites, Request::Squares { word: W::BITS, shape }, |ctx| async move {
            let (source, place) = ctx.ring_source::<W>()?;
            let Squares { a, c } = source.squares(place, shape).await?;
            Ok([clone(&a), clone(&c)])
        });
        let [a, c] = [0, 1].map(|part| of_parts(&held, |site| &site[part]));
        let mut squares: Ring<W> = a.clone();
        squares.mul_assign(&a);
        assert!(squares == c, "{sites} sites, {shape:?}");
        if [LEN, ENCRYPTED].contains(&len) {
            let held = held.iter().map(|[a, c]| [planes(a), planes(c)].concat());
            assert_uniform(&held.collect::<Vec<_>>());
        }
    }
}

#[test]
fn squares_are_squares() {
    squares::<u32>(&ALL, 1, 65);
    squares::<u32>(&ALL, 2, 64);
    squares::<u32>(&ALL, 19, LEN);
    squares::<u32>(&ALL, 32, 1);
    squares::<u64>(&ALL, 33, 130);
    squares::<u64>(&ALL, 64, 100);
    squares::<u128>(&ALL, 65, 3);
    squares::<u128>(&ALL, 128, 66);
}

fn double_bits<W: Dealt>(parties: &[Parties], width: u32, len: usize) {
    let shape = RingShape { width, len };
    for &sites in parties {
        let held = held(sites, Request::DoubleBits { word: W::BITS, shape }, |ctx| async move {
            let (source, place) = ctx.ring_source::<W>()?;
            let DoubleBits { boolean, arithmetic } = source.double_bits(place, shape).await?;
            Ok((clone(&boolean), clone(&arithmetic)))
        });
        let boolean = of_parts(&held, |site| &site.0);
        let arithmetic: Ring<W> = of_parts(&held, |site| &site.1);
        assert_eq!(arithmetic.shape(), shape);
        assert_eq!(boolean.shape(), Bits::words_for(len));
        let expected = Ring::from_bits(shape, &boolean, W::default(), W::from_u64(1));
        assert!(arithmetic == expected, "{sites} sites, {shape:?}");
        if len == LEN {
            let held = held.iter().map(|(bits, ring)| [vec![bits.clone()], planes(ring)].concat());
            assert_uniform(&held.collect::<Vec<_>>());
        }
    }
}

#[test]
fn double_bits_are_the_same_both_ways() {
    double_bits::<u32>(&ALL, 1, 65);
    double_bits::<u32>(&ALL, 2, 64);
    double_bits::<u32>(&ALL, 20, LEN);
    double_bits::<u32>(&ALL, 32, 1);
    double_bits::<u64>(&ALL, 33, 130);
    double_bits::<u64>(&ALL, 64, 3000);
    double_bits::<u128>(&ALL, 65, 3);
    double_bits::<u128>(&ALL, 128, 66);
}

fn digit_masks<W: Dealt>(parties: &[Parties], width: u32, len: usize) {
    let shape = RingShape { width, len };
    let words = Bits::words_for(len);
    for &sites in parties {
        let held = held(sites, Request::DigitMasks { word: W::BITS, shape }, |ctx| async move {
            let (source, place) = ctx.ring_source::<W>()?;
            let DigitMasks { mask, digits } = source.digit_masks(place, shape).await?;
            Ok((clone(&mask), clone(&digits)))
        });
        let mask: Ring<W> = of_parts(&held, |site| &site.0);
        let digits = of_parts(&held, |site| &site.1);
        assert_eq!(mask.shape(), shape);
        assert_eq!(digits.shape(), digits_of(width) * DIGIT_VALUES * words);
        for (element, mask) in mask.values().iter().enumerate() {
            for (digit, rows) in digits.words().chunks(DIGIT_VALUES * words).enumerate() {
                let value = mask.bits((digit * DIGIT_BITS) as u32, DIGIT_BITS as u32);
                for (row, of) in rows.chunks(words).zip(0..) {
                    let found = row[element / 64] >> (element % 64) & 1 == 1;
                    assert_eq!(found, of == value, "{sites} sites, {shape:?}, digit {digit}");
                }
            }
        }
        if len == LEN {
            let held = held.iter().map(|(mask, digits)| {
                let digits = rows(digits, DIGIT_VALUES * words);
                let digits = digits.iter().flat_map(|digit| rows_and_sum(digit, words)).collect();
                [planes(mask), digits].concat()
            });
            assert_uniform(&held.collect::<Vec<_>>());
        }
    }
}

#[test]
fn digits_of_masks_are_one_hot() {
    digit_masks::<u32>(&ALL, 1, 65);
    digit_masks::<u32>(&ALL, 2, 64);
    digit_masks::<u32>(&ALL, 9, LEN);
    digit_masks::<u32>(&ALL, 31, 60);
    digit_masks::<u32>(&ALL, 32, 1);
    digit_masks::<u64>(&ALL, 33, 130);
    digit_masks::<u64>(&ALL, 64, 100);
    digit_masks::<u128>(&ALL, 65, 3);
    digit_masks::<u128>(&ALL, 128, 66);
}

#[test]
fn large_requests_are_made_in_parts() {
    triples::<u32>(&LARGE, 8, 135_000, 1);
    squares::<u32>(&LARGE, 9, 135_000);
    double_bits::<u32>(&LARGE, 9, 1_050_000);
    digit_masks::<u32>(&LARGE, 21, 50_000);
}
