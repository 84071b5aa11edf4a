//! Who takes part in what is measured.

use mpc_core::session::Roster;
use mpc_core::source::Preprocessing;
use mpc_core::source::ot::Field;
use mpc_core::transport::PartyId;

/// How many sites, and who makes their correlated randomness.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Number of sites.
    pub sites: u8,
    /// The field of the sites' oblivious transfers; `None` where a helper deals.
    pub field: Option<Field>,
}

impl Setting {
    /// With the field that sites use that are near each other.
    pub fn new(sites: u8, preprocessing: Preprocessing) -> Self {
        let field = match preprocessing {
            Preprocessing::Helper => None,
            Preprocessing::ObliviousTransfer => Some(Field::Bits4),
        };
        Self { sites, field }
    }

    /// Who makes the correlated randomness.
    pub fn preprocessing(self) -> Preprocessing {
        match self.field {
            None => Preprocessing::Helper,
            Some(_) => Preprocessing::ObliviousTransfer,
        }
    }

    /// The sites, and the helper if there is one.
    pub fn participants(self) -> impl Iterator<Item = PartyId> {
        (0..self.sites + u8::from(self.field.is_none())).map(PartyId::new)
    }

    /// The participants as one of them sees them.
    pub fn roster(self, me: PartyId) -> Roster {
        Roster::new(me, self.sites, self.field.is_none())
    }
}
