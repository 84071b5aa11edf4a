//! What the holder sees, tested: elements and masked products are uniform also to one who knows all keys and bits; where
//! re-randomising or masks are left out, the same test finds it. And the errors stay below their bound.

use super::agreement::{EVALUATOR, HOLDER, multiply};
use super::evaluator::Columns;
use super::holder::keyed_sums;
use super::modulus::MODULI;
use super::noise::{seeds, uniform};
use super::product::{Shape, public, step};
use super::public::Public;
use super::ternary::{Ternary, WORDS};
use super::tile::{Subsets, WIDTH};
use super::{DEGREE, LIMBS, wire};
use crate::algebra::{Bits, Ring, RingShape, Vector};
use crate::random::{Prg, Seed};
use crate::test_world::{TestWorld, random_words};
use crate::transport::record::Record;
use crate::views::{IMPROBABLE, probability};

const SHAPE: Shape = Shape { rows: 4200, numbers: 60, bits: 60, width: 17 };

type Limbs = [u64; LIMBS];

/// A run, and what its parties drew.
struct Run {
    /// What the holder received: elements and masked products.
    elements: Vec<u8>,
    products: Vec<Limbs>,
    public: Public,
    secrets: Vec<Ternary>,
    /// The masks of the products.
    masks: Vec<Limbs>,
}

fn read(message: &[u8]) -> Vec<Limbs> {
    message.as_chunks().0.iter().map(wire::read).collect()
}

fn run(numbers: &Ring<u32>, bits: &Bits) -> Run {
    let record = Record::default();
    let results =
        TestWorld::new(2).observe(HOLDER, record.clone()).run(|ctx| multiply(ctx, SHAPE, numbers, bits));
    assert!(results.iter().all(Result::is_ok));
    let received = record.take();
    let message = |length: usize| {
        let found = received.iter().find(|message| message.payload.len() == length);
        found.map(|message| message.payload.clone()).unwrap()
    };
    // The same seeds once more: what was drawn is drawn again.
    let drawn = TestWorld::new(2).run(|ctx| async move {
        let (me, peer) = if ctx.roster().me() == HOLDER { (HOLDER, EVALUATOR) } else { (EVALUATOR, HOLDER) };
        let ctx = step(&ctx, HOLDER, EVALUATOR);
        let mut stream = ctx.narrow("secrets").own_stream()?;
        let secrets: Vec<Ternary> = (0..SHAPE.numbers).map(|_| Ternary::draw(&mut stream)).collect();
        let tiles = SHAPE.numbers.div_ceil(WIDTH);
        let masks = seeds(&ctx.narrow_nth("columns", 0).narrow("masks"), tiles)?;
        Ok((me, public(&ctx, peer, &SHAPE)?, secrets, masks))
    });
    let [holder, evaluator] = <[_; 2]>::try_from(drawn).ok().unwrap().map(Result::unwrap);
    let masks = evaluator.3.into_iter().flat_map(|seed| {
        let mut stream = Prg::new(seed);
        let masks = (0..WIDTH * SHAPE.bits).map(|_| MODULI.map(|modulus| uniform(modulus, &mut stream)));
        masks.collect::<Vec<Limbs>>()
    });
    Run {
        elements: message(SHAPE.bits * DEGREE * wire::BYTES),
        products: read(&message(SHAPE.numbers * SHAPE.bits * wire::BYTES)),
        public: holder.1,
        secrets: holder.2,
        masks: masks.take(SHAPE.numbers * SHAPE.bits).collect(),
    }
}

fn subtract(a: &[Limbs], b: &[Limbs]) -> Vec<Limbs> {
    let pairs = a.iter().zip(b);
    pairs.map(|(a, b)| [0, 1].map(|limb| MODULI[limb].subtract(a[limb], b[limb]))).collect()
}

/// What is left of the products once the holder has taken its keys out.
fn keyless(run: &Run) -> Vec<Limbs> {
    let keyed = keyed_sums(&Subsets::of_ternary(&run.secrets), SHAPE.numbers, &run.elements).unwrap();
    let at = |index: usize| {
        let (column, bits) = (index / SHAPE.bits, index % SHAPE.bits);
        [0, 1].map(|limb: usize| keyed[bits / WIDTH][limb][column][bits % WIDTH])
    };
    subtract(&run.products, &(0..run.products.len()).map(at).collect::<Vec<Limbs>>())
}

/// Whether remainders look uniform modulo each prime.
fn looks_uniform(values: &[Limbs]) -> bool {
    const BUCKETS: usize = 16;
    (0..LIMBS).all(|limb| {
        let mut counts = [0u32; BUCKETS];
        for value in values {
            let bucket = u128::from(value[limb]) * BUCKETS as u128 / u128::from(MODULI[limb].prime());
            counts[bucket as usize] += 1;
        }
        let expected = values.len() as f64 / BUCKETS as f64;
        let chi = counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
        probability(chi, BUCKETS - 1) > IMPROBABLE
    })
}

