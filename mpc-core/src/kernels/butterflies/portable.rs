//! The loops of all forms; compiled for wider vectors they work on four values at once. No branch depends on a value.

use super::{CHUNK, LANES, Root, Roots};

type Lanes = [u64; LANES];

const LOW: u64 = u32::MAX as u64;

/// Arithmetic modulo p, for values below 4p, which is below 2^54.
#[derive(Copy, Clone)]
struct Field {
    prime: u64,
}

impl Field {
    /// The value, less `multiple` where it is at least that.
    #[inline(always)]
    fn less(value: u64, multiple: u64) -> u64 {
        let difference = value.wrapping_sub(multiple);
        if (difference as i64) < 0 { value } else { difference }
    }

    /// A value below p + 2^42 with the product's remainder, of a value below 4p. With x = low + 2^32 high, it is
    /// (low 2^32 w + high 2^64 w) / 2^32: from the sum of both products, which is below 2^32 p + 2^22 p, as much of p is
    /// subtracted as makes the last word 0.
    #[inline(always)]
    fn times(self, x: u64, value: u64, shifted: u64) -> u64 {
        let (low, high) = (x & LOW, x >> 32);
        let first = low * (value & LOW);
        let second = (first & LOW) + high * (shifted & LOW);
        let sum = low * (value >> 32) + high * (shifted >> 32) + (first >> 32) + (second >> 32);
        let difference = sum.wrapping_sub((second & LOW) * (self.prime >> 32));
        difference.wrapping_add(if (difference as i64) < 0 { self.prime } else { 0 })
    }

    /// Cooley and Tukey's: sum and difference of a and w b. Values below 4p stay below 4p.
    #[inline(always)]
    fn forwards(self, a: &mut Lanes, b: &mut Lanes, root: &Root<Lanes>) {
        let twice = 2 * self.prime;
        let u: Lanes = each(|lane| Self::less(a[lane], twice));
        let v: Lanes = each(|lane| self.times(b[lane], root.value[lane], root.shifted[lane]));
        *a = each(|lane| u[lane] + v[lane]);
        *b = each(|lane| u[lane] + twice - v[lane]);
    }

    /// Gentleman and Sande's: the sum, and w times the difference. Values below 2p stay below 2p.
    #[inline(always)]
    fn backwards(self, a: &mut Lanes, b: &mut Lanes, root: &Root<Lanes>) {
        let twice = 2 * self.prime;
        let (u, v) = (*a, *b);
        *a = each(|lane| Self::less(u[lane] + v[lane], twice));
        *b = each(|lane| self.times(u[lane] + twice - v[lane], root.value[lane], root.shifted[lane]));
    }
}

#[inline(always)]
fn each(value: impl Fn(usize) -> u64) -> Lanes {
    std::array::from_fn(value)
}

/// Calls `step` with four vectors at a time, a quarter of a block apart, and the factors of two steps: of the block, and of
/// each of its halves.
#[inline(always)]
fn by_quarters(
    values: &mut [u64],
    quarter: usize,
    roots: &[Root<u64>],
    step: impl Fn([&mut Lanes; 4], [Root<Lanes>; 3]),
) {
    let blocks = values.len() / (4 * quarter);
    let halves = roots[2 * blocks..].as_chunks::<2>().0;
    for ((block, &root), &[even, odd]) in
        values.chunks_exact_mut(4 * quarter).zip(&roots[blocks..]).zip(halves)
    {
        let roots = [root, even, odd].map(|root| Root::gather([root; LANES]));
        let (left, right) = block.split_at_mut(2 * quarter);
        let ((first, second), (third, fourth)) = (left.split_at_mut(quarter), right.split_at_mut(quarter));
        let [first, second, third, fourth] =
            [first, second, third, fourth].map(|quarter| quarter.as_chunks_mut::<LANES>().0);
        for (((first, second), third), fourth) in first.iter_mut().zip(second).zip(third).zip(fourth) {
            step([first, second, third, fourth], roots);
        }
    }
}

/// As [`Roots::forwards`].
#[inline(always)]
pub(super) fn forwards(roots: &Roots, values: &mut [u64]) {
    let field = Field { prime: roots.prime };
    let two_steps = |[a, b, c, d]: [&mut Lanes; 4], [whole, left, right]: [Root<Lanes>; 3]| {
        field.forwards(a, c, &whole);
        field.forwards(b, d, &whole);
        field.forwards(a, b, &left);
        field.forwards(c, d, &right);
    };
    let mut quarter = values.len() / 4;
    while quarter >= LANES {
        by_quarters(values, quarter, &roots.steps, two_steps);
        quarter /= 4;
    }
    for (chunk, roots) in values.as_chunks_mut::<CHUNK>().0.iter_mut().zip(&roots.last) {
        // A lane for each block of four.
        let [mut a, mut b, mut c, mut d] = [0, 1, 2, 3].map(|at| each(|lane| chunk[4 * lane + at]));
        two_steps([&mut a, &mut b, &mut c, &mut d], *roots);
        for (out, lanes) in chunk.as_chunks_mut::<LANES>().0.iter_mut().zip([a, b, c, d]) {
            *out = lanes.map(|value| Field::less(Field::less(value, 2 * field.prime), field.prime));
        }
    }
}

/// As [`Roots::backwards`].
#[inline(always)]
pub(super) fn backwards(roots: &Roots, values: &mut [u64]) {
    let field = Field { prime: roots.prime };
    let two_steps = |[a, b, c, d]: [&mut Lanes; 4], [whole, left, right]: [Root<Lanes>; 3]| {
        field.backwards(a, b, &left);
        field.backwards(c, d, &right);
        field.backwards(a, c, &whole);
        field.backwards(b, d, &whole);
    };
    for (chunk, roots) in values.as_chunks_mut::<CHUNK>().0.iter_mut().zip(&roots.last) {
        let mut lanes = [0, 1, 2, 3].map(|at| each(|lane| chunk[LANES * at + lane]));
        let [a, b, c, d] = &mut lanes;
        two_steps([a, b, c, d], *roots);
        for (lane, out) in chunk.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            *out = lanes.map(|values| values[lane]);
        }
    }
    let mut quarter = LANES;
    while quarter < values.len() {
        by_quarters(values, quarter, &roots.steps, two_steps);
        quarter *= 4;
    }
    values.iter_mut().for_each(|value| *value = Field::less(*value, field.prime));
}
