//! The plan of a vertical query: made once the sites have a common order of rows, alike at all of them and at the helper.

use super::Layout;
use super::counts::Work;
use crate::correlation::Demand;
use crate::disclosure::{CELLS, TableRule, TooWide, enough_people_demand, tables_demand, withhold_demand};
use crate::query::Query;
use crate::query::plan::{Block, Cost};
use crate::source::Preprocessing;
use crate::step::Step;
use crate::transport::Lane;

/// Pairs of a block.
const BLOCK: usize = 1 << 13;

pub(super) const COUNT: &str = "count";
pub(super) const PEOPLE: &str = "people";
pub(super) const DECIDE: &str = "decide";
pub(super) const WITHHOLD: &str = "withhold";

/// How a vertical query is computed.
#[derive(Clone, Debug)]
pub struct VerticalPlan {
    query: Query,
    preprocessing: Preprocessing,
    rule: TableRule,
    work: Work,
}

impl VerticalPlan {
    /// The plan over so many rows in common, of which at most `bound` are people at every site.
    ///
    /// # Errors
    /// [`TooWide`].
    pub fn new(
        query: &Query,
        layout: Layout,
        rows: usize,
        bound: u64,
        preprocessing: Preprocessing,
    ) -> Result<Self, TooWide> {
        let rule = TableRule::new(&query.disclosure, &query.select, bound.clamp(1, query.people_bound))?;
        let work = Work::new(layout, rows, rule.width(), preprocessing);
        Ok(Self { query: query.clone(), preprocessing, rule, work })
    }

    /// The query.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Who provides the correlations.
    pub fn preprocessing(&self) -> Preprocessing {
        self.preprocessing
    }

    /// What decides about a pair.
    pub fn rule(&self) -> &TableRule {
        &self.rule
    }

    /// The computation of counts.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// Number of pairs.
    pub fn pairs(&self) -> u64 {
        self.work.layout.pair_count()
    }

    /// The blocks, in order.
    pub fn blocks(&self) -> impl Iterator<Item = Block> + '_ {
        (0..self.pairs()).step_by(BLOCK).enumerate().map(|(index, start)| Block {
            index,
            pairs: start..self.pairs().min(start + BLOCK as u64),
            lane: Lane::nth(index),
        })
    }

    /// Everything that the computation asks of its source.
    pub fn demand(&self) -> Demand {
        let mut demand = Demand::default();
        let root = Step::root();
        self.work.demand(&mut demand, &root.then(COUNT), Lane::MAIN);
        enough_people_demand(&mut demand, &root.then(PEOPLE), Lane::MAIN, &self.rule);
        for block in self.blocks() {
            let step = block.step(&root);
            let pairs = (block.pairs.end - block.pairs.start) as usize;
            tables_demand(&mut demand, &step.then(DECIDE), block.lane, &self.rule, pairs);
            withhold_demand(&mut demand, &step.then(WITHHOLD), block.lane, &self.rule, pairs);
        }
        demand
    }

    /// Payload bytes of the whole computation after the linkage.
    pub fn cost(&self) -> Cost {
        let sites = self.query.sites.len() as u64;
        let mut cost = Cost::of_session(self.preprocessing, self.query.sites.len());
        // The payload of a transfer is counted with it.
        cost.add(&self.demand(), self.preprocessing, sites);
        cost.site_bytes += self.work.product_bytes();
        // Release bits, and the cells of all pairs, those of withheld ones being zero.
        let cells = CELLS as u64 * u64::from(self.rule.width().div_ceil(8));
        let opened = |block: Block| 8 * block.words() as u64 + cells * (block.pairs.end - block.pairs.start);
        cost.site_bytes +=
            self.query.recipients.len() as u64 * (sites - 1) * self.blocks().map(opened).sum::<u64>();
        cost
    }
}
