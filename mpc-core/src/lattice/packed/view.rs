//! What each site sees, tested. The evaluator's view is samples of learning with errors: taken apart with the holder's
//! secret, their errors are of the right distribution and independent. Answers are uniform, also to one who knows the
//! numbers or the holder's secret; without what makes them so, the same test finds it. And the errors of products stay
//! below their bound, with the variance that they should have.

use super::encoding::{Encoding, Scale};
use super::evaluator::{Drawn, Evaluator};
use super::holder::Holder;
use super::primes::{DEGREE, GROUP, LIMBS, MODULI, PLAIN, Polynomial, transform};
use super::sampling::{Common, Own, ternary, transformed, uniform};
use super::{Shape, wire};
use crate::algebra::RingShape;
use crate::random::{Prg, Seed};
use crate::session::step_stream;
use crate::sharing::Share;
use crate::source::ot::Field;
use crate::step::Step;
use crate::test_world::{Parties, TestWorld, random_words};
use crate::transport::PartyId;
use crate::transport::record::Record;
use crate::views::{IMPROBABLE, probability};
use zeroize::Zeroizing;

/// Two blocks, of two ciphertexts each.
const SHAPE: Shape = Shape { width: 64, len: 2 * DEGREE, terms: 2 };

const UNITS: usize = 4;

/// Ciphertexts of a block.
const GROUPS: usize = 2;

fn prg(seed: u8) -> Prg {
    Prg::new(Seed::from_bytes([seed; 32]))
}

/// The holder's numbers.
fn held() -> [Vec<u64>; 2] {
    [17, 18].map(|seed| random_words(seed, SHAPE.len))
}

/// An exchange with these numbers of the evaluator, and all that was drawn; the holder's are zero where so wished.
struct Run {
    holder: Holder,
    /// p and k.
    key: [Polynomial; 2],
    /// For each unit those of the vectors.
    elements: Vec<Vec<Polynomial>>,
    ciphertexts: Vec<Vec<Polynomial>>,
    numbers: [Vec<u64>; 2],
    /// For each unit d_1 and d_0.
    answers: Vec<[Polynomial; 2]>,
    drawn: Vec<Drawn>,
    /// The evaluator's.
    shares: Vec<u64>,
}

fn polynomials(bytes: &[u8]) -> impl Iterator<Item = Polynomial> {
    bytes.chunks(wire::POLYNOMIAL).map(|bytes| wire::read_polynomial(bytes).unwrap())
}

fn run(held: [Vec<u64>; 2], numbers: [Vec<u64>; 2]) -> Run {
    let common = |seed| Common(prg(seed));
    let own = |seed| Own(prg(seed));
    let (holder, key) = Holder::new(SHAPE, &mut common(1), &mut own(2));
    let evaluator = Evaluator::new(SHAPE, &mut common(1), &key).unwrap();
    let vectors = held.each_ref().map(Vec::as_slice);
    let message = holder.encrypt(&vectors, &mut common(3), &mut own(4));
    let vectors = numbers.each_ref().map(Vec::as_slice);
    let (answer, shares) = evaluator.answer(&vectors, &message, &mut common(3), &mut own(5)).unwrap();
    let ciphertexts: Vec<Polynomial> = polynomials(&message).collect();
    let answers: Vec<Polynomial> = polynomials(&answer).collect();
    // The same seeds once more: what was drawn is drawn again.
    let elements =
        common(3).split(UNITS).into_iter().map(|mut unit| (0..2).map(|_| uniform(&mut unit.0)).collect());
    Run {
        holder,
        key: [uniform(&mut prg(1)), wire::read_polynomial(&key).unwrap()],
        elements: elements.collect(),
        ciphertexts: ciphertexts.chunks(2).map(<[_]>::to_vec).collect(),
        numbers,
        answers: answers.as_chunks().0.to_vec(),
        drawn: own(5).split(UNITS).into_iter().map(|mut unit| Drawn::new(&mut unit)).collect(),
        shares,
    }
}

fn constant(numbers: [u64; 2]) -> [Vec<u64>; 2] {
    numbers.map(|number| vec![number; SHAPE.len])
}

/// One unit's part of a vector as a polynomial, transformed.
fn encoded(numbers: &[u64], unit: usize, scale: Scale) -> Polynomial {
    let encoding = Encoding::new(unit % GROUPS, SHAPE.width, scale);
    let coefficients = encoding.coefficients(&numbers[unit / GROUPS * DEGREE..][..DEGREE]);
    transformed(|limb, values| {
        encoding.modulo(limb, &coefficients, values);
        if scale == Scale::Factor {
            // The encoding's own factor of 2^64.
            values.iter_mut().for_each(|value| *value = MODULI[limb].montgomery((*value).into()));
        }
    })
}

