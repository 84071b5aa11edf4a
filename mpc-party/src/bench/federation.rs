//! A federation in this process: each party has a socket, a key, a network thread and a computing thread of its own, and
//! the same links to the others as in a deployment. One session runs after another over these links.

use super::links::{End, Place};
use super::member::{Member, Ready};
use super::setting::Setting;
use super::side_by_side::side_by_side;
use super::task::Task;
use crate::error::{ExitClass, Failure};
use crate::party::{internal, network};
use mpc_core::error::Error;
use mpc_core::transport::{LinkFault, PartyId};
use mpc_net::{Interrupter, NetError};
use std::time::{Duration, Instant};

/// What a part of a session took.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Took {
    /// From its start to the end of the last party.
    pub elapsed: Duration,
    /// Bytes of messages, with their headers, that all sites sent.
    pub site_bytes: u64,
    /// The same of the helper.
    pub helper_bytes: u64,
    /// Bytes in UDP datagrams that all parties sent: the above, with what QUIC adds.
    pub udp_bytes: u64,
}

/// What a session took.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Agreement, and the base transfers if the sites make their correlated randomness.
    pub set_up: Took,
    /// All else: the task, with the correlated randomness that it needs.
    pub work: Took,
    /// Rounds of the sites, without those in which correlated randomness is made.
    pub rounds: u64,
}

/// Connected parties.
pub struct Federation {
    setting: Setting,
    parties: Vec<Member>,
    interrupter: Interrupter,
}

impl Federation {
    /// Connects the parties. The switch stops them, now and later.
    ///
    /// # Errors
    /// Where loopback refuses sockets or links, or the switch was used.
    pub fn start(setting: Setting, interrupter: Interrupter) -> Result<Self, Failure> {
        let ends = setting.participants().map(|_| End::new()).collect::<Result<Vec<_>, _>>()?;
        let places: Vec<Place> = ends.iter().map(End::place).collect();
        let connect = |(me, end)| Member::connect(setting, me, end, &places, &interrupter);
        let parties = side_by_side(setting.participants().zip(ends), &interrupter, connect)
            .map_err(|errors| errors.into_iter().next().map_or_else(stopped_short, told))?;
        Ok(Self { setting, parties, interrupter })
    }

    /// Who takes part.
    pub fn setting(&self) -> Setting {
        self.setting
    }

    /// Runs a session. All parties have agreed, and made their base transfers, before any of them starts on its task.
    ///
    /// # Errors
    /// Where a link was lost or the switch was used; the federation is then of no more use.
    pub fn run<T: Task>(&self, task: impl Fn(PartyId) -> T) -> Result<Run, Failure> {
        let tasks: Vec<T> = self.setting.participants().map(task).collect();
        let set_up = |(party, task): (&Member, &T)| party.set_up(task);
        let (ready, set_up) = self.timed(self.parties.iter().zip(&tasks), set_up)?;
        let parts = self.parties.iter().zip(&tasks).zip(ready);
        let work = |((party, task), ready): ((&Member, &T), Ready)| party.work(task, ready);
        let (rounds, work) = self.timed(parts, work)?;
        Ok(Run { set_up, work, rounds: rounds.into_iter().max().unwrap_or(0) })
    }

    /// The act of each party, and what all of them took.
    fn timed<P: Send, U: Send>(
        &self,
        parts: impl IntoIterator<Item = P>,
        act: impl Fn(P) -> Result<U, Error> + Sync,
    ) -> Result<(Vec<U>, Took), Failure> {
        let before = self.sent();
        let start = Instant::now();
        let done = side_by_side(parts, &self.interrupter, act).map_err(|errors| self.failure(errors))?;
        let elapsed = start.elapsed();
        let after = self.sent();
        let took = Took {
            elapsed,
            site_bytes: after.site_bytes - before.site_bytes,
            helper_bytes: after.helper_bytes - before.helper_bytes,
            udp_bytes: after.udp_bytes - before.udp_bytes,
        };
        Ok((done, took))
    }

    /// Bytes so far.
    fn sent(&self) -> Took {
        let mut sent = Took::default();
        for party in &self.parties {
            let traffic = party.traffic();
            sent.udp_bytes += traffic.udp_sent;
            match party.is_helper() {
                true => sent.helper_bytes += traffic.sent,
                false => sent.site_bytes += traffic.sent,
            }
        }
        sent
    }

    /// The error that began it, in words.
    fn failure(&self, errors: Vec<Error>) -> Failure {
        let heard = |error: &&Error| matches!(error, Error::Link { link, .. } if matches!(link.fault, LinkFault::Aborted(_)));
        let error = errors.iter().find(|error| !heard(error)).or(errors.first());
        match (error, self.parties.first()) {
            (Some(Error::Link { link, .. }), Some(party)) => told(party.mesh().explain(link)),
            (Some(Error::Internal(what)), _) => internal(what),
            (Some(error), _) => internal(&error.to_string()),
            (None, _) => stopped_short(),
        }
    }
}

/// A fault of the links.
fn told(error: NetError) -> Failure {
    match error {
        NetError::Interrupted => Failure::new(ExitClass::Aborted, "stopped on request"),
        error => network(error),
    }
}

fn stopped_short() -> Failure {
    internal("a party stopped")
}
