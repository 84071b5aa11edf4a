//! One test for every source: the correlations, combined in the clear, are what they claim to be, and what sites hold of
//! them is uniform and independent, within a step and from step to step.

mod binary;
mod pairs;
mod ring;

use crate::algebra::{Bits, Planes, Ring, Vector, Word};
use crate::sharing::Share;
use crate::source::ot::Field;
use crate::test_world::Parties;
use crate::views::{IMPROBABLE, probability};

/// Every source, for every number of sites that tests use.
const ALL: [Parties; 6] = [
    Parties::with_helper(2),
    Parties::with_helper(3),
    Parties::with_helper(5),
    Parties::without_helper(2, Field::Bits4),
    Parties::without_helper(3, Field::Bits2),
    Parties::without_helper(5, Field::Bits4),
];

/// Sites that make large requests in parts.
const LARGE: [Parties; 1] = [Parties::without_helper(2, Field::Bits4)];

fn clone<V: Vector + Clone>(share: &impl Share<V>) -> V {
    share.opening().clone()
}

fn sum<V: Vector>(shares: impl IntoIterator<Item = V>) -> V {
    shares
        .into_iter()
        .reduce(|mut sum, share| {
            sum.add_assign(&share);
            sum
        })
        .unwrap_or_default()
}

/// Rows of bits of a length.
fn rows(bits: &Bits, words: usize) -> Vec<Bits> {
    bits.words().chunks(words).map(|row| Bits::from_words(row.to_vec())).collect()
}

/// Rows, and the sum of all, in which a known sum of rows would show.
fn rows_and_sum(bits: &Bits, words: usize) -> Vec<Bits> {
    let mut rows = rows(bits, words);
    rows.push(sum(rows.iter().cloned()));
    rows
}

/// The bit planes of the first words of elements, without those that are cut off.
fn planes<W: Word>(ring: &Ring<W>) -> Vec<Bits> {
    let whole = ring.slice(0, ring.values().len() / 64 * 64);
    let words = whole.values().len() / 64;
    rows(&Planes::from_ring(&whole).as_bits(), words)
}

/// What each site holds, as vectors of bits of one length, is uniform; every two vectors of a site are independent, and
/// with three sites or more every two vectors at all: chi-square tests of the four values that two bits have.
fn assert_uniform(sites: &[Vec<Bits>]) {
    let groups = match sites.len() {
        0..=2 => sites.iter().map(|site| site.iter().collect()).collect(),
        _ => vec![sites.iter().flatten().collect::<Vec<_>>()],
    };
    for group in groups {
        let mut least = 1.0f64;
        let mut tests = 0;
        for (index, a) in group.iter().enumerate() {
            for b in &group[index + 1..] {
                least = least.min(probability(statistic(a, b), 3));
                tests += 1;
            }
        }
        let least = least * f64::from(tests);
        assert!(least > IMPROBABLE, "p = {least} for {} vectors", group.len());
    }
}

fn statistic(a: &Bits, b: &Bits) -> f64 {
    assert_eq!(a.words().len(), b.words().len());
    let mut counts = [0u32; 4];
    for (a, b) in a.words().iter().zip(b.words()) {
        for (count, word) in counts.iter_mut().zip([a & b, a & !b, !a & b, !(a | b)]) {
            *count += word.count_ones();
        }
    }
    let expected = f64::from(counts.iter().sum::<u32>()) / 4.0;
    counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum()
}

#[test]
fn planted_dependence_is_found() {
    let words = |seed| Bits::from_words(crate::test_world::random_words(seed, 40));
    assert_uniform(&[vec![words(1), words(2), words(3)]]);
    let mut biased = words(1);
    biased.and_assign(&Bits::from_words(vec![!0x1084_2108_4210; 40]));
    let mut same = words(1);
    same.words_mut()[..8].fill(0);
    let flawed = [vec![biased, words(2)], vec![words(1), words(2), words(1)], vec![words(1), same]];
    for flawed in flawed {
        assert!(std::panic::catch_unwind(|| assert_uniform(&[flawed])).is_err());
    }
}
