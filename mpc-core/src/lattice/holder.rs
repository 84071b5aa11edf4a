//! The holder's part: encrypts its columns, and takes its keys out of the products.
//!
//! For column i of numbers a ternary secret s_i. Block r of its rows is sent as `b_ir = a_r s_i + e + q x / t`, and the key
//! `k_i = p s_i + e`, with which the evaluator re-randomises. From an element a_j and a masked coefficient its share of a
//! result is `round(t (coefficient - (a_j s_i)) / q)`.

use super::modulus::MODULI;
use super::noise::{OFFSET, error, seeds};
use super::plaintext::Plaintext;
use super::product::{Shape, public, step};
use super::ternary::Ternary;
use super::tile::{Subsets, Sums, Tile, WIDTH};
use super::{COLUMNS, DEGREE, Polynomial, transform, wire};
use crate::algebra::{Ring, Vector};
use crate::error::{Error, Result};
use crate::parallel::for_each;
use crate::random::{Prg, Seed};
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::transport::PartyId;
use futures::future::try_join;
use std::sync::atomic::{AtomicBool, Ordering};
use zeroize::Zeroizing;

/// Its share of W^T Y: the product of column i of these numbers and column j of the evaluator's bits is element
/// `i * shape.bits + j`. The numbers' columns stand one after another.
///
/// # Errors
/// A shape that is not supported or is not that of the numbers; a link fault; or a message that no honest evaluator sends.
pub async fn hold(
    ctx: &Context<SemiHonest>,
    evaluator: PartyId,
    shape: Shape,
    numbers: &Ring<u32>,
) -> Result<Ring<u32>> {
    shape.check()?;
    let given = numbers.shape();
    if given.len != shape.rows * shape.numbers || given.width > shape.width {
        return Err(Error::Internal("numbers of another shape"));
    }
    if shape.is_empty() {
        return Ok(Ring::zeros(shape.result()));
    }
    let ctx = step(ctx, ctx.roster().me(), evaluator);
    let mut secrets = ctx.narrow("secrets").own_stream()?;
    let secrets: Vec<Ternary> = (0..shape.numbers).map(|_| Ternary::draw(&mut secrets)).collect();
    let sent = send(&ctx, evaluator, &shape, numbers, &secrets);
    // What comes back is read while later columns are still being sent: neither site waits for room at the other.
    let ((), shares) = try_join(sent, receive(&ctx, evaluator, &shape, &secrets)).await?;
    Ok(shares)
}

async fn send(
    ctx: &Context<SemiHonest>,
    evaluator: PartyId,
    shape: &Shape,
    numbers: &Ring<u32>,
    secrets: &[Ternary],
) -> Result<()> {
    let public = public(ctx, evaluator, shape)?;
    let plaintext = Plaintext::new(shape.width);
    for ((message, range), secrets) in shape.number_columns().enumerate().zip(secrets.chunks(COLUMNS)) {
        let step = ctx.narrow_nth("columns", message);
        let mut slots: Vec<Zeroizing<Polynomial>> = secrets.iter().map(|_| Zeroizing::default()).collect();
        for_each(slots.iter_mut().zip(secrets), |(slots, secret)| *slots = secret.transformed());
        for ((block, rows), element) in shape.blocks().enumerate().zip(&public.blocks) {
            let column = |column: usize| {
                let values = numbers.values().iter().skip(column * shape.rows + rows.start);
                values.take(rows.len()).copied()
            };
            let step = step.narrow_nth("rows", block);
            let mut ciphertexts = vec![0; range.len() * rows.len() * wire::BYTES];
            let parts = ciphertexts.chunks_mut(rows.len() * wire::BYTES).zip(range.clone());
            let parts = parts.zip(&slots).zip(seeds(&step.narrow("errors"), range.len())?);
            for_each(parts, |(((out, index), secret), seed)| {
                encrypt(plaintext, element, secret, seed, column(index), out);
            });
            step.send_to(evaluator, ciphertexts).await?;
        }
        let step = step.narrow("keys");
        let mut keys = vec![0; range.len() * DEGREE * wire::BYTES];
        let parts = keys.chunks_mut(DEGREE * wire::BYTES).zip(&slots);
        for_each(parts.zip(seeds(&step.narrow("errors"), range.len())?), |((out, secret), seed)| {
            encrypt(plaintext, &public.key, secret, seed, std::iter::repeat(0), out);
        });
        step.send_to(evaluator, keys).await?;
    }
    Ok(())
}

