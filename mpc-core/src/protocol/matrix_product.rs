//! `W^T Y` modulo 2^k, shared between two sites: the holder has the matrix W of numbers, the evaluator the matrix Y of bits,
//! over the same rows. Beaver's triples (Crypto 1991) for matrices, as in SecureML (Mohassel, Zhang, S&P 2017, section 4.1),
//! between two sites with a helper. Semi-honest.
//!
//! The helper deals uniform masks, U to the holder and V to the evaluator, and shares of `U^T V`. The holder sends `D = W - U`,
//! the evaluator `E = Y - V`, and
//!
//! ```text
//! W^T Y = D^T Y + U^T E + U^T V
//! ```
//!
//! of which the evaluator computes the first product, numbers times bits, and the holder the second, numbers times numbers.
//! The third is the helper's.
//!
//! *Security.* The evaluator sees D, which U hides, and its share of `U^T V`, which the holder's uniform share hides. The holder
//! sees E, which V hides. So all that each sees is uniform, whatever the data; both masks are used once.
//!
//! Bits: k for each number from the holder, k for each bit from the evaluator, packed, in blocks of rows; from the helper k for
//! each sum. 1 round, as no message waits for another.

use crate::algebra::packed::{pack, packed_len, unpack};
use crate::algebra::{Bits, Ring, Vector, matrix};
use crate::correlation::{Demand, MatrixShape, Request};
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::step::Step;
use crate::transport::{Lane, PartyId};
use futures::future::try_join;
use std::ops::Range;
use zeroize::Zeroizing;

/// Numbers that are wiped.
type Numbers = Zeroizing<Vec<u32>>;

/// At the site with the numbers, one column after another: its share of the sums, those of one column after another.
///
/// # Errors
/// [`Error::Internal`] for numbers of another shape; those of the source and of the link.
pub async fn hold(
    ctx: &Context<SemiHonest>,
    evaluator: PartyId,
    shape: MatrixShape,
    numbers: &Ring<u32>,
) -> Result<Ring<u32>> {
    if numbers.shape() != shape.held() {
        return Err(Error::Internal("a matrix of another shape"));
    }
    let step = ctx.narrow(MASKS);
    let (triples, place) = step.matrix_triples()?;
    let mut stream = triples.hold(&place);
    let mut sums = Zeroizing::new(vec![0; shape.sums()]);
    let make = |rows: &Range<usize>| {
        let mask = matrix::random(shape.width, rows.len() * shape.numbers, &mut stream);
        let mut masked = matrix::rows(numbers.values(), shape.rows, rows);
        matrix::subtract(shape.width, &mut masked, &mask);
        (pack(shape.width, &masked), mask)
    };
    let side = Side { peer: evaluator, sends: NUMBERS, receives: BITS, columns: shape.bits };
    exchange(ctx, shape, side, make, |rows, mask: &Numbers, masked| {
        matrix::add_products(shape.width, rows.len(), mask, masked, &mut sums);
    })
    .await?;
    let mut share = Ring::new(shape.width, std::mem::take(&mut sums));
    share.add_random(&mut stream);
    Ok(share)
}

/// At the site with the bits, one column after another, each in whole words: its share of the sums.
///
/// # Errors
/// [`Error::Internal`] for bits of another shape; those of the source and of the link.
pub async fn evaluate(
    ctx: &Context<SemiHonest>,
    holder: PartyId,
    shape: MatrixShape,
    bits: &Bits,
) -> Result<Ring<u32>> {
    if bits.shape() != shape.bits * Bits::words_for(shape.rows) {
        return Err(Error::Internal("a matrix of another shape"));
    }
    let step = ctx.narrow(MASKS);
    let (triples, place) = step.matrix_triples()?;
    let (mut stream, product) = triples.evaluate(place, shape);
    let mut sums = Zeroizing::new(vec![0; shape.sums()]);
    let make = |rows: &Range<usize>| {
        let columns = matrix::bit_rows(bits, shape.rows, rows);
        let mask = matrix::random(shape.width, rows.len() * shape.bits, &mut stream);
        let mut masked = matrix::numbers(rows.len(), &columns);
        matrix::subtract(shape.width, &mut masked, &mask);
        (pack(shape.width, &masked), columns)
    };
    let side = Side { peer: holder, sends: BITS, receives: NUMBERS, columns: shape.numbers };
    exchange(ctx, shape, side, make, |rows, columns: &Vec<&[u64]>, masked| {
        matrix::add_subset_sums(rows.len(), masked, columns, &mut sums);
    })
    .await?;
    let mut share = Ring::new(shape.width, std::mem::take(&mut sums));
    share.add_assign(&Zeroizing::new(product.await?));
    Ok(share)
}

/// The product where one site has both matrices.
pub fn local(shape: MatrixShape, numbers: &Ring<u32>, bits: &Bits) -> Ring<u32> {
    let mut sums = Zeroizing::new(vec![0; shape.sums()]);
    for rows in shape.blocks() {
        let columns = matrix::bit_rows(bits, shape.rows, &rows);
        let numbers = matrix::rows(numbers.values(), shape.rows, &rows);
        matrix::add_subset_sums(rows.len(), &numbers, &columns, &mut sums);
    }
    Ring::new(shape.width, std::mem::take(&mut sums))
}

