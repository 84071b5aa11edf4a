//! The shared counts of all pairs of markers, over the people who are at every site.
//!
//! A holder's columns are multiplied by the membership of one other site after another (`protocol::bit_products`), but not by
//! one that the layout says is implied: with each, the site takes a share of what all sharers had so far. Then every sharer's
//! share is multiplied with the evaluator's columns, and the products are shares of the counts. What a site sees are shares
//! under fresh pads.
//!
//! Rows are taken a tile at a time, so that memory is bounded, and the shares of all tiles added up.
//!
//! For a holder with c columns among n sites: n (n - 1) / 2 multiplications by a membership, one transfer a row each, and for
//! each evaluator n - 1 matrix products; where a membership is implied, (n - 1) (n - 2) / 2 multiplications.

use super::product::{Product, column_sums};
use super::{Columns, Layout};
use crate::algebra::{Ring, Vector};
use crate::correlation::Demand;
use crate::disclosure::SharedTables;
use crate::error::{Error, Result};
use crate::protocol::bit_products::{self, Matrix};
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::source::Preprocessing;
use crate::step::Step;
use crate::transport::{Lane, PartyId};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use zeroize::{Zeroize, Zeroizing};

/// Numbers of a tile: some rows of a holder's columns that are worked on at once.
const TILE_NUMBERS: usize = 1 << 26;

/// Rows of a tile come in this unit: those of a block of lattice products.
const TILE_ROWS: usize = 1 << 12;

const HOLDER: &str = "holder";
const TILE: &str = "tile";
const MEMBER: &str = "member";
const SHARER: &str = "sharer";
const EVALUATOR: &str = "evaluator";

/// What all sites know about the computation of counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Who holds what.
    pub layout: Layout,
    /// Rows in common.
    pub rows: usize,
    width: u32,
    preprocessing: Preprocessing,
    /// Rows of a tile, in whole words.
    tile: usize,
}

/// One tile of one holder.
struct Tile {
    number: usize,
    rows: Range<usize>,
    matrix: Matrix,
}

impl Work {
    /// Over so many rows in common, with shares of so many bits.
    pub fn new(layout: Layout, rows: usize, width: u32, preprocessing: Preprocessing) -> Self {
        let columns = layout.holders().map(|holder| layout.held(holder)).max().unwrap_or(1);
        let tile = TILE_ROWS * (TILE_NUMBERS / TILE_ROWS / columns).max(1);
        Self { layout, rows, width, preprocessing, tile }
    }

    fn tiles(&self, holder: usize) -> impl Iterator<Item = Tile> + '_ {
        let columns = self.layout.held(holder);
        (0..self.rows).step_by(self.tile).enumerate().map(move |(number, first)| {
            let rows = first..self.rows.min(first + self.tile);
            Tile { number, matrix: Matrix { rows: rows.len(), columns, width: self.width }, rows }
        })
    }

    fn product(&self, matrix: Matrix, holder: usize, evaluator: usize) -> Product {
        // Of a tile of a holder, an evaluator that does not come before it, and another sharer.
        let sites = self.layout.markers().len();
        let products = sites * (sites + 1) / 2 * (sites - 1) * self.rows.div_ceil(self.tile);
        Product::new(self.preprocessing, matrix, self.layout.multiplied(holder, evaluator), products)
    }

    /// The sites whose memberships are multiplied, in this order.
    fn members(&self, holder: usize) -> impl Iterator<Item = usize> + use<> {
        let implied = self.layout.implied(holder);
        (0..self.layout.markers().len()).filter(move |&site| site != holder && Some(site) != implied)
    }

    /// The sites that have shares of a holder's columns when a member's turn comes.
    fn sharers(&self, holder: usize, member: usize) -> impl Iterator<Item = usize> + use<> {
        std::iter::once(holder).chain(self.members(holder).take_while(move |&site| site != member))
    }

    /// What [`count`] at `step` asks for.
    pub fn demand(&self, out: &mut Demand, step: &Step, lane: Lane) {
        for holder in self.layout.holders() {
            for tile in self.tiles(holder) {
                let step = step.then_nth(HOLDER, holder).then_nth(TILE, tile.number);
                for member in self.members(holder) {
                    for sharer in self.sharers(holder, member) {
                        let step = step.then_nth(MEMBER, member).then_nth(SHARER, sharer);
                        let sites = [site(sharer), site(member)];
                        bit_products::demand(out, &step, lane, sites, tile.matrix);
                    }
                }
                for evaluator in self.layout.evaluators(holder) {
                    for sharer in (0..self.layout.markers().len()).filter(|&site| site != evaluator) {
                        let step = step.then_nth(EVALUATOR, evaluator).then_nth(SHARER, sharer);
                        let sites = [site(sharer), site(evaluator)];
                        self.product(tile.matrix, holder, evaluator).demand(out, &step, lane, sites);
                    }
                }
            }
        }
    }

    /// How the products of columns are computed, in words; the way that sends less may differ from product to product.
    pub fn routes(&self) -> BTreeSet<&'static str> {
        let of_holder = |holder: usize| {
            let of_tile = move |tile: Tile| {
                let product =
                    move |evaluator| self.product(tile.matrix, holder, evaluator).route.description();
                self.layout.evaluators(holder).map(product)
            };
            self.tiles(holder).flat_map(of_tile)
        };
        self.layout.holders().flat_map(of_holder).collect()
    }

    /// Bytes that all sites together send for products beside what the source is asked for.
    pub fn product_bytes(&self) -> u64 {
        let sharers = self.layout.markers().len() as u64 - 1;
        let of_tile = |holder: usize, tile: &Tile| {
            let products =
                self.layout.evaluators(holder).map(|evaluator| self.product(tile.matrix, holder, evaluator));
            products.map(|product| sharers * product.bytes()).sum::<u64>()
        };
        let of_holder = |holder: usize| self.tiles(holder).map(|tile| of_tile(holder, &tile)).sum::<u64>();
        self.layout.holders().map(of_holder).sum()
    }
}

