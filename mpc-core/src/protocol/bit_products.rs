//! One site's private bits times another site's private numbers in Z_2^k, a vector of numbers for each bit, shared additively
//! between the two: correlated oblivious transfer with a vector as payload (Gilboa, Crypto 1999, section 4; Asharov, Lindell,
//! Schneider, Zohner, CCS 2013, section 5.1). Semi-honest.
//!
//! With the pads p0 and p1 of a row, the holder of the numbers x sends `p0 - p1 + x` and keeps `-p0`; the chooser, with its bit
//! w as the choice, has `pw + w (p0 - p1 + x) = p0 + w x`. A private bit costs one transfer, however many numbers it multiplies.
//!
//! Matrices are held column after column, with a row for each bit. Each row: 1 transfer with pads of k bits a column, and as
//! many bits from the holder. 2 rounds a block of rows, those of two blocks at the same time.

use crate::algebra::{Bits, Planes, Ring, RingShape, Vector};
use crate::algebra::{add_rows, subtract_rows};
use crate::correlation::{Demand, Request};
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::step::Step;
use crate::transport::{Lane, PartyId};
use futures::future::try_join;
use std::ops::Range;
use zeroize::Zeroizing;

/// Bytes of the pads of one block of rows.
const BLOCK_BYTES: usize = 4 << 20;

/// A matrix of numbers.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// Rows, one for each bit.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Bits of a number.
    pub width: u32,
}

impl Matrix {
    /// The shape of its numbers, column after column.
    pub fn shape(self) -> RingShape {
        RingShape { width: self.width, len: self.rows * self.columns }
    }

    /// Bits of a pad.
    pub(crate) fn pad_width(self) -> usize {
        self.columns * self.width as usize
    }

    /// Ranges of words of rows, each multiplied at once.
    pub(crate) fn blocks(self) -> impl Iterator<Item = Range<usize>> {
        let words = Bits::words_for(self.rows);
        let block = (BLOCK_BYTES / (8 * self.pad_width()).max(1)).max(1);
        (0..words).step_by(block).map(move |start| start..words.min(start + block))
    }

    /// The bits of the numbers of some rows: the planes of one column after another.
    fn planes(self, numbers: &Ring<u32>, words: &Range<usize>) -> Zeroizing<Vec<u64>> {
        let mut planes = Zeroizing::new(Vec::with_capacity(self.pad_width() * words.len()));
        for column in 0..self.columns {
            let rows = self.rows.min(64 * words.end) - 64 * words.start;
            let numbers = Zeroizing::new(numbers.slice(column * self.rows + 64 * words.start, rows));
            let column = Zeroizing::new(Planes::from_ring(&*numbers));
            planes.extend_from_slice(column.as_bits().words());
        }
        planes
    }

    /// Puts the numbers of some rows, given by their planes, into their place.
    fn put(self, planes: &[u64], words: &Range<usize>, numbers: &mut [u32]) {
        let column_words = self.width as usize * words.len();
        let rows = self.rows.min(64 * words.end) - 64 * words.start;
        let columns = numbers.chunks_mut(self.rows.max(1));
        for (column, planes) in columns.zip(planes.chunks(column_words.max(1))) {
            let planes = Zeroizing::new(Planes::from_bits(self.width, Bits::from_words(planes.to_vec())));
            let values = Zeroizing::new(planes.to_ring::<u32>(rows));
            for (number, value) in column.iter_mut().skip(64 * words.start).zip(values.values()) {
                *number = *value;
            }
        }
    }
}

