//! Elements of the group as bytes (RFC 9496, section 4.3).

use super::LANES;
use super::field::Field;
use super::point::Extended;
use crate::kernels::ristretto::Element;
use std::arch::x86_64::*;

/// Decoded elements.
pub(super) struct Decoded {
    /// The points, where the lanes have one.
    pub(super) points: Extended,
    /// Which lanes have the canonical encoding of a point.
    pub(super) valid: __mmask8,
    /// Which have that of the neutral one.
    pub(super) neutral: __mmask8,
}

/// Section 4.3.1.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn decode(elements: &[Element; LANES]) -> Decoded {
    let d = Field::constant([
        929_955_233_495_203,
        466_365_720_129_213,
        1_662_059_464_998_953,
        2_033_849_074_728_123,
        1_442_794_654_840_575,
    ]);
    let one = Field::small(1);
    let (s, below) = Field::decode(elements);
    let square = s.square();
    let u1 = one.subtract(square);
    let u2 = one.add(square);
    let u2_square = u2.square();
    let v = d.multiply(u1.square()).add(u2_square).negative();
    let (root, is_square) = v.multiply(u2_square).inverse_root();
    let den_x = root.multiply(u2);
    let den_y = root.multiply(den_x).multiply(v);
    let x = s.add(s).multiply(den_x).absolute();
    let y = u1.multiply(den_y);
    let t = x.multiply(y);
    let valid = below & !s.is_negative() & is_square & !t.is_negative() & !y.is_zero();
    Decoded { points: Extended { x, y, z: one, t }, valid, neutral: valid & s.is_zero() }
}

/// Section 4.3.2.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn encode(points: Extended) -> [Element; LANES] {
    let inverse_root_of_a_minus_d = Field::constant([
        278_908_739_862_762,
        821_645_201_101_625,
        8_113_234_426_968,
        1_777_959_178_193_151,
        2_118_520_810_568_447,
    ]);
    let Extended { x, y, z, t } = points;
    let u1 = z.add(y).multiply(z.subtract(y));
    let u2 = x.multiply(y);
    // There always is a root, but of the points that encode as zero.
    let (root, _) = u1.multiply(u2.square()).inverse_root();
    let den1 = root.multiply(u1);
    let den2 = root.multiply(u2);
    let z_inverse = den1.multiply(den2).multiply(t);
    let rotate = t.multiply(z_inverse).is_negative();
    let rotated_x = y.multiply(Field::sqrt_m1());
    let rotated_y = x.multiply(Field::sqrt_m1());
    let x = x.choose(rotated_x, rotate);
    let y = y.choose(rotated_y, rotate);
    let den = den2.choose(den1.multiply(inverse_root_of_a_minus_d), rotate);
    let y = y.negative_where(x.multiply(z_inverse).is_negative());
    den.multiply(z.subtract(y)).absolute().encode()
}
