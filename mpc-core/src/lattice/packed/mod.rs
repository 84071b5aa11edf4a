//! Products element by element in Z_2^k between two sites, from ring learning with errors: of vectors x_1, .., x_l of
//! one site, the *holder*, and y_1, .., y_l of the other, the *evaluator*, each gets an additive share of the sum of
//! x_1 y_1 to x_l y_l. Semi-honest. 16,384 numbers are in the slots of a polynomial (Smart, Vercauteren, eprint
//! 2011/133). Derivation, error bound and security argument are in `docs/protocols.md`, "Packed products".
//!
//! The scheme is that of Fan and Vercauteren (BFV) with the secret key, q by its remainders modulo six primes
//! (*limbs*), without relinearisation, as only plaintexts are multiplied with.
//!
//! The holder sends a key once, and encryptions of its numbers; the evaluator answers with encryptions of masked
//! products. This chapter has what each computes; [`crate::source::ot`] sends it.
//!
//! | file | part |
//! |---|---|
//! | `primes` | those of ciphertexts and of slots |
//! | `encoding` | numbers to polynomials, and shares back to numbers |
//! | `rounding` | what is masked modulo q to a share |
//! | `codec` | both of these, for all ciphertexts of a request |
//! | `sampling` | uniform polynomials that both know; secrets, errors and masks of one site |
//! | `wire` | bytes |
//! | `shape` | sizes and cost |
//! | `errors` | the probability of a wrong result |
//! | `holder`, `evaluator` | the two sites' parts |

mod codec;
mod encoding;
#[cfg(test)]
mod errors;
mod evaluator;
mod holder;
mod primes;
mod rounding;
mod sampling;
mod shape;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod view;
mod wire;

pub(crate) use evaluator::Evaluator;
pub(crate) use holder::Holder;
pub(crate) use primes::DEGREE;
pub(crate) use sampling::{Common, Own};
pub(crate) use shape::Shape;