/// A site's shares of the counts of all pairs of columns.
pub struct SharedCounts {
    layout: Layout,
    width: u32,
    /// Of each holder's columns, those of people at every site but the one that is implied.
    totals: BTreeMap<usize, Ring<u32>>,
    /// Of each holder's columns with each evaluator's, whose columns change fastest.
    products: BTreeMap<(usize, usize), Ring<u32>>,
}

impl Drop for SharedCounts {
    fn drop(&mut self) {
        self.totals.values_mut().for_each(Zeroize::zeroize);
        self.products.values_mut().for_each(Zeroize::zeroize);
    }
}

/// Counts with this site's own columns.
///
/// # Errors
/// Those of the protocols used.
pub async fn count(ctx: &Context<SemiHonest>, work: &Work, own: &Columns) -> Result<SharedCounts> {
    let layout = &work.layout;
    if own.rows() != work.rows || own.count() != layout.evaluated(ctx.roster().me().index()) + 1 {
        return Err(Error::Internal("the columns are not those of the plan"));
    }
    let mut counts = SharedCounts {
        layout: layout.clone(),
        width: work.width,
        totals: BTreeMap::new(),
        products: BTreeMap::new(),
    };
    for holder in layout.holders() {
        for tile in work.tiles(holder) {
            let step = ctx.narrow_nth(HOLDER, holder).narrow_nth(TILE, tile.number);
            let share = with_members(&step, work, holder, &tile, own).await?;
            add(&mut counts.totals, holder, column_sums(tile.matrix, &share));
            for evaluator in layout.evaluators(holder) {
                let step = step.narrow_nth(EVALUATOR, evaluator);
                let product = with_evaluator(&step, work, [holder, evaluator], &tile, &share, own).await?;
                add(&mut counts.products, (holder, evaluator), product);
            }
        }
    }
    Ok(counts)
}

fn add<K: Ord>(sums: &mut BTreeMap<K, Ring<u32>>, key: K, tile: Ring<u32>) {
    let tile = Zeroizing::new(tile);
    sums.entry(key).or_insert_with(|| Ring::zeros(tile.shape())).add_assign(&tile);
}

/// This site's share of a holder's columns times the membership of all other sites.
async fn with_members(
    ctx: &Context<SemiHonest>,
    work: &Work,
    holder: usize,
    tile: &Tile,
    own: &Columns,
) -> Result<Zeroizing<Ring<u32>>> {
    let (me, matrix) = (ctx.roster().me().index(), tile.matrix);
    let own_or_zeros = if me == holder { own.held(&tile.rows, matrix) } else { Ring::zeros(matrix.shape()) };
    let mut share = Zeroizing::new(own_or_zeros);
    for member in work.members(holder) {
        let step = ctx.narrow_nth(MEMBER, member);
        for sharer in work.sharers(holder, member) {
            let step = step.narrow_nth(SHARER, sharer);
            if me == member {
                let part =
                    bit_products::choose(&step, site(sharer), matrix, own.membership(&tile.rows)).await?;
                share.add_assign(&Zeroizing::new(part));
            } else if me == sharer {
                let products = bit_products::hold(&step, site(member), matrix, &share).await?;
                share = Zeroizing::new(products);
            }
        }
    }
    Ok(share)
}

