//! A public function of one small private number of each of two or three sites, to a sharing by XOR, from oblivious
//! transfers on the numbers themselves: one-time tables without a dealer, in the manner of OP-LUT (Dessouky, Koushanfar,
//! Sadeghi, Schneider, Zeitouni, Zohner, NDSS 2017, section 4), for three sites with one more selection. Semi-honest: nothing
//! keeps a site from choosing by another number in one selection than in the next.
//!
//! With x, y and z the numbers of the first, second and third site (which site is first turns with the step):
//!
//! 1. The first makes the table of `f(x, ., .)`, whose entry y has one bit for each z. The second selects entry y
//!    (`protocol::oblivious_selection`): now the two share the table of `f(x, y, .)`.
//! 2. The third selects entry z from the share of each. What the first and the second keep, and the sum of what the third
//!    gets, add up to `f(x, y, z)`.
//!
//! What a site receives is hidden by a pad that it did not choose, or is the correction of a transfer in which it is the
//! sender; so all it sees is as random as those. Of two sites, the first makes the table of `f(x, .)`, and the second
//! selects.
//!
//! With m numbers a site, each function: two sites, ceil(log2 m) transfers and m - 1 bits; three sites, 3 ceil(log2 m)
//! transfers and (m + 2)(m - 1) bits. 2 rounds for two sites, 3 for three.

use super::oblivious_selection::{self, TableShape, choose, offer};
use crate::algebra::{Bits, Planes, Vector, bits_for};
use crate::correlation::Demand;
use crate::error::{Error, Result};
use crate::session::Context;
use crate::sharing::{Additive, Raw, SemiHonest};
use crate::step::{SessionId, Step};
use crate::transport::{Lane, PartyId};
use futures::future::try_join;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The function's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateTable {
    numbers: usize,
    sites: usize,
    values: Arc<[bool]>,
}

impl PrivateTable {
    /// Most numbers that a site may have. A larger table costs more bytes than a comparison circuit.
    pub const MOST: usize = 64;

    /// The function of `sites` numbers, each below `numbers`, in the order of the sites. `None` above [`Self::MOST`], and for
    /// other than two or three sites.
    pub fn new(sites: usize, numbers: usize, function: impl Fn(&[u32]) -> bool) -> Option<Self> {
        if !(2..=3).contains(&sites) || !(1..=Self::MOST).contains(&numbers) {
            return None;
        }
        let values = (0..numbers.pow(sites as u32)).map(|place| {
            let mut held = [0; 3];
            let mut rest = place;
            for number in held.iter_mut().take(sites) {
                *number = (rest % numbers) as u32;
                rest /= numbers;
            }
            function(held.get(..sites).unwrap_or_default())
        });
        Some(Self { numbers, sites, values: values.collect() })
    }

    /// Bits of a number.
    pub fn width(&self) -> u32 {
        bits_for(self.numbers as u64 - 1)
    }

    /// The value where site `order[i]` has the number `held[i]`.
    pub(crate) fn value(&self, order: &[PartyId], held: &[usize]) -> bool {
        let place: usize =
            order.iter().zip(held).map(|(site, held)| held * self.numbers.pow(site.index() as u32)).sum();
        self.values.get(place).copied().unwrap_or_default()
    }

    /// The table from which the second site selects.
    fn first_shape(&self, words: usize) -> TableShape {
        let rows = if self.sites == 3 { self.numbers } else { 1 };
        TableShape { entries: self.numbers, rows, words }
    }

    /// The table from which the third site selects.
    fn last_shape(&self, words: usize) -> TableShape {
        TableShape { entries: self.numbers, rows: 1, words }
    }

    /// The first site's table for its own numbers: row by row, the last site's number running fastest.
    fn rows(&self, order: &[PartyId], own: &Planes) -> Zeroizing<Bits> {
        let words = own.shape().words;
        let mut reached = Zeroizing::new(Vec::with_capacity(self.numbers * words));
        (0..self.numbers).for_each(|least| at_least(own, least, &mut reached));
        let shape = self.first_shape(words);
        let mut table = Zeroizing::new(Bits::zeros(shape.entries * shape.rows * words));
        for (place, row) in table.words_mut().chunks_exact_mut(words.max(1)).enumerate() {
            let (second, third) = (place / shape.rows, place % shape.rows);
            let value = |own: usize| self.value(order, &[own, second, third]);
            // Where the value changes from one number to the next, those that reach it change.
            let mut before = false;
            for (own, reached) in reached.chunks_exact(words.max(1)).enumerate() {
                if value(own) != before {
                    before = !before;
                    row.iter_mut().zip(reached).for_each(|(row, reached)| *row ^= reached);
                }
            }
        }
        table
    }
}

/// Appends, for every number, whether it is at least `least`.
fn at_least(numbers: &Planes, least: usize, out: &mut Vec<u64>) {
    let start = out.len();
    out.resize(start + numbers.shape().words, u64::MAX);
    let Some(row) = out.get_mut(start..) else { return };
    for bit in 0..numbers.shape().width as usize {
        let plane = row.iter_mut().zip(numbers.plane(bit));
        if least >> bit & 1 == 1 {
            plane.for_each(|(row, plane)| *row &= plane);
        } else {
            plane.for_each(|(row, plane)| *row |= plane);
        }
    }
}

