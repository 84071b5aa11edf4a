//! Opening shared values.
//!
//! A *masked* opening publishes a value that a fresh uniform correlation hides. Small ones go from every site to every
//! other (one round); large ones among three or more sites go to a king, who adds them up and sends the sum to all:
//! two rounds, but 2(n - 1) payloads in all instead of n(n - 1). The king changes from step to step.
//!
//! An *output* opening publishes a [`Fresh`] sharing to the named recipients only, always directly, after the check of
//! all masked openings, and gives an [`Unchecked`] value.

use super::verify::Verify;
use crate::algebra::Vector;
use crate::error::Result;
use crate::session::Context;
use crate::sharing::{Fresh, Masked, Share, Unchecked};
use crate::transport::PartyId;
use std::collections::BTreeSet;

/// Above this size, and with three or more sites, a masked opening goes through a king: below it the second round
/// costs more than the bytes saved, at 50 ms and 100 Mbit/s as well as on loopback.
const KING_ABOVE_BYTES: usize = 64 * 1024;

fn through_king(sites: usize, length: usize) -> bool {
    sites > 2 && length > KING_ABOVE_BYTES
}

/// Bytes that all sites together send for a masked opening of a payload of this length.
pub fn masked_bytes(sites: u64, length: u64) -> u64 {
    let links =
        if through_king(sites as usize, length as usize) { 2 * (sites - 1) } else { sites * (sites - 1) };
    links * length
}

/// Opens several vectors, each hidden by a correlation that is used here alone, in one message.
///
/// # Errors
/// A link fault, or an encoding that no honest party sends.
pub(crate) async fn open_masked<S: Verify, V: Vector>(
    ctx: &Context<S>,
    shares: &[S::Share<V>],
) -> Result<Vec<Masked<V>>> {
    let shapes: Vec<V::Shape> = shares.iter().map(Share::shape).collect();
    let mut payload = Vec::with_capacity(shapes.iter().map(|&shape| V::byte_len(shape)).sum());
    shares.iter().for_each(|share| share.opening().write(&mut payload));

    let length = payload.len();
    let encoded = |sums: &[V]| {
        let mut bytes = Vec::with_capacity(length);
        sums.iter().for_each(|sum| sum.write(&mut bytes));
        bytes
    };
    let (opened, bytes) = if !through_king(ctx.roster().site_count(), length) {
        let everyone = ctx.roster().sites().collect();
        let received = ctx.narrow("broadcast").deliver(payload, &everyone).await?.unwrap_or_default();
        let sums = add_up(ctx, shares, &received)?;
        let bytes = encoded(&sums);
        (sums, bytes)
    } else {
        let king = ctx.leader();
        let received = ctx.narrow("to-king").deliver(payload, &BTreeSet::from([king])).await?;
        let sums = received.map(|received| add_up(ctx, shares, &received)).transpose()?;
        let bytes = ctx.narrow("from-king").spread(king, sums.as_deref().map(encoded), length).await?;
        let sums = sums.map_or_else(|| read_all(ctx, king, &shapes, &bytes), Ok)?;
        (sums, bytes)
    };
    ctx.record_opened(&bytes);
    Ok(opened.into_iter().map(Masked::new).collect())
}

/// Opens an output to the recipients; the other sites get `None`.
///
/// # Errors
/// A failed check of earlier openings, a link fault, or an encoding that no honest party sends.
pub async fn open_output<S: Verify, V: Vector>(
    ctx: &Context<S>,
    shared: Fresh<S::Share<V>>,
    recipients: &BTreeSet<PartyId>,
) -> Result<Option<Unchecked<V>>> {
    S::check_openings(ctx).await?;
    let share = shared.into_share();
    let shape = share.shape();
    let mut payload = Vec::with_capacity(V::byte_len(shape));
    share.opening().write(&mut payload);
    let Some(received) = ctx.narrow("output").deliver(payload, recipients).await? else {
        return Ok(None);
    };
    let mut sums = add_up(ctx, &[share], &received)?;
    let Some(sum) = sums.pop() else { return Ok(None) };
    if recipients.len() == ctx.roster().site_count() {
        let mut record = Vec::new();
        sum.write(&mut record);
        ctx.record_opened(&record);
    }
    Ok(Some(Unchecked::new(sum)))
}

/// The opened output, once its check has passed.
///
/// # Errors
/// A failed check.
pub async fn verify<S: Verify, V: Vector>(
    ctx: &Context<S>,
    opened: Option<Unchecked<V>>,
) -> Result<Option<V>> {
    S::check_output(ctx).await?;
    Ok(opened.map(Unchecked::into_unverified))
}

/// The sums of all sites' parts.
fn add_up<S: Verify, V: Vector>(
    ctx: &Context<S>,
    own: &[S::Share<V>],
    received: &[(PartyId, Vec<u8>)],
) -> Result<Vec<V>> {
    let mut sums: Vec<V> = own.iter().map(|share| share.opening().clone()).collect();
    for (peer, bytes) in received {
        let mut rest = bytes.as_slice();
        let added = sums.iter_mut().try_for_each(|sum| {
            let (head, tail) = rest.split_at_checked(V::byte_len(sum.shape()))?;
            rest = tail;
            sum.add_encoded(head)
        });
        added.filter(|()| rest.is_empty()).ok_or_else(|| ctx.malformed(*peer, "opening"))?;
    }
    Ok(sums)
}

fn read_all<S: Verify, V: Vector>(
    ctx: &Context<S>,
    peer: PartyId,
    shapes: &[V::Shape],
    bytes: &[u8],
) -> Result<Vec<V>> {
    let mut rest = bytes;
    let mut vectors = Vec::with_capacity(shapes.len());
    for &shape in shapes {
        let read = rest.split_at_checked(V::byte_len(shape)).and_then(|(head, tail)| {
            rest = tail;
            V::read(shape, head)
        });
        vectors.push(read.ok_or_else(|| ctx.malformed(peer, "opening"))?);
    }
    if rest.is_empty() { Ok(vectors) } else { Err(ctx.malformed(peer, "opening")) }
}
