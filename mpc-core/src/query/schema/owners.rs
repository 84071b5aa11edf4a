//! The panel of a vertical query: each queried marker is held by exactly one site.

use super::Schema;
use crate::query::{Pairs, Panel, Query, Vertical, bounds};
use std::collections::{BTreeMap, BTreeSet};

/// A panel whose markers have owners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedPanel {
    /// Marker ids in order.
    pub markers: Vec<String>,
    /// The site of each.
    pub owners: Vec<usize>,
}

/// Why the sites' announcements do not make a panel of owned markers. Sites are given by index.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnerError {
    /// Listed markers that no site holds.
    #[error("{} queried marker(s) are unknown at every site", .0.len())]
    Unknown(Vec<String>),
    /// A marker that two sites hold.
    #[error("a queried marker is held by two sites")]
    Twice {
        /// The marker.
        marker: String,
        /// The two.
        sites: [usize; 2],
    },
    /// A recipient owns a queried marker, and the query does not say that it may.
    #[error("a recipient owns a queried marker")]
    OwnerReceives {
        /// One of its markers.
        marker: String,
        /// The recipient.
        site: usize,
    },
    /// Two sites identify people by another number of columns, so they have nobody in common.
    #[error("two sites identify people by another number of columns")]
    IdColumns {
        /// The two.
        sites: [usize; 2],
        /// The columns of each.
        columns: [u8; 2],
    },
    /// Fewer than two markers.
    #[error("the sites hold {0} queried marker(s); a pair needs two")]
    TooFew(usize),
    /// More markers than a query may have.
    #[error("the sites hold {0} markers; a query may have {max}", max = bounds::MARKERS.end())]
    TooMany(usize),
    /// Only pairs of two sites are asked for, and one site holds all markers.
    #[error("one site holds all queried markers, so there is no pair of two sites")]
    OneOwner(usize),
}

