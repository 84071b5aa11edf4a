//! What the holder sees, tested: answers are uniform, also to one who knows the numbers and the holder's secret; without what
//! makes them so, the same test finds it. And errors stay below their bound, with the variance that they should have.

use super::encoding::{Encoding, Scale};
use super::evaluator::{Drawn, Evaluator, read};
use super::holder::Holder;
use super::primes::{DEGREE, LIMBS, MODULI, OF_SLOTS, PLAIN, transform};
use super::public::{seeds, slots, uniform};
use super::rounding::Polynomial;
use super::{Shape, wire};
use crate::random::{Prg, Seed};
use crate::test_world::random_words;
use crate::views::{IMPROBABLE, probability};
use zeroize::Zeroizing;

const SHAPE: Shape = Shape { width: 64, len: DEGREE, terms: 2 };

fn prg(seed: u8) -> Prg {
    Prg::new(Seed::from_bytes([seed; 32]))
}

/// The first ciphertexts of an exchange with these numbers of the evaluator, the holder's being zero, and all that was drawn.
struct Run {
    holder: Holder,
    /// p, k, and each vector's element and ciphertext.
    key: [Polynomial; 2],
    elements: Vec<Polynomial>,
    ciphertexts: Vec<Polynomial>,
    numbers: [Vec<u64>; 2],
    /// d_1 and d_0.
    answer: [Polynomial; 2],
    drawn: Drawn,
}

fn run(numbers: [Vec<u64>; 2]) -> Run {
    let (holder, key) = Holder::new(SHAPE, &mut prg(1), &mut prg(2));
    let evaluator = Evaluator::new(SHAPE, &mut prg(1), &key).unwrap();
    let zeros = vec![0u64; DEGREE];
    let message = holder.encrypt(&[&zeros, &zeros], &mut prg(3), &mut prg(4));
    let vectors = numbers.each_ref().map(Vec::as_slice);
    let (answer, _) = evaluator.answer(&vectors, &message, &mut prg(3), &mut prg(5)).unwrap();
    let polynomials = |bytes: &[u8], count: usize| -> Vec<Polynomial> {
        bytes.chunks(LIMBS * DEGREE * wire::BYTES).take(count).map(|bytes| read(bytes).unwrap()).collect()
    };
    // The same seeds once more: what was drawn is drawn again.
    let first = |stream: &mut Prg| Prg::new(seeds(stream, 1).remove(0));
    let mut public = first(&mut prg(3));
    Run {
        holder,
        key: [uniform(&mut prg(1)), read(&key).unwrap()],
        elements: (0..SHAPE.terms).map(|_| uniform(&mut public)).collect(),
        ciphertexts: polynomials(&message, SHAPE.terms),
        numbers,
        answer: polynomials(&answer, 2).try_into().ok().unwrap(),
        drawn: Drawn::new(&mut first(&mut prg(5))),
    }
}

impl Run {
    /// The vectors as polynomials, by slots.
    fn factors(&self) -> Vec<Polynomial> {
        let encoding = Encoding::new(0, SHAPE.width, Scale::Factor);
        let factor = |numbers: &Vec<u64>| {
            let coefficients = encoding.coefficients(numbers);
            slots(|limb, values| {
                encoding.modulo(limb, &coefficients, values);
                // The encoding's own factor of 2^64.
                values.iter_mut().for_each(|value| *value = MODULI[limb].montgomery((*value).into()));
            })
        };
        self.numbers.iter().map(factor).collect()
    }

    /// The answer's halves less products of the numbers with elements and ciphertexts.
    fn without_numbers(&self) -> [Polynomial; 2] {
        let factors = self.factors();
        [&self.elements, &self.ciphertexts]
            .into_iter()
            .zip(&self.answer)
            .map(|(parts, half)| {
                parts
                    .iter()
                    .zip(&factors)
                    .fold(half.clone(), |half, (part, factor)| subtract(&half, &times(part, factor)))
            })
            .collect::<Vec<_>>()
            .try_into()
            .ok()
            .unwrap()
    }
}

fn times(a: &Polynomial, b: &Polynomial) -> Polynomial {
    std::array::from_fn(|limb| {
        let slots = a[limb].iter().zip(b[limb].iter());
        Zeroizing::new(slots.map(|(&a, &b)| MODULI[limb].multiply(a, b)).collect())
    })
}

fn subtract(a: &Polynomial, b: &Polynomial) -> Polynomial {
    std::array::from_fn(|limb| {
        let slots = a[limb].iter().zip(b[limb].iter());
        Zeroizing::new(slots.map(|(&a, &b)| MODULI[limb].subtract(a, b)).collect())
    })
}

