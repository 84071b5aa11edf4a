//! Look-up of a shared small index in a public truth table by one-time tables (Ishai, Kushilevitz, Meldgaard,
//! Orlandi, Paskin-Cherniavsky, TCC 2013, section 3; here for a function that all parties know, an index that is
//! shared additively in Z_2^b, and a result that is shared by XOR).
//!
//! With the mask r and the shared table `T[v] = f(v - r)`: open `m = x + r` and take `T[m] = f(x)`. The output is
//! fresh, as every entry of T is uniform apart from its sum and one entry is used. Source: 2^b bits an element; each
//! link: b bits an element; 1 round for any number of look-ups.

use super::open::open_masked;
use super::verify::Verify;
use crate::algebra::{Bits, Planes, PlanesShape, Vector};
use crate::correlation::{Demand, OneTimeTables, Request, TruthTable};
use crate::error::{Error, Result};
use crate::kernels::tables;
use crate::session::Context;
use crate::sharing::{Fresh, Raw, Share, add};
use crate::step::Step;
use crate::transport::Lane;

/// The values of each function at each of its shared indices.
///
/// # Errors
/// Those of the source and of the opening.
pub async fn look_up<S: Verify>(
    ctx: &Context<S>,
    indices: &[(TruthTable, Raw<S::Share<Planes>>)],
) -> Result<Vec<Fresh<S::Share<Bits>>>> {
    let mut masked = Vec::with_capacity(indices.len());
    let mut tables = Vec::with_capacity(indices.len());
    for (number, (function, index)) in indices.iter().enumerate() {
        let shape = index.share().shape();
        if shape.width != function.width() {
            return Err(Error::Internal("a table of another width than its index"));
        }
        let step = ctx.narrow_nth("tables", number);
        let OneTimeTables { mask, table } = step.one_time_tables(function.clone(), shape.words).await?;
        masked.push(add(index.share(), &mask));
        tables.push(table);
    }
    let opened = open_masked(&ctx.narrow("open"), &masked).await?;
    let select = |(table, index): (&S::Share<Bits>, &Planes)| {
        Fresh::new(S::Share::linear(&[table], |parts| {
            parts.first().map(|rows| select(rows, index)).unwrap_or_default()
        }))
    };
    Ok(tables.iter().zip(opened.iter().map(|masked| masked.public())).map(select).collect())
}

/// What [`look_up`] at `step` asks for: each function with the words of its index.
pub fn demand(out: &mut Demand, step: &Step, lane: Lane, indices: &[(TruthTable, usize)]) {
    for (number, (function, words)) in indices.iter().enumerate() {
        let request = Request::OneTimeTables { function: function.clone(), words: *words };
        out.push(&step.then_nth("tables", number), lane, request);
    }
}

/// Row `index` of the table, for every element.
pub(super) fn select(rows: &Bits, index: &Planes) -> Bits {
    let PlanesShape { width, words } = index.shape();
    let planes: Vec<&[u64]> = (0..width as usize).map(|bit| index.plane(bit)).collect();
    Bits::from_words(tables::select(rows.words(), words, &planes).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::input::own_summand;
    use crate::test_world::{PARTIES, TestWorld};

    #[test]
    fn agrees_with_the_function_at_every_index() {
        for parties in PARTIES {
            let sites = usize::from(parties.sites());
            for width in [1, 2, 4, 5, 8] {
                let function =
                    TruthTable::new(width, |v| v.wrapping_mul(0x9e37) >> 3 & 1 == 1 || v == 0).unwrap();
                let values: Vec<u64> = (0..1u64 << width).cycle().take(700).collect();
                let words = Bits::words_for(values.len());
                let world = TestWorld::new(parties).demand(|out| {
                    let asked = [(function.clone(), words), (function.clone(), words)];
                    demand(out, &Step::root().then("look-up"), Lane::MAIN, &asked);
                });
                let looked_up = world.reconstruct(|ctx| {
                    // Each site's own number; the last makes the sum the wanted index, modulo 2^width.
                    let me = ctx.roster().me().index();
                    let own = |salt: u64| {
                        let part = |index: u64, site: u64| index.wrapping_mul(site + 3 + salt) % 7;
                        let rest = |value: u64, index: u64| {
                            (0..sites as u64 - 1)
                                .fold(value, |rest, site| rest.wrapping_sub(part(index, site)))
                        };
                        let share = values.iter().zip(0u64..).map(|(&value, index)| {
                            if me + 1 == sites { rest(value, index) } else { part(index, me as u64) }
                        });
                        own_summand(Planes::from_values(width, words, share))
                    };
                    let indices = [(function.clone(), own(0)), (function.clone(), own(1))];
                    async move {
                        let out = look_up(&ctx.narrow("look-up"), &indices).await?;
                        let out: Vec<_> = out.into_iter().map(Fresh::into_raw).collect();
                        let all: Vec<&_> = out.iter().collect();
                        Ok(Raw::linear(&all, |parts| Bits::concat(parts.iter().copied())))
                    }
                });
                for (index, &value) in values.iter().enumerate() {
                    let expected = function.values()[value as usize];
                    assert_eq!(
                        looked_up.get(index),
                        expected,
                        "{parties} sites, width {width}, value {value}"
                    );
                    assert_eq!(looked_up.get(words * 64 + index), expected);
                }
            }
        }
    }
}
