//! What both sites know: a uniform polynomial for each block of rows, and one for the keys with which the evaluator
//! re-randomises. Expanded from the seed that the two have in common, to which each has contributed.

use super::modulus::MODULI;
use super::noise::uniform;
use super::{DEGREE, Polynomial};
use crate::random::Prg;

/// The public polynomials, by slots; each slot stands for 4,096 / 2^64 times its value, so that a product with it, once
/// [reduced](super::modulus::Modulus::montgomery) and [transformed](super::transform::Transform::backwards), is right as it is. Uniform
/// slots are a uniform polynomial.
pub(super) struct Public {
    /// For each block of rows.
    pub(super) blocks: Vec<Polynomial>,
    /// For the keys.
    pub(super) key: Polynomial,
}

impl Public {
    pub(super) fn expand(mut stream: Prg, blocks: usize) -> Self {
        let mut draw = || MODULI.map(|modulus| (0..DEGREE).map(|_| uniform(modulus, &mut stream)).collect());
        let key = draw();
        Self { blocks: (0..blocks).map(|_| draw()).collect(), key }
    }
}