/// `sum over r of a_r Y_jr` for every j, with errors, and without re-randomising.
fn elements_of_the_bits(run: &Run, bits: &Bits) -> Vec<u8> {
    let columns = Columns { shape: SHAPE, words: bits.words() };
    let mut elements = vec![0; SHAPE.bits * DEGREE * wire::BYTES];
    for (column, out) in elements.chunks_mut(DEGREE * wire::BYTES).enumerate() {
        let zero = Ternary { plus: [0; WORDS], minus: [0; WORDS] };
        columns.element(column, &run.public, &zero, Seed::from_bytes([column as u8; 32]), out);
    }
    elements
}

fn zeros() -> Ring<u32> {
    Ring::zeros(RingShape { width: SHAPE.width, len: SHAPE.rows * SHAPE.numbers })
}

fn all_bits(word: u64) -> Bits {
    Bits::from_words(vec![word; SHAPE.bits * Bits::words_for(SHAPE.rows)])
}

#[test]
fn the_holder_sees_uniform_elements_and_products() {
    for bits in [all_bits(0), all_bits(u64::MAX), all_bits(0xaaaa_aaaa_aaaa_aaaa)] {
        let run = run(&zeros(), &bits);
        assert!(looks_uniform(&read(&run.elements)) && looks_uniform(&run.products));
        // Also to one who knows the bits, or the keys.
        let of_bits = elements_of_the_bits(&run, &bits);
        assert!(looks_uniform(&subtract(&read(&run.elements), &read(&of_bits))));
        assert!(looks_uniform(&keyless(&run)));
    }
}

#[test]
fn elements_that_are_not_re_randomised_are_found() {
    let bits = all_bits(u64::MAX);
    let mut run = run(&zeros(), &bits);
    let of_bits = elements_of_the_bits(&run, &bits);
    // What an evaluator without u sends: its own errors, and nothing else that hides the bits.
    run.public.key.iter_mut().for_each(|limb| limb.fill(0));
    let columns = Columns { shape: SHAPE, words: bits.words() };
    let mut sent = run.elements;
    for (column, out) in sent.chunks_mut(DEGREE * wire::BYTES).enumerate() {
        columns.element(column, &run.public, &run.secrets[column], Seed::from_bytes([99; 32]), out);
    }
    assert!(!looks_uniform(&subtract(&read(&sent), &read(&of_bits))));
}

#[test]
fn products_without_masks_are_found() {
    let run = run(&zeros(), &all_bits(u64::MAX));
    let unmasked = subtract(&keyless(&run), &run.masks);
    assert!(!looks_uniform(&unmasked));
}

#[test]
fn errors_stay_below_their_bound() {
    let words = Bits::words_for(SHAPE.rows);
    let bits = Bits::from_words(random_words(7, SHAPE.bits * words));
    let shape = RingShape { width: SHAPE.width, len: SHAPE.rows * SHAPE.numbers };
    let numbers = Ring::random(shape, &mut Prg::new(Seed::from_bytes([8; 32])));
    let run = run(&numbers, &bits);
    let [p, r] = MODULI.map(|modulus| i128::from(modulus.prime()));
    let inverse = MODULI[1].inverse((p % r) as u64);
    let (mut largest, mut squares, mut expected) = (0, 0, 0.0);
    for (index, [low, high]) in subtract(&keyless(&run), &run.masks).into_iter().enumerate() {
        let column = &numbers.values()[index / SHAPE.bits * SHAPE.rows..][..SHAPE.rows];
        let chosen = |row: &usize| bits.get(index % SHAPE.bits * words * 64 + row);
        let product = (0..SHAPE.rows).filter(chosen).fold(0, |sum: u32, row| sum.wrapping_add(column[row]));
        let product = i128::from(product & ((1 << SHAPE.width) - 1));
        // From the remainders to the number, less what it stands for, nearest to zero.
        let digit = MODULI[1].multiply(MODULI[1].subtract(high, low % MODULI[1].prime()), inverse);
        let value = i128::from(low) + p * i128::from(digit);
        let error = (value - ((p * r) >> SHAPE.width) * product).rem_euclid(p * r);
        let error = if error > p * r / 2 { error - p * r } else { error };
        largest = largest.max(error.abs());
        squares += error * error;
        // 42/4 for each error, of which two thirds of two polynomials count; 1/12 for each rounded number.
        let ones = (0..SHAPE.rows).filter(chosen).count() as f64;
        expected += 10.5 * (ones + 4.0 / 3.0 * DEGREE as f64) + ones / 12.0;
    }
    assert!((largest as f64) < SHAPE.error_bound(), "{largest} of {}", SHAPE.error_bound());
    let ratio = squares as f64 / expected;
    assert!((0.8..1.25).contains(&ratio), "variance {ratio} times what it should be");
}
