//! Products agree with plain arithmetic, cost what the formula says, and end at a malformed message.

use super::product::{Shape, evaluate, hold};
use super::wire;
use crate::algebra::{Bits, Ring, RingShape, Vector};
use crate::error::{Error, Result};
use crate::random::{Prg, Seed};
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::step::Step;
use crate::test_world::{TestWorld, random_words};
use crate::transport::tamper::Fate;
use crate::transport::{LinkFault, PartyId};

pub(super) const HOLDER: PartyId = PartyId::new(0);
pub(super) const EVALUATOR: PartyId = PartyId::new(1);

/// Each party's part; another site has none.
pub(super) async fn multiply(
    ctx: Context<SemiHonest>,
    shape: Shape,
    numbers: &Ring<u32>,
    bits: &Bits,
) -> Result<(Ring<u32>, u64)> {
    let share = match ctx.roster().me() {
        HOLDER => hold(&ctx, EVALUATOR, shape, numbers).await?,
        EVALUATOR => evaluate(&ctx, HOLDER, shape, bits).await?,
        _ => Ring::zeros(RingShape { width: shape.width, len: shape.numbers * shape.bits }),
    };
    Ok((share, ctx.rounds()))
}

fn in_the_clear(shape: &Shape, numbers: &Ring<u32>, bits: &Bits) -> Ring<u32> {
    let words = Bits::words_for(shape.rows);
    let mut results = Vec::new();
    for i in 0..shape.numbers {
        for j in 0..shape.bits {
            let column = numbers.values()[i * shape.rows..][..shape.rows].iter().enumerate();
            let chosen = column.filter(|&(row, _)| bits.get(64 * words * j + row));
            results.push(chosen.fold(0, |sum: u32, (_, &value)| sum.wrapping_add(value)));
        }
    }
    Ring::new(shape.width, results)
}

fn check(world: TestWorld, shape: Shape, numbers: &Ring<u32>, bits: &Bits) {
    let expected = in_the_clear(&shape, numbers, bits);
    let empty = TestWorld::new(2).run_measured(|_| async { Ok(()) }).1;
    let (results, traffic) = world.run_measured(|ctx| multiply(ctx, shape, numbers, bits));
    let results: Vec<(Ring<u32>, u64)> = results.into_iter().map(Result::unwrap).collect();
    let mut sum = results[0].0.clone();
    sum.add_assign(&results[1].0);
    assert!(sum == expected, "{shape:?}");
    let cost = shape.cost();
    if results.len() == 2 {
        let sent = [0, 1].map(|site| traffic.sites[site] - empty.sites[site]);
        assert_eq!(sent, [cost.holder, cost.evaluator], "{shape:?}");
    }
    assert_eq!(results.iter().map(|result| result.1).max(), Some(cost.rounds), "{shape:?}");
}

fn random_numbers(shape: &Shape, seed: u8) -> Ring<u32> {
    let drawn = RingShape { width: shape.width, len: shape.rows * shape.numbers };
    Ring::random(drawn, &mut Prg::new(Seed::from_bytes([seed; 32])))
}

/// What lies beyond the last row of a column of bits must not matter: it is random here.
fn random_bits(shape: &Shape, seed: u8) -> Bits {
    Bits::from_words(random_words(seed, Bits::words_for(shape.rows) * shape.bits))
}

const ROWS: [usize; 8] = [1, 63, 64, 65, 4095, 4096, 4097, 9000];

#[test]
fn agrees_with_plain_arithmetic() {
    for rows in ROWS {
        for width in [2, 12, 17, 20, 32] {
            let shape = Shape { rows, numbers: 3, bits: 2, width };
            check(TestWorld::new(2), shape, &random_numbers(&shape, 1), &random_bits(&shape, 2));
        }
        for (numbers, bits) in [(1, 1), (1, 130), (130, 3)] {
            let shape = Shape { rows, numbers, bits, width: 17 };
            check(TestWorld::new(2), shape, &random_numbers(&shape, 3), &random_bits(&shape, 4));
        }
    }
}

