//! Points of the curve -x^2 + y^2 = 1 + d x^2 y^2 over the field, one in each lane.
//!
//! Formulas without exceptions, of Hisil, Wong, Carter and Dawson (Twisted Edwards Curves Revisited, Asiacrypt 2008): -1 is a
//! square and d is none, so they hold for all points, the neutral one and equal ones too. They end in four factors
//! whose products are the coordinates of the result; a factor is carried once, from the products that it is the sum of.

use super::field::Field;
use std::arch::x86_64::*;
use std::hint::black_box;

/// A point (x / z, y / z).
#[derive(Copy, Clone)]
pub(super) struct Projective {
    x: Field,
    y: Field,
    z: Field,
}

/// The same, with t = x y / z.
#[derive(Copy, Clone)]
pub(super) struct Extended {
    pub(super) x: Field,
    pub(super) y: Field,
    pub(super) z: Field,
    pub(super) t: Field,
}

/// A point as a summand: y - x, y + x, 2 z, 2 d t.
#[derive(Copy, Clone)]
pub(super) struct Summand {
    difference: Field,
    sum: Field,
    twice_z: Field,
    twice_dt: Field,
}

/// The factors of a result: x = e f, y = g h, z = f g, t = e h.
#[derive(Copy, Clone)]
pub(super) struct Factors {
    e: Field,
    f: Field,
    g: Field,
    h: Field,
}

impl Factors {
    /// Three products.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn projective(self) -> Projective {
        Projective { x: self.e.multiply(self.f), y: self.g.multiply(self.h), z: self.f.multiply(self.g) }
    }

    /// Four products.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn extended(self) -> Extended {
        let Projective { x, y, z } = self.projective();
        Extended { x, y, z, t: self.e.multiply(self.h) }
    }
}

impl Projective {
    /// The double: dbl-2008-hwcd, with e as twice the product of x and y, and the signs of f and h, and so of all coordinates,
    /// the other way round.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn double(self) -> Factors {
        let a = self.x.wide_square();
        let b = self.y.wide_square();
        let c = self.z.wide_square();
        let xy = self.x.wide_product(self.y);
        // In multiples of 2^60, products are below 1.05. Of the sums, f is the largest: below 3.15 + 4.
        Factors {
            e: xy.add(xy).carry(),
            f: c.add(c).add(a).subtract(b).carry(),
            g: b.subtract(a).carry(),
            h: a.add(b).carry(),
        }
    }
}

impl Extended {
    /// The neutral point in all lanes.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn neutral() -> Self {
        let [zero, one] = [Field::small(0), Field::small(1)];
        Self { x: zero, y: one, z: one, t: zero }
    }

    /// The sum: add-2008-hwcd-3. Of the factors, e and f are the largest: below 1.05 2^60 + 2^62.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn add(self, other: &Summand) -> Factors {
        let a = self.y.subtract(self.x).wide_product(other.difference);
        let b = self.y.add(self.x).wide_product(other.sum);
        let c = self.t.wide_product(other.twice_dt);
        let d = self.z.wide_product(other.twice_z);
        Factors {
            e: b.subtract(a).carry(),
            f: d.subtract(c).carry(),
            g: d.add(c).carry(),
            h: b.add(a).carry(),
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn summand(self) -> Summand {
        let twice_d = Field::constant([
            1_859_910_466_990_425,
            932_731_440_258_426,
            1_072_319_116_312_658,
            1_815_898_335_770_999,
            633_789_495_995_903,
        ]);
        Summand {
            difference: self.y.subtract(self.x),
            sum: self.y.add(self.x),
            twice_z: self.z.add(self.z),
            twice_dt: self.t.multiply(twice_d),
        }
    }
}

impl Summand {
    /// `other` where the bits are set.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn merge(self, other: &Self, bits: __m512i) -> Self {
        Self {
            difference: self.difference.merge(&other.difference, bits),
            sum: self.sum.merge(&other.sum, bits),
            twice_z: self.twice_z.merge(&other.twice_z, bits),
            twice_dt: self.twice_dt.merge(&other.twice_dt, bits),
        }
    }

    /// The negative, in the lanes of the mask.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn negative_where(self, lanes: __mmask8) -> Self {
        Self {
            difference: self.difference.choose(self.sum, lanes),
            sum: self.sum.choose(self.difference, lanes),
            twice_z: self.twice_z,
            twice_dt: self.twice_dt.negative_where(lanes),
        }
    }
}

/// One to eight times a point.
pub(super) struct Table([Summand; 8]);

impl Table {
    /// That of a point.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn new(point: Extended) -> Self {
        let mut table = [point.summand(); 8];
        for index in 1..table.len() {
            table[index] = point.add(&table[index - 1]).extended().summand();
        }
        Self(table)
    }

    /// So many times the point, from -8 to 8. All entries are read, and none is chosen by a branch.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(&self, digit: i8) -> Summand {
        // That the lanes are equal is hidden: the compiler would be free to turn the choice into a branch.
        let digit = black_box(_mm512_set1_epi64(digit.into()));
        let size = _mm512_abs_epi64(digit);
        let one = Field::small(1);
        let mut chosen =
            Summand { difference: one, sum: one, twice_z: Field::small(2), twice_dt: Field::small(0) };
        for (times, entry) in (1..).zip(&self.0) {
            // Zero at the right entry; one less is negative there only.
            let distance = _mm512_xor_si512(size, _mm512_set1_epi64(times));
            let bits = _mm512_srai_epi64::<63>(_mm512_sub_epi64(distance, _mm512_set1_epi64(1)));
            chosen = chosen.merge(entry, bits);
        }
        chosen.negative_where(_mm512_cmplt_epi64_mask(digit, _mm512_setzero_si512()))
    }
}