/// One ciphertext, of as many coefficients as there are bytes for. Element and secret are given by slots.
fn encrypt(
    plaintext: Plaintext,
    element: &Polynomial,
    secret: &Polynomial,
    seed: Seed,
    values: impl Iterator<Item = u32>,
    out: &mut [u8],
) {
    let coefficients = [0, 1].map(|limb: usize| {
        let products = element[limb].iter().zip(&secret[limb]);
        let products = products.map(|(&a, &s)| MODULI[limb].montgomery(u128::from(a) * u128::from(s)));
        let mut products = Zeroizing::new(products.collect::<Vec<u64>>());
        transform::of(limb).backwards(&mut products);
        products
    });
    let mut words = Zeroizing::new(vec![0; out.len() / wire::BYTES]);
    Prg::new(seed).fill_words(&mut words);
    let products = coefficients[0].iter().zip(coefficients[1].iter());
    for (((bytes, &word), value), (&low, &high)) in
        out.as_chunks_mut().0.iter_mut().zip(words.iter()).zip(values).zip(products)
    {
        let error = error(word);
        let sum = |limb: usize, product: u64| {
            let modulus = MODULI[limb];
            let sum = product + plaintext.encode(limb, value) + error + (modulus.prime() - OFFSET);
            modulus.once(modulus.halve(sum))
        };
        wire::write([sum(0, low), sum(1, high)], bytes);
    }
}

async fn receive(
    ctx: &Context<SemiHonest>,
    evaluator: PartyId,
    shape: &Shape,
    secrets: &[Ternary],
) -> Result<Ring<u32>> {
    let subsets = Subsets::of_ternary(secrets);
    let mut keyed = Vec::with_capacity(shape.bits.div_ceil(WIDTH));
    for (message, range) in shape.bit_columns().enumerate() {
        let step = ctx.narrow_nth("elements", message);
        let bytes = range.len() * DEGREE * wire::BYTES;
        let received = match message {
            0 => step.receive_from(evaluator, bytes).await?,
            _ => step.receive_more(evaluator, bytes).await?,
        };
        let sums = keyed_sums(&subsets, shape.numbers, &received);
        keyed.extend(sums.ok_or_else(|| malformed(&step, evaluator))?);
    }
    let plaintext = Plaintext::new(shape.width);
    let mut shares = vec![0; shape.result().len];
    for ((message, range), shares) in
        shape.number_columns().enumerate().zip(shares.chunks_mut(COLUMNS * shape.bits))
    {
        let step = ctx.narrow_nth("products", message);
        let bytes = range.len() * shape.bits * wire::BYTES;
        let received = match message {
            0 => step.receive_from(evaluator, bytes).await?,
            _ => step.receive_more(evaluator, bytes).await?,
        };
        let refused = AtomicBool::new(false);
        let rows = received.chunks(shape.bits * wire::BYTES).zip(shares.chunks_mut(shape.bits));
        for_each(rows.zip(range), |((products, shares), column)| {
            if unmask(plaintext, &keyed, column, products, shares).is_none() {
                refused.store(true, Ordering::Relaxed);
            }
        });
        if refused.into_inner() {
            return Err(malformed(&step, evaluator));
        }
    }
    Ok(Ring::new(shape.width, shares))
}

fn malformed(ctx: &Context<SemiHonest>, evaluator: PartyId) -> Error {
    ctx.malformed(evaluator, "remainder not below its prime")
}

/// The coefficient of each element's product with each key, a few elements side by side.
pub(super) fn keyed_sums(subsets: &Subsets, secrets: usize, elements: &[u8]) -> Option<Vec<Sums>> {
    let messages = elements.chunks(WIDTH * DEGREE * wire::BYTES);
    let mut tiles: Vec<Option<Tile>> = messages.clone().map(|_| None).collect();
    for_each(tiles.iter_mut().zip(messages), |(out, bytes)| {
        let mut tile = Tile::new(secrets);
        *out = tile.read(bytes, DEGREE).map(|()| {
            tile.add_ternary(subsets);
            tile
        });
    });
    tiles.into_iter().map(|tile| tile.map(Tile::into_sums)).collect()
}

/// The shares of one column's results.
fn unmask(
    plaintext: Plaintext,
    keyed: &[Sums],
    column: usize,
    products: &[u8],
    shares: &mut [u32],
) -> Option<()> {
    let products = products.as_chunks().0.chunks(WIDTH);
    for ((products, shares), [low, high]) in products.zip(shares.chunks_mut(WIDTH)).zip(keyed) {
        let (low, high) = (low.get(column)?, high.get(column)?);
        for (((bytes, share), &low), &high) in products.iter().zip(shares).zip(low).zip(high) {
            let product = wire::read(bytes);
            if !wire::canonical(product) {
                return None;
            }
            let [first, second] = MODULI;
            let masked = [first.subtract(product[0], low), second.subtract(product[1], high)];
            *share = plaintext.share(masked);
        }
    }
    Some(())
}