const MASKS: &str = "masks";
const ROWS: &str = "rows";
const NUMBERS: &str = "numbers";
const BITS: &str = "bits";

/// Who a site is in a product: the names of what it sends and receives.
struct Side {
    peer: PartyId,
    sends: &'static str,
    receives: &'static str,
    /// Columns of what it receives.
    columns: usize,
}

/// For each block of rows sends what is made, and uses what the peer sends, with what was kept. The next block is sent
/// while the peer's is awaited, so that both sites work at the same time.
async fn exchange<K>(
    ctx: &Context<SemiHonest>,
    shape: MatrixShape,
    side: Side,
    mut make: impl FnMut(&Range<usize>) -> (Vec<u8>, K),
    mut consume: impl FnMut(&Range<usize>, &K, &[u32]),
) -> Result<()> {
    let mut before = None;
    for block in shape.blocks().enumerate().map(Some).chain([None]) {
        let (made, message) = block.map_or((None, None), |(number, rows)| {
            let (message, kept) = make(&rows);
            let step = ctx.narrow_nth(ROWS, number);
            (Some((step.clone(), rows, kept)), Some((step, message)))
        });
        let send = async {
            match message {
                Some((step, message)) => step.narrow(side.sends).send_to(side.peer, message).await,
                None => Ok(()),
            }
        };
        let receive = async {
            match before.take() {
                Some((step, rows, kept)) => {
                    receive(step, rows, &side, shape.width).await.map(|received| Some((received, kept)))
                }
                None => Ok(None),
            }
        };
        if let ((), Some(((rows, masked), kept))) = try_join(send, receive).await? {
            consume(&rows, &kept, &masked);
        }
        before = made;
    }
    Ok(())
}

/// What the peer sends for a block of rows.
async fn receive(
    step: Context<SemiHonest>,
    rows: Range<usize>,
    side: &Side,
    width: u32,
) -> Result<(Range<usize>, Vec<u32>)> {
    let step = step.narrow(side.receives);
    let mut masked = vec![0; rows.len() * side.columns];
    let length = packed_len(width, masked.len());
    let received = step.receive_from(side.peer, length);
    let bytes = received.await?;
    unpack(width, &bytes, &mut masked).ok_or_else(|| step.malformed(side.peer, "masked matrix"))?;
    Ok((rows, masked))
}

