//! Products agree with plain arithmetic at every kind of width.

use super::{Common, DEGREE, Evaluator, Holder, Own, Shape};
use crate::algebra::{Ring, RingShape, Vector, Word};
use crate::random::{Prg, Seed};

fn prg(seed: u8) -> Prg {
    Prg::new(Seed::from_bytes([seed; 32]))
}

fn multiply<W: Word>(shape: Shape, x: &[Ring<W>], y: &[Ring<W>]) -> Ring<W> {
    let (holder, key) = Holder::new(shape, &mut Common(prg(1)), &mut Own(prg(2)));
    assert_eq!(key.len(), Shape::KEY_BYTES);
    let evaluator = Evaluator::new(shape, &mut Common(prg(1)), &key).unwrap();
    let mut results = Vec::new();
    for range in shape.messages() {
        let [x, y] = [x, y].map(|vectors| -> Vec<&[W]> {
            vectors.iter().map(|vector| &vector.values()[range.clone()]).collect()
        });
        let message = holder.encrypt(&x, &mut Common(prg(3)), &mut Own(prg(4)));
        assert_eq!(message.len(), shape.encrypted_bytes(range.len()));
        let (answer, shares) = evaluator.answer(&y, &message, &mut Common(prg(3)), &mut Own(prg(5))).unwrap();
        assert_eq!(answer.len(), shape.answer_bytes(range.len()));
        let others: Vec<W> = holder.shares(range.len(), &answer).unwrap();
        results.extend(shares.into_iter().zip(others).map(|(share, other)| share.wrapping_add(other)));
    }
    Ring::new(shape.width, results)
}

fn check<W: Word>(width: u32, len: usize, terms: usize) {
    let shape = Shape { width, len, terms };
    let most = W::default().wrapping_sub(W::from_u64(1)).low_bits(width);
    let edges =
        [W::default(), W::from_u64(1), most, most.wrapping_shr(1), most.wrapping_sub(most.wrapping_shr(1))];
    let draw = |seed: u8, turn: usize| {
        let mut values = Ring::<W>::random(RingShape { width, len }, &mut prg(seed)).values().to_vec();
        for (at, value) in values.iter_mut().take(25).enumerate() {
            *value = edges[if turn == 0 { at % 5 } else { at / 5 }];
        }
        Ring::new(width, values)
    };
    let [x, y] = [0, 1]
        .map(|turn| (0..terms).map(|term| draw(10 * turn as u8 + term as u8, turn)).collect::<Vec<_>>());
    let mut expected = Ring::zeros(RingShape { width, len });
    for (x, y) in x.iter().zip(&y) {
        let mut product = x.clone();
        product.mul_assign(y);
        expected.add_assign(&product);
    }
    assert!(multiply(shape, &x, &y) == expected, "{shape:?}");
}

#[test]
fn agrees_with_plain_arithmetic() {
    check::<u32>(1, 30, 1);
    check::<u32>(17, 100, 2);
    check::<u32>(32, DEGREE + 1, 2);
    check::<u64>(33, 64, 1);
    check::<u64>(64, 2 * DEGREE + 5, 2);
    check::<u64>(64, DEGREE, 1);
    check::<u128>(65, 40, 2);
    check::<u128>(107, 40, 2);
    check::<u128>(128, 40, 2);
}
