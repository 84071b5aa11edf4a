//! Against numbers of base 256, and limbs at their bounds.

use super::*;
use crate::kernels::level::GroupLevel;
use crate::test_world::random_words;

/// A number below p, little-endian.
type Number = [u8; 32];

/// Below p; the digits, to base 256, are below 2^62.
fn reduced(mut digits: [u64; 64]) -> Number {
    let carry = |digits: &mut [u64; 64]| {
        for place in 1..digits.len() {
            digits[place] += digits[place - 1] >> 8;
            digits[place - 1] &= 255;
        }
    };
    // 2^256 is 38. Once the number is below 2^257, one more time is enough.
    for _ in 0..4 {
        carry(&mut digits);
        for place in 0..32 {
            digits[place] += 38 * digits[place + 32];
            digits[place + 32] = 0;
        }
    }
    // 2^255 is 19; and p is subtracted where 19 more is 2^255 or above.
    for more in [0, 19] {
        let mut sum = digits;
        sum[0] += more;
        carry(&mut sum);
        if more == 0 || sum[31] >> 7 == 1 {
            sum[0] += 19 * (sum[31] >> 7) - more;
            sum[31] &= 127;
            carry(&mut sum);
            digits = sum;
        }
    }
    std::array::from_fn(|place| digits[place] as u8)
}

/// Of limbs.
fn number(limbs: [u64; LIMBS]) -> Number {
    let mut digits = [0; 64];
    for (limb, bit) in limbs.into_iter().zip((0..).step_by(BITS as usize)) {
        let shifted = u128::from(limb) << (bit % 8);
        digits[bit / 8] += shifted as u64 & 0xffff_ffff;
        digits[bit / 8 + 4] += (shifted >> 32) as u64;
    }
    reduced(digits)
}

fn sum(a: Number, b: Number) -> Number {
    reduced(std::array::from_fn(
        |place| if place < 32 { u64::from(a[place]) + u64::from(b[place]) } else { 0 },
    ))
}

fn product(a: Number, b: Number) -> Number {
    let mut digits = [0; 64];
    for (i, &x) in a.iter().enumerate() {
        for (j, &y) in b.iter().enumerate() {
            digits[i + j] += u64::from(x) * u64::from(y);
        }
    }
    reduced(digits)
}

fn small(number: u8) -> Number {
    std::array::from_fn(|place| if place == 0 { number } else { 0 })
}

fn negative(a: Number) -> Number {
    product(a, number([P[0] - 1, LOW, LOW, LOW, LOW]))
}

/// Bounds of limbs, and random limbs. As many as fill vectors.
fn inputs() -> Vec<[[u64; LIMBS]; LANES]> {
    let carried = LOW + (1 << 18);
    let mut inputs = vec![
        [0; LIMBS],
        [1, 0, 0, 0, 0],
        [2, 0, 0, 0, 0],
        [P[0] - 1, LOW, LOW, LOW, LOW],
        P,
        [P[0] + 1, LOW, LOW, LOW, LOW],
        [LOW; LIMBS],
        [carried; LIMBS],
        TWO_P,
        [TWO_P[0] - 1, TWO_P[1], TWO_P[2], TWO_P[3], TWO_P[4]],
        [0, TWO_P[1], 0, TWO_P[3], 0],
        [TWO_P[0], 0, TWO_P[2], 0, TWO_P[4]],
        [0, 0, 0, 0, TWO_P[4]],
        [LOW + 1, 0, 0, 0, LOW],
    ];
    for (round, words) in random_words(1, 50 * LIMBS).as_chunks::<LIMBS>().0.iter().enumerate() {
        let most = if round % 2 == 0 { P } else { TWO_P };
        inputs.push(std::array::from_fn(|k| words[k] % (most[k] + 1)));
    }
    assert_eq!(inputs.len() % LANES, 0);
    inputs.as_chunks().0.to_vec()
}

