//! The protocol: the messages of the four passes at the head of the chapter.

use super::blind::{self, Element, Exponent};
use super::lists::{self, Ascending, distinct, foreign};
use super::method::Combined;
use super::normalise::Identifier;
use super::own::{Keys, Own};
use super::refusal::Refusal;
use super::{Linked, Method, dummies};
use crate::error::{Error, Result};
use crate::query::bounds::ROWS;
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::transport::{Lane, PartyId};
use futures::future::{try_join, try_join_all};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A common order of rows: the number of rows, and the row of each of one's own people who has one.
///
/// `progress` is told of how many elements that others send this site has raised, and how many there are about.
///
/// The identifiers must be different. A site's dummies have no places. [`rounds`](super::rounds),
/// [`bytes_by_site`](super::bytes_by_site).
///
/// # Errors
/// [`Error::TooManyIdentifiers`], those of the links, and what no honest site sends; [`Error::TooFewPeople`] before there
/// are rows.
pub async fn link(
    ctx: &Context<SemiHonest>,
    method: Method,
    ids: &[Identifier],
    limits: Limits,
    progress: Tell<'_>,
) -> Result<Linked> {
    let keys = Keys::draw(&mut ctx.narrow("exponents").own_stream()?);
    if ids.len() as u64 > limits.people_bound {
        // Dummies must not hide it: told as the largest set of so many people, which all refuse.
        announce(ctx, ids.len() + method.dummies() as usize, limits.people_bound, method.dummies()).await?;
    }
    let with_dummies = [ids, &dummies::draw(ctx, method.dummies())?].concat();
    let mut linked = link_with(ctx, method, &with_dummies, limits, keys, progress).await?;
    linked.places.truncate(ids.len());
    Ok(linked)
}

/// Is told what is done, and the total.
pub(super) type Tell<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Where linking ends instead.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most people of a site.
    pub people_bound: u64,
    /// Fewest people at all sites. The site that compares the sets sees their number, and then tells that they are too
    /// few instead of the number of rows.
    pub min_people: u32,
}

/// Links with these exponents, which are used for nothing else.
pub(super) async fn link_with(
    ctx: &Context<SemiHonest>,
    method: Method,
    ids: &[Identifier],
    limits: Limits,
    keys: Keys,
    progress: Tell<'_>,
) -> Result<Linked> {
    let sizes = announce(ctx, ids.len(), limits.people_bound, method.dummies()).await?;
    let own = Own::new(&ctx.session_id(), ids, &keys)?;
    let all: usize = sizes.iter().sum();
    // As many rows as there can be.
    let total = AtomicUsize::new(3 * all - ids.len());
    let site = Site { ctx, method, keys, own, sizes, progress, done: AtomicUsize::new(0), total };
    let held = site.blind_sets().await?;
    let collected = site.collect(held).await?;
    let collected = collected.map(|lists| method.combine(lists));
    let rows = site.agree_on_rows(collected.as_ref(), limits.min_people).await?;
    site.total.fetch_sub(all - rows.min(all), Ordering::Relaxed);
    let collected = collected.map(|combined| combined.rows);
    let (order, names) = try_join(site.make_rows(collected, rows), site.look_up()).await?;
    site.place(&order, &names)
}

/// The size of every site's set, known to all.
async fn announce(
    ctx: &Context<SemiHonest>,
    own: usize,
    people_bound: u64,
    dummies: u32,
) -> Result<Vec<usize>> {
    let ctx = ctx.narrow("sizes");
    let everyone: BTreeSet<PartyId> = ctx.roster().sites().collect();
    let received = ctx.deliver((own as u64).to_le_bytes().to_vec(), &everyone).await?.unwrap_or_default();
    let mut sizes = vec![own as u64; everyone.len()];
    for (peer, message) in received {
        let size = message.try_into().map_err(|_| ctx.malformed(peer, "linkage: no number of people"))?;
        sizes.iter_mut().skip(peer.index()).take(1).for_each(|place| *place = u64::from_le_bytes(size));
    }
    ctx.record_opened(&sizes.iter().flat_map(|size| size.to_le_bytes()).collect::<Vec<u8>>());
    if let Some((site, _)) =
        everyone.iter().zip(&sizes).find(|(_, size)| **size > people_bound + u64::from(dummies))
    {
        return Err(Error::TooManyIdentifiers { site: *site, bound: people_bound });
    }
    // A query has no bound of people that allows this.
    if sizes.iter().sum::<u64>() > ROWS {
        return Err(Error::Internal("too many people to link"));
    }
    Ok(sizes.into_iter().map(|size| size as usize).collect())
}

