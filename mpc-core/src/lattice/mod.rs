//! Private matrix products between two sites from ring learning with errors, without a helper. Semi-honest.
//!
//! One site, the *holder*, has columns of numbers, the other, the *evaluator*, columns of bits over the same rows. The
//! holder encrypts 4,096 rows of a column as the coefficients of one polynomial (after Cheetah, USENIX Security 2022,
//! section 3), with a secret key for each column and public elements that all columns share (Peikert, Vaikuntanathan,
//! Waters, CRYPTO 2008). Of the product with a polynomial of bits only one coefficient is wanted, and that is the sum of
//! those coefficients of the ciphertext whose bit is set: additions only. The derivation, the error bound and the security
//! argument are in `docs/protocols.md`, "Lattice products".
//!
//! | file | part |
//! |---|---|
//! | `modulus` | the primes |
//! | `transform` | products of polynomials |
//! | `ternary` | small secrets, and polynomials of bits |
//! | `noise` | errors and uniform remainders |
//! | `plaintext` | numbers to remainders and back to shares |
//! | `wire` | bytes |
//! | `public` | the elements that both sites know |
//! | `tile` | the one coefficient, for many pairs of columns |
//! | `shape` | sizes, cost, and the probability of a wrong result |
//! | `holder`, `evaluator` | the two sites' parts |
//! | `packed` | another kind: products element by element |

#[cfg(test)]
mod agreement;
mod evaluator;
mod holder;
mod modulus;
mod noise;
pub(crate) mod packed;
mod plaintext;
pub mod product;
mod public;
mod shape;
mod ternary;
mod tile;
mod transform;
#[cfg(test)]
mod view;
mod wire;

/// Coefficients of a polynomial. With q of 104 bits, ternary secrets and errors of standard deviation 3.2 that is 128-bit
/// security: the Homomorphic Encryption Standard (2018, table 1) allows 109 bits.
const DEGREE: usize = 4096;

/// Primes.
const LIMBS: usize = modulus::MODULI.len();

/// Columns of a message.
const COLUMNS: usize = 64;

/// A polynomial modulo each prime, by coefficients or by slots.
type Polynomial = [Vec<u64>; LIMBS];
