//! Numbers modulo p = 2^255 - 19, one in each lane.
//!
//! A number is the sum of five limbs times 1, 2^51, .., 2^204. The instructions multiply the lower 52 bits of words and
//! add the lower or the upper 52 bits of the product, so a limb has one bit to spare. Sums and products grow beyond it
//! and are [`Wide`] until their limbs are carried.

use super::LANES;
use std::arch::x86_64::*;

/// Limbs of a number.
const LIMBS: usize = 5;

/// Bits of a limb.
const BITS: u32 = 51;

/// The lower bits of a limb.
const LOW: u64 = (1 << BITS) - 1;

/// Limbs of p.
const P: [u64; LIMBS] = [LOW - 18, LOW, LOW, LOW, LOW];

/// Limbs of 2 p. No limb of a [`Field`] is larger.
const TWO_P: [u64; LIMBS] = [2 * P[0], 2 * LOW, 2 * LOW, 2 * LOW, 2 * LOW];

/// What is added before a product or the sum of two is subtracted: 2^11 p. Each limb is at least 2^62 - 2^16.
const MANY_P: [u64; LIMBS] = [P[0] << 11, LOW << 11, LOW << 11, LOW << 11, LOW << 11];

/// Numbers that can be multiplied. No limb is larger than that of 2 p, and so none than 2^52 - 2; the numbers are not
/// always below p.
#[derive(Copy, Clone)]
pub(super) struct Field([__m512i; LIMBS]);

/// Numbers whose limbs are below 2^64.
#[derive(Copy, Clone)]
pub(super) struct Wide([__m512i; LIMBS]);

/// The same number in all lanes of a vector.
#[inline]
#[target_feature(enable = "avx512f")]
fn splat(word: u64) -> __m512i {
    _mm512_set1_epi64(word.cast_signed())
}