/// All pairs, each in some lane.
fn pairs() -> impl Iterator<Item = ([[u64; LIMBS]; LANES], [[u64; LIMBS]; LANES])> {
    let inputs = inputs();
    let all = inputs.clone();
    inputs.into_iter().flat_map(move |a| {
        let rotated = all.clone().into_iter().flat_map(|b| {
            (0..LANES).map(move |by| {
                let mut b = b;
                b.rotate_left(by);
                b
            })
        });
        rotated.map(move |b| (a, b)).collect::<Vec<_>>()
    })
}

#[target_feature(enable = "avx512f")]
fn load(limbs: &[[u64; LIMBS]; LANES]) -> Field {
    let limb = |k: usize| {
        let words = limbs.map(|limbs| limbs[k]);
        // SAFETY: there are as many words as the vector has.
        unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
    };
    Field([limb(0), limb(1), limb(2), limb(3), limb(4)])
}

#[target_feature(enable = "avx512f")]
fn store(vectors: [__m512i; LIMBS]) -> [[u64; LIMBS]; LANES] {
    let mut out = [[0; LIMBS]; LANES];
    for (k, vector) in vectors.into_iter().enumerate() {
        let mut words = [0_u64; LANES];
        // SAFETY: as above.
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), vector) };
        for (limbs, word) in out.iter_mut().zip(words) {
            limbs[k] = word;
        }
    }
    out
}

/// Asserts what a field promises of its limbs, and that the numbers are those.
#[target_feature(enable = "avx512f,avx512ifma")]
fn same(found: Field, expected: [Number; LANES]) {
    let limbs = store(found.0);
    assert!(limbs.iter().flatten().zip(TWO_P.iter().cycle()).all(|(limb, most)| limb <= most));
    assert_eq!(limbs.map(number), expected);
    assert_eq!(found.encode(), expected);
}

/// Asserts the same, and what a carried number promises.
#[target_feature(enable = "avx512f,avx512ifma")]
fn same_carried(found: Field, expected: [Number; LANES]) {
    assert!(store(found.0).iter().flatten().all(|limb| *limb < (1 << 51) + (1 << 18)));
    same(found, expected);
}

