//! x86: rounds of AES on all blocks of a row at once, by one, two or four of them a vector.
//!
//! Four streams, or four rows of halves of columns, are computed side by side: a round takes several times as long as
//! it keeps the processor from beginning the next.

use super::{Cipher, FOUR, Key, LANES, ROWS, Row, TILES, Tile, counters, halves};
use std::arch::x86_64::*;
use std::array::from_fn;
use std::hint::black_box;
use std::marker::PhantomData;
use zeroize::Zeroizing;

/// Rounds of AES-128.
const ROUNDS: usize = 10;

/// The key of the whitening, and those of the rounds.
type Schedule = [Key; ROUNDS + 1];

/// A row as vectors.
trait Vectors: Copy + 'static {
    /// A key for every block of a vector.
    type Keys: Copy;

    /// # Safety
    /// For this and all others: the processor has the features that the vectors are for.
    unsafe fn load(row: &Row) -> Self;
    unsafe fn store(self, row: &mut Row);
    unsafe fn keys(key: &Key) -> Self::Keys;
    unsafe fn whiten(self, keys: Self::Keys) -> Self;
    unsafe fn round(self, keys: Self::Keys) -> Self;
    unsafe fn last_round(self, keys: Self::Keys) -> Self;
    unsafe fn xor(self, other: Self) -> Self;
    /// Sums of words.
    unsafe fn add(self, other: Self) -> Self;
    /// Words 0, 2, 4, 6, each followed by the same of `other`; and words 1, 3, 5, 7. Its own inverse.
    unsafe fn interleave(self, other: Self) -> [Self; 2];
}

/// Defines rows of vectors and the functions compiled for them.
macro_rules! form {
    (
        $new:ident, $features:literal, $vector:ty, $count:literal, load $load:ident, store $store:ident,
        keys $keys:expr, round $round:ident, last $last:ident, xor $xor:ident, add $add:ident,
        low $low:ident, high $high:ident
    ) => {
        impl Vectors for [$vector; $count] {
            type Keys = $vector;

            #[inline(always)]
            unsafe fn load(row: &Row) -> Self {
                // SAFETY: the vectors are as long as the row.
                from_fn(|index| unsafe { $load(row.as_ptr().add(index * LANES / $count).cast()) })
            }

            #[inline(always)]
            unsafe fn store(self, row: &mut Row) {
                for (index, vector) in self.into_iter().enumerate() {
                    // SAFETY: as above.
                    unsafe { $store(row.as_mut_ptr().add(index * LANES / $count).cast(), vector) };
                }
            }

            #[inline(always)]
            unsafe fn keys(key: &Key) -> $vector {
                // SAFETY: a key is as long as the vector that is read.
                unsafe { $keys(_mm_loadu_si128(key.as_ptr().cast())) }
            }

            #[inline(always)]
            unsafe fn whiten(self, keys: $vector) -> Self {
                // SAFETY: the caller's; for this and those that follow.
                from_fn(|index| unsafe { $xor(self[index], keys) })
            }

            #[inline(always)]
            unsafe fn round(self, keys: $vector) -> Self {
                // SAFETY: as above.
                from_fn(|index| unsafe { $round(self[index], keys) })
            }

            #[inline(always)]
            unsafe fn last_round(self, keys: $vector) -> Self {
                // SAFETY: as above.
                from_fn(|index| unsafe { $last(self[index], keys) })
            }

            #[inline(always)]
            unsafe fn xor(self, other: Self) -> Self {
                // SAFETY: as above.
                from_fn(|index| unsafe { $xor(self[index], other[index]) })
            }

            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                // SAFETY: as above.
                from_fn(|index| unsafe { $add(self[index], other[index]) })
            }

            #[inline(always)]
            unsafe fn interleave(self, other: Self) -> [Self; 2] {
                // SAFETY: as above.
                unsafe {
                    [
                        from_fn(|index| $low(self[index], other[index])),
                        from_fn(|index| $high(self[index], other[index])),
                    ]
                }
            }
        }

        impl Cipher for Schedules<[$vector; $count]> {
            fn expand(&self, bits: usize, counter: u128, tiles: &mut [Tile]) {
                #[target_feature(enable = $features)]
                fn expand(schedules: &[Schedule], bits: usize, counter: u128, tiles: &mut [Tile]) {
                    // SAFETY: the features are those of this function.
                    unsafe { expand_by::<[$vector; $count]>(schedules, bits, counter, tiles) }
                }
                // SAFETY: a cipher of this form exists only where the processor has the features.
                unsafe { expand(&self.0, bits, counter, tiles) }
            }

            fn hash(&self, first: u64, block: u64, mask: u128, columns: &[Row; ROWS], out: &mut [Row; ROWS]) {
                #[target_feature(enable = $features)]
                fn hash(
                    schedule: &Schedule,
                    numbers: [u64; 2],
                    mask: u128,
                    columns: &[Row; ROWS],
                    out: &mut [Row; ROWS],
                ) {
                    // SAFETY: the features are those of this function.
                    unsafe { hash_by::<[$vector; $count]>(schedule, numbers, mask, columns, out) }
                }
                let Some(schedule) = self.0.first() else { return };
                // SAFETY: as above.
                unsafe { hash(schedule, [first, block], mask, columns, out) }
            }
        }

        /// Takes charge of keys.
        ///
        /// # Safety
        /// The processor has the features named.
        #[target_feature(enable = $features)]
        pub(super) fn $new(keys: &[Key]) -> Box<dyn Cipher> {
            let schedules = Zeroizing::new(keys.iter().map(|key| schedule(key)).collect());
            Box::new(Schedules::<[$vector; $count]>(schedules, PhantomData))
        }
    };
}

