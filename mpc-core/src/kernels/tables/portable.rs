//! The twin of all other forms, which are these same functions compiled for wider registers.

use super::STRIP;
use zeroize::Zeroize;

type Strip = [u64; STRIP];

/// The words from `start` on, padded with zeros.
#[inline(always)]
fn load(words: &[u64], start: usize) -> Strip {
    let rest = words.get(start..).unwrap_or_default();
    rest.first_chunk().copied().unwrap_or_else(|| {
        let mut strip = [0; STRIP];
        strip.iter_mut().zip(rest).for_each(|(strip, word)| *strip = *word);
        strip
    })
}

#[inline(always)]
fn store(words: &mut [u64], start: usize, strip: Strip) {
    let rest = words.get_mut(start..).unwrap_or_default();
    match rest.first_chunk_mut() {
        Some(words) => *words = strip,
        None => rest.iter_mut().zip(strip).for_each(|(word, strip)| *word = strip),
    }
}

/// In each bit `high` where `chosen` is set, and `low` elsewhere.
#[inline(always)]
fn choose(low: Strip, high: Strip, chosen: Strip) -> Strip {
    let mut out = low;
    for lane in 0..STRIP {
        out[lane] ^= chosen[lane] & (low[lane] ^ high[lane]);
    }
    out
}

/// A tree of multiplexers from the index's lowest bit up.
#[inline(always)]
pub(super) fn select(rows: &[u64], index: &[&[u64]], out: &mut [u64]) {
    let words = out.len();
    let Some((lowest, others)) = index.split_first() else { return out.copy_from_slice(rows) };
    let mut tree = vec![[0u64; STRIP]; 1 << others.len()];
    for start in (0..words).step_by(STRIP) {
        let chosen = load(lowest, start);
        for (entry, pair) in tree.iter_mut().zip(rows.chunks_exact(2 * words)) {
            let (low, high) = pair.split_at(words);
            *entry = choose(load(low, start), load(high, start), chosen);
        }
        let mut height = tree.len();
        for plane in others {
            let chosen = load(plane, start);
            height /= 2;
            for v in 0..height {
                tree[v] = choose(tree[2 * v], tree[2 * v + 1], chosen);
            }
        }
        store(out, start, tree[0]);
    }
    tree.zeroize();
}

/// The constant rows, moved up by 2^p places where bit p of the index is set, for every p.
#[inline(always)]
pub(super) fn rotate(function: &[bool], index: &[&[u64]], rows: &mut [u64]) {
    let height = function.len();
    let words = rows.len() / height.max(1);
    let mut now = vec![[0u64; STRIP]; height];
    let mut next = now.clone();
    for start in (0..words).step_by(STRIP) {
        for (entry, &value) in now.iter_mut().zip(function) {
            *entry = [u64::from(value).wrapping_neg(); STRIP];
        }
        for (bit, plane) in index.iter().enumerate() {
            let chosen = load(plane, start);
            let (first, rest) = next.split_at_mut(1 << bit);
            let (below, last) = now.split_at(height - (1 << bit));
            for ((entry, &here), &moved) in first.iter_mut().zip(&now).zip(last) {
                *entry = choose(here, moved, chosen);
            }
            for ((entry, &here), &moved) in rest.iter_mut().zip(&now[1 << bit..]).zip(below) {
                *entry = choose(here, moved, chosen);
            }
            std::mem::swap(&mut now, &mut next);
        }
        for (row, &entry) in rows.chunks_exact_mut(words).zip(&now) {
            store(row, start, entry);
        }
    }
    now.zeroize();
    next.zeroize();
}
