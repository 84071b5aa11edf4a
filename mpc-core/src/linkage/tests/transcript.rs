//! What a site receives, compared with all that it can make of its own identifiers with its own secrets: nothing that it
//! gets before the rows may be among it. With one exponent less, it must be.

use super::{identifiers, keys, limits, step};
use crate::linkage::Method;
use crate::linkage::blind::{Element, Exponent};
use crate::linkage::link::link_with;
use crate::linkage::own::{Keys, Own};
use crate::step::SessionId;
use crate::test_world::TestWorld;
use crate::transport::PartyId;
use crate::transport::record::Record;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};

const SITES: usize = 3;

const PEOPLE: [&[u32]; SITES] = [&[1, 2, 3, 4, 5, 6, 7], &[4, 5, 6, 7, 8, 9], &[1, 2, 5, 6, 9, 10]];

/// All that one site sees.
struct View {
    site: usize,
    session: SessionId,
    /// The elements of each message, by step.
    lists: BTreeMap<String, Vec<Element>>,
}

/// The steps of all messages with elements that this site gets.
fn steps(site: usize) -> Vec<Vec<String>> {
    let behind = |hops: usize| (site + SITES - hops) % SITES;
    let list =
        |pass: &str, hop| [pass.to_owned(), format!("list-{}", behind(hop)), format!("hop-{hop}")].to_vec();
    let mut steps: Vec<_> = (1..SITES).map(|hop| list("sets", hop)).collect();
    steps.extend((1..=SITES).map(|hop| list("names", hop)));
    if site == 0 {
        steps.extend((1..SITES).map(|hops| vec!["collect".to_owned(), format!("list-{}", behind(hops - 1))]));
    } else {
        steps.push(vec!["second".to_owned(), format!("from-{}", site - 1)]);
    }
    if site + 1 < SITES {
        steps.push(vec!["second".to_owned(), "order".to_owned(), format!("to-{site}")]);
    }
    steps
}

fn view(site: usize, keys: impl Fn(usize) -> Keys) -> View {
    let (record, session) = (Record::default(), OnceCell::new());
    let keys = &keys;
    // Planted faults can end the session; what was seen until then counts.
    let _ = TestWorld::new(SITES as u8).observe(PartyId::new(site as u8), record.clone()).run(|ctx| {
        session.get_or_init(|| ctx.session_id());
        let me = ctx.roster().me().index();
        async move {
            link_with(&ctx, Method::default(), &identifiers(PEOPLE[me]), limits(100), keys(me), &|_, _| ())
                .await
                .map(|_| ())
        }
    });
    let session = *session.get().unwrap();
    let received = record.take();
    let elements = |path: Vec<String>| {
        let tag = path.iter().fold(step(&[]), |step, name| step.then(name)).then("part-0").tag(&session);
        let message = received.iter().find(|message| message.tag == tag)?;
        Some((path.join("/"), message.payload.as_chunks().0.to_vec()))
    };
    View { site, session, lists: steps(site).into_iter().filter_map(elements).collect() }
}

impl View {
    /// What the chapter declares: the rows, and at the last site the rows before its own exponent.
    fn is_declared(&self, path: &str) -> bool {
        path.starts_with("second/order") || (self.site == SITES - 1 && path.starts_with("second/from"))
    }

    /// All that the site can make of its own identifiers: from their points, and from its names as they come back, raised by
    /// every product of its exponents and their inverses.
    fn makes(&self, keys: &Keys) -> HashSet<Element> {
        let own = Own::new(&self.session, &identifiers(PEOPLE[self.site]), keys).unwrap();
        let names =
            self.lists.get(&format!("names/list-{}/hop-{SITES}", self.site)).cloned().unwrap_or_default();
        let powers = |exponent: &Exponent, of: Vec<Exponent>| -> Vec<Exponent> {
            let raised = of.into_iter().flat_map(|of| [of.times(exponent), of.over(exponent), of]);
            raised.collect()
        };
        let products = [&keys.first, &keys.second, &keys.once]
            .into_iter()
            .fold(vec![Exponent::one()], |products, exponent| powers(exponent, products));
        assert_eq!(products.len(), 27);
        let bases = [own.plain.to_vec(), names].concat();
        products.iter().flat_map(|product| product.blind(&bases).unwrap()).collect()
    }

    /// The lists in which the site finds its own identifiers, though it must not.
    fn linked(&self, keys: &Keys) -> Vec<&str> {
        let makes = self.makes(keys);
        let back = format!("names/list-{}/hop-{SITES}", self.site);
        let undeclared = self.lists.iter().filter(|(path, _)| !self.is_declared(path) && **path != back);
        let found = undeclared.filter(|(_, list)| list.iter().any(|element| makes.contains(element)));
        found.map(|(path, _)| path.as_str()).collect()
    }
}

#[test]
#[allow(clippy::needless_range_loop, reason = "a site is more than its people")]
fn no_site_finds_its_own_people_in_what_it_gets() {
    for site in 0..SITES {
        let view = view(site, keys);
        assert_eq!(view.lists.len(), steps(site).len(), "every message was seen");
        assert!(view.linked(&keys(site)).is_empty(), "site {site}: {:?}", view.linked(&keys(site)));
        // Its people are in the rows, and the search finds them there.
        let makes = view.makes(&keys(site));
        let rows = view.lists.iter().filter(|(path, _)| view.is_declared(path));
        for (path, list) in rows {
            let found = list.iter().filter(|element| makes.contains(*element)).count();
            assert_eq!(found, PEOPLE[site].len(), "site {site}: {path}");
        }
    }
}

#[test]
fn no_element_comes_twice_but_to_the_site_that_compares() {
    for site in 0..SITES {
        let view = view(site, keys);
        let apart = view.lists.iter().filter(|(path, _)| !path.starts_with("collect"));
        let all: Vec<Element> = apart.flat_map(|(_, list)| list.clone()).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len(), "site {site}");
    }
}

#[test]
fn with_one_exponent_it_would() {
    // The last site, where all others use their first exponent only.
    let site = SITES - 1;
    let planted = |of: usize| {
        let second = if of == site { keys(of).second } else { Exponent::one() };
        Keys { second, ..keys(of) }
    };
    assert_eq!(view(site, planted).linked(&keys(site)), ["sets/list-0/hop-2"]);
}

#[test]
fn without_exponents_of_their_own_names_would_show() {
    for site in 0..SITES {
        let planted = |of| Keys { once: Exponent::one(), ..keys(of) };
        let view = view(site, planted);
        let shown = view.linked(&Keys { once: Exponent::one(), ..keys(site) });
        assert!(shown.iter().any(|path| path.starts_with("names")), "site {site}: {shown:?}");
    }
}