form!(
    aes, "aes", __m128i, 4, load _mm_loadu_si128, store _mm_storeu_si128,
    keys std::convert::identity, round _mm_aesenc_si128, last _mm_aesenclast_si128, xor _mm_xor_si128, add _mm_add_epi64,
    low _mm_unpacklo_epi64, high _mm_unpackhi_epi64
);
form!(
    vaes, "aes,avx2,vaes", __m256i, 2, load _mm256_loadu_si256, store _mm256_storeu_si256,
    keys _mm256_broadcastsi128_si256, round _mm256_aesenc_epi128, last _mm256_aesenclast_epi128, xor _mm256_xor_si256,
    add _mm256_add_epi64, low _mm256_unpacklo_epi64, high _mm256_unpackhi_epi64
);
form!(
    vaes512, "aes,avx512f,vaes", __m512i, 1, load _mm512_loadu_si512, store _mm512_storeu_si512,
    keys _mm512_broadcast_i32x4, round _mm512_aesenc_epi128, last _mm512_aesenclast_epi128, xor _mm512_xor_si512,
    add _mm512_add_epi64, low _mm512_unpacklo_epi64, high _mm512_unpackhi_epi64
);

/// Keys whose rounds are computed by vectors V: exists only where the processor has what V needs.
struct Schedules<V>(Zeroizing<Vec<Schedule>>, PhantomData<fn() -> V>);

/// FIPS 197, section 5.2.
#[target_feature(enable = "aes")]
fn schedule(key: &Key) -> Schedule {
    /// The key after `key`, with the constant of its round.
    #[target_feature(enable = "aes")]
    fn next<const CONSTANT: i32>(key: __m128i) -> __m128i {
        let last = _mm_shuffle_epi32::<0xff>(_mm_aeskeygenassist_si128::<CONSTANT>(key));
        let key = _mm_xor_si128(key, _mm_slli_si128::<4>(key));
        let key = _mm_xor_si128(key, _mm_slli_si128::<8>(key));
        _mm_xor_si128(key, last)
    }
    let mut keys = [_mm_setzero_si128(); ROUNDS + 1];
    // SAFETY: a key is as long as the vector.
    keys[0] = unsafe { _mm_loadu_si128(key.as_ptr().cast()) };
    keys[1] = next::<0x01>(keys[0]);
    keys[2] = next::<0x02>(keys[1]);
    keys[3] = next::<0x04>(keys[2]);
    keys[4] = next::<0x08>(keys[3]);
    keys[5] = next::<0x10>(keys[4]);
    keys[6] = next::<0x20>(keys[5]);
    keys[7] = next::<0x40>(keys[6]);
    keys[8] = next::<0x80>(keys[7]);
    keys[9] = next::<0x1b>(keys[8]);
    keys[10] = next::<0x36>(keys[9]);
    keys.map(|key| {
        let mut bytes = Key::default();
        // SAFETY: as above.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), key) };
        bytes
    })
}