/// The panel in order: the listed markers, or all of the first site in its order, then all of the next; without the excluded
/// ones.
///
/// # Errors
/// [`OwnerError`].
pub fn owned_panel(query: &Query, vertical: Vertical, schemas: &[Schema]) -> Result<OwnedPanel, OwnerError> {
    let columns = schemas.first().map_or(0, |schema| schema.id_columns);
    if let Some(site) = schemas.iter().position(|schema| schema.id_columns != columns) {
        let other = schemas.get(site).map_or(0, |schema| schema.id_columns);
        return Err(OwnerError::IdColumns { sites: [0, site], columns: [columns, other] });
    }
    let wanted = match &query.panel {
        Panel::Listed(ids) => Some(ids.iter().collect::<BTreeSet<_>>()),
        Panel::All => None,
    };
    let is_wanted =
        |id: &String| !query.exclude.contains(id) && wanted.as_ref().is_none_or(|set| set.contains(id));
    let mut owner: BTreeMap<&String, usize> = BTreeMap::new();
    let mut markers: Vec<&String> = Vec::new();
    for (site, schema) in schemas.iter().enumerate() {
        for id in schema.markers.iter().filter(|id| is_wanted(id)) {
            if let Some(first) = owner.insert(id, site) {
                return Err(OwnerError::Twice { marker: id.clone(), sites: [first, site] });
            }
            markers.push(id);
        }
    }
    if let Panel::Listed(ids) = &query.panel {
        markers = ids.iter().filter(|id| !query.exclude.contains(*id)).collect();
        let unknown: Vec<String> =
            markers.iter().filter(|id| !owner.contains_key(*id)).map(|id| (*id).clone()).collect();
        if !unknown.is_empty() {
            return Err(OwnerError::Unknown(unknown));
        }
    }
    match markers.len() {
        few if few < *bounds::MARKERS.start() => return Err(OwnerError::TooFew(few)),
        many if many > *bounds::MARKERS.end() => return Err(OwnerError::TooMany(many)),
        _ => {}
    }
    let owners: Vec<usize> = markers.iter().filter_map(|id| owner.get(id).copied()).collect();
    let mut owned = markers.iter().zip(&owners);
    if let Some((marker, &site)) = owned.find(|(_, owner)| query.recipients.contains(owner))
        && !vertical.owners_may_receive
    {
        return Err(OwnerError::OwnerReceives { marker: (*marker).clone(), site });
    }
    if let (Pairs::AcrossSites, Some(&first)) = (vertical.pairs, owners.first())
        && owners.iter().all(|&owner| owner == first)
    {
        return Err(OwnerError::OneOwner(first));
    }
    Ok(OwnedPanel { markers: markers.into_iter().cloned().collect(), owners })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::{Method, Normalisation};
    use crate::query::example;

    fn schema(ids: &[&str]) -> Schema {
        Schema { markers: ids.iter().map(|&id| id.into()).collect(), ..Schema::default() }
    }

    fn vertical(pairs: Pairs, owners_may_receive: bool) -> Vertical {
        Vertical { pairs, linkage: Method::default(), normalisation: Normalisation::IdV1, owners_may_receive }
    }

    fn panel_of(
        query: &Query,
        vertical: Vertical,
        sites: &[Schema],
    ) -> Result<Vec<(String, usize)>, OwnerError> {
        owned_panel(query, vertical, sites).map(|panel| panel.markers.into_iter().zip(panel.owners).collect())
    }

    #[test]
    fn all_are_taken_site_by_site_and_listed_ones_in_their_order() {
        let sites = [schema(&["c", "a"]), schema(&[]), schema(&["b", "x"])];
        let mut query = example(3);
        query.recipients = BTreeSet::from([1]);
        query.exclude = BTreeSet::from(["x".into()]);
        query.panel = Panel::All;
        let named = |ids: &[(&str, usize)]| ids.iter().map(|&(id, site)| (id.to_owned(), site)).collect();
        let across = vertical(Pairs::AcrossSites, false);
        assert_eq!(panel_of(&query, across, &sites), Ok(named(&[("c", 0), ("a", 0), ("b", 2)])));
        query.panel = Panel::Listed(vec!["b".into(), "c".into()]);
        assert_eq!(panel_of(&query, across, &sites), Ok(named(&[("b", 2), ("c", 0)])));
    }

    #[test]
    fn people_are_identified_by_as_many_columns_everywhere() {
        let mut sites = [schema(&["a"]), schema(&["b"]), schema(&["c"])];
        sites.iter_mut().for_each(|site| site.id_columns = 2);
        let mut query = example(3);
        query.panel = Panel::All;
        assert!(panel_of(&query, vertical(Pairs::All, true), &sites).is_ok());
        sites[2].id_columns = 1;
        let refused = OwnerError::IdColumns { sites: [0, 2], columns: [2, 1] };
        assert_eq!(panel_of(&query, vertical(Pairs::All, true), &sites), Err(refused));
    }

    #[test]
    fn every_marker_has_one_owner_who_does_not_receive() {
        let mut query = example(2);
        query.panel = Panel::Listed(vec!["a".into(), "b".into(), "z".into()]);
        let all = vertical(Pairs::All, true);
        let sites = [schema(&["a"]), schema(&["b"])];
        assert_eq!(panel_of(&query, all, &sites), Err(OwnerError::Unknown(vec!["z".into()])));
        let sites = [schema(&["a", "z"]), schema(&["b", "a"])];
        let twice = OwnerError::Twice { marker: "a".into(), sites: [0, 1] };
        assert_eq!(panel_of(&query, all, &sites), Err(twice));
        let sites = [schema(&["a", "b", "z"]), schema(&[])];
        assert!(panel_of(&query, all, &sites).is_ok());
        let across = vertical(Pairs::AcrossSites, true);
        assert_eq!(panel_of(&query, across, &sites), Err(OwnerError::OneOwner(0)));
        query.recipients = BTreeSet::from([0]);
        let receives = OwnerError::OwnerReceives { marker: "a".into(), site: 0 };
        assert_eq!(panel_of(&query, vertical(Pairs::All, false), &sites), Err(receives));
        query.recipients = BTreeSet::from([1]);
        assert!(panel_of(&query, vertical(Pairs::All, false), &sites).is_ok());
        query.panel = Panel::All;
        assert_eq!(panel_of(&query, all, &[schema(&["a"]), schema(&[])]), Err(OwnerError::TooFew(1)));
    }
}
