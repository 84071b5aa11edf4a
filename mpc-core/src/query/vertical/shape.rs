//! What the helper has to know of a vertical query before it can deal: how many rows the sites have in common, how many people
//! can be at all of them, and how many markers each has. The sites find it out among themselves, and tell.

use super::Layout;
use crate::error::{Error, Result, Subject};
use crate::query::{Partition, Query, Vertical, bounds};
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
        let dummies = match query.partition {
            Partition::Vertical(vertical) => vertical.linkage.dummies().into(),
            Partition::Horizontal => 0,
        };
        let (numbers, rest) = bytes.as_chunks::<8>();
        let mut numbers = numbers.iter().map(|bytes| u64::from_le_bytes(*bytes));
        let (rows, bound) = (numbers.next()?, numbers.next()?);
        let markers: Vec<u64> = numbers.collect();
        let total = markers.iter().try_fold(0u64, |sum, &count| sum.checked_add(count))?;
        let fits = rest.is_empty()
            && markers.len() == sites
            && bounds::MARKERS.contains(&usize::try_from(total).ok()?)
            && rows <= sites as u64 * query.people_bound + dummies
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

/// A site tells the helper, if there is one, that linking ended and nothing is to be dealt.
///
/// # Errors
/// Those of the link.
pub async fn tell_ended(ctx: &Context<SemiHonest>) -> Result<()> {
    let sites = ctx.roster().site_count();
    tell(ctx, &Shape { rows: 0, bound: 0, markers: vec![0; sites] }).await
}

/// The helper hears it from all sites; `None` where linking ended.
///
/// # Errors
/// Those of the links, and [`Error::Disagreement`] where two sites say different things.
pub async fn hear(
    transport: &dyn Transport,
    roster: &Roster,
    agreed: &Agreed,
    query: &Query,
) -> Result<Option<Shape>> {
    let step = Step::root().then(STEP);
    let tag = step.tag(&agreed.id);
    transport.name_step(tag, &step);
    let sites = roster.site_count();
    let length = 8 * (2 + sites);
    let receive = roster.sites().map(|site| transport.receive(site, Lane::MAIN, tag, length));
    let told = try_join_all(receive).await.map_err(|link| Error::link(link, &step))?;
    if told.iter().flatten().all(|&byte| byte == 0) {
        return Ok(None);
    }
    let mut shape: Option<Shape> = None;
    for (site, bytes) in roster.sites().zip(told) {
        let heard = Shape::decode(&bytes, sites, query);
        let heard = heard.ok_or_else(|| Error::malformed(site, &step, "sizes"))?;
        let total: usize = heard.markers.iter().sum();
        if *shape.get_or_insert_with(|| heard.clone()) != heard || total as u64 != agreed.markers {
            return Err(Error::Disagreement { peer: site, about: Subject::Sizes });
        }
    }
    shape.map(Some).ok_or(Error::Internal("a session without sites"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::{Method, Normalisation};
    use crate::query::{Pairs, example};
    use crate::random::Seed;
    use crate::step::SessionId;
    use crate::transport::memory::MemoryNetwork;
    use crate::transport::{LinkError, LinkFault, PartyId};
    use futures::executor::block_on;

    #[test]
    fn sizes_survive_the_wire_within_bounds_only() {
        let query = example(3);
        let shape = Shape { rows: 3_000_000, bound: 1_000_000, markers: vec![2, 0, 19_998] };
        let read = |shape: &Shape| Shape::decode(&shape.encode(), 3, &query);
        assert_eq!(read(&shape), Some(shape.clone()));
        let more = Shape { rows: shape.rows + 1, ..shape.clone() };
        assert_eq!(read(&more), None);
        let partition = Partition::Vertical(Vertical {
            pairs: Pairs::All,
            linkage: Method::Union { dummies: 1 },
            normalisation: Normalisation::IdV1,
            owners_may_receive: false,
        });
        let blurred = Query { partition, ..query.clone() };
        assert_eq!(Shape::decode(&more.encode(), 3, &blurred), Some(more.clone()));
        let most = Shape { rows: more.rows + 1, ..more };
        assert_eq!(Shape::decode(&most.encode(), 3, &blurred), None);
        assert_eq!(read(&Shape { bound: shape.bound + 1, ..shape.clone() }), None);
        assert_eq!(read(&Shape { markers: vec![3, 0, 19_998], ..shape.clone() }), None);
        assert_eq!(read(&Shape { markers: vec![1, 0, 0], ..shape.clone() }), None);
        assert_eq!(read(&Shape { markers: vec![usize::MAX, 3, 3], ..shape.clone() }), None);
        assert_eq!(read(&Shape { markers: vec![2, 2], ..shape.clone() }), None);
        assert_eq!(Shape::decode(&shape.encode()[1..], 3, &query), None);
    }

    /// What the helper of three sites hears, of three markers in all.
    fn heard(told: [Vec<u8>; 3]) -> Result<Option<Shape>> {
        let network = MemoryNetwork::new(4);
        let helper = PartyId::new(3);
        let roster = Roster::new(helper, 3, true);
        let id = SessionId::NONE;
        let own = Seed::from_bytes([0; Seed::BYTES]);
        let agreed = Agreed { id, markers: 3, seeds: Default::default(), own };
        let tag = Step::root().then(STEP).tag(&id);
        for (site, bytes) in roster.sites().zip(told) {
            block_on(network.end(site).send(helper, Lane::MAIN, tag, bytes)).unwrap();
        }
        block_on(hear(&*network.end(helper), &roster, &agreed, &example(3)))
    }

    #[test]
    fn sites_that_tell_different_sizes_are_named() {
        let shape = Shape { rows: 40, bound: 20, markers: vec![1, 0, 2] };
        let told = || [(); 3].map(|()| shape.encode());
        assert_eq!(heard(told()), Ok(Some(shape.clone())));
        let ended = || [0; 40].to_vec();
        assert_eq!(heard([ended(), ended(), ended()]), Ok(None));
        // Some say that linking ended, and some go on.
        let site = PartyId::new(1);
        assert_eq!(
            heard([told()[0].clone(), ended(), ended()]),
            Err(Error::malformed(site, &Step::root().then(STEP), "sizes"))
        );
        for other in [
            Shape { rows: 41, ..shape.clone() },
            Shape { bound: 19, ..shape.clone() },
            Shape { markers: vec![0, 1, 2], ..shape.clone() },
        ] {
            for (liar, named) in [(0, 1), (1, 1), (2, 2)] {
                let mut told = told();
                told[liar] = other.encode();
                let peer = PartyId::new(named);
                assert_eq!(heard(told), Err(Error::Disagreement { peer, about: Subject::Sizes }));
            }
        }
        // All alike, but not as many markers as the parties agreed on.
        let more = Shape { markers: vec![2, 0, 2], ..shape.clone() };
        let peer = PartyId::new(0);
        assert_eq!(
            heard([(); 3].map(|()| more.encode())),
            Err(Error::Disagreement { peer, about: Subject::Sizes })
        );
        let step = Step::root().then(STEP);
        let mut short = told();
        short[2].pop();
        let fault = LinkFault::WrongLength { expected: 40, got: 39 };
        let link = LinkError { peer: PartyId::new(2), fault };
        assert_eq!(heard(short), Err(Error::link(link, &step)));
        let mut beyond = told();
        beyond[1] = Shape { bound: u64::MAX, ..shape }.encode();
        assert_eq!(heard(beyond), Err(Error::malformed(PartyId::new(1), &step, "sizes")));
    }
}