/// Encrypts four rows, each under its own key.
///
/// # Safety
/// The processor has what V needs.
#[inline(always)]
unsafe fn encrypt<V: Vectors>(mut rows: [V; FOUR], schedules: [&Schedule; FOUR]) -> [V; FOUR] {
    // SAFETY: the caller's.
    unsafe {
        for (row, schedule) in rows.iter_mut().zip(schedules) {
            *row = row.whiten(V::keys(&schedule[0]));
        }
        // A number that the compiler does not know keeps the rows side by side: unrolled, it computes one after another.
        #[allow(clippy::needless_range_loop, reason = "four schedules are read side by side")]
        for round in 1..black_box(ROUNDS).min(ROUNDS) {
            for (row, schedule) in rows.iter_mut().zip(schedules) {
                *row = row.round(V::keys(&schedule[round]));
            }
        }
        for (row, schedule) in rows.iter_mut().zip(schedules) {
            *row = row.last_round(V::keys(&schedule[ROUNDS]));
        }
        rows
    }
}

/// # Safety
/// The processor has what V needs.
#[inline(always)]
unsafe fn expand_by<V: Vectors>(schedules: &[Schedule], bits: usize, counter: u128, tiles: &mut [Tile]) {
    for (chunk, tiles) in (0..).step_by(TILES).zip(tiles.chunks_mut(TILES)) {
        let counters: [Row; TILES] =
            from_fn(|tile| counters(counter.wrapping_add((chunk + tile as u128) * LANES as u128 / 2)));
        tiles.iter_mut().for_each(|tile| *tile = Tile::ZERO);
        for (tree, schedules) in schedules.chunks_exact(1 << bits).enumerate() {
            for (upper, four) in schedules.as_chunks::<FOUR>().0.iter().enumerate() {
                for (tile, counters) in tiles.iter_mut().zip(&counters) {
                    let rows = &mut tile.rows[tree * bits..][..bits];
                    // SAFETY: the caller's.
                    unsafe {
                        let [zero, one, two, three] = encrypt([V::load(counters); FOUR], four.each_ref());
                        let second = two.xor(three);
                        let all = zero.xor(one).xor(second);
                        add_to(&mut rows[0], one.xor(three));
                        add_to(&mut rows[1], second);
                        for (bit, row) in rows[2..].iter_mut().enumerate() {
                            if upper >> bit & 1 == 1 {
                                add_to(row, all);
                            }
                        }
                        add_to(&mut tile.sums[tree], all);
                    }
                }
            }
        }
    }
}

/// # Safety
/// The processor has what V needs.
#[inline(always)]
unsafe fn add_to<V: Vectors>(row: &mut Row, vectors: V) {
    // SAFETY: the caller's.
    unsafe { V::load(row).xor(vectors).store(row) }
}

/// # Safety
/// The processor has what V needs.
#[inline(always)]
unsafe fn hash_by<V: Vectors>(
    schedule: &Schedule,
    [first, block]: [u64; 2],
    mask: u128,
    columns: &[Row; ROWS],
    out: &mut [Row; ROWS],
) {
    const STEPS: usize = ROWS / 2 / 2;
    let number = |lane: usize| first.wrapping_add(lane as u64 * 64);
    let [even, odd] = [0, 1]
        .map(|odd| from_fn::<u64, LANES, _>(|lane| if lane % 2 == 0 { number(lane + odd) } else { block }));
    let [low, high] = halves(mask);
    let (lower, upper) = columns.split_at(ROWS / 2);
    let (out_lower, out_upper) = out.split_at_mut(ROWS / 2);
    // SAFETY: the caller's.
    unsafe {
        let one = V::load(&[1, 0, 1, 0, 1, 0, 1, 0]);
        let mask = V::load(&[low, high, low, high, low, high, low, high]);
        let (mut even, mut odd) = (V::load(&even), V::load(&odd));
        for step in 0..STEPS {
            let (row, next) = (2 * step, 2 * step + 1);
            let [a, b] = V::load(&lower[row]).interleave(V::load(&upper[row]));
            let [c, d] = V::load(&lower[next]).interleave(V::load(&upper[next]));
            let more = [even.add(one), odd.add(one)];
            let tweaks = [even, odd, more[0], more[1]];
            (even, odd) = (more[0].add(one), more[1].add(one));
            let once = encrypt([a.xor(mask), b.xor(mask), c.xor(mask), d.xor(mask)], [schedule; FOUR]);
            let twice = encrypt(from_fn(|index| once[index].xor(tweaks[index])), [schedule; FOUR]);
            let [a, b, c, d]: [V; FOUR] = from_fn(|index| once[index].xor(twice[index]));
            for (row, [low, high]) in [(row, a.interleave(b)), (next, c.interleave(d))] {
                low.store(&mut out_lower[row]);
                high.store(&mut out_upper[row]);
            }
        }
    }
}