impl Field {
    /// The same number in all lanes; no limb is larger than that of 2 p.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn constant(limbs: [u64; LIMBS]) -> Self {
        Self([splat(limbs[0]), splat(limbs[1]), splat(limbs[2]), splat(limbs[3]), splat(limbs[4])])
    }

    /// The same small number in all lanes.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn small(number: u32) -> Self {
        Self::constant([u64::from(number), 0, 0, 0, 0])
    }

    /// The numbers below 2^255 that are encoded, little-endian, and which lanes have a number below p, with no bit above.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn decode(encoded: &[[u8; 32]; LANES]) -> (Self, __mmask8) {
        let mut words = [[0; LANES]; 4];
        for (lane, encoded) in encoded.iter().enumerate() {
            for (word, bytes) in words.iter_mut().zip(encoded.as_chunks::<8>().0) {
                word[lane] = u64::from_le_bytes(*bytes);
            }
        }
        // SAFETY: each has as many words as the vector.
        let load = |word: &[u64; LANES]| unsafe { _mm512_loadu_si512(word.as_ptr().cast()) };
        let [a, b, c, d] = [load(&words[0]), load(&words[1]), load(&words[2]), load(&words[3])];
        // Limbs begin at bits 0, 51, 102, 153 and 204.
        let low = splat(LOW);
        let number = Self([
            _mm512_and_si512(a, low),
            _mm512_and_si512(_mm512_or_si512(_mm512_srli_epi64::<51>(a), _mm512_slli_epi64::<13>(b)), low),
            _mm512_and_si512(_mm512_or_si512(_mm512_srli_epi64::<38>(b), _mm512_slli_epi64::<26>(c)), low),
            _mm512_and_si512(_mm512_or_si512(_mm512_srli_epi64::<25>(c), _mm512_slli_epi64::<39>(d)), low),
            _mm512_and_si512(_mm512_srli_epi64::<12>(d), low),
        ]);
        let top = _mm512_srli_epi64::<63>(d);
        let too_much = _mm512_or_si512(top, number.quotient());
        (number, _mm512_testn_epi64_mask(too_much, too_much))
    }

    /// The numbers below p, little-endian.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn encode(self) -> [[u8; 32]; LANES] {
        let [a, b, c, d, e] = self.canonical().0;
        let vectors = [
            _mm512_or_si512(a, _mm512_slli_epi64::<51>(b)),
            _mm512_or_si512(_mm512_srli_epi64::<13>(b), _mm512_slli_epi64::<38>(c)),
            _mm512_or_si512(_mm512_srli_epi64::<26>(c), _mm512_slli_epi64::<25>(d)),
            _mm512_or_si512(_mm512_srli_epi64::<39>(d), _mm512_slli_epi64::<12>(e)),
        ];
        let mut encoded = [[0; 32]; LANES];
        for (place, vector) in vectors.into_iter().enumerate() {
            let mut words = [0_u64; LANES];
            // SAFETY: there are as many words as the vector has.
            unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), vector) };
            for (encoded, word) in encoded.iter_mut().zip(words) {
                encoded.as_chunks_mut::<8>().0[place] = word.to_le_bytes();
            }
        }
        encoded
    }

    /// Adds limbs: at most twice those of 2 p, below 2^53.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn add(self, other: Self) -> Self {
        Wide(self.0).add(Wide(other.0)).carry()
    }

    /// Adds limbs to those of the negative: as [`Self::add`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn subtract(self, other: Self) -> Self {
        self.add(other.negative())
    }

    /// Subtracts from 2 p, each of whose limbs is at least that of the number, and at most what a limb can be.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn negative(self) -> Self {
        let limb = |k: usize| _mm512_sub_epi64(splat(TWO_P[k]), self.0[k]);
        Self([limb(0), limb(1), limb(2), limb(3), limb(4)])
    }

    /// The product, its limbs at most 267 (2^52 - 1), which is below 1.05 2^60.
    ///
    /// A limb of the product is a sum of lower parts, at most 2^52 - 1 each, and of upper parts, which are as large and
    /// count twice, as the upper part of a product begins at bit 52, one above the next limb. In multiples of 2^52 - 1,
    /// limbs 0 to 9 are at most 1, 4, 7, 10, 13, 14, 11, 8, 5 and 2. Limbs from the fifth on are a multiple of 2^255, which
    /// is 19: limb 0 becomes the largest, 1 + 19 times 14.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn wide_product(self, other: Self) -> Wide {
        let mut sums = [_mm512_setzero_si512(); 2 * LIMBS];
        for (i, &x) in self.0.iter().enumerate() {
            for (j, &y) in other.0.iter().enumerate() {
                sums[i + j + 1] = _mm512_madd52hi_epu64(sums[i + j + 1], x, y);
            }
        }
        for sum in &mut sums[1..] {
            *sum = _mm512_add_epi64(*sum, *sum);
        }
        for (i, &x) in self.0.iter().enumerate() {
            for (j, &y) in other.0.iter().enumerate() {
                sums[i + j] = _mm512_madd52lo_epu64(sums[i + j], x, y);
            }
        }
        fold(sums)
    }

    /// The square, with the limbs of [`Self::wide_product`]: the same parts, of which those that are there twice
    /// are added once and doubled.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn wide_square(self) -> Wide {
        let mut sums = [_mm512_setzero_si512(); 2 * LIMBS];
        // Upper parts of mixed products count four times.
        for (i, &x) in self.0.iter().enumerate() {
            for (j, &y) in self.0.iter().enumerate().skip(i + 1) {
                sums[i + j + 1] = _mm512_madd52hi_epu64(sums[i + j + 1], x, y);
            }
        }
        for sum in &mut sums[2..2 * LIMBS - 1] {
            *sum = _mm512_add_epi64(*sum, *sum);
        }
        // Lower parts of mixed products and upper parts of squares count twice.
        for (i, &x) in self.0.iter().enumerate() {
            sums[2 * i + 1] = _mm512_madd52hi_epu64(sums[2 * i + 1], x, x);
            for (j, &y) in self.0.iter().enumerate().skip(i + 1) {
                sums[i + j] = _mm512_madd52lo_epu64(sums[i + j], x, y);
            }
        }
        for sum in &mut sums[1..] {
            *sum = _mm512_add_epi64(*sum, *sum);
        }
        for (i, &x) in self.0.iter().enumerate() {
            sums[2 * i] = _mm512_madd52lo_epu64(sums[2 * i], x, x);
        }
        fold(sums)
    }

    /// The product.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn multiply(self, other: Self) -> Self {
        self.wide_product(other).carry()
    }

    /// The square.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(self) -> Self {
        self.wide_square().carry()
    }

    /// Squares so many times.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn squares(mut self, times: usize) -> Self {
        for _ in 0..times {
            self = self.square();
        }
        self
    }

    /// The power (p - 5) / 8, which is 2^252 - 3.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn power(self) -> Self {
        // `ones_n` is the power 2^n - 1.
        let ones_2 = self.square().multiply(self);
        let ones_4 = ones_2.squares(2).multiply(ones_2);
        let ones_5 = ones_4.square().multiply(self);
        let ones_10 = ones_5.squares(5).multiply(ones_5);
        let ones_20 = ones_10.squares(10).multiply(ones_10);
        let ones_40 = ones_20.squares(20).multiply(ones_20);
        let ones_50 = ones_40.squares(10).multiply(ones_10);
        let ones_100 = ones_50.squares(50).multiply(ones_50);
        let ones_200 = ones_100.squares(100).multiply(ones_100);
        let ones_250 = ones_200.squares(50).multiply(ones_50);
        ones_250.squares(2).multiply(self)
    }

    /// The square root of the inverse, not negative, and which lanes have one; else, that of the inverse times sqrt(-1).
    /// Of zero, zero, which is none. (RFC 9496, section 4.2, with u = 1.)
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn inverse_root(self) -> (Self, __mmask8) {
        let cube = self.square().multiply(self);
        let seventh = cube.square().multiply(self);
        let root = cube.multiply(seventh.power());
        let test = self.multiply(root.square()).canonical();
        let sqrt_m1 = Self::sqrt_m1();
        let right = test.same(Self::small(1));
        let flipped = test.same(Self::small(1).negative().canonical());
        let flipped_by_root = test.same(sqrt_m1.negative().canonical());
        let root = root.choose(root.multiply(sqrt_m1), flipped | flipped_by_root);
        (root.absolute(), right | flipped)
    }

    /// The square root of -1 that is not negative.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn sqrt_m1() -> Self {
        Self::constant([
            1_718_705_420_411_056,
            234_908_883_556_509,
            2_233_514_472_574_048,
            2_117_202_627_021_982,
            765_476_049_583_133,
        ])
    }

    /// `other` in the lanes of the mask.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn choose(self, other: Self, lanes: __mmask8) -> Self {
        let limb = |k: usize| _mm512_mask_mov_epi64(self.0[k], lanes, other.0[k]);
        Self([limb(0), limb(1), limb(2), limb(3), limb(4)])
    }

    /// `other` where the bits are set. Unlike [`Self::choose`], which may become a masked load, reads all of it.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn merge(self, other: &Self, bits: __m512i) -> Self {
        // Of the eight cases of three bits, those where the first is set and the second, or not set and the third.
        let limb = |k: usize| _mm512_ternarylogic_epi64::<0b1100_1010>(bits, other.0[k], self.0[k]);
        Self([limb(0), limb(1), limb(2), limb(3), limb(4)])
    }

    /// The negative in the lanes of the mask.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn negative_where(self, lanes: __mmask8) -> Self {
        self.choose(self.negative(), lanes)
    }

    /// The one of a number and its negative that is not negative.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn absolute(self) -> Self {
        self.negative_where(self.is_negative())
    }

    /// Which are negative: odd, when below p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn is_negative(self) -> __mmask8 {
        _mm512_test_epi64_mask(self.canonical().0[0], splat(1))
    }

    /// Which are zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn is_zero(self) -> __mmask8 {
        self.canonical().same(Self::small(0))
    }

    /// Which have the same limbs.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn same(self, other: Self) -> __mmask8 {
        let limb = |k: usize| _mm512_cmpeq_epi64_mask(self.0[k], other.0[k]);
        limb(0) & limb(1) & limb(2) & limb(3) & limb(4)
    }

    /// How often p is in a number below 2 p: the number plus 19, divided by 2^255. No limb is above 2^52.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn quotient(self) -> __m512i {
        let mut carry = splat(19);
        for limb in self.0 {
            carry = _mm512_srli_epi64::<BITS>(_mm512_add_epi64(limb, carry));
        }
        carry
    }

    /// The limbs of the number below p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn canonical(self) -> Self {
        // Carries are at most 1, so the limbs are now at most 2^51 + 18, and the number is below 2 p.
        let mut number = Wide(self.0).carry().0;
        let quotient = Self(number).quotient();
        let mut carry = _mm512_madd52lo_epu64(_mm512_setzero_si512(), quotient, splat(19));
        for limb in &mut number {
            let sum = _mm512_add_epi64(*limb, carry);
            *limb = _mm512_and_si512(sum, splat(LOW));
            carry = _mm512_srli_epi64::<BITS>(sum);
        }
        // The carry that is left is the quotient.
        Self(number)
    }
}

