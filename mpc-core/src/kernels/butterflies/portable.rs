//! The loops of all forms; compiled for wider vectors they work on four values at once, which takes code without closures
//! that the compiler could leave as calls. No branch depends on a value.

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
}

/// Two steps on four vectors, with the factors of the block and of each of its halves.
trait TwoSteps {
    fn apply(field: Field, vectors: &mut [Lanes; 4], roots: &[Root<Lanes>; 3]);
}

/// Cooley and Tukey's butterflies.
struct Forwards;

impl Forwards {
    /// Sum and difference of a and w b. Values below 4p stay below 4p.
    #[inline(always)]
    #[allow(clippy::needless_range_loop, reason = "two of the vectors at once")]
    fn butterfly(field: Field, vectors: &mut [Lanes; 4], a: usize, b: usize, root: &Root<Lanes>) {
        let twice = 2 * field.prime;
        for lane in 0..LANES {
            let u = Field::less(vectors[a][lane], twice);
            let v = field.times(vectors[b][lane], root.value[lane], root.shifted[lane]);
            vectors[a][lane] = u + v;
            vectors[b][lane] = u + twice - v;
        }
    }
}

impl TwoSteps for Forwards {
    #[inline(always)]
    fn apply(field: Field, vectors: &mut [Lanes; 4], roots: &[Root<Lanes>; 3]) {
        Self::butterfly(field, vectors, 0, 2, &roots[0]);
        Self::butterfly(field, vectors, 1, 3, &roots[0]);
        Self::butterfly(field, vectors, 0, 1, &roots[1]);
        Self::butterfly(field, vectors, 2, 3, &roots[2]);
    }
}

/// Gentleman and Sande's butterflies.
struct Backwards;

impl Backwards {
    /// The sum, and w times the difference. Values below 2p stay below 2p.
    #[inline(always)]
    #[allow(clippy::needless_range_loop, reason = "two of the vectors at once")]
    fn butterfly(field: Field, vectors: &mut [Lanes; 4], a: usize, b: usize, root: &Root<Lanes>) {
        let twice = 2 * field.prime;
        for lane in 0..LANES {
            let (u, v) = (vectors[a][lane], vectors[b][lane]);
            vectors[a][lane] = Field::less(u + v, twice);
            vectors[b][lane] = field.times(u + twice - v, root.value[lane], root.shifted[lane]);
        }
    }
}

impl TwoSteps for Backwards {
    #[inline(always)]
    fn apply(field: Field, vectors: &mut [Lanes; 4], roots: &[Root<Lanes>; 3]) {
        Self::butterfly(field, vectors, 0, 1, &roots[1]);
        Self::butterfly(field, vectors, 2, 3, &roots[2]);
        Self::butterfly(field, vectors, 0, 2, &roots[0]);
        Self::butterfly(field, vectors, 1, 3, &roots[0]);
    }
}

/// The two steps in which blocks are halved to quarters of this size, or joined from them.
#[inline(always)]
fn by_quarters<S: TwoSteps>(roots: &Roots, values: &mut [u64], quarter: usize) {
    let field = Field { prime: roots.prime };
    let blocks = values.len() / (4 * quarter);
    let halves = roots.steps[2 * blocks..].as_chunks::<2>().0;
    for ((block, &root), &[even, odd]) in
        values.chunks_exact_mut(4 * quarter).zip(&roots.steps[blocks..]).zip(halves)
    {
        let roots = [Root::same(root), Root::same(even), Root::same(odd)];
        let (left, right) = block.split_at_mut(2 * quarter);
        let ((first, second), (third, fourth)) = (left.split_at_mut(quarter), right.split_at_mut(quarter));
        let first = first.as_chunks_mut::<LANES>().0.iter_mut().zip(second.as_chunks_mut::<LANES>().0);
        let third = third.as_chunks_mut::<LANES>().0.iter_mut().zip(fourth.as_chunks_mut::<LANES>().0);
        for ((first, second), (third, fourth)) in first.zip(third) {
            let mut vectors = [*first, *second, *third, *fourth];
            S::apply(field, &mut vectors, &roots);
            [*first, *second, *third, *fourth] = vectors;
        }
    }
}

/// Rows to columns.
#[inline(always)]
fn transposed(values: &[Lanes; 4]) -> [Lanes; 4] {
    let mut columns = [[0; LANES]; 4];
    for (at, column) in columns.iter_mut().enumerate() {
        for (value, row) in column.iter_mut().zip(values) {
            *value = row[at];
        }
    }
    columns
}

/// As [`Roots::forwards`].
#[inline(always)]
pub(super) fn forwards(roots: &Roots, values: &mut [u64]) {
    let field = Field { prime: roots.prime };
    let mut quarter = values.len() / 4;
    while quarter >= LANES {
        by_quarters::<Forwards>(roots, values, quarter);
        quarter /= 4;
    }
    for (chunk, roots) in chunks(values).iter_mut().zip(&roots.last) {
        // A lane for each block of four.
        let mut vectors = transposed(chunk);
        Forwards::apply(field, &mut vectors, roots);
        for value in vectors.as_flattened_mut() {
            *value = Field::less(Field::less(*value, 2 * field.prime), field.prime);
        }
        *chunk = vectors;
    }
}

/// As [`Roots::backwards`].
#[inline(always)]
pub(super) fn backwards(roots: &Roots, values: &mut [u64]) {
    let field = Field { prime: roots.prime };
    for (chunk, roots) in chunks(values).iter_mut().zip(&roots.last) {
        Backwards::apply(field, chunk, roots);
        *chunk = transposed(chunk);
    }
    let mut quarter = LANES;
    while quarter < values.len() {
        by_quarters::<Backwards>(roots, values, quarter);
        quarter *= 4;
    }
    for value in values {
        *value = Field::less(*value, field.prime);
    }
}

/// The smallest parts, of [`CHUNK`] values.
#[inline(always)]
fn chunks(values: &mut [u64]) -> &mut [[Lanes; 4]] {
    const { assert!(CHUNK == 4 * LANES) };
    values.as_chunks_mut::<LANES>().0.as_chunks_mut::<4>().0
}
