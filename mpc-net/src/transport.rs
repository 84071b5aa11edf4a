//! The engine's view of a mesh.

use crate::fault::Fuse;
use crate::link::Link;
use futures::future::{BoxFuture, FutureExt};
use mpc_core::transport::{Lane, LinkError, LinkFault, PartyId, Tag, Transport};
use std::sync::Arc;

/// Sends and receives over the links of a mesh. Its futures need no particular executor: the work is done on the
/// network's thread.
pub(crate) struct MeshTransport {
    links: Vec<Arc<Link>>,
    fuse: Fuse,
}

impl MeshTransport {
    pub(crate) fn new(links: Vec<Arc<Link>>, fuse: Fuse) -> Self {
        Self { links, fuse }
    }

    fn link(&self, peer: PartyId) -> Result<&Link, LinkError> {
        if let Some(fault) = self.fuse.state() {
            return Err(fault.seen_from(peer));
        }
        let link = self.links.iter().find(|link| link.peer == peer);
        link.map(Arc::as_ref).ok_or_else(|| no_link(peer))
    }
}

/// A fault of this program: the engine named a participant or lane that the session does not have.
fn no_link(peer: PartyId) -> LinkError {
    LinkError { peer, fault: LinkFault::Lost("this session has no such link".to_owned()) }
}

impl Transport for MeshTransport {
    fn send(
        &self,
        to: PartyId,
        lane: Lane,
        tag: Tag,
        payload: Vec<u8>,
    ) -> BoxFuture<'_, Result<(), LinkError>> {
        async move {
            let lane = self.link(to)?.sender(lane).ok_or_else(|| no_link(to))?;
            lane.send(tag, payload).await
        }
        .boxed()
    }

    fn receive(
        &self,
        from: PartyId,
        lane: Lane,
        tag: Tag,
        length: usize,
    ) -> BoxFuture<'_, Result<Vec<u8>, LinkError>> {
        async move {
            let lane = self.link(from)?.receiver(lane).ok_or_else(|| no_link(from))?;
            lane.receive(tag, length).await
        }
        .boxed()
    }
}