#[test]
fn agrees_at_the_extremes() {
    for rows in ROWS {
        for width in [1, 2, 17, 20, 32] {
            let shape = Shape { rows, numbers: 5, bits: 2, width };
            let most = u32::MAX >> (32 - width);
            // A column each of zeros, ones, the two values around the middle, where rounding turns, and the last value.
            let values = [0, 1, most / 2, most / 2 + 1, most];
            let numbers = values.into_iter().flat_map(|value| std::iter::repeat_n(value, rows)).collect();
            let words = Bits::words_for(rows);
            let bits = Bits::concat([&Bits::zeros(words), &Bits::from_words(vec![u64::MAX; words])]);
            check(TestWorld::new(2), shape, &Ring::new(width, numbers), &bits);
        }
    }
}

#[test]
fn no_columns_and_no_rows() {
    for (rows, numbers, bits) in [(100, 0, 3), (100, 3, 0), (0, 3, 2), (0, 0, 0)] {
        let shape = Shape { rows, numbers, bits, width: 9 };
        check(TestWorld::new(2), shape, &random_numbers(&shape, 1), &random_bits(&shape, 2));
    }
}

#[test]
fn other_sites_do_not_take_part() {
    let shape = Shape { rows: 100, numbers: 2, bits: 3, width: 20 };
    check(TestWorld::new(3), shape, &random_numbers(&shape, 1), &random_bits(&shape, 2));
}

#[test]
fn inputs_of_another_shape_are_refused() {
    let shape = Shape { rows: 100, numbers: 2, bits: 3, width: 20 };
    let (numbers, bits) = (random_numbers(&shape, 1), random_bits(&shape, 2));
    let internal =
        |results: Vec<Result<_>>| results.into_iter().all(|result| matches!(result, Err(Error::Internal(_))));
    for shape in [
        Shape { rows: 99 + 64, ..shape },
        Shape { numbers: 1, bits: 2, ..shape },
        Shape { width: 19, bits: 2, ..shape },
        Shape { width: 33, ..shape },
    ] {
        assert!(internal(TestWorld::new(2).run(|ctx| multiply(ctx, shape, &numbers, &bits))), "{shape:?}");
    }
}

/// A remainder that is not below its prime, in the first or last coefficient of a message.
fn not_canonical(payload: &mut [u8], last: bool) -> Fate {
    let coefficients = payload.as_chunks_mut::<{ wire::BYTES }>().0;
    let end = coefficients.len() - 1;
    let limbs = wire::read(&coefficients[if last { end } else { 0 }]);
    // The second prime's remainder is in the upper half.
    let most = (1 << wire::LIMB_BITS) - 1;
    let limbs = if last { [limbs[0], most] } else { [most, limbs[1]] };
    wire::write(limbs, &mut coefficients[if last { end } else { 0 }]);
    Fate::Deliver
}

#[test]
fn malformed_messages_are_refused() {
    let shape = Shape { rows: 5000, numbers: 70, bits: 70, width: 17 };
    let (numbers, bits) = (random_numbers(&shape, 1), random_bits(&shape, 2));
    let root = Step::root().then_nth("numbers-of", 0).then_nth("bits-of", 1);
    let columns = root.then_nth("columns", 1);
    let messages = [
        (EVALUATOR, root.then_nth("elements", 1)),
        (HOLDER, columns.then_nth("rows", 0)),
        (HOLDER, columns.then_nth("rows", 1)),
        (HOLDER, columns.then("keys")),
        (EVALUATOR, root.then_nth("products", 1)),
    ];
    for (sender, step) in messages {
        let receiver = if sender == HOLDER { EVALUATOR } else { HOLDER };
        let fault = |change: fn(&mut Vec<u8>) -> Fate| {
            let world = TestWorld::new(2).cheat(sender, step.clone(), move |_, payload| change(payload));
            let mut results = world.run(|ctx| multiply(ctx, shape, &numbers, &bits));
            match results.swap_remove(receiver.index()).err() {
                Some(Error::Link { link, step: at }) => {
                    assert_eq!((link.peer, at), (sender, step.to_string()));
                    link.fault
                }
                other => panic!("{other:?}"),
            }
        };
        let refused = LinkFault::Malformed("remainder not below its prime");
        assert_eq!(fault(|payload| not_canonical(payload, false)), refused);
        assert_eq!(fault(|payload| not_canonical(payload, true)), refused);
        let longer = fault(|payload| {
            payload.push(0);
            Fate::Deliver
        });
        assert!(matches!(longer, LinkFault::WrongLength { .. }));
        let shorter = fault(|payload| {
            payload.pop();
            Fate::Deliver
        });
        assert!(matches!(shorter, LinkFault::WrongLength { .. }));
    }
}
