//! Multiplication of shared ring elements (Beaver, Crypto 1991, section 2): products, sums of products, squares.
//!
//! With the triple (a, b, c = ab): open `d = x - a` and `e = y - b`, then `xy = c + d b + e a + d e`. For a sum of products the
//! same is added up, and one c serves the whole sum. For squares a pair (a, c = a^2) is enough: `x^2 = c + 2 d a + d^2`.
//! Outputs are fresh, as c is uniform apart from its sum.
//!
//! Source: k bits a result; each link: 2k bits a product, k a square; 1 round. k is rounded up to bytes.

use super::open::open_masked;
use super::verify::Verify;
use crate::algebra::{Ring, RingShape, Vector, Word};
use crate::correlation::{Dealt, Demand, Request, Squares, Triples};
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
    inner_products(ctx, x, y, 1).await
}

/// The inner products of consecutive runs of `run` elements of two vectors of the same shape.
///
/// # Errors
/// Those of the source and of the opening.
pub async fn inner_products<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    x: &Raw<S::Share<Ring<W>>>,
    y: &Raw<S::Share<Ring<W>>>,
    run: usize,
) -> Result<Fresh<S::Share<Ring<W>>>> {
    let shape = x.share().shape();
    if y.share().shape() != shape || run == 0 || !shape.len.is_multiple_of(run) {
        return Err(Error::Internal("a product of vectors of different shapes"));
    }
    let step = ctx.narrow("triples");
    let (source, place) = step.ring_source::<W>()?;
    let Triples { a, b, c } = source.triples(place, shape, run).await?;
    let masked = [subtract(x.share(), &a), subtract(y.share(), &b)];
    let opened = open_masked(&ctx.narrow("open"), &masked).await?;
    let [d, e] = opened.as_slice() else { return Err(Error::Internal("two values were opened")) };
    let (d, e) = (d.public(), e.public());

    let mut product = S::Share::linear(&[&c, &b, &a], |parts| combine(parts, d, e, run));
    let mut constant = d.clone();
    constant.mul_assign(e);
    let constant = if run == 1 { constant } else { constant.run_sums(run) };
    product.add_public(&constant, ctx.is_first());
    Ok(Fresh::new(product))
}

/// The element-wise square of a vector.
///
/// # Errors
/// Those of the source and of the opening.
pub async fn square<S: Verify, W: Dealt>(
    ctx: &Context<S>,
    x: &Raw<S::Share<Ring<W>>>,
) -> Result<Fresh<S::Share<Ring<W>>>> {
    let shape = x.share().shape();
    let step = ctx.narrow("squares");
    let (source, place) = step.ring_source::<W>()?;
    let Squares { a, c } = source.squares(place, shape).await?;
    let opened = open_masked(&ctx.narrow("open"), &[subtract(x.share(), &a)]).await?;
    let [d] = opened.as_slice() else { return Err(Error::Internal("one value was opened")) };
    let d = d.public();
    let two_d = Ring::combination(&[d], &[W::from_u64(2)]);
    let mut square = S::Share::linear(&[&c, &a], |parts| {
        let [c, a] = parts else { return Ring::default() };
        let mut sum = two_d.clone();
        sum.mul_assign(a);
        sum.add_assign(c);
        sum
    });
    let mut constant = d.clone();
    constant.mul_assign(d);
    square.add_public(&constant, ctx.is_first());
    Ok(Fresh::new(square))
}

fn subtract<W: Word, T: Share<Ring<W>>>(x: &T, mask: &T) -> T {
    T::linear(&[x, mask], |parts| {
        let [x, mask] = parts else { return Ring::default() };
        x.minus(mask)
    })
}

/// c + the sums of runs of d b + e a.
fn combine<W: Word>(parts: &[&Ring<W>], d: &Ring<W>, e: &Ring<W>, run: usize) -> Ring<W> {
    let [c, b, a] = parts else { return Ring::default() };
    let mut sum = (*c).clone();
    sum.add_products(run, [d, b], [e, a]);
    sum
}

/// What [`multiply`] at `step` asks for.
pub fn demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    inner_products_demand::<W>(out, step, lane, shape, 1);
}

/// What [`inner_products`] at `step` asks for, for factors of this shape.
pub fn inner_products_demand<W: Dealt>(
    out: &mut Demand,
    step: &Step,
    lane: Lane,
    shape: RingShape,
    run: usize,
) {
    out.push(&step.then("triples"), lane, Request::Triples { word: W::BITS, shape, run });
}

/// What [`square`] at `step` asks for.
pub fn square_demand<W: Dealt>(out: &mut Demand, step: &Step, lane: Lane, shape: RingShape) {
    out.push(&step.then("squares"), lane, Request::Squares { word: W::BITS, shape });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{PARTIES, TestWorld, boundary_values, ring_share_of};

    fn products<W: Dealt>(width: u32) {
        for sites in PARTIES {
            let (x, y) = (boundary_values::<W>(width, 1), boundary_values::<W>(width, 2));
            let y = Ring::concat([&y.slice(65, 65), &y.slice(0, 65)]);
            let step = Step::root().then("product");
            for run in [1, 10] {
                let world = TestWorld::new(sites).demand(|out| {
                    inner_products_demand::<W>(out, &step, Lane::MAIN, x.shape(), run);
                });
                let product = world.reconstruct(|ctx| {
                    let (x, y) = (ring_share_of(&ctx, "x", &x), ring_share_of(&ctx, "y", &y));
                    async move { Ok(inner_products(&ctx.narrow("product"), &x?, &y?, run).await?.into_raw()) }
                });
                let mut expected = x.clone();
                expected.mul_assign(&y);
                assert!(product == expected.run_sums(run), "{sites} sites, width {width}, runs of {run}");
            }
            let world =
                TestWorld::new(sites).demand(|out| square_demand::<W>(out, &step, Lane::MAIN, x.shape()));
            let squared = world.reconstruct(|ctx| {
                let x = ring_share_of(&ctx, "x", &x);
                async move { Ok(square(&ctx.narrow("product"), &x?).await?.into_raw()) }
            });
            let mut expected = x.clone();
            expected.mul_assign(&x);
            assert!(squared == expected, "{sites} sites, width {width}");
        }
    }

    #[test]
    fn agree_with_integers_at_every_kind_of_width() {
        [1, 17, 31, 32].into_iter().for_each(products::<u32>);
        [33, 51, 64].into_iter().for_each(products::<u64>);
        [65, 108, 128].into_iter().for_each(products::<u128>);
    }
}