/// This site's share of the products of the shared columns with the evaluator's.
async fn with_evaluator(
    ctx: &Context<SemiHonest>,
    work: &Work,
    [holder, evaluator]: [usize; 2],
    tile: &Tile,
    share: &Ring<u32>,
    own: &Columns,
) -> Result<Ring<u32>> {
    let me = ctx.roster().me().index();
    let product = work.product(tile.matrix, holder, evaluator);
    if me != evaluator {
        return product.hold(&ctx.narrow_nth(SHARER, me), site(evaluator), share).await;
    }
    let columns = own.evaluated(&tile.rows, product.columns);
    let mut sum = match work.layout.implied(holder) {
        // Then the evaluator has no share.
        Some(_) => Ring::zeros(product.sums()),
        None => product.local(share, &columns),
    };
    for sharer in ctx.roster().other_sites() {
        let step = ctx.narrow_nth(SHARER, sharer.index());
        let part = product.evaluate(&step, sharer, &columns).await?;
        sum.add_assign(&Zeroizing::new(part));
    }
    Ok(sum)
}

fn site(index: usize) -> PartyId {
    PartyId::new(index as u8)
}

impl SharedCounts {
    /// The share of a holder's column, summed over the people who are at every site.
    fn total(&self, holder: usize, column: usize) -> Option<u32> {
        match self.layout.implied(holder) {
            None => self.totals.get(&holder)?.values().get(column).copied(),
            Some(evaluator) => self.product((holder, column), (evaluator, self.layout.evaluated(evaluator))),
        }
    }

    fn product(&self, (holder, column): (usize, usize), (evaluator, bits): (usize, usize)) -> Option<u32> {
        let at = column * self.layout.multiplied(holder, evaluator) + bits;
        self.products.get(&(holder, evaluator))?.values().get(at).copied()
    }

    /// The share of the number of people who are at every site.
    pub fn people(&self) -> Option<u32> {
        let counting = self.layout.counting()?;
        self.total(counting, self.layout.evaluated(counting))
    }

    /// The share of the number of carriers of a marker among them.
    fn carriers(&self, (owner, place): (usize, usize)) -> Option<u32> {
        let counting = self.layout.counting()?;
        let membership = self.layout.evaluated(counting);
        self.total(owner, place).or_else(|| self.product((counting, membership), (owner, place)))
    }

    /// The shares `n11, n1., n.1, N` of a pair.
    fn table(&self, (a, b): (u32, u32)) -> Option<[u32; 4]> {
        let (a, b) = (self.layout.find(a as usize)?, self.layout.find(b as usize)?);
        let (first, second, swapped) = if a.0 <= b.0 { (a, b, false) } else { (b, a, true) };
        let n11 = self.product(first, second)?;
        let (of_first, of_second, people) = if self.layout.observed() {
            let observed = |(owner, place)| {
                let markers: &usize = self.layout.markers().get(owner)?;
                Some((owner, markers + place))
            };
            (
                self.product(first, observed(second)?)?,
                self.product(observed(first)?, second)?,
                self.product(observed(first)?, observed(second)?)?,
            )
        } else {
            (self.carriers(first)?, self.carriers(second)?, self.people()?)
        };
        let (of_a, of_b) = if swapped { (of_second, of_first) } else { (of_first, of_second) };
        Some([n11, of_a, of_b, people])
    }

