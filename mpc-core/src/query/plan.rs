//! The plan of a query: blocks of pairs, what they ask of the source, and what they cost. A pure function of the
//! query and the number of markers, so that the helper and every site make the same one.

use super::Query;
use crate::algebra::{Bits, Ring, Vector, bits_for};
use crate::correlation::{DIGIT_VALUES, Demand, Request, digits_of};
use crate::disclosure::{CELLS, Decision, ReleaseRule, SelectRule, TooWide, people_demand};
use crate::lattice::packed;
use crate::protocol::open::masked_bytes;
use crate::source::ot::{self, Field};
use crate::source::{Preprocessing, helper_transfers};
use crate::statistics::pairs::pair_count;
use crate::step::Step;
use crate::transport::Lane;
use std::ops::Range;

/// Most pairs of a block: large enough that rounds do not matter, small enough that four blocks fit in memory.
const LARGEST_BLOCK: u64 = 1 << 16;

/// Least pairs of a block.
const SMALLEST_BLOCK: u64 = 1 << 10;

/// Bytes of correlations that one block may take, unless [larger ones](PACKED_BLOCK) take fewer for a pair.
const BLOCK_BYTES: u64 = 8 << 20;

/// Pairs of a block up to which packed products get cheaper: most of their bytes are ciphertexts, which are not kept.
const PACKED_BLOCK: u64 = packed::DEGREE as u64;

/// How a query is computed.
#[derive(Clone, Debug)]
pub struct Plan {
    query: Query,
    preprocessing: Preprocessing,
    decision: Decision,
    pairs: u64,
    block: u64,
}

/// A run of consecutive pairs, computed at once on one lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Position among the blocks.
    pub index: usize,
    /// The pairs, by their numbers.
    pub pairs: Range<u64>,
    /// The lane on which it is computed.
    pub lane: Lane,
}

impl Block {
    /// The block's step.
    pub fn step(&self, root: &Step) -> Step {
        root.then_nth(Self::NAME, self.index)
    }

    pub(super) const NAME: &'static str = "block";

    /// Words of a vector of the block.
    pub fn words(&self) -> usize {
        (self.pairs.end - self.pairs.start).div_ceil(64) as usize
    }
}

pub(super) const PEOPLE: &str = "people";
pub(super) const DECIDE: &str = "decide";

impl Plan {
    /// The plan of a query over this many markers.
    ///
    /// # Errors
    /// [`TooWide`].
    pub fn new(query: &Query, markers: u32, preprocessing: Preprocessing) -> Result<Self, TooWide> {
        let decision = Decision {
            release: ReleaseRule::new(query.sites.len(), query.disclosure),
            select: SelectRule::new(&query.select, query.people_bound)?,
            transfers: preprocessing == Preprocessing::ObliviousTransfer,
        };
        let pairs = pair_count(markers);
        let mut plan = Self { query: query.clone(), preprocessing, decision, pairs, block: SMALLEST_BLOCK };
        let bytes_a_pair = (plan.correlation_bytes(SMALLEST_BLOCK) / SMALLEST_BLOCK).max(1);
        let wanted = (BLOCK_BYTES / bytes_a_pair).clamp(SMALLEST_BLOCK, LARGEST_BLOCK);
        plan.block = wanted / 64 * 64;
        plan.block = plan.cheaper_block();
        Ok(plan)
    }

    /// Of this block and larger powers of two the smallest whose pairs cost less than a tenth more bytes than those of
    /// any other.
    fn cheaper_block(&self) -> u64 {
        let powers = std::iter::successors(Some(SMALLEST_BLOCK), |block| Some(2 * block));
        let larger = powers.take_while(|&block| block <= PACKED_BLOCK).filter(|&block| block > self.block);
        let costs = std::iter::once(self.block).chain(larger).map(|block| {
            let pairs = block.min(self.pairs).max(1);
            (block, self.correlation_bytes(pairs) as f64 / pairs as f64)
        });
        let costs: Vec<(u64, f64)> = costs.collect();
        let least = costs.iter().map(|&(_, bytes)| bytes).fold(f64::INFINITY, f64::min);
        costs.into_iter().find(|&(_, bytes)| bytes <= 1.1 * least).map_or(self.block, |(block, _)| block)
    }

    /// The query.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// The release rule.
    pub fn rule(&self) -> &ReleaseRule {
        &self.decision.release
    }

    /// Who provides the correlations.
    pub fn preprocessing(&self) -> Preprocessing {
        self.preprocessing
    }