/// What [`hold`] and [`evaluate`] at `step` ask for.
pub fn demand(
    out: &mut Demand,
    step: &Step,
    lane: Lane,
    [holder, evaluator]: [PartyId; 2],
    shape: MatrixShape,
) {
    out.push(&step.then(MASKS), lane, Request::MatrixTriples { holder, evaluator, shape });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::RingShape;
    use crate::random::{Prg, Seed};
    use crate::test_world::{Parties, TestWorld, Traffic, random_words};
    use crate::transport::LinkFault;
    use crate::transport::tamper::Fate;

    const HOLDER: PartyId = PartyId::new(1);
    const EVALUATOR: PartyId = PartyId::new(0);

    fn step() -> Step {
        Step::root().then("product")
    }

    fn product(shape: MatrixShape) -> RingShape {
        RingShape { width: shape.width, len: shape.sums() }
    }

    fn inputs(shape: MatrixShape) -> (Ring<u32>, Bits) {
        let mut numbers =
            Ring::random(shape.held(), &mut Prg::new(Seed::from_bytes([3; 32]))).values().to_vec();
        // The largest number, and none, in some rows.
        let largest = u32::MAX >> (32 - shape.width);
        numbers.iter_mut().step_by(5).for_each(|number| *number = largest);
        numbers.iter_mut().step_by(7).for_each(|number| *number = 0);
        let mut bits = random_words(4, shape.bits * Bits::words_for(shape.rows));
        bits.iter_mut().step_by(3).for_each(|word| *word = u64::MAX);
        (Ring::new(shape.width, numbers), Bits::from_words(bits))
    }

    /// Row by row.
    fn expected(shape: MatrixShape, numbers: &Ring<u32>, bits: &Bits) -> Ring<u32> {
        let words = Bits::words_for(shape.rows);
        let mut sums = vec![0u32; shape.sums()];
        for row in 0..shape.rows {
            for i in 0..shape.numbers {
                let number = numbers.values()[i * shape.rows + row];
                for j in 0..shape.bits {
                    if bits.get(64 * words * j + row) {
                        sums[i * shape.bits + j] = sums[i * shape.bits + j].wrapping_add(number);
                    }
                }
            }
        }
        Ring::new(shape.width, sums)
    }

    fn world(parties: Parties, shape: MatrixShape) -> TestWorld {
        TestWorld::new(parties).demand(|out| demand(out, &step(), Lane::MAIN, [HOLDER, EVALUATOR], shape))
    }

    fn run(world: TestWorld, shape: MatrixShape) -> (Vec<Result<Option<Ring<u32>>>>, Traffic) {
        let (numbers, bits) = &inputs(shape);
        world.run_measured(|ctx| async move {
            let ctx = ctx.narrow("product");
            match ctx.roster().me() {
                HOLDER => hold(&ctx, EVALUATOR, shape, numbers).await.map(Some),
                EVALUATOR => evaluate(&ctx, HOLDER, shape, bits).await.map(Some),
                _ => Ok(None),
            }
        })
    }

    fn check(parties: Parties, shape: MatrixShape) {
        let (shares, traffic) = run(world(parties, shape), shape);
        let (_, nothing) = TestWorld::new(parties).run_measured(|_| async { Ok(()) });
        let mut sum = Ring::zeros(product(shape));
        for share in shares.into_iter().filter_map(Result::unwrap) {
            assert_eq!(share.shape(), product(shape));
            sum.add_assign(&share);
        }
        let (numbers, bits) = inputs(shape);
        assert!(sum == expected(shape, &numbers, &bits), "{shape:?}");
        assert!(local(shape, &numbers, &bits) == sum, "{shape:?} at one site");
        let sent = |site: PartyId| traffic.sites[site.index()] - nothing.sites[site.index()];
        assert_eq!(sent(HOLDER), shape.holder_bytes(), "{shape:?}");
        assert_eq!(sent(EVALUATOR), shape.evaluator_bytes(), "{shape:?}");
        assert_eq!(traffic.helper - nothing.helper, shape.correction_bytes(), "{shape:?}");
    }

    #[test]
    fn agrees_with_plain_sums() {
        for width in [2, 12, 16, 17, 24, 32] {
            for rows in [1, 63, 64, 65, 1000, 5000] {
                for [numbers, bits] in [[1, 1], [1, 70], [3, 3], [70, 3], [70, 70]] {
                    check(Parties::with_helper(2), MatrixShape { rows, numbers, bits, width });
                }
            }
        }
    }

    #[test]
    fn other_sites_have_no_part_in_it() {
        for sites in [3, 5] {
            check(Parties::with_helper(sites), MatrixShape { rows: 200, numbers: 5, bits: 9, width: 17 });
        }
    }

    #[test]
    fn many_rows_and_many_sums_take_several_messages() {
        let tall = MatrixShape { rows: 140_000, numbers: 2, bits: 1, width: 18 };
        assert_eq!(tall.blocks().count(), 3);
        check(Parties::with_helper(2), tall);
        let wide = MatrixShape { rows: 65, numbers: 1300, bits: 1000, width: 7 };
        assert_eq!(wide.parts().count(), 2);
        check(Parties::with_helper(2), wide);
    }

    #[test]
    fn bytes_are_bits_that_are_needed() {
        let shape = MatrixShape { rows: 100_000, numbers: 1000, bits: 100, width: 17 };
        assert_eq!(shape.holder_bytes(), 100_000 * 1000 * 17 / 8);
        assert_eq!(shape.evaluator_bytes(), 100_000 * 100 * 17 / 8);
        assert_eq!(shape.correction_bytes(), 1000 * 100 * 17 / 8);
    }

    #[test]
    fn matrices_of_another_shape_are_refused() {
        let shape = MatrixShape { rows: 100, numbers: 3, bits: 2, width: 17 };
        let world = world(Parties::with_helper(2), shape);
        let results = world.run(|ctx| async move {
            let ctx = ctx.narrow("product");
            if ctx.roster().me() == HOLDER {
                let numbers = Ring::zeros(MatrixShape { rows: 99, ..shape }.held());
                hold(&ctx, EVALUATOR, shape, &numbers).await
            } else {
                evaluate(&ctx, HOLDER, shape, &Bits::zeros(3)).await
            }
        });
        for result in results {
            assert_eq!(result.err(), Some(Error::Internal("a matrix of another shape")));
        }
    }

    #[test]
    fn messages_of_another_length_or_form_are_named() {
        let shape = MatrixShape { rows: 65, numbers: 3, bits: 2, width: 17 };
        let of = |name: &str| step().then_nth(ROWS, 0).then(name);
        let helper = PartyId::new(2);
        let part = step().then(MASKS).then_nth("part", 0);
        for (cheater, step, victim) in
            [(HOLDER, of(NUMBERS), EVALUATOR), (EVALUATOR, of(BITS), HOLDER), (helper, part, EVALUATOR)]
        {
            for longer in [true, false] {
                let world = world(Parties::with_helper(2), shape);
                let world = world.cheat(cheater, step.clone(), move |_, payload| {
                    if longer {
                        payload.push(0);
                    } else if let Some(last) = payload.last_mut() {
                        // A bit beyond the last number.
                        *last |= 0x80;
                    }
                    Fate::Deliver
                });
                match run(world, shape).0.swap_remove(victim.index()) {
                    Err(Error::Link { link, step: found }) => {
                        assert_eq!(link.peer, cheater);
                        assert_eq!(found, step.to_string());
                        let wrong_length = matches!(link.fault, LinkFault::WrongLength { .. });
                        assert_eq!(wrong_length, longer, "{}", link.fault);
                    }
                    other => panic!("{:?}", other.map(|_| ())),
                }
            }
        }
    }
}
