//! The evaluator's part: selects from ciphertexts by its bits, re-randomises, and masks.
//!
//! For column j of bits, with Y_jr the polynomial of its bits in block r: the element `a_j = sum over r of a_r Y_jr + u_j p +
//! e_j`, u_j ternary, once for all columns of numbers; and for each of these one coefficient, `sum over r of (b_ir Y_jr) +
//! (u_j k_i) + mask`, the mask uniform modulo q. Its share of the result is `-round(t mask / q)`.

use super::modulus::MODULI;
use super::noise::{OFFSET, error, seeds, uniform};
use super::plaintext::Plaintext;
use super::product::{Shape, public, step};
use super::public::Public;
use super::ternary::{Small, Ternary, WORDS, spread};
use super::tile::{Subsets, Sums, Tile, WIDTH};
use super::{DEGREE, LIMBS, transform, wire};
use crate::algebra::{Bits, Ring, Vector};
use crate::error::{Error, Result};
use crate::parallel::for_each;
use crate::random::{Prg, Seed};
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::transport::PartyId;
use std::sync::atomic::{AtomicBool, Ordering};
use zeroize::Zeroizing;

/// Columns of bits over rows that fill blocks but for the last.
pub(super) struct Columns<'a> {
    pub(super) shape: Shape,
    pub(super) words: &'a [u64],
}

impl Columns<'_> {
    /// The bits of one column in one block; zero beyond the last row.
    fn block(&self, column: usize, block: usize) -> Zeroizing<Small> {
        let mut small = Zeroizing::new([0; WORDS]);
        let start = block * WORDS;
        let words = self.words.iter().skip(column * self.shape.column_words() + start);
        let rows = self.shape.rows - start * 64;
        for ((row, word), &bits) in (0..rows).step_by(64).zip(small.iter_mut()).zip(words) {
            *word = bits & (u64::MAX >> (64 - (rows - row).min(64)));
        }
        small
    }

    /// The element of one column: a message.
    pub(super) fn element(&self, column: usize, public: &Public, u: &Ternary, seed: Seed, out: &mut [u8]) {
        let mut sums = Zeroizing::new([const { Vec::new() }; LIMBS].map(|_: Vec<u128>| vec![0; DEGREE]));
        let mut add = |limb: usize, slots: &[u64], factors: &[u64]| {
            let sums: &mut Vec<u128> = &mut sums[limb];
            for ((sum, &slot), &factor) in sums.iter_mut().zip(slots).zip(factors) {
                *sum += u128::from(slot) * u128::from(factor);
            }
        };
        let mut coefficients = Zeroizing::new(vec![0; DEGREE]);
        let mut slots = Zeroizing::new(vec![0; DEGREE]);
        for (block, element) in public.blocks.iter().enumerate() {
            spread(&self.block(column, block), &mut coefficients);
            for (limb, element) in element.iter().enumerate() {
                slots.copy_from_slice(&coefficients);
                transform::of(limb).forwards(&mut slots);
                add(limb, &slots, element);
            }
        }
        for (limb, slots) in u.transformed().iter().enumerate() {
            add(limb, slots, &public.key[limb]);
        }
        let reduced = |limb: usize| {
            // Below 4,097 p^2 < 2^64 p.
            let values = sums[limb].iter().map(|&sum| MODULI[limb].montgomery(sum));
            let mut values = Zeroizing::new(values.collect::<Vec<u64>>());
            transform::of(limb).backwards(&mut values);
            values
        };
        let coefficients = [0, 1].map(reduced);
        let mut words = Zeroizing::new(vec![0; DEGREE]);
        Prg::new(seed).fill_words(&mut words);
        for (index, (bytes, &word)) in out.as_chunks_mut().0.iter_mut().zip(words.iter()).enumerate() {
            let with_error = |limb: usize| {
                let modulus = MODULI[limb];
                modulus.subtract(modulus.add(coefficients[limb][index], error(word)), OFFSET)
            };
            wire::write([0, 1].map(with_error), bytes);
        }
    }
}

