//! A party that is measured: its links, and its part in a session, which is agreement and set-up, and then its task, or
//! what that needs of the helper.

use super::links::{End, Place};
use super::setting::Setting;
use super::task::Task;
use futures::executor::block_on;
use mpc_core::correlation::{Demand, Source};
use mpc_core::error::Result;
use mpc_core::random::{Prg, Seed};
use mpc_core::session::{Agreed, Context, Roster, SchemaTerms, Terms, agree};
use mpc_core::sharing::SemiHonest;
use mpc_core::source::helper::{HelperSource, deal};
use mpc_core::source::ot::OtSource;
use mpc_core::transport::{PartyId, Transport};
use mpc_net::{Interrupter, Mesh, NetError, Traffic};
use std::sync::Arc;

/// A connected party.
pub struct Member {
    setting: Setting,
    roster: Roster,
    transport: Arc<dyn Transport>,
    mesh: Mesh,
}

/// A party that is about to start on its task.
pub struct Ready(Part);

enum Part {
    Site(Box<Context<SemiHonest>>),
    Helper(Agreed, Demand),
}

impl Member {
    /// Connects this party with those at the other places, which are in order, its own among them.
    ///
    /// # Errors
    /// Where a link does not come about.
    pub fn connect(
        setting: Setting,
        me: PartyId,
        end: End,
        places: &[Place],
        interrupter: &Interrupter,
    ) -> std::result::Result<Self, NetError> {
        let (config, hello) = end.links(setting, me, places, interrupter);
        let mesh = Mesh::connect(config, hello)?;
        mesh.exchange_ready(Vec::new())?;
        Ok(Self { setting, roster: setting.roster(me), transport: mesh.transport(), mesh })
    }

    /// Whether it deals.
    pub fn is_helper(&self) -> bool {
        self.roster.is_helper()
    }

    /// What it sent and received so far.
    pub fn traffic(&self) -> Traffic {
        self.mesh.traffic()
    }

    pub(super) fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    /// Agreement, and base transfers if there is no helper.
    ///
    /// # Errors
    /// Those of the links and the protocols.
    pub fn set_up(&self, task: &impl Task) -> Result<Ready> {
        let Self { setting, roster, transport, .. } = self;
        // The parties are those of one measurement, and agree on what they do by being so.
        let schema = SchemaTerms { hash: [0; 32], markers: 0 };
        let terms = Terms { description: [0; 32], schema: (!roster.is_helper()).then_some(schema) };
        let mut randomness = Prg::new(Seed::from_os()?);
        block_on(async {
            let mut agreed = agree(&**transport, roster, &terms, &mut randomness).await?;
            if roster.is_helper() {
                return Ok(Ready(Part::Helper(agreed, task.demand(setting.sites))));
            }
            let links = transport.clone();
            let source: Arc<dyn Source<SemiHonest>> = match setting.field {
                None => Arc::new(HelperSource::new(links, *roster, &mut agreed)?),
                Some(field) => {
                    Arc::new(OtSource::set_up(links, *roster, &agreed, field, &mut randomness).await?)
                }
            };
            Ok(Ready(Part::Site(Box::new(Context::new(transport.clone(), *roster, agreed, source)))))
        })
    }

    /// The task; the number of rounds.
    ///
    /// # Errors
    /// Those of the links and the protocols.
    pub fn work(&self, task: &impl Task, ready: Ready) -> Result<u64> {
        block_on(async {
            match ready.0 {
                Part::Site(ctx) => task.run(&ctx).await.map(|()| ctx.rounds()),
                Part::Helper(agreed, demand) => {
                    deal(&*self.transport, &self.roster, &agreed, &demand).await.map(|()| 0)
                }
            }
        })
    }
}
