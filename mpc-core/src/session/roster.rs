//! Who takes part: the sites, and possibly a helper that deals correlations.

use crate::transport::PartyId;

/// The participants of a session as one of them sees it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    me: PartyId,
    sites: u8,
    helper: bool,
}

impl Roster {
    /// `me` among `sites` sites (and a helper with the index after the last site).
    pub fn new(me: PartyId, sites: u8, helper: bool) -> Self {
        Self { me, sites, helper }
    }

    /// This party.
    pub fn me(&self) -> PartyId {
        self.me
    }

    /// Number of sites.
    pub fn site_count(&self) -> usize {
        self.sites.into()
    }

    /// All sites, in order.
    pub fn sites(&self) -> impl Iterator<Item = PartyId> + use<> {
        (0..self.sites).map(PartyId::new)
    }

    /// All sites but this party.
    pub fn other_sites(&self) -> impl Iterator<Item = PartyId> + use<> {
        let me = self.me;
        self.sites().filter(move |&site| site != me)
    }

    /// The helper, if there is one.
    pub fn helper(&self) -> Option<PartyId> {
        self.helper.then(|| PartyId::new(self.sites))
    }

    /// Whether this party is the helper.
    pub fn is_helper(&self) -> bool {
        self.helper() == Some(self.me)
    }

    /// All participants, in order.
    pub fn everyone(&self) -> impl Iterator<Item = PartyId> + use<> {
        self.sites().chain(self.helper())
    }
}
