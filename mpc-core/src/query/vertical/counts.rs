//! The shared counts of all pairs of markers, over the people who are at every site.
//!
//! A holder's columns are multiplied by the membership of one other site after another (`protocol::bit_products`), but not by
//! one that the layout says is implied: with each, the site takes a share of what all sharers had so far. Then every sharer's
//! share is multiplied with the evaluator's columns, and the products are shares of the counts. What a site sees are shares
//! under fresh pads.
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
use std::collections::BTreeMap;
use std::ops::Range;
use zeroize::{Zeroize, Zeroizing};

/// Numbers of a tile: some columns of a holder that are worked on at once.
const TILE_NUMBERS: usize = 1 << 26;

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
    /// Bits of a share.
    pub width: u32,
    /// Who provides the correlations.
    pub preprocessing: Preprocessing,
}

/// One tile of one holder.
struct Tile {
    number: usize,
    first: usize,
    matrix: Matrix,
}

impl Work {
    fn tiles(&self, holder: usize) -> impl Iterator<Item = Tile> + '_ {
        let (rows, width, held) = (self.rows, self.width, self.layout.held(holder));
        let columns = (TILE_NUMBERS / rows.max(1)).max(1);
        (0..held).step_by(columns).enumerate().map(move |(number, first)| {
            let matrix = Matrix { rows, columns: columns.min(held - first), width };
            Tile { number, first, matrix }
        })
    }

    fn product(&self, matrix: Matrix, holder: usize, evaluator: usize) -> Product {
        // Of a tile of a holder, an evaluator that does not come before it, and another sharer.
        let sites = self.layout.markers().len();
        let tiles = self.layout.holders().map(|holder| self.tiles(holder).count()).max().unwrap_or(0);
        let products = sites * (sites + 1) / 2 * (sites - 1) * tiles;
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
    if own.rows() != work.rows || own.evaluated().len() != layout.evaluated(ctx.roster().me().index()) + 1 {
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
            append(&mut counts.totals, holder, column_sums(tile.matrix, &share));
            for evaluator in layout.evaluators(holder) {
                let step = step.narrow_nth(EVALUATOR, evaluator);
                let product = with_evaluator(&step, work, [holder, evaluator], &tile, &share, own).await?;
                append(&mut counts.products, (holder, evaluator), product);
            }
        }
    }
    Ok(counts)
}

fn append<K: Ord>(all: &mut BTreeMap<K, Ring<u32>>, key: K, mut tile: Ring<u32>) {
    let before = all.remove(&key);
    let joined = Ring::concat(before.iter().chain([&tile]));
    all.insert(key, joined);
    tile.zeroize();
    before.into_iter().for_each(|mut before| before.zeroize());
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
    let own_or_zeros = if me == holder { own.held(tile.first, matrix) } else { Ring::zeros(matrix.shape()) };
    let mut share = Zeroizing::new(own_or_zeros);
    for member in work.members(holder) {
        let step = ctx.narrow_nth(MEMBER, member);
        for sharer in work.sharers(holder, member) {
            let step = step.narrow_nth(SHARER, sharer);
            if me == member {
                let part = bit_products::choose(&step, site(sharer), matrix, own.membership()).await?;
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
    let columns = own.evaluated().get(..product.columns).unwrap_or_default();
    let mut sum = match work.layout.implied(holder) {
        // Then the evaluator has no share.
        Some(_) => Ring::zeros(product.sums()),
        None => product.local(share, columns),
    };
    for sharer in ctx.roster().other_sites() {
        let step = ctx.narrow_nth(SHARER, sharer.index());
        let part = product.evaluate(&step, sharer, columns).await?;
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