    /// What decides about a pair.
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// Number of pairs.
    pub fn pairs(&self) -> u64 {
        self.pairs
    }

    /// Bits of a pooled count.
    pub fn count_width(&self) -> u32 {
        bits_for(self.query.people_bound)
    }

    /// The blocks, in order.
    pub fn blocks(&self) -> impl Iterator<Item = Block> + '_ {
        (0..self.pairs.div_ceil(self.block)).zip(0usize..).map(|(number, index)| {
            let start = number * self.block;
            Block { index, pairs: start..self.pairs.min(start + self.block), lane: Lane::nth(index) }
        })
    }

    /// The blocks of one lane, in order.
    pub fn blocks_on(&self, lane: Lane) -> impl Iterator<Item = Block> + '_ {
        self.blocks().filter(move |block| block.lane == lane)
    }

    /// Everything that the computation asks of its source.
    pub fn demand(&self) -> Demand {
        let mut demand = self.people_demand();
        for block in self.blocks() {
            self.block_demand(&mut demand, &block);
        }
        demand
    }

    fn people_demand(&self) -> Demand {
        let mut demand = Demand::default();
        let (sites, minimum) = (self.query.sites.len(), self.query.disclosure.min_people);
        let step = Step::root().then(PEOPLE);
        people_demand(&mut demand, &step, Lane::MAIN, sites, self.query.people_bound, minimum);
        demand
    }

    fn block_demand(&self, demand: &mut Demand, block: &Block) {
        let step = block.step(&Step::root()).then(DECIDE);
        let pairs = (block.pairs.end - block.pairs.start) as usize;
        crate::disclosure::demand(demand, &step, block.lane, &self.decision, pairs);
    }

    /// Bytes that the source sends for a block of this many pairs.
    fn correlation_bytes(&self, pairs: u64) -> u64 {
        let mut demand = Demand::default();
        self.block_demand(&mut demand, &Block { index: 0, pairs: 0..pairs, lane: Lane::MAIN });
        let sites = self.query.sites.len();
        demand.entries().iter().map(|entry| source_bytes(self.preprocessing, &entry.request, sites)).sum()
    }

    /// Payload bytes of the whole computation; without a helper, those among sites that are near each other.
    pub fn cost(&self) -> Cost {
        let sites = self.query.sites.len() as u64;
        let mut cost = Cost::of_session(self.preprocessing, self.query.sites.len());
        cost.released_pair_bytes = CELLS as u64 * u64::from(self.count_width().div_ceil(8));
        cost.add(&self.people_demand(), self.preprocessing, sites);
        let mut release_bits = 0;
        for block in self.blocks() {
            let mut demand = Demand::default();
            self.block_demand(&mut demand, &block);
            cost.add(&demand, self.preprocessing, sites);
            release_bits += 8 * block.words() as u64;
        }
        cost.site_bytes += sites * (sites - 1) * release_bits;
        cost
    }
}

/// Bytes that the source sends for a request, all sites together.
fn source_bytes(preprocessing: Preprocessing, request: &Request, sites: usize) -> u64 {
    match preprocessing {
        Preprocessing::Helper => helper_bytes(request),
        Preprocessing::ObliviousTransfer => ot::bytes(request, sites, Field::Bits4),
    }
}

/// Payload bytes, before the frame headers and the overhead of QUIC.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Sent by the helper to all sites together.
    pub helper_bytes: u64,
    /// Sent by all sites together to each other, apart from released cells.
    pub site_bytes: u64,
    /// Sent by each site to each recipient but itself for each released pair.
    pub released_pair_bytes: u64,
}

impl Cost {
    /// What a session costs beside its requests: setting transfers up, the test of people and the comparison of
    /// records.
    pub(super) fn of_session(preprocessing: Preprocessing, sites: usize) -> Self {
        let set_up = match preprocessing {
            Preprocessing::Helper => 0,
            Preprocessing::ObliviousTransfer => ot::set_up_bytes(sites, Field::Bits4),
        };
        // The outcome of the test of people, and the comparison of records at the end.
        let site_bytes = set_up + (sites * (sites - 1) * (8 + 32)) as u64;
        Self { helper_bytes: 0, site_bytes, released_pair_bytes: 0 }
    }