/// The function's value for every element, from this site's numbers, which must be below the table's bound.
///
/// # Errors
/// Those of the transfers and of the links.
pub async fn look_up(
    ctx: &Context<SemiHonest>,
    function: &PrivateTable,
    own: &Planes,
) -> Result<Raw<Additive<Bits>>> {
    if ctx.roster().site_count() != function.sites || own.shape().width != function.width() {
        return Err(Error::Internal("a table for other sites or numbers"));
    }
    let order = order(ctx.step(), function.sites);
    let words = own.shape().words;
    let (first_shape, last_shape) = (function.first_shape(words), function.last_shape(words));
    let me = ctx.roster().me();
    let second_step = ctx.narrow("second");
    let third_step = |from: &str| ctx.narrow("third").narrow(from);
    let mut share = match order.as_slice() {
        [first, second, third @ ..] if me == *first => {
            let table = function.rows(&order, own);
            let share = offer(&second_step, *second, first_shape, table).await?;
            match third {
                [third] => offer(&third_step("from-first"), *third, last_shape, share).await?,
                _ => share,
            }
        }
        [first, second, third @ ..] if me == *second => {
            let share = choose(&second_step, *first, first_shape, own).await?;
            match third {
                [third] => offer(&third_step("from-second"), *third, last_shape, share).await?,
                _ => share,
            }
        }
        [first, second, ..] => {
            let (from_first, from_second) = (third_step("from-first"), third_step("from-second"));
            let (mut sum, other) = try_join(
                choose(&from_first, *first, last_shape, own),
                choose(&from_second, *second, last_shape, own),
            )
            .await?;
            sum.add_assign(&other);
            sum
        }
        _ => return Err(Error::Internal("a table for other sites")),
    };
    Ok(Raw::new(Additive::new(std::mem::take(&mut *share))))
}

/// The sites, the first one first. It turns with the step, and with nothing that a demand does not know.
fn order(step: &Step, sites: usize) -> Vec<PartyId> {
    let first = usize::from(step.tag(&SessionId::NONE).as_bytes()[0]);
    (0..sites).map(|place| PartyId::new(((first + place) % sites.max(1)) as u8)).collect()
}

/// What [`look_up`] at `step` asks for, for numbers of `words` words a plane.
pub fn demand(out: &mut Demand, step: &Step, lane: Lane, function: &PrivateTable, words: usize) {
    let mut select = |step: Step, between: [PartyId; 2], shape| {
        oblivious_selection::demand(out, &step, lane, between, shape);
    };
    if let [first, second, third @ ..] = order(step, function.sites).as_slice() {
        select(step.then("second"), [*first, *second], function.first_shape(words));
        for third in third {
            for (name, from) in [("from-first", first), ("from-second", second)] {
                select(step.then("third").then(name), [*from, *third], function.last_shape(words));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sharing::Share;
    use crate::source::ot::Field;
    use crate::test_world::{Parties, TestWorld};

    /// Some function that depends on the order of its numbers.
    fn function(held: &[u32]) -> bool {
        let mixed = held.iter().fold(7u32, |sum, &number| sum.wrapping_mul(31).wrapping_add(number * number));
        mixed.wrapping_mul(0x9e37_79b9) >> 29 & 1 == 1
    }

    /// Looks up every combination of numbers.
    fn check(sites: u8, numbers: usize, most_elements: usize) {
        let table = PrivateTable::new(sites.into(), numbers, function).unwrap();
        let elements = numbers.pow(sites.into()).min(most_elements);
        let held = |site: usize, element: usize| (element / numbers.pow(site as u32) % numbers) as u32;
        let words = Bits::words_for(elements);
        let parties = Parties::without_helper(sites, Field::Bits4);
        let step = Step::root().then("private");
        let world = TestWorld::new(parties).demand(|out| demand(out, &step, Lane::MAIN, &table, words));
        let opened = world.reconstruct(|ctx| {
            let me = ctx.roster().me().index();
            let own = (0..elements).map(|element| held(me, element).into());
            let own = Planes::from_values(table.width(), words, own);
            let table = table.clone();
            async move { look_up(&ctx.narrow("private"), &table, &own).await }
        });
        for element in 0..elements {
            let numbers: Vec<u32> = (0..sites.into()).map(|site| held(site, element)).collect();
            assert_eq!(opened.get(element), function(&numbers), "{sites} sites, {numbers:?}");
        }
    }

    #[test]
    fn agrees_with_the_function_at_every_number() {
        for sites in [2, 3] {
            for numbers in [1, 2, 3, 5, 8, 11] {
                check(sites, numbers, usize::MAX);
            }
            check(sites, PrivateTable::MOST, 300);
        }
    }

    #[test]
    fn shares_of_one_site_say_nothing() {
        // The outcome is always true, and each site's share of it must be a coin.
        for sites in [2u8, 3] {
            let table = PrivateTable::new(sites.into(), 11, |_| true).unwrap();
            let shares = TestWorld::new(Parties::without_helper(sites, Field::Bits4)).run(|ctx| {
                let table = table.clone();
                async move {
                    let own = Planes::from_values(table.width(), 64, std::iter::repeat_n(10, 4096));
                    Ok(look_up(&ctx.narrow("private"), &table, &own).await?.share().opening().clone())
                }
            });
            for share in shares.into_iter().map(Result::unwrap) {
                let ones: u32 = share.words().iter().map(|word| word.count_ones()).sum();
                // Seven standard deviations.
                assert!((1824..2272).contains(&ones), "{ones} of 4096");
            }
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for (sites, numbers) in [(1, 3), (4, 3), (2, 0), (3, PrivateTable::MOST + 1)] {
            assert!(PrivateTable::new(sites, numbers, function).is_none());
        }
    }
}
