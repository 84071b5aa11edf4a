//! What the helper has to know of a vertical query before it can deal: how many rows the sites have in common, how many people
//! can be at all of them, and how many markers each has. The sites find it out among themselves, and tell.

use super::Layout;
use crate::error::{Error, Result, Subject};
use crate::query::{Query, Vertical, bounds};
use crate::session::{Agreed, Context, Roster};
use crate::sharing::SemiHonest;
use crate::step::Step;
use crate::transport::{Lane, Transport};
use futures::future::try_join_all;

const STEP: &str = "shape";

/// The sizes on which a vertical plan depends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows in common.
    pub rows: usize,
    /// No more people than that are at all sites.
    pub bound: u64,
    /// Markers of each site.
    pub markers: Vec<usize>,
}

impl Shape {
    fn encode(&self) -> Vec<u8> {
        let numbers = [self.rows as u64, self.bound].into_iter();
        let markers = self.markers.iter().map(|&count| count as u64);
        numbers.chain(markers).flat_map(u64::to_le_bytes).collect()
    }

    /// `None` unless it is of so many sites and within the query's bounds.
    fn decode(bytes: &[u8], sites: usize, query: &Query) -> Option<Self> {
        let (numbers, rest) = bytes.as_chunks::<8>();
        let mut numbers = numbers.iter().map(|bytes| u64::from_le_bytes(*bytes));
        let (rows, bound) = (numbers.next()?, numbers.next()?);
        let markers: Vec<u64> = numbers.collect();
        let total = markers.iter().try_fold(0u64, |sum, &count| sum.checked_add(count))?;
        let fits = rest.is_empty()
            && markers.len() == sites
            && bounds::MARKERS.contains(&usize::try_from(total).ok()?)
            && rows <= sites as u64 * query.people_bound
            && bound <= query.people_bound;
        fits.then(|| Self {
            rows: rows as usize,
            bound,
            markers: markers.into_iter().map(|count| count as usize).collect(),
        })
    }

    /// The layout that has these sizes.
    pub fn layout(&self, query: &Query, vertical: Vertical) -> Layout {
        Layout::of_counts(&self.markers, query.missing, vertical.pairs)
    }
}

/// A site tells the helper, if there is one.
///
/// # Errors
/// Those of the link.
pub async fn tell(ctx: &Context<SemiHonest>, shape: &Shape) -> Result<()> {
    match ctx.roster().helper() {
        Some(helper) => ctx.narrow(STEP).send_to(helper, shape.encode()).await,
        None => Ok(()),
    }
}

/// The helper hears it from all sites.
///
/// # Errors
/// Those of the links, and [`Error::Disagreement`] where two sites say different things.
pub async fn hear(
    transport: &dyn Transport,
    roster: &Roster,
    agreed: &Agreed,
    query: &Query,
) -> Result<Shape> {
    let step = Step::root().then(STEP);
    let tag = step.tag(&agreed.id);
    transport.name_step(tag, &step);
    let sites = roster.site_count();
    let length = 8 * (2 + sites);
    let receive = roster.sites().map(|site| transport.receive(site, Lane::MAIN, tag, length));
    let told = try_join_all(receive).await.map_err(|link| Error::link(link, &step))?;
    let mut shape: Option<Shape> = None;
    for (site, bytes) in roster.sites().zip(told) {
        let heard = Shape::decode(&bytes, sites, query);
        let heard = heard.ok_or_else(|| Error::malformed(site, &step, "sizes"))?;
        let total: usize = heard.markers.iter().sum();
        if *shape.get_or_insert_with(|| heard.clone()) != heard || total as u64 != agreed.markers {
            return Err(Error::Disagreement { peer: site, about: Subject::Sizes });
        }
    }
    shape.ok_or(Error::Internal("a session without sites"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::example;

    #[test]
    fn sizes_survive_the_wire_within_bounds_only() {
        let query = example(3);
        let shape = Shape { rows: 3_000_000, bound: 1_000_000, markers: vec![2, 0, 19_998] };
        let read = |shape: &Shape| Shape::decode(&shape.encode(), 3, &query);
        assert_eq!(read(&shape), Some(shape.clone()));
        assert_eq!(read(&Shape { rows: shape.rows + 1, ..shape.clone() }), None);
        assert_eq!(read(&Shape { bound: shape.bound + 1, ..shape.clone() }), None);
        assert_eq!(read(&Shape { markers: vec![3, 0, 19_998], ..shape.clone() }), None);
        assert_eq!(read(&Shape { markers: vec![1, 0, 0], ..shape.clone() }), None);
        assert_eq!(read(&Shape { markers: vec![usize::MAX, 3, 3], ..shape.clone() }), None);
        assert_eq!(read(&Shape { markers: vec![2, 2], ..shape.clone() }), None);
        assert_eq!(Shape::decode(&shape.encode()[1..], 3, &query), None);
    }
}