    /// Adds what one block of work asks for and opens.
    pub(super) fn add(&mut self, demand: &Demand, preprocessing: Preprocessing, sites: u64) {
        let mut indices = 0;
        for entry in demand.entries() {
            let source = source_bytes(preprocessing, &entry.request, sites as usize);
            match preprocessing {
                Preprocessing::Helper => self.helper_bytes += source,
                Preprocessing::ObliviousTransfer => self.site_bytes += source,
            }
            match &entry.request {
                Request::AndTriples { words } => self.site_bytes += masked_bytes(sites, 16 * *words as u64),
                Request::OneTimeTables { function, words } => {
                    indices += 8 * *words as u64 * u64::from(function.width());
                }
                Request::Triples { shape, .. } => {
                    self.site_bytes += masked_bytes(sites, 2 * Ring::<u128>::byte_len(*shape) as u64);
                }
                Request::DoubleBits { shape, .. } => {
                    self.site_bytes += masked_bytes(sites, 8 * Bits::words_for(shape.len) as u64);
                }
                Request::Transfers { words, width, .. } => {
                    self.site_bytes += (8 * words * width) as u64;
                    if preprocessing == Preprocessing::Helper {
                        self.site_bytes += helper_transfers::choice_bytes(*words);
                    }
                }
                Request::MatrixTriples { shape, .. } => {
                    self.site_bytes += shape.holder_bytes() + shape.evaluator_bytes();
                }
                Request::Squares { shape, .. } | Request::DigitMasks { shape, .. } => {
                    self.site_bytes += masked_bytes(sites, Ring::<u128>::byte_len(*shape) as u64);
                }
            }
        }
        // All look-ups of a block are opened in one message.
        self.site_bytes += masked_bytes(sites, indices);
    }
}

fn helper_bytes(request: &Request) -> u64 {
    match request {
        Request::AndTriples { words } => 8 * *words as u64,
        Request::OneTimeTables { function, words } => (8 * *words as u64) << function.width(),
        Request::Triples { shape, run, .. } => (Ring::<u128>::byte_len(*shape) / run) as u64,
        Request::Squares { shape, .. } | Request::DoubleBits { shape, .. } => {
            Ring::<u128>::byte_len(*shape) as u64
        }
        Request::Transfers { words, width, .. } => helper_transfers::key_bytes(*words, *width),
        Request::MatrixTriples { shape, .. } => shape.correction_bytes(),
        Request::DigitMasks { shape, .. } => {
            (8 * DIGIT_VALUES * digits_of(shape.width) * Bits::words_for(shape.len)) as u64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::example;

    #[test]
    fn blocks_cover_every_pair_once() {
        for markers in [2, 46, 120, 363, 1000] {
            let plan = Plan::new(&example(3), markers, Preprocessing::Helper).unwrap();
            let mut next = 0;
            for block in plan.blocks() {
                assert_eq!(block.pairs.start, next);
                next = block.pairs.end;
            }
            assert_eq!(next, plan.pairs());
            let by_lane: usize = (0..Lane::COUNT).map(|lane| plan.blocks_on(Lane::nth(lane)).count()).sum();
            assert_eq!(by_lane, plan.blocks().count());
        }
    }

    #[test]
    fn large_tables_make_small_blocks() {
        let mut query = example(5);
        query.disclosure.min_cell_count = 51;
        query.disclosure.residual_min_count = Some(50);
        let plan = Plan::new(&query, 2000, Preprocessing::Helper).unwrap();
        assert!(plan.block < LARGEST_BLOCK);
        assert!(plan.correlation_bytes(plan.block) <= BLOCK_BYTES + BLOCK_BYTES / 8);
    }

    #[test]
    fn blocks_grow_where_packed_products_get_cheaper() {
        use Preprocessing::{Helper, ObliviousTransfer};
        let selected = |lift: Option<u64>, chi_squared: Option<u64>| {
            let mut query = example(3);
            query.select.minimum_lift_milli = lift;
            query.select.minimum_chi_squared_milli = chi_squared;
            query
        };
        let (lift, both) = (selected(Some(1500), None), selected(Some(1500), Some(3841)));
        for query in [&lift, &both] {
            let plan = Plan::new(query, 1000, ObliviousTransfer).unwrap();
            assert!((8 << 10..=PACKED_BLOCK).contains(&plan.block), "{} pairs", plan.block);
            let of_pair = |pairs: u64| plan.correlation_bytes(pairs) as f64 / pairs as f64;
            assert!(of_pair(plan.block) < 0.6 * of_pair(SMALLEST_BLOCK));
            assert!(Plan::new(query, 1000, Helper).unwrap().block > PACKED_BLOCK);
        }
        assert_eq!(Plan::new(&both, 120, ObliviousTransfer).unwrap().blocks().count(), 1);
    }
}
