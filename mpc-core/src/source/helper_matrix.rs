//! The helper's matrix triples. Holder and evaluator expand their masks, and the holder its share of the product, from the
//! seed that each has in common with the helper; the helper multiplies the masks, block by block, and sends the evaluator the
//! rest of the product.
//!
//! Bits from the helper, to the evaluator: k for each sum of the product, whatever the number of rows.

use super::helper::HelperSource;
use crate::algebra::packed::{pack, packed_len, unpack};
use crate::algebra::{Ring, Vector, matrix};
use crate::correlation::{MatrixShape, MatrixTriples, Place};
use crate::error::{Error, Result};
use crate::random::{Prg, Seed};
use crate::session::step_stream;
use crate::transport::Tag;
use futures::FutureExt;
use futures::future::BoxFuture;
use zeroize::{Zeroize, Zeroizing};

/// Name of the messages with the parts of a product.
pub(super) const PART: &str = "part";

impl MatrixTriples for HelperSource {
    fn hold(&self, place: &Place) -> Prg {
        step_stream(&self.seed, place.tag)
    }

    fn evaluate(&self, place: Place, shape: MatrixShape) -> (Prg, BoxFuture<'_, Result<Ring<u32>>>) {
        let mask = step_stream(&self.seed, place.tag);
        let product = async move {
            let mut product = Zeroizing::new(vec![0; shape.sums()]);
            for (part, sums) in shape.parts().enumerate() {
                let step = place.step.then_nth(PART, part);
                let length = packed_len(shape.width, sums.len());
                let mut bytes = self.receive(&step, place.lane, length).await?;
                let read = product.get_mut(sums).and_then(|sums| unpack(shape.width, &bytes, sums));
                read.ok_or_else(|| Error::malformed(self.helper, &step, "product of masks"))?;
                bytes.as_mut_slice().zeroize();
            }
            Ok(Ring::new(shape.width, std::mem::take(&mut product)))
        };
        (mask, product.boxed())
    }
}

/// The evaluator's share of the product, in parts: the product of the masks that holder and evaluator expand, less the
/// holder's share.
pub(super) fn corrections(shape: MatrixShape, tag: Tag, [holder, evaluator]: [&Seed; 2]) -> Vec<Vec<u8>> {
    let (mut left, mut right) = (step_stream(holder, tag), step_stream(evaluator, tag));
    let mut sums = Zeroizing::new(vec![0; shape.sums()]);
    for rows in shape.blocks() {
        let numbers = matrix::random(shape.width, rows.len() * shape.numbers, &mut left);
        let bits = matrix::random(shape.width, rows.len() * shape.bits, &mut right);
        matrix::add_products(shape.width, rows.len(), &numbers, &bits, &mut sums);
    }
    let mut product = Zeroizing::new(Ring::new(shape.width, std::mem::take(&mut sums)));
    product.sub_random(&mut left);
    let parts = shape.parts().filter_map(|sums| product.values().get(sums));
    parts.map(|sums| pack(shape.width, sums)).collect()
}
