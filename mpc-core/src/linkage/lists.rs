//! Lists of elements on their way: in parts that fit a frame, checked as they come.

use super::blind::Element;
use super::refusal::Refusal;
use crate::error::Result;
use crate::parallel::for_each;
use crate::session::Context;
use crate::sharing::SemiHonest;
use crate::transport::PartyId;
use std::sync::atomic::{AtomicBool, Ordering};

/// Elements of a message: half a megabyte.
const PART: usize = 1 << 14;

/// Elements that a thread looks up at a time.
const SEARCHED: usize = 1 << 11;

/// Bytes of an element.
pub(super) const BYTES: usize = size_of::<Element>();

/// Sends a list to one site.
pub(super) async fn send(ctx: &Context<SemiHonest>, to: PartyId, list: &[Element]) -> Result<()> {
    for (at, part) in list.chunks(PART).enumerate() {
        ctx.narrow_nth("part", at).send_to(to, part.as_flattened().to_vec()).await?;
    }
    Ok(())
}

/// Receives the list of `count` elements that one site sends, and hands on each part of it.
pub(super) async fn receive(
    ctx: &Context<SemiHonest>,
    from: PartyId,
    count: usize,
    mut take: impl FnMut(&[Element]) -> Result<(), Refusal>,
) -> Result<()> {
    for (at, start) in (0..count).step_by(PART).enumerate() {
        let part = ctx.narrow_nth("part", at);
        let message = part.receive_more(from, (count - start).min(PART) * BYTES).await?;
        take(message.as_chunks().0).map_err(|refusal| refusal.by(from, part.step()))?;
    }
    Ok(())
}

/// Holds a list, part by part, to be strictly ascending. Such a list has no repeated element, and its order says nothing,
/// as it follows from the set.
#[derive(Default)]
pub(super) struct Ascending(Option<Element>);

impl Ascending {
    /// The next part.
    pub(super) fn accept(&mut self, part: &[Element]) -> Result<(), Refusal> {
        let joined = self.0.zip(part.first()).is_none_or(|(last, first)| last < *first);
        if !(joined && part.is_sorted_by(|one, next| one < next)) {
            return Err(Refusal::Order);
        }
        self.0 = part.last().copied().or(self.0);
        Ok(())
    }
}

/// Refuses a list in any order in which an element is repeated.
pub(super) fn distinct(list: &[Element]) -> Result<(), Refusal> {
    let mut sorted = list.to_vec();
    sorted.sort_unstable();
    if sorted.is_sorted_by(|one, next| one < next) { Ok(()) } else { Err(Refusal::Repeated) }
}

/// Refuses a part that has an element of one of these ascending lists.
pub(super) fn foreign(part: &[Element], own: &[&[Element]]) -> Result<(), Refusal> {
    let found = AtomicBool::new(false);
    for_each(part.chunks(SEARCHED), |part| {
        let known = |element| own.iter().any(|list| list.binary_search(element).is_ok());
        found.fetch_or(part.iter().any(known), Ordering::Relaxed);
    });
    if found.into_inner() { Err(Refusal::Own) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(numbers: &[u8]) -> Vec<Element> {
        numbers.iter().map(|&number| [number; 32]).collect()
    }

    #[test]
    fn ascending_within_and_across_parts() {
        let accept = |parts: &[&[u8]]| {
            let mut order = Ascending::default();
            parts.iter().try_for_each(|part| order.accept(&list(part)))
        };
        assert_eq!(accept(&[]), Ok(()));
        assert_eq!(accept(&[&[]]), Ok(()));
        assert_eq!(accept(&[&[1, 2, 9]]), Ok(()));
        assert_eq!(accept(&[&[1, 2], &[3], &[], &[4, 5]]), Ok(()));
        assert_eq!(accept(&[&[1, 1]]), Err(Refusal::Order));
        assert_eq!(accept(&[&[2, 1]]), Err(Refusal::Order));
        assert_eq!(accept(&[&[1, 2], &[2, 3]]), Err(Refusal::Order));
        assert_eq!(accept(&[&[5], &[], &[4]]), Err(Refusal::Order));
    }

    #[test]
    fn repeated_and_own_elements_are_found() {
        assert_eq!(distinct(&list(&[3, 1, 2])), Ok(()));
        assert_eq!(distinct(&list(&[3, 1, 2, 3])), Err(Refusal::Repeated));
        let (one, other) = (list(&[1, 4, 6]), list(&[2]));
        assert_eq!(foreign(&list(&[5, 3, 7]), &[&one, &other]), Ok(()));
        assert_eq!(foreign(&list(&[5, 4]), &[&one, &other]), Err(Refusal::Own));
        assert_eq!(foreign(&list(&[2, 5]), &[&one, &other]), Err(Refusal::Own));
    }
}
