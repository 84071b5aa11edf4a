//! Correlations between two sites.

use super::{ALL, assert_uniform, planes, rows};
use crate::algebra::{Bits, Ring, RingShape, Vector, matrix};
use crate::correlation::{MatrixShape, Request};
use crate::step::Step;
use crate::test_world::{Parties, TestWorld, random_words};
use crate::transport::{Lane, PartyId};

const FIRST: PartyId = PartyId::new(1);
const SECOND: PartyId = PartyId::new(0);

/// Words of the vectors that are tested to be uniform.
const WORDS: usize = 40;

fn transfers(parties: Parties, words: usize, width: usize) {
    let step = Step::root().then("asked");
    let request = Request::Transfers { sender: FIRST, receiver: SECOND, words, width };
    let choices = Bits::from_words(random_words(5, words));
    let held = TestWorld::new(parties).demand(|out| out.push(&step, Lane::MAIN, request)).run(|ctx| {
        let choices = choices.clone();
        async move {
            let ctx = ctx.narrow("asked");
            let (source, place) = ctx.transfers()?;
            match ctx.roster().me() {
                FIRST => Ok(source.offer(place, SECOND, words, width).await?.to_vec()),
                SECOND => Ok(vec![source.choose(place, FIRST, choices, width).await?]),
                _ => Ok(Vec::new()),
            }
        }
    });
    let held: Vec<Vec<Bits>> = held.into_iter().map(Result::unwrap).collect();
    let (offered, chosen) = (&held[FIRST.index()], &held[SECOND.index()][0]);
    assert_eq!(chosen.shape(), width * words);
    for (place, ((zero, one), chosen)) in
        offered[0].words().iter().zip(offered[1].words()).zip(chosen.words()).enumerate()
    {
        let choice = choices.words()[place % words];
        assert_eq!(*chosen, zero & !choice | one & choice, "{parties} sites, {width} bits");
    }
    if words == WORDS {
        // The pad that was not chosen is independent of all that the receiver has.
        let mut other = offered[0].clone();
        other.add_assign(&offered[1]);
        other.add_assign(chosen);
        let few = |bits: &Bits| rows(bits, words).into_iter().take(40).collect::<Vec<_>>();
        assert_uniform(&[
            [few(&offered[0]), few(&offered[1])].concat(),
            [few(chosen), few(&other), vec![choices]].concat(),
        ]);
        // Nor is a wide pad a short one again and again.
        for pad in [&offered[0], &offered[1], chosen] {
            let rows = rows(pad, words);
            let again = rows.iter().zip(rows.iter().skip(128)).filter(|(row, later)| row == later);
            assert_eq!(again.count(), 0, "{parties} sites, {width} bits");
        }
    }
}

#[test]
fn chosen_pads_are_those_that_were_chosen() {
    for parties in ALL {
        for (words, width) in [(1, 1), (3, 5), (WORDS, 20), (9, 128), (2, 129), (WORDS, 700)] {
            transfers(parties, words, width);
        }
    }
}

fn matrix_triples(parties: Parties, shape: MatrixShape) {
    let step = Step::root().then("asked");
    let request = Request::MatrixTriples { holder: FIRST, evaluator: SECOND, shape };
    let held =
        TestWorld::new(parties).demand(|out| out.push(&step, Lane::MAIN, request)).run(|ctx| async move {
            let ctx = ctx.narrow("asked");
            let (source, place) = ctx.matrix_triples()?;
            let draw = |columns: usize, prg: &mut _| {
                let draw =
                    |rows: std::ops::Range<usize>| matrix::random(shape.width, rows.len() * columns, prg);
                shape.blocks().map(draw).collect::<Vec<_>>()
            };
            match ctx.roster().me() {
                FIRST => {
                    let mut stream = source.hold(&place);
                    let mask = draw(shape.numbers, &mut stream);
                    Ok((mask, Ring::random(RingShape { width: shape.width, len: shape.sums() }, &mut stream)))
                }
                SECOND => {
                    let (mut stream, product) = source.evaluate(place, shape);
                    Ok((draw(shape.bits, &mut stream), product.await?))
                }
                _ => Ok((Vec::new(), Ring::zeros(RingShape { width: shape.width, len: 0 }))),
            }
        });
    let held: Vec<_> = held.into_iter().map(Result::unwrap).collect();
    let ((left, first), (right, second)) = (&held[FIRST.index()], &held[SECOND.index()]);
    let mut products = vec![0; shape.sums()];
    for ((left, right), rows) in left.iter().zip(right).zip(shape.blocks()) {
        for (at, sum) in products.iter_mut().enumerate() {
            let column = |matrix: &[u32], column: usize| matrix[column * rows.len()..][..rows.len()].to_vec();
            let (a, b) = (column(left, at / shape.bits), column(right, at % shape.bits));
            *sum = a.iter().zip(b).fold(*sum, |sum: u32, (a, b)| sum.wrapping_add(a.wrapping_mul(b)));
        }
    }
    let mut sum = first.clone();
    sum.add_assign(second);
    assert!(sum == Ring::new(shape.width, products), "{parties} sites, {shape:?}");
    if shape.rows == 64 * WORDS {
        // The product has as many elements as a mask, so that all can be compared.
        let of = |masks: &[zeroize::Zeroizing<Vec<u32>>], share: &Ring<u32>| {
            let mask = Ring::new(shape.width, masks.iter().flat_map(|mask| mask.to_vec()).collect());
            let rows = planes(&mask).into_iter().chain(planes(share)).collect::<Vec<_>>();
            rows.into_iter().map(|row| row.slice(0, WORDS)).collect::<Vec<_>>()
        };
        assert_uniform(&[of(left, first), of(right, second)]);
    }
}

#[test]
fn matrix_triples_are_products_of_the_masks() {
    for sites in [2, 3, 5] {
        let parties = Parties::with_helper(sites);
        for (rows, numbers, bits, width) in
            [(1, 1, 1, 1), (65, 3, 70, 17), (3000, 2, 2, 32), (64 * WORDS, 60, 70, 13), (70_000, 1, 2, 20)]
        {
            matrix_triples(parties, MatrixShape { rows, numbers, bits, width });
        }
    }
}

#[test]
fn sites_alone_have_no_matrix_triples() {
    let world = TestWorld::new(Parties::without_helper(2, crate::source::ot::Field::Bits4));
    let refused = world.run(|ctx| async move { ctx.narrow("asked").matrix_triples().map(|_| ()) });
    assert!(refused.into_iter().all(|result| result.is_err()));
}