impl Run {
    /// One answer's halves less products of the numbers with elements and ciphertexts.
    fn without_numbers(&self, unit: usize) -> [Polynomial; 2] {
        let mut halves = self.answers[unit].clone();
        for (half, parts) in halves.iter_mut().zip([&self.elements[unit], &self.ciphertexts[unit]]) {
            for (part, numbers) in parts.iter().zip(&self.numbers) {
                *half = subtract(half, &times(part, &encoded(numbers, unit, Scale::Factor)));
            }
        }
        halves
    }

    /// What the holder is left with once its secret is out of an answer.
    fn opened(&self, unit: usize) -> Polynomial {
        let mut bytes = Vec::new();
        for values in self.answers[unit].iter().flatten() {
            let mut of_limb = vec![0; wire::LIMB];
            wire::write(values, &mut of_limb);
            bytes.extend(of_limb);
        }
        self.holder.open(&bytes).unwrap()
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
        let inverse = MODULI[limb].inverse(DEGREE as u64);
        values.iter_mut().for_each(|value| *value = MODULI[limb].multiply(*value, inverse));
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

/// Small coefficients, as they are.
fn small(polynomial: &Polynomial) -> Vec<f64> {
    let all = coefficients(polynomial);
    (0..DEGREE).map(|at| nearest_to_zero(std::array::from_fn(|limb| all[limb][at]))).collect()
}

/// Whether these are centred binomials of 42 bits.
fn are_errors(polynomial: &Polynomial) -> bool {
    let errors = small(polynomial);
    let variance = errors.iter().map(|error| error * error).sum::<f64>() / DEGREE as f64;
    // Six standard deviations of the variance are 6 x 10.5 x sqrt(2 / 16,384).
    errors.iter().all(|error| error.abs() <= 21.0) && (variance - 10.5).abs() < 0.7
}

#[test]
fn the_evaluator_sees_samples_of_learning_with_errors() {
    let run = run(held(), constant([0; 2]));
    let secret = ternary(&mut Own(prg(2)));
    let mut counts = [0; 3];
    small(&secret).into_iter().for_each(|value| counts[(value + 1.0) as usize] += 1);
    // Six standard deviations of 60 around a third.
    assert!(counts.iter().all(|&count: &usize| count.abs_diff(DEGREE / 3) < 362), "{counts:?}");

    let mut errors = vec![subtract(&run.key[1], &times(&run.key[0], &secret))];
    let mut seen = vec![run.key[1].clone()];
    for unit in 0..UNITS {
        for ((ciphertext, element), numbers) in
            run.ciphertexts[unit].iter().zip(&run.elements[unit]).zip(held())
        {
            // Also to one who knows the numbers.
            let sample = subtract(ciphertext, &encoded(&numbers, unit, Scale::Encrypted));
            errors.push(subtract(&sample, &times(element, &secret)));
            seen.extend([ciphertext.clone(), sample]);
        }
    }
    assert!(seen.iter().all(looks_uniform));
    // Samples with one element twice would be as far apart as their errors.
    for (index, one) in seen.iter().enumerate() {
        assert!(seen[index + 1..].iter().all(|other| looks_uniform(&subtract(one, other))));
    }
    assert!(errors.iter().all(are_errors));
    let errors: Vec<Vec<f64>> = errors.iter().map(small).collect();
    for (index, one) in errors.iter().enumerate() {
        for other in &errors[index + 1..] {
            let product: f64 = one.iter().zip(other).map(|(one, other)| one * other).sum();
            assert!(product.abs() < 6.0 * 10.5 * (DEGREE as f64).sqrt(), "{product}");
        }
    }
}

#[test]
fn the_holder_sees_uniform_answers() {
    for numbers in [[0; 2], [1, u64::MAX], [1 << 63, 0xaaaa_aaaa_aaaa_aaaa]] {
        let run = run(constant([0; 2]), constant(numbers));
        for unit in 0..UNITS {
            assert!(run.answers[unit].iter().all(looks_uniform));
            // Also to one who knows the numbers, or the holder's secret.
            assert!(run.without_numbers(unit).iter().all(looks_uniform));
            assert!(looks_uniform(&run.opened(unit)));
        }
    }
}

#[test]
fn answers_that_are_not_re_randomised_are_found() {
    let run = run(constant([0; 2]), constant([1, u64::MAX]));
    for (unit, Drawn { u, errors, mask }) in run.drawn.iter().enumerate() {
        let [mut first, mut second] = run.without_numbers(unit);
        first = subtract(&first, &times(&run.key[0], u));
        second = subtract(&second, &times(&run.key[1], u));
        assert!(!looks_uniform(&first));
        // The errors and the mask are what is left, and nothing else.
        assert!(first == *errors && second == *mask && are_errors(errors) && looks_uniform(mask));
        assert!(small(u).iter().all(|value| value.abs() <= 1.0) && !looks_uniform(u));
        assert!(run.drawn[..unit].iter().all(|other| other.u != *u && other.mask != *mask));
    }
}

#[test]
fn products_without_masks_are_found() {
    let run = run(constant([0; 2]), constant([1, u64::MAX]));
    assert!(!looks_uniform(&subtract(&run.opened(0), &run.drawn[0].mask)));
}

#[test]
fn shares_of_every_number_differ() {
    let mut shares = run(held(), constant([5, 6])).shares;
    assert_eq!(shares.len(), SHAPE.len);
    shares.sort_unstable();
    shares.dedup();
    // Two of 2^15 are alike with probability 2^-35.
    assert_eq!(shares.len(), SHAPE.len);
}

/// Over a network: what each end keeps to itself does not come from the stream that both have.
#[test]
fn own_streams_are_not_common() {
    type Key<'a> = (&'a str, PartyId, usize);
    // A step at which site 0 is the holder.
    let (request, len) = (Step::root().then_nth("asked", 0), 10_000);
    // The key is seen by the evaluator, an answer by the holder.
    let keys: [Key<'_>; 2] = [("key", PartyId::new(1), 1), ("part-0/answer", PartyId::new(0), 2 * GROUPS)];
    for (message, observer, count) in keys {
        let record = Record::default();
        let world =
            TestWorld::new(Parties::without_helper(2, Field::Bits4)).observe(observer, record.clone());
        let results = world.run(|ctx| async move {
            let peer = PartyId::new(1 - ctx.roster().me().index() as u8);
            let common: [u8; 32] = ctx.narrow("source").pair_stream(peer)?.array();
            let asked = ctx.narrow_nth("asked", 0);
            let (source, place) = asked.ring_source::<u64>()?;
            let triples = source.triples(place, RingShape { width: 64, len }, 1).await?;
            let numbers = [triples.b, triples.a].map(|share| share.opening().values().to_vec());
            Ok((ctx.session_id(), common, numbers))
        });
        let [_, evaluator] = <[_; 2]>::try_from(results).ok().unwrap().map(Result::unwrap);
        let (session, seed, numbers) = evaluator;
        let exchange = request.then_nth("held-by", 0).then_nth("times-of", 1);
        let stream = |name: &str| {
            let tag = name.split('/').fold(exchange.clone(), |step, name| step.then(name)).tag(&session);
            step_stream(&Seed::from_bytes(seed), tag)
        };
        let received = record.take();
        let tag = message.split('/').fold(exchange.clone(), |step, name| step.then(name)).tag(&session);
        let received = received.iter().find(|received| received.tag == tag).unwrap();
        let seen: Vec<Polynomial> = polynomials(&received.payload).collect();
        assert_eq!(seen.len(), count);
        let p = uniform(&mut stream("key"));
        let left = if message == "key" {
            subtract(&seen[0], &times(&p, &ternary(&mut Own(stream("key")))))
        } else {
            let mut unit = Common(stream("part-0")).split(GROUPS).remove(0);
            let guess = Drawn::new(&mut Own(stream("part-0")).split(GROUPS).remove(0));
            let mut left = subtract(&seen[0], &times(&p, &guess.u));
            for mut numbers in numbers {
                numbers.resize(DEGREE, 0);
                left = subtract(&left, &times(&uniform(&mut unit.0), &encoded(&numbers, 0, Scale::Factor)));
            }
            left
        };
        assert!(looks_uniform(&left), "{message}");
    }
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
    let run = run(constant([0; 2]), [7, 8].map(|seed| random_words(seed, SHAPE.len)));
    let errors = small(&subtract(&run.opened(0), &run.drawn[0].mask));
    let [bound, _] = SHAPE.error_bounds();
    assert!(errors.iter().all(|error| error.abs() < bound));
    // 42/4 for each error times the square of a coefficient of the evaluator's polynomials, which are uniform modulo t;
    // those of the keys are nothing beside these.
    let t: f64 = PLAIN[..GROUP].iter().map(|modulus| modulus.prime() as f64).product();
    let expected = 10.5 * 2.0 * DEGREE as f64 * t * t / 12.0;
    let ratio = errors.iter().map(|error| error * error).sum::<f64>() / DEGREE as f64 / expected;
    assert!((0.9..1.1).contains(&ratio), "variance {ratio} times what it should be");
}
