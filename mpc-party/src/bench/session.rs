//! One party's part in a session: agreement and set-up, and then its task, or what that needs of the helper.

use super::federation::Party;
use super::setting::Setting;
use super::task::Task;
use futures::executor::block_on;
use mpc_core::correlation::{Demand, Source};
use mpc_core::error::Result;
use mpc_core::random::{Prg, Seed};
use mpc_core::session::{Agreed, Context, SchemaTerms, Terms, agree};
use mpc_core::sharing::SemiHonest;
use mpc_core::source::helper::{HelperSource, deal};
use mpc_core::source::ot::OtSource;
use std::sync::Arc;

/// A party that is about to start on its task.
pub(super) enum Ready {
    Site(Context<SemiHonest>),
    Helper(Agreed, Demand),
}

/// Agreement, and base transfers if there is no helper.
pub(super) fn set_up(party: &Party, setting: Setting, task: &impl Task) -> Result<Ready> {
    let Party { roster, transport, .. } = party;
    // The parties are those of one process, and agree on what they do by being so.
    let schema = SchemaTerms { hash: [0; 32], markers: 0 };
    let terms = Terms { description: [0; 32], schema: (!roster.is_helper()).then_some(schema) };
    let mut randomness = Prg::new(Seed::from_os()?);
    block_on(async {
        let mut agreed = agree(&**transport, roster, &terms, &mut randomness).await?;
        if roster.is_helper() {
            return Ok(Ready::Helper(agreed, task.demand(setting.sites)));
        }
        let links = transport.clone();
        let source: Arc<dyn Source<SemiHonest>> = match setting.field {
            None => Arc::new(HelperSource::new(links, *roster, &mut agreed)?),
            Some(field) => Arc::new(OtSource::set_up(links, *roster, &agreed, field, &mut randomness).await?),
        };
        Ok(Ready::Site(Context::new(transport.clone(), *roster, agreed, source)))
    })
}

/// The task; the number of rounds.
pub(super) fn work(party: &Party, task: &impl Task, ready: Ready) -> Result<u64> {
    block_on(async {
        match ready {
            Ready::Site(ctx) => task.run(&ctx).await.map(|()| ctx.rounds()),
            Ready::Helper(agreed, demand) => {
                deal(&*party.transport, &party.roster, &agreed, &demand).await.map(|()| 0)
            }
        }
    })
}