/// Told instead of a number of rows.
const TOO_FEW: u64 = u64::MAX;

/// A list's order: that of the set it is, or one that its owner knows.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Kind {
    Set,
    Names,
}

struct Site<'a> {
    ctx: &'a Context<SemiHonest>,
    method: Method,
    keys: Keys,
    own: Own,
    sizes: Vec<usize>,
    progress: Tell<'a>,
    done: AtomicUsize,
    total: AtomicUsize,
}

impl Site<'_> {
    /// Raises a part of a list.
    fn raise(&self, exponent: &Exponent, part: &[Element]) -> Result<Vec<Element>, Refusal> {
        let raised = exponent.blind(part)?;
        let done = self.done.fetch_add(part.len(), Ordering::Relaxed) + part.len();
        (self.progress)(done as u64, self.total.load(Ordering::Relaxed) as u64);
        Ok(raised)
    }

    fn sites(&self) -> usize {
        self.sizes.len()
    }

    fn me(&self) -> usize {
        self.ctx.roster().me().index()
    }

    /// The site that stands this far behind this one in the ring.
    fn behind(&self, hops: usize) -> PartyId {
        PartyId::new(((self.me() + self.sites() - hops) % self.sites()) as u8)
    }

    fn size(&self, owner: PartyId) -> usize {
        self.sizes.get(owner.index()).copied().unwrap_or_default()
    }

    /// The site that compares all sets: the first in the query.
    fn collector(&self) -> PartyId {
        PartyId::new(0)
    }

    /// The site that ends up with the rows and tells them: the last in the query.
    fn last(&self) -> PartyId {
        PartyId::new((self.sites() - 1) as u8)
    }

    /// One hop of the ring: sends the list that this site holds to the next one, and blinds what comes from the previous.
    /// At hop h the list of the h-th site behind arrives.
    async fn hop(
        &self,
        ctx: &Context<SemiHonest>,
        hop: usize,
        held: &[Element],
        exponent: &Exponent,
        kind: Kind,
    ) -> Result<Vec<Element>> {
        let step = |owner: PartyId| ctx.narrow_nth("list", owner.index()).narrow_nth("hop", hop);
        let (leaving, arriving) = (self.behind(hop - 1), self.behind(hop));
        let (previous, next) = (self.behind(1), self.behind(self.sites() - 1));
        let (outgoing, incoming) = (step(leaving), step(arriving));
        let mut order = Ascending::default();
        let mut blinded = Vec::new();
        let receive = lists::receive(&incoming, previous, self.size(arriving), |part| {
            if kind == Kind::Set {
                order.accept(part)?;
            }
            foreign(part, &self.own.lists())?;
            blinded.extend(self.raise(exponent, part)?);
            Ok(())
        });
        try_join(lists::send(&outgoing, next, held), receive).await?;
        match kind {
            Kind::Set => blinded.sort_unstable(),
            Kind::Names => {
                distinct(&blinded).map_err(|refusal| refusal.by(previous, incoming.step()))?;
            }
        }
        ctx.count_round();
        Ok(blinded)
    }

    /// First pass: every site's set gets the first exponents of all. Returns the set that ends at this site, which is the
    /// next site's.
    async fn blind_sets(&self) -> Result<Vec<Element>> {
        let ctx = self.ctx.narrow("sets");
        let mut held = self.own.first.clone();
        for hop in 1..self.sites() {
            held = self.hop(&ctx, hop, &held, &self.keys.first, Kind::Set).await?;
        }
        Ok(held)
    }

    /// The collector gets all blinded sets; the others get nothing.
    async fn collect(&self, held: Vec<Element>) -> Result<Option<Vec<Vec<Element>>>> {
        let ctx = &self.ctx.narrow("collect");
        ctx.count_round();
        if self.me() != self.collector().index() {
            let owner = self.behind(self.sites() - 1);
            lists::send(&ctx.narrow_nth("list", owner.index()), self.collector(), &held).await?;
            return Ok(None);
        }
        let received = (1..self.sites()).map(|hops| async move {
            let (holder, owner) = (self.behind(hops), self.behind(hops - 1));
            let mut order = Ascending::default();
            let mut list = Vec::new();
            let step = ctx.narrow_nth("list", owner.index());
            let take = |part: &[Element]| {
                order.accept(part)?;
                foreign(part, &self.own.lists())?;
                blind::check(part)?;
                list.extend_from_slice(part);
                Ok(())
            };
            lists::receive(&step, holder, self.size(owner), take).await.map(|()| list)
        });
        let mut lists = try_join_all(received).await?;
        lists.push(held);
        Ok(Some(lists))
    }

    /// The number of rows, which the collector tells all, unless too few people are at all sites.
    async fn agree_on_rows(&self, counted: Option<&Combined>, minimum: u32) -> Result<usize> {
        let ctx = self.ctx.narrow("rows");
        let counted = counted.map(|counted| {
            let enough = counted.at_all as u64 >= minimum.into();
            if enough { counted.rows.len() as u64 } else { TOO_FEW }
        });
        let counted = counted.map(|rows| rows.to_le_bytes().to_vec());
        let message = ctx.spread(self.collector(), counted, size_of::<u64>()).await?;
        ctx.record_opened(&message);
        let rows = message.try_into().map(u64::from_le_bytes).ok();
        if rows == Some(TOO_FEW) {
            return Err(Error::TooFewPeople { minimum });
        }
        let rows = rows.and_then(|rows| usize::try_from(rows).ok());
        rows.filter(|rows| self.method.allows(&self.sizes, *rows))
            .ok_or_else(|| Refusal::Rows.by(self.collector(), ctx.step()))
    }

    /// Second pass: what was collected gets the second exponents of all, and is the common order of rows.
    async fn make_rows(&self, collected: Option<Vec<Element>>, rows: usize) -> Result<Vec<Element>> {
        let ctx = self.ctx.narrow("second");
        let between = |from: PartyId| ctx.narrow_nth("from", from.index());
        let mut blinded = match collected {
            Some(collected) => {
                let blinded = self.raise(&self.keys.second, &collected);
                blinded.map_err(|_| Error::Internal("collected elements are no points"))?
            }
            None => {
                let mut order = Ascending::default();
                let mut blinded = Vec::new();
                let take = |part: &[Element]| {
                    order.accept(part)?;
                    foreign(part, &self.own.lists())?;
                    blinded.extend(self.raise(&self.keys.second, part)?);
                    Ok(())
                };
                lists::receive(&between(self.behind(1)), self.behind(1), rows, take).await?;
                blinded
            }
        };
        blinded.sort_unstable();
        let told = |to: PartyId| ctx.narrow("order").narrow_nth("to", to.index());
        let me = self.ctx.roster().me();
        let order = if me == self.last() {
            let others = self.ctx.roster().other_sites();
            try_join_all(others.map(|to| {
                let (told, blinded) = (told(to), &blinded);
                async move { lists::send(&told, to, blinded).await }
            }))
            .await?;
            blinded
        } else {
            lists::send(&between(me), self.behind(self.sites() - 1), &blinded).await?;
            let [plain, first, once] = self.own.lists();
            let mut ascending = Ascending::default();
            let mut order = Vec::new();
            let take = |part: &[Element]| {
                ascending.accept(part)?;
                // An element that this site sent on is one that nobody blinded after it.
                foreign(part, &[plain, first, once, &blinded])?;
                blind::check(part)?;
                order.extend_from_slice(part);
                Ok(())
            };
            lists::receive(&told(me), self.last(), rows, take).await?;
            order
        };
        ctx.narrow("order").record_opened(order.as_flattened());
        (0..self.sites()).for_each(|_| ctx.count_round());
        Ok(order)
    }

    /// Third pass, beside the second: this site's own names get all exponents of all, in an order and under an exponent that
    /// only this site knows and takes away in the end.
    async fn look_up(&self) -> Result<Vec<Element>> {
        let ctx = self.ctx.on_lane(Lane::nth(self.ctx.lane().index() + 1)).narrow("names");
        let both = self.keys.first.times(&self.keys.second);
        let last = both.over(&self.keys.once);
        let mut held = self.own.once.clone();
        for hop in 1..=self.sites() {
            let exponent = if hop == self.sites() { &last } else { &both };
            held = self.hop(&ctx, hop, &held, exponent, Kind::Names).await?;
        }
        Ok(held)
    }

    /// The row of each own identifier.
    fn place(&self, order: &[Element], names: &[Element]) -> Result<Linked> {
        let mut places = vec![None; names.len()];
        let mut found = 0;
        for (name, id) in names.iter().zip(&self.own.order) {
            let Ok(row) = order.binary_search(name) else { continue };
            found += 1;
            places.iter_mut().skip(*id).take(1).for_each(|place| *place = Some(row as u32));
        }
        if found != self.method.own_rows(order.len(), names.len()) {
            let told = if self.ctx.roster().me() == self.last() { self.behind(1) } else { self.last() };
            return Err(Refusal::Missing.by(told, self.ctx.narrow("second").step()));
        }
        Ok(Linked {
            rows: order.len(),
            places,
            smallest: self.sizes.iter().copied().min().unwrap_or_default(),
        })
    }
}