/// Defines tests that run where the processor can.
macro_rules! tests {
    ($($(#[$doc:meta])* fn $name:ident() $body:block)*) => {
        $(
            $(#[$doc])*
            #[test]
            fn $name() {
                #[target_feature(enable = "avx512f,avx512ifma")]
                fn run() $body
                if GroupLevel::supported().contains(&GroupLevel::Ifma) {
                    // SAFETY: the processor has the features.
                    unsafe { run() };
                }
            }
        )*
    };
}

fn each(
    a: [[u64; LIMBS]; LANES],
    b: [[u64; LIMBS]; LANES],
    by: impl Fn(Number, Number) -> Number,
) -> [Number; LANES] {
    std::array::from_fn(|lane| by(number(a[lane]), number(b[lane])))
}

tests! {
    fn sums_and_products() {
        for (a, b) in pairs() {
            let [x, y] = [load(&a), load(&b)];
            same_carried(x.add(y), each(a, b, sum));
            same_carried(x.subtract(y), each(a, b, |a, b| sum(a, negative(b))));
            same_carried(x.multiply(y), each(a, b, product));
        }
    }

    fn squares_and_negatives() {
        for a in inputs() {
            let x = load(&a);
            same_carried(x.square(), each(a, a, product));
            same(x.negative(), each(a, a, |a, _| negative(a)));
            assert_eq!(store(x.wide_square().0), store(x.wide_product(x).0));
        }
    }

    /// The sums that points are made of, each of products of limbs as large as can be.
    fn sums_of_products_do_not_overflow() {
        let most = 267 * ((1 << 52) - 1);
        let mut largest = 0;
        for (a, b) in pairs() {
            let [product_ab, square] = [load(&a).wide_product(load(&b)), load(&b).wide_square()];
            for limbs in [product_ab.0, square.0] {
                largest = store(limbs).into_iter().flatten().fold(largest, u64::max);
            }
            let three = product_ab.add(product_ab).add(square);
            let expected = each(a, b, |a, b| {
                let one = product(a, b);
                sum(sum(one, one), sum(product(b, b), negative(one)))
            });
            same_carried(three.subtract(product_ab).carry(), expected);
            let expected = each(a, b, |a, b| sum(product(a, b), negative(product(b, b))));
            same_carried(product_ab.subtract(square).carry(), expected);
        }
        assert!(largest <= most && largest > most / 2, "{largest} of {most}");
        // The bounds themselves.
        let product = Wide([splat(most); LIMBS]);
        let zero = Wide([splat(0); LIMBS]);
        let limb = number([most; LIMBS]);
        let three = sum(limb, sum(limb, limb));
        same_carried(product.add(product).add(product).subtract(zero).carry(), [three; LANES]);
        same_carried(zero.subtract(product).carry(), [negative(limb); LANES]);
        same_carried(Wide([splat(u64::MAX); LIMBS]).carry(), [number([u64::MAX; LIMBS]); LANES]);
    }

    fn roots_of_inverses() {
        let mut seen = [0; 2];
        let sqrt_m1 = store(Field::sqrt_m1().0).map(number)[0];
        assert_eq!(sum(product(sqrt_m1, sqrt_m1), small(1)), small(0));
        for a in inputs() {
            let (root, is_square) = load(&a).inverse_root();
            let roots = root.encode();
            same(root, roots);
            for (lane, root) in roots.into_iter().enumerate() {
                let a = number(a[lane]);
                let is_square = is_square >> lane & 1 == 1;
                assert_eq!(root[0] & 1, 0);
                let expected = if a == small(0) { a } else if is_square { small(1) } else { sqrt_m1 };
                assert_eq!(product(a, product(root, root)), expected);
                assert!(!(a == small(0) && is_square));
                seen[usize::from(is_square)] += 1;
            }
        }
        assert!(seen.iter().all(|count| *count > 10));
    }

    fn signs_zeros_and_choices() {
        for a in inputs() {
            let x = load(&a);
            let numbers = a.map(number);
            let mask = |test: &dyn Fn(&Number) -> bool| {
                (0..).zip(&numbers).fold(0, |mask, (lane, number)| mask | u8::from(test(number)) << lane)
            };
            assert_eq!(x.is_zero(), mask(&|number| *number == small(0)));
            assert_eq!(x.is_negative(), mask(&|number| number[0] & 1 == 1));
            let negatives = numbers.map(negative);
            same(x.absolute(), numbers.map(|number| if number[0] & 1 == 1 { negative(number) } else { number }));
            for lanes in [0, 1, 0x80, 0x5a, 0xff] {
                let expected = std::array::from_fn(|lane| {
                    if lanes >> lane & 1 == 1 { negatives[lane] } else { numbers[lane] }
                });
                same(x.choose(x.negative(), lanes), expected);
                same(x.negative_where(lanes), expected);
            }
        }
    }

    fn bytes() {
        for a in inputs() {
            let numbers = a.map(number);
            let (decoded, below) = Field::decode(&numbers);
            assert_eq!(below, 0xff);
            same_carried(decoded, numbers);
            // The same numbers with a bit above.
            let above = numbers.map(|mut number| { number[31] |= 0x80; number });
            let (decoded, below) = Field::decode(&above);
            assert_eq!(below, 0);
            same_carried(decoded, numbers);
        }
        // From p - 4 to p + 3, and from 2^255 - 8 on.
        for (first, valid) in [(0xe9, 0x0f), (0xf8, 0)] {
            let around: [Number; LANES] = std::array::from_fn(|lane| {
                let mut number = [0xff; 32];
                (number[0], number[31]) = (first + lane as u8, 0x7f);
                number
            });
            assert_eq!(Field::decode(&around).1, valid);
        }
    }
}