fn coefficients(polynomial: &Polynomial) -> Polynomial {
    std::array::from_fn(|limb| {
        let mut values = polynomial[limb].clone();
        transform(limb).backwards(&mut values);
        let share = MODULI[limb].inverse(DEGREE as u64);
        values.iter_mut().for_each(|value| *value = MODULI[limb].multiply(*value, share));
        values
    })
}

/// Whether slots and coefficients look uniform modulo each prime.
fn looks_uniform(polynomial: &Polynomial) -> bool {
    const BUCKETS: usize = 16;
    let uniform = |polynomial: &Polynomial| {
        polynomial.iter().zip(MODULI).all(|(values, modulus)| {
            let mut counts = [0u32; BUCKETS];
            for &value in values.iter() {
                counts[(u128::from(value) * BUCKETS as u128 / u128::from(modulus.prime())) as usize] += 1;
            }
            let expected = DEGREE as f64 / BUCKETS as f64;
            let chi = counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
            probability(chi, BUCKETS - 1) > IMPROBABLE
        })
    };
    uniform(polynomial) && uniform(&coefficients(polynomial))
}

fn opened(run: &Run) -> Polynomial {
    let bytes: Vec<u8> = run
        .answer
        .iter()
        .flatten()
        .flat_map(|values| {
            let mut bytes = vec![0; DEGREE * wire::BYTES];
            wire::write(values, &mut bytes);
            bytes
        })
        .collect();
    run.holder.open(&bytes).unwrap()
}

#[test]
fn the_holder_sees_uniform_answers() {
    for numbers in [[0; 2], [1, u64::MAX], [1 << 63, 0xaaaa_aaaa_aaaa_aaaa]] {
        let run = run(numbers.map(|number| vec![number; DEGREE]));
        assert!(run.answer.iter().all(looks_uniform));
        // Also to one who knows the numbers, or the holder's secret.
        assert!(run.without_numbers().iter().all(looks_uniform));
        assert!(looks_uniform(&opened(&run)));
    }
}

#[test]
fn answers_that_are_not_re_randomised_are_found() {
    let run = run([1, u64::MAX].map(|number| vec![number; DEGREE]));
    let [first, second] = run.without_numbers();
    let [first, second] = [first, second]
        .iter()
        .zip(&run.key)
        .map(|(half, key)| subtract(half, &times(key, &run.drawn.u)))
        .collect::<Vec<_>>()
        .try_into()
        .ok()
        .unwrap();
    assert!(!looks_uniform(&first));
    // The errors and the mask are what is left, and nothing else.
    assert!(first == run.drawn.errors && second == run.drawn.mask);
}

#[test]
fn products_without_masks_are_found() {
    let run = run([1, u64::MAX].map(|number| vec![number; DEGREE]));
    assert!(!looks_uniform(&subtract(&opened(&run), &run.drawn.mask)));
}

/// The number nearest to zero with these remainders, by digits to mixed bases.
fn nearest_to_zero(remainders: [u64; LIMBS]) -> f64 {
    let mut digits = remainders;
    for at in 0..LIMBS {
        let modulus = MODULI[at];
        for before in 0..at {
            let difference = modulus.subtract(digits[at], modulus.reduce(digits[before]));
            digits[at] =
                modulus.multiply(difference, modulus.inverse(modulus.reduce(MODULI[before].prime())));
        }
    }
    let negative = digits[LIMBS - 1] > MODULI[LIMBS - 1].prime() / 2;
    let (mut sum, mut weight) = (0.0, 1.0);
    for (digit, modulus) in digits.into_iter().zip(MODULI) {
        // Of a negative number the digits of -1 less its own, which are small.
        sum += weight * if negative { modulus.prime() - 1 - digit } else { digit } as f64;
        weight *= modulus.prime() as f64;
    }
    if negative { -1.0 - sum } else { sum }
}

#[test]
fn errors_stay_below_their_bound() {
    let run = run([7, 8].map(|seed| random_words(seed, DEGREE)));
    let errors = coefficients(&subtract(&opened(&run), &run.drawn.mask));
    let errors = (0..DEGREE).map(|at| nearest_to_zero(std::array::from_fn(|limb| errors[limb][at])));
    let errors: Vec<f64> = errors.collect();
    let [bound, _] = SHAPE.error_bounds();
    assert!(errors.iter().all(|error| error.abs() < bound));
    // 42/4 for each error times the square of a coefficient of the evaluator's polynomials, which are uniform modulo t; those of the keys
    // are nothing beside these.
    let t: f64 = PLAIN[..OF_SLOTS].iter().map(|modulus| modulus.prime() as f64).product();
    let expected = 10.5 * 2.0 * DEGREE as f64 * t * t / 12.0;
    let variance = errors.iter().map(|error| error * error).sum::<f64>() / DEGREE as f64;
    assert!(
        (0.9..1.1).contains(&(variance / expected)),
        "variance {} times what it should be",
        variance / expected
    );
}
