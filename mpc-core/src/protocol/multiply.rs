//! Multiplication of shared ring elements with one triple each (Beaver, Crypto 1991, section 2).
//!
//! With the triple (a, b, c = ab): open `d = x - a` and `e = y - b`, then `xy = c + d b + e a + d e`. The output is fresh, as
//! c is uniform apart from its sum. Source: k bits an element; each link: 2k bits; 1 round. k is rounded up to bytes.

use super::open::open_masked;
use super::verify::Verify;
use crate::algebra::{Ring, RingShape, Vector};
use crate::correlation::{Dealt, Demand, Request, Triples};
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::{Fresh, Raw, Share};
use crate::step::Step;
use crate::transport::Lane;

/// The element-wise product of two vectors of the same shape.
///
/// # Errors
/// Those of the source and of the opening.
pub async fn multiply<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    x: &Raw<S::Share<Ring<W>>>,
    y: &Raw<S::Share<Ring<W>>>,
) -> Result<Fresh<S::Share<Ring<W>>>> {
    let shape = x.share().shape();
    if y.share().shape() != shape {
        return Err(Error::Internal("a product of vectors of different shapes"));
    }
    let Triples { a, b, c } = ctx.narrow("triples").triples::<W>(shape).await?;
    let masked = [subtract(x.share(), &a), subtract(y.share(), &b)];
    let opened = open_masked(&ctx.narrow("open"), &masked).await?;
    let [d, e] = opened.as_slice() else { return Err(Error::Internal("two values were opened")) };
    let (d, e) = (d.public(), e.public());

    let mut product = S::Share::linear(&[&c, &b, &a], |parts| combine(parts, d, e));
    let mut constant = d.clone();
    constant.mul_assign(e);
    product.add_public(&constant, ctx.is_first());
    Ok(Fresh::new(product))
}

fn subtract<W: Dealt, T: Share<Ring<W>>>(x: &T, mask: &T) -> T {
    T::linear(&[x, mask], |parts| {
        let [x, mask] = parts else { return Ring::default() };
        let mut difference = (*x).clone();
        difference.sub_assign(mask);
        difference
    })
}

/// c + d b + e a.
fn combine<W: Dealt>(parts: &[&Ring<W>], d: &Ring<W>, e: &Ring<W>) -> Ring<W> {
    let [c, b, a] = parts else { return Ring::default() };
    let (mut sum, mut left, mut right) = ((*c).clone(), d.clone(), e.clone());
    left.mul_assign(b);
    right.mul_assign(a);
    sum.add_assign(&left);
    sum.add_assign(&right);
    sum
}

/// What [`multiply`] at `step` asks for.
pub fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    out.push(&step.then("triples"), lane, Request::Triples { word: W::BITS, shape });
}
