//! What a party sees, tested: every kind of message is uniform ([`uniform`]), and all messages together do not depend
//! on what others hold beyond the released result ([`independent`]). Both tests also have to find what is planted.
//!
//! Seeds are fixed, so a test that passes once passes always. The longer form of the first, 10^7 bytes of each kind:
//!
//! ```text
//! cargo test --release --locked -p mpc-core --lib views -- --ignored
//! ```

mod fresh;
mod independent;
mod uniform;
mod vertical;

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Sites in these tests.
const SITES: u8 = 3;

/// A result this improbable is none of chance.
pub(crate) const IMPROBABLE: f64 = 1e-4;

/// How probable it is that chance exceeds a chi-square statistic.
pub(crate) fn probability(statistic: f64, freedom: usize) -> f64 {
    ChiSquared::new(freedom as f64).unwrap().sf(statistic)
}