/// Its share of W^T Y: the product of column i of the holder's numbers and column j of these bits is element
/// `i * shape.bits + j`. The bits' columns stand one after another, each padded to whole words.
///
/// # Errors
/// A shape that is not supported or is not that of the bits; a link fault; or a message that no honest holder sends.
pub async fn evaluate(
    ctx: &Context<SemiHonest>,
    holder: PartyId,
    shape: Shape,
    bits: &Bits,
) -> Result<Ring<u32>> {
    shape.check()?;
    if bits.shape() != shape.bits * shape.column_words() {
        return Err(Error::Internal("bits of another shape"));
    }
    if shape.is_empty() {
        return Ok(Ring::zeros(shape.result()));
    }
    let ctx = step(ctx, holder, ctx.roster().me());
    let public = public(&ctx, holder, &shape)?;
    let columns = Columns { shape, words: bits.words() };
    let mut secrets = ctx.narrow("secrets").own_stream()?;
    let us: Vec<Ternary> = (0..shape.bits).map(|_| Ternary::draw(&mut secrets)).collect();

    for (message, range) in shape.bit_columns().enumerate() {
        let mut elements = vec![0; range.len() * DEGREE * wire::BYTES];
        let seeds = seeds(&ctx.narrow_nth("errors", message), range.len())?;
        let parts = elements.chunks_mut(DEGREE * wire::BYTES).zip(range).zip(seeds);
        for_each(parts, |((out, column), seed)| {
            if let Some(u) = us.get(column) {
                columns.element(column, &public, u, seed, out);
            }
        });
        ctx.narrow_nth("elements", message).send_to(holder, elements).await?;
    }
    drop(public);

    let of_block = |block| {
        let bits = (0..shape.bits).map(|column| columns.block(column, block));
        Subsets::new(bits, (shape.rows - block * DEGREE).min(DEGREE))
    };
    let of_blocks: Vec<Subsets> = (0..shape.blocks().len()).map(of_block).collect();
    let of_key = Subsets::of_ternary(&us);
    let mut shares = vec![0; shape.result().len];
    for ((message, range), shares) in
        shape.number_columns().enumerate().zip(shares.chunks_mut(super::COLUMNS * shape.bits))
    {
        let step = ctx.narrow_nth("columns", message);
        let mut tiles: Vec<Tile> = range.clone().step_by(WIDTH).map(|_| Tile::new(shape.bits)).collect();
        for ((block, rows), subsets) in shape.blocks().enumerate().zip(&of_blocks) {
            let bytes = range.len() * rows.len() * wire::BYTES;
            let step = step.narrow_nth("rows", block);
            let received = match (message, block) {
                (0, 0) => step.receive_from(holder, bytes).await?,
                _ => step.receive_more(holder, bytes).await?,
            };
            take(&step, holder, &mut tiles, &received, rows.len(), |tile| tile.add(subsets))?;
        }
        let step_of_keys = step.narrow("keys");
        let received = step_of_keys.receive_more(holder, range.len() * DEGREE * wire::BYTES).await?;
        take(&step_of_keys, holder, &mut tiles, &received, DEGREE, |tile| tile.add_ternary(&of_key))?;

        let mut products = vec![0; range.len() * shape.bits * wire::BYTES];
        let seeds = seeds(&step.narrow("masks"), tiles.len())?;
        let parts = products
            .chunks_mut(WIDTH * shape.bits * wire::BYTES)
            .zip(shares.chunks_mut(WIDTH * shape.bits))
            .zip(tiles)
            .zip(seeds);
        let plaintext = Plaintext::new(shape.width);
        for_each(parts, |(((products, shares), tile), seed)| {
            mask(plaintext, &tile.into_sums(), seed, products, shares);
        });
        ctx.narrow_nth("products", message).send_to(holder, products).await?;
    }
    Ok(Ring::new(shape.width, shares))
}

/// Hands a message of ciphertexts, column by column, to the tiles of its columns.
fn take(
    ctx: &Context<SemiHonest>,
    holder: PartyId,
    tiles: &mut [Tile],
    message: &[u8],
    rows: usize,
    add: impl Fn(&mut Tile) + Sync,
) -> Result<()> {
    let refused = AtomicBool::new(false);
    for_each(tiles.iter_mut().zip(message.chunks(WIDTH * rows * wire::BYTES)), |(tile, bytes)| {
        match tile.read(bytes, rows) {
            Some(()) => add(tile),
            None => refused.store(true, Ordering::Relaxed),
        }
    });
    if refused.into_inner() { Err(ctx.malformed(holder, "remainder not below its prime")) } else { Ok(()) }
}

/// Masks sums, column by column of numbers; and the shares that the masks are.
fn mask(plaintext: Plaintext, sums: &Sums, seed: Seed, products: &mut [u8], shares: &mut [u32]) {
    let mut stream = Prg::new(seed);
    let [low, high] = sums;
    let count = low.len();
    let columns = products.as_chunks_mut().0.chunks_mut(count).zip(shares.chunks_mut(count));
    for (lane, (products, shares)) in columns.enumerate() {
        for (((bytes, share), low), high) in products.iter_mut().zip(shares).zip(low.iter()).zip(high.iter())
        {
            let mask = MODULI.map(|modulus| uniform(modulus, &mut stream));
            *share = plaintext.share(mask).wrapping_neg();
            let [low, high] = [low[lane], high[lane]];
            wire::write([MODULI[0].add(low, mask[0]), MODULI[1].add(high, mask[1])], bytes);
        }
    }
}