/// At the holder of the numbers: its share of the products.
///
/// # Errors
/// [`Error::Internal`] for numbers of another shape; those of the transfers, and of the link.
pub async fn hold(
    ctx: &Context<SemiHonest>,
    chooser: PartyId,
    matrix: Matrix,
    numbers: &Ring<u32>,
) -> Result<Ring<u32>> {
    if numbers.shape() != matrix.shape() {
        return Err(Error::Internal("a matrix of another shape"));
    }
    let mut share = Zeroizing::new(vec![0; matrix.shape().len]);
    for (number, words) in matrix.blocks().enumerate() {
        let step = ctx.narrow_nth("rows", number);
        let (transfers, place) = step.transfers()?;
        let [zero, one] = transfers.offer(place, chooser, words.len(), matrix.pad_width()).await?;
        let (zero, one) = (Zeroizing::new(zero), Zeroizing::new(one));
        let mut message = matrix.planes(numbers, &words);
        let mut kept = Zeroizing::new(vec![0; message.len()]);
        let column = matrix.width as usize * words.len();
        let columns = message.chunks_mut(column.max(1)).zip(kept.chunks_mut(column.max(1)));
        let pads = zero.words().chunks(column.max(1)).zip(one.words().chunks(column.max(1)));
        for ((message, kept), (zero, one)) in columns.zip(pads) {
            add_rows(message, zero, words.len());
            subtract_rows(message, one, words.len());
            subtract_rows(kept, zero, words.len());
        }
        matrix.put(&kept, &words, &mut share);
        let mut bytes = Vec::with_capacity(8 * message.len());
        Bits::from_words(std::mem::take(&mut message)).write(&mut bytes);
        step.narrow("numbers").send_to(chooser, bytes).await?;
    }
    Ok(Ring::new(matrix.width, std::mem::take(&mut share)))
}

/// At the site with the bits, one for each row: its share of the products.
///
/// # Errors
/// [`Error::Internal`] for another number of bits; those of the transfers, and of the link.
pub async fn choose(
    ctx: &Context<SemiHonest>,
    holder: PartyId,
    matrix: Matrix,
    bits: &[u64],
) -> Result<Ring<u32>> {
    if bits.len() != Bits::words_for(matrix.rows) {
        return Err(Error::Internal("a column of another length"));
    }
    let mut share = Zeroizing::new(vec![0; matrix.shape().len]);
    // The transfers of the next block are under way while the holder works on this one, so that both work at the same time.
    let mut chosen: Option<Chosen> = None;
    for block in matrix.blocks().enumerate().map(Some).chain([None]) {
        let next = async {
            match block {
                Some((number, words)) => {
                    Chosen::new(ctx, holder, matrix, bits, number, words).await.map(Some)
                }
                None => Ok(None),
            }
        };
        let finish = async {
            match chosen.take() {
                Some(chosen) => chosen.put(holder, matrix, &mut share).await,
                None => Ok(()),
            }
        };
        (chosen, ()) = try_join(next, finish).await?;
    }
    Ok(Ring::new(matrix.width, std::mem::take(&mut share)))
}

/// A block of rows at the site with the bits: its choices, and the pads that it chose.
struct Chosen {
    step: Context<SemiHonest>,
    words: Range<usize>,
    choices: Zeroizing<Bits>,
    pads: Zeroizing<Bits>,
}

impl Chosen {
    async fn new(
        ctx: &Context<SemiHonest>,
        holder: PartyId,
        matrix: Matrix,
        bits: &[u64],
        number: usize,
        words: Range<usize>,
    ) -> Result<Self> {
        let step = ctx.narrow_nth("rows", number);
        let (transfers, place) = step.transfers()?;
        let choices: Vec<u64> = bits.iter().skip(words.start).take(words.len()).copied().collect();
        let choices = Zeroizing::new(Bits::from_words(choices));
        let pads = transfers.choose(place, holder, Bits::clone(&choices), matrix.pad_width()).await?;
        Ok(Self { step, words, choices, pads: Zeroizing::new(pads) })
    }

    /// Puts this site's share of the products into its place, once the holder's numbers are there.
    async fn put(mut self, holder: PartyId, matrix: Matrix, share: &mut [u32]) -> Result<()> {
        let shape = matrix.pad_width() * self.words.len();
        let step = self.step.narrow("numbers");
        let message = step.receive_from(holder, Bits::byte_len(shape)).await?;
        let mut message = Bits::read(shape, &message).ok_or_else(|| step.malformed(holder, "numbers"))?;
        for (word, choice) in message.words_mut().iter_mut().zip(self.choices.words().iter().cycle()) {
            *word &= choice;
        }
        let column = (matrix.width as usize * self.words.len()).max(1);
        for (pads, message) in self.pads.words_mut().chunks_mut(column).zip(message.words().chunks(column)) {
            add_rows(pads, message, self.words.len());
        }
        matrix.put(self.pads.words(), &self.words, share);
        Ok(())
    }
}