    /// The shares of the tables of some pairs of the layout's list.
    ///
    /// # Errors
    /// [`Error::Internal`] for a pair that was not counted.
    pub fn tables(&self, pairs: &[(u32, u32)], range: Range<usize>) -> Result<SharedTables> {
        let wanted = pairs.get(range).unwrap_or_default();
        let mut numbers = [(); 4].map(|()| Vec::with_capacity(wanted.len()));
        for &pair in wanted {
            let table = self.table(pair).ok_or(Error::Internal("a pair that was not counted"))?;
            numbers.iter_mut().zip(table).for_each(|(numbers, number)| numbers.push(number));
        }
        let [n11, carriers_a, carriers_b, people] = numbers.map(|numbers| Ring::new(self.width, numbers));
        Ok(SharedTables { n11, carriers_a, carriers_b, people })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::Bits;
    use crate::query::{Encoding, MissingRule, Pairs};
    use crate::source::ot::Field;
    use crate::statistics::cohort::{Cohort, Column};
    use crate::test_world::{Parties, TestWorld, random_words};

    const ROWS: usize = 300;

    /// Owners of the markers, at three sites.
    const OWNERS: [usize; 4] = [0, 1, 2, 1];

    fn bit(words: &[u64], row: usize) -> bool {
        words[row / 64] >> (row % 64) & 1 == 1
    }

    /// Who is at a site, and who carries a marker.
    fn is_member(site: usize, row: usize) -> bool {
        !row.is_multiple_of(site + 3)
    }

    fn carries(marker: usize, row: usize) -> bool {
        bit(&random_words(marker as u8, Bits::words_for(ROWS)), row)
    }

    fn columns(site: usize, owners: &[usize], layout: &Layout) -> Columns {
        let people: Vec<usize> = (0..ROWS).filter(|&row| is_member(site, row)).collect();
        let held = (0..owners.len()).filter(|&marker| owners[marker] == site);
        let column = |marker| {
            let mut column = Column::default();
            people.iter().for_each(|&row| column.push(Some(carries(marker, row).into()), Encoding::Carrier));
            column
        };
        let columns: Vec<Column> = held.map(column).collect();
        let ids = (0..columns.len()).map(|number| number.to_string()).collect();
        let places: Vec<Option<u32>> = people.iter().map(|&row| Some(row as u32)).collect();
        Columns::new(&Cohort { ids, columns, people: people.len() }, ROWS, &places, layout)
    }

    fn expected(sites: usize, (a, b): (u32, u32)) -> [u32; 4] {
        let people = (0..ROWS).filter(|&row| (0..sites).all(|site| is_member(site, row)));
        people.fold([0; 4], |[n11, of_a, of_b, n], row| {
            let [a, b] = [a, b].map(|marker| u32::from(carries(marker as usize, row)));
            [n11 + a * b, of_a + a, of_b + b, n + 1]
        })
    }

    fn check(owners: &[usize], sites: u8, pairs: Pairs, preprocessing: Preprocessing, tile: usize) {
        let layout = Layout::new(sites.into(), owners.to_vec(), MissingRule::AsNoncarrier, pairs);
        let parties = match preprocessing {
            Preprocessing::Helper => Parties::with_helper(sites),
            Preprocessing::ObliviousTransfer => Parties::without_helper(sites, Field::Bits4),
        };
        let work = Work { tile, ..Work::new(layout.clone(), ROWS, 12, preprocessing) };
        let step = Step::root().then("count");
        let held: Vec<Columns> = (0..sites.into()).map(|site| columns(site, owners, &layout)).collect();
        let all: Vec<(u32, u32)> = layout.pairs().collect();
        let world = TestWorld::new(parties).demand(|out| work.demand(out, &step, Lane::MAIN));
        let shares = world.run(|ctx| {
            let (work, own, all) = (&work, &held[ctx.roster().me().index()], &all);
            async move { count(&ctx.narrow("count"), work, own).await?.tables(all, 0..all.len()) }
        });
        let shares: Vec<SharedTables> = shares.into_iter().map(Result::unwrap).collect();
        for (at, &pair) in all.iter().enumerate() {
            let sum = |part: fn(&SharedTables) -> &Ring<u32>| {
                shares.iter().fold(0u32, |sum, share| sum.wrapping_add(part(share).values()[at])) % (1 << 12)
            };
            let found = [
                sum(|share| &share.n11),
                sum(|share| &share.carriers_a),
                sum(|share| &share.carriers_b),
                sum(|share| &share.people),
            ];
            assert_eq!(found, expected(sites.into(), pair), "{sites} sites, {pairs:?}, {pair:?}, {tile}");
        }
    }

    #[test]
    fn tiles_add_up() {
        for preprocessing in [Preprocessing::Helper, Preprocessing::ObliviousTransfer] {
            for pairs in [Pairs::All, Pairs::AcrossSites] {
                for tile in [64, 128, ROWS + 1] {
                    check(&OWNERS, 3, pairs, preprocessing, tile.next_multiple_of(64));
                    check(&OWNERS[..2], 2, pairs, preprocessing, tile.next_multiple_of(64));
                }
            }
        }
    }

    #[test]
    fn a_tile_has_a_bounded_number_of_numbers() {
        let work = |markers: &[usize], rows| {
            let layout = Layout::of_counts(markers, MissingRule::AsNoncarrier, Pairs::AcrossSites);
            Work::new(layout, rows, 21, Preprocessing::Helper)
        };
        assert_eq!(work(&[100, 100], 100_000).tiles(0).count(), 1);
        let many = work(&[1_000, 9_000], 1_000_000);
        let tiles: Vec<Tile> = many.tiles(0).collect();
        assert!(tiles.iter().all(|tile| tile.matrix.shape().len <= TILE_NUMBERS));
        assert_eq!(tiles.iter().map(|tile| tile.rows.len()).sum::<usize>(), 1_000_000);
        assert!(tiles.len() < 20, "{}", tiles.len());
        // Never fewer rows than a block of a lattice product.
        assert_eq!(work(&[20_000, 1], 5_000).tiles(0).count(), 2);
    }
}
