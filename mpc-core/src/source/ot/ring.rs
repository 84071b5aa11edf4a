//! The source's correlations over rings.

use super::OtSource;
use super::digits::Form;
use super::packed_products::packed;
use crate::algebra::{Bits, Ring, RingShape, Vector, Word};
use crate::correlation::{DigitMasks, DoubleBits, Place, RingSource, Squares, Triples};
use crate::error::Result;
use crate::sharing::{Additive, SemiHonest, Share};
use futures::FutureExt;
use futures::future::BoxFuture;
use zeroize::{Zeroize, Zeroizing};

impl<W: Word> RingSource<SemiHonest, W> for OtSource {
    fn triples(
        &self,
        place: Place,
        shape: RingShape,
        run: usize,
    ) -> BoxFuture<'_, Result<Triples<SemiHonest, W>>> {
        async move {
            let mut own = self.own_stream(&place)?;
            let [a, b] = [(); 2].map(|()| Additive::new(Ring::<W>::random(shape, &mut own)));
            let mut products = Zeroizing::new(a.opening().clone());
            products.mul_assign(b.opening());
            let peers: Vec<_> = self.roster.other_sites().collect();
            let (a_own, b_own) = (a.opening(), b.opening());
            let crossed = match packed(shape, 2, self.field) {
                Some(packed) => {
                    self.packed_products(&place, packed, &[a_own, b_own], &[b_own, a_own]).await?
                }
                None => self.cross_products(&place, a_own, b_own, &peers, &peers).await?,
            };
            products.add_assign(&*crossed);
            let sums = if run > 1 { products.run_sums(run) } else { std::mem::take(&mut *products) };
            Ok(Triples { a, b, c: Additive::new(sums) })
        }
        .boxed()
    }

    fn squares(&self, place: Place, shape: RingShape) -> BoxFuture<'_, Result<Squares<SemiHonest, W>>> {
        async move {
            let a = Additive::new(Ring::<W>::random(shape, &mut self.own_stream(&place)?));
            let mut squares = Zeroizing::new(a.opening().clone());
            squares.mul_assign(a.opening());
            // Both orders of a product at once: doubled, so its top bit does not count.
            let half = Zeroizing::new(a.opening().reduced(shape.width - 1));
            let crossed = match packed(half.shape(), 1, self.field) {
                Some(packed) => self.packed_products(&place, packed, &[&half], &[&half]).await?,
                None => {
                    let (to, from) =
                        self.roster.other_sites().partition::<Vec<_>, _>(|&peer| self.sends_to(&place, peer));
                    self.cross_products(&place, &half, &half, &to, &from).await?
                }
            };
            let mut twice = Ring::new(shape.width, crossed.values().to_vec());
            [(); 2].iter().for_each(|()| squares.add_assign(&twice));
            twice.zeroize();
            // The lowest bit of a square is that of its root, also of the shares before this.
            self.zero_share(&place, "squares", &mut *squares)?;
            Ok(Squares { a, c: Additive::new(std::mem::take(&mut *squares)) })
        }
        .boxed()
    }

    fn double_bits(
        &self,
        place: Place,
        shape: RingShape,
    ) -> BoxFuture<'_, Result<DoubleBits<SemiHonest, W>>> {
        async move {
            let words = Bits::words_for(shape.len);
            let digits = self.make_digits(&place, Form::double_bit(shape.width), words).await?;
            let mut arithmetic = digits.numbers.to_ring(shape.len);
            // Not only uniform: independent of the share of the bit, which is its lowest bit before.
            self.zero_share(&place, "arithmetic", &mut arithmetic)?;
            // Row 1, of the value 1, is the bit; its shares are the sites' private bits.
            let boolean = digits.rows.slice(words, words);
            Ok(DoubleBits { boolean: Additive::new(boolean), arithmetic: Additive::new(arithmetic) })
        }
        .boxed()
    }

    fn digit_masks(
        &self,
        place: Place,
        shape: RingShape,
    ) -> BoxFuture<'_, Result<DigitMasks<SemiHonest, W>>> {
        async move {
            let words = Bits::words_for(shape.len);
            let digits = self.make_digits(&place, Form::mask(shape.width), words).await?;
            let mut mask = digits.numbers.to_ring(shape.len);
            let mut rows = digits.into_rows();
            self.zero_share(&place, "mask", &mut mask)?;
            self.zero_share(&place, "digits", &mut rows)?;
            Ok(DigitMasks { mask: Additive::new(mask), digits: Additive::new(rows) })
        }
        .boxed()
    }
}