/// Moves limbs from the fifth on, below 2^57, down: they are a multiple of 2^255, which is 19.
#[inline]
#[target_feature(enable = "avx512f")]
fn fold(sums: [__m512i; 2 * LIMBS]) -> Wide {
    let limb = |k: usize| {
        let high = sums[k + LIMBS];
        let three = _mm512_add_epi64(_mm512_add_epi64(high, high), high);
        _mm512_add_epi64(_mm512_add_epi64(sums[k], three), _mm512_slli_epi64::<4>(high))
    };
    Wide([limb(0), limb(1), limb(2), limb(3), limb(4)])
}

impl Wide {
    /// Adds limbs. The sum of each two is below 2^64.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn add(self, other: Self) -> Self {
        let limb = |k: usize| _mm512_add_epi64(self.0[k], other.0[k]);
        Self([limb(0), limb(1), limb(2), limb(3), limb(4)])
    }

    /// Subtracts a product or the sum of two, whose limbs are below 2.1 2^60, from a number whose limbs are below 2^63: those of the
    /// difference become larger by less than 2^62.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn subtract(self, other: Self) -> Self {
        let limb = |k: usize| _mm512_add_epi64(self.0[k], _mm512_sub_epi64(splat(MANY_P[k]), other.0[k]));
        Self([limb(0), limb(1), limb(2), limb(3), limb(4)])
    }

    /// Carries from each limb to the next, once. A carry is below 2^13, and that of the last limb counts 19 times: limbs become
    /// less than 2^51 + 2^18, which is less than those of 2 p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn carry(self) -> Field {
        let low = |k: usize| _mm512_and_si512(self.0[k], splat(LOW));
        let carry = |k: usize| _mm512_srli_epi64::<BITS>(self.0[k]);
        Field([
            _mm512_madd52lo_epu64(low(0), carry(4), splat(19)),
            _mm512_add_epi64(low(1), carry(0)),
            _mm512_add_epi64(low(2), carry(1)),
            _mm512_add_epi64(low(3), carry(2)),
            _mm512_add_epi64(low(4), carry(3)),
        ])
    }
}

#[cfg(test)]
mod tests;