/// What [`hold`] and [`choose`] at `step` ask for, between the holder and the chooser.
pub fn demand(out: &mut Demand, step: &Step, lane: Lane, [sender, receiver]: [PartyId; 2], matrix: Matrix) {
    for (number, words) in matrix.blocks().enumerate() {
        let (words, width) = (words.len(), matrix.pad_width());
        let request = Request::Transfers { sender, receiver, words, width };
        out.push(&step.then_nth("rows", number), lane, request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::ot::Field;
    use crate::test_world::{Parties, TestWorld, boundary_values, random_words};

    const CHOOSER: PartyId = PartyId::new(0);

    async fn share(
        ctx: Context<SemiHonest>,
        holder: PartyId,
        matrix: Matrix,
        numbers: &Ring<u32>,
        bits: &[u64],
    ) -> Result<Option<Ring<u32>>> {
        let ctx = ctx.narrow("products");
        match ctx.roster().me() {
            CHOOSER => choose(&ctx, holder, matrix, bits).await.map(Some),
            me if me == holder => hold(&ctx, CHOOSER, matrix, numbers).await.map(Some),
            _ => Ok(None),
        }
    }

    fn world(parties: Parties, matrix: Matrix) -> (TestWorld, PartyId) {
        let holder = PartyId::new(parties.sites() - 1);
        let step = Step::root().then("products");
        let ask = |out: &mut Demand| demand(out, &step, Lane::MAIN, [holder, CHOOSER], matrix);
        (TestWorld::new(parties).demand(ask), holder)
    }

    fn check(parties: Parties, matrix: Matrix) {
        let Matrix { rows, columns, width } = matrix;
        let values = boundary_values::<u32>(width, 1);
        let values: Vec<u32> = values.values().iter().cycle().take(rows * columns).copied().collect();
        let numbers = Ring::new(width, values);
        let bits = random_words(3, Bits::words_for(rows));
        let (world, holder) = world(parties, matrix);
        let shares = world.run(|ctx| share(ctx, holder, matrix, &numbers, &bits));
        let mut sum = Ring::zeros(matrix.shape());
        for share in shares.into_iter().filter_map(Result::unwrap) {
            assert_eq!(share.shape(), matrix.shape());
            sum.add_assign(&share);
        }
        for (at, (found, number)) in sum.values().iter().zip(numbers.values()).enumerate() {
            let row = at % rows;
            let bit = (bits[row / 64] >> (row % 64) & 1) as u32;
            assert_eq!(*found, bit * number, "{matrix:?}, row {row}");
        }
    }

    #[test]
    fn each_row_is_kept_or_zero() {
        for (rows, columns, width) in [(1, 1, 1), (63, 3, 12), (64, 1, 17), (65, 2, 32), (130, 40, 20)] {
            let matrix = Matrix { rows, columns, width };
            for sites in [2, 3, 5] {
                check(Parties::without_helper(sites, Field::Bits4), matrix);
                check(Parties::with_helper(sites), matrix);
            }
        }
    }

    #[test]
    fn large_matrices_take_several_blocks() {
        let matrix = Matrix { rows: 64 * 40 + 1, columns: 1000, width: 20 };
        assert!(matrix.blocks().count() > 1);
        assert_eq!(matrix.blocks().map(|block| block.len()).sum::<usize>(), 41);
        check(Parties::with_helper(2), matrix);
    }

    #[test]
    fn inputs_of_another_shape_are_refused() {
        let matrix = Matrix { rows: 65, columns: 2, width: 17 };
        for (numbers, words) in [(129, 2), (131, 2), (130, 1), (130, 3)] {
            let (world, holder) = world(Parties::with_helper(2), matrix);
            let numbers = Ring::zeros(RingShape { width: 17, len: numbers });
            let results = world.run(|ctx| share(ctx, holder, matrix, &numbers, &[0; 3][..words]));
            let refused = |error: &Error| {
                matches!(error, Error::Internal(what) if what.ends_with("of another shape")
                || what.ends_with("of another length"))
            };
            assert!(results.iter().any(|result| result.as_ref().is_err_and(refused)), "{words} words");
        }
    }
}
