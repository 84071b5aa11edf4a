//! Who holds which marker, and who multiplies with whom.
//!
//! Of two sites, the one that comes first in the query is the holder, whose columns carry the membership of all other sites,
//! and the other the evaluator. A site is its own evaluator for pairs of two of its markers. If a holder has one evaluator, and
//! that is another site, its columns need not carry that one's membership: the evaluator's columns are zero where it does not
//! have the person, and its membership is one column more.

use crate::query::{MissingRule, Pairs};

/// The columns of all sites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// For each marker of the panel, its site.
    owners: Vec<usize>,
    /// For each marker of the panel, its number among those of its site.
    places: Vec<usize>,
    /// Markers of each site.
    markers: Vec<usize>,
    /// Whether the observed people of each marker are a column of their own.
    observed: bool,
    across: bool,
}

impl Layout {
    /// The layout of a panel with these owners, among so many sites.
    pub fn new(sites: usize, owners: Vec<usize>, missing: MissingRule, pairs: Pairs) -> Self {
        let mut markers = vec![0; sites];
        let place = |&owner: &usize| {
            markers.get_mut(owner).map_or(0, |count| {
                *count += 1;
                *count - 1
            })
        };
        let places = owners.iter().map(place).collect();
        Self {
            owners,
            places,
            markers,
            observed: missing == MissingRule::PairwiseComplete,
            across: pairs == Pairs::AcrossSites,
        }
    }

    /// The layout of a panel that has the markers of one site after another: alike in everything that sizes depend on.
    pub fn of_counts(counts: &[usize], missing: MissingRule, pairs: Pairs) -> Self {
        let owners = counts.iter().enumerate().flat_map(|(site, &count)| std::iter::repeat_n(site, count));
        Self::new(counts.len(), owners.collect(), missing, pairs)
    }

    /// Markers of each site.
    pub fn markers(&self) -> &[usize] {
        &self.markers
    }

    /// Whether the observed people of each marker are a column of their own.
    pub fn observed(&self) -> bool {
        self.observed
    }

    /// Site and place of a marker of the panel.
    pub(super) fn find(&self, marker: usize) -> Option<(usize, usize)> {
        Some((*self.owners.get(marker)?, *self.places.get(marker)?))
    }

    /// Columns of a site as evaluator: the carriers of each marker, and then the observed people of each.
    pub fn evaluated(&self, site: usize) -> usize {
        let kinds = if self.observed { 2 } else { 1 };
        kinds * self.markers.get(site).copied().unwrap_or(0)
    }

    /// Columns of a site as holder: likewise, and at one of them its own membership.
    pub fn held(&self, site: usize) -> usize {
        self.evaluated(site) + usize::from(self.counting() == Some(site))
    }

    /// The evaluators of a holder's columns.
    pub fn evaluators(&self, holder: usize) -> impl Iterator<Item = usize> + '_ {
        let first = holder + usize::from(self.across);
        (first..self.markers.len()).filter(|&site| self.evaluated(site) > 0)
    }

    /// The other site whose membership is not in a holder's columns, as it is in all that they are multiplied with.
    pub fn implied(&self, holder: usize) -> Option<usize> {
        let mut evaluators = self.evaluators(holder);
        evaluators.next().filter(|&only| only != holder && evaluators.next().is_none())
    }

    /// Columns of an evaluator that a holder's columns are multiplied with: its own, and the membership where it is implied.
    pub fn multiplied(&self, holder: usize, evaluator: usize) -> usize {
        self.evaluated(evaluator) + usize::from(self.implied(holder) == Some(evaluator))
    }

    /// The holders.
    pub fn holders(&self) -> impl Iterator<Item = usize> + '_ {
        let holds = |&site: &usize| self.evaluated(site) > 0 && self.evaluators(site).next().is_some();
        (0..self.markers.len()).filter(holds)
    }

    /// The holder whose membership, multiplied by that of all others, counts the people.
    pub fn counting(&self) -> Option<usize> {
        self.holders().next()
    }

    /// The pairs that are tested, as places in the panel, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let markers = self.owners.len() as u32;
        let other = |a: usize, b: usize| self.owners.get(a) != self.owners.get(b);
        (0..markers)
            .flat_map(move |a| (a + 1..markers).map(move |b| (a, b)))
            .filter(move |&(a, b)| !self.across || other(a as usize, b as usize))
    }

    /// Number of pairs that are tested.
    pub fn pair_count(&self) -> u64 {
        let pairs = |count: usize| count as u64 * (count as u64).saturating_sub(1) / 2;
        let same: u64 = if self.across { self.markers.iter().map(|&count| pairs(count)).sum() } else { 0 };
        pairs(self.owners.len()) - same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(owners: &[usize], missing: MissingRule, pairs: Pairs) -> Layout {
        Layout::new(3, owners.to_vec(), missing, pairs)
    }

    #[test]
    fn every_pair_has_a_holder_and_an_evaluator() {
        for owners in [vec![0, 1, 2, 0], vec![1, 1, 1], vec![2, 0, 2, 0], vec![0, 0, 1]] {
            for pairs in [Pairs::All, Pairs::AcrossSites] {
                let layout = layout(&owners, MissingRule::AsNoncarrier, pairs);
                assert_eq!(layout.pairs().count() as u64, layout.pair_count());
                for (a, b) in layout.pairs() {
                    let (one, other) = (owners[a as usize], owners[b as usize]);
                    let holder = one.min(other);
                    assert!(layout.holders().any(|site| site == holder));
                    assert!(layout.evaluators(holder).any(|site| site == one.max(other)));
                    assert!(pairs == Pairs::All || one != other);
                }
            }
        }
        let alone = layout(&[1, 1, 1], MissingRule::AsNoncarrier, Pairs::AcrossSites);
        assert_eq!((alone.pair_count(), alone.counting()), (0, None));
    }

    #[test]
    fn a_single_evaluators_membership_is_implied() {
        let across = layout(&[0, 1, 2, 0], MissingRule::AsNoncarrier, Pairs::AcrossSites);
        assert_eq!([0, 1].map(|holder| across.implied(holder)), [None, Some(2)]);
        assert_eq!([across.multiplied(0, 2), across.multiplied(1, 2)], [1, 2]);
        let two = layout(&[2, 0, 2, 0], MissingRule::PairwiseComplete, Pairs::AcrossSites);
        assert_eq!((two.implied(0), two.multiplied(0, 2)), (Some(2), 5));
        let all = layout(&[0, 1, 1], MissingRule::AsNoncarrier, Pairs::All);
        assert_eq!([0, 1].map(|holder| all.implied(holder)), [None, None]);
    }

    #[test]
    fn columns_are_counted_once_for_each_kind() {
        let plain = layout(&[1, 2, 1], MissingRule::AsNoncarrier, Pairs::All);
        assert_eq!([0, 1, 2].map(|site| plain.held(site)), [0, 3, 1]);
        let observed = layout(&[1, 2, 1], MissingRule::PairwiseComplete, Pairs::AcrossSites);
        assert_eq!([0, 1, 2].map(|site| observed.held(site)), [0, 5, 2]);
        assert_eq!(observed.holders().collect::<Vec<_>>(), [1]);
        let counts = Layout::of_counts(&[0, 2, 1], MissingRule::PairwiseComplete, Pairs::AcrossSites);
        assert_eq!([0, 1, 2].map(|site| counts.held(site)), [0, 5, 2]);
        assert_eq!(counts.pair_count(), observed.pair_count());
    }
}
