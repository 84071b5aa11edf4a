//! The hello on a new connection: each side says what it is about to compute.

use crate::config::PeerConfig;
use crate::connect::Setup;
use crate::control::{ControlError, ControlReceiver, ControlSender, Message, PROTOCOL_VERSION};
use crate::endpoint::Side;
use crate::error::NetError;
use crate::hello::Hello;
use crate::limits;
use mpc_core::transport::AbortReason;
use quinn::Connection;
use tokio::time::timeout;

impl Setup {
    /// Opens or accepts the control stream. `None` means that the connection ended.
    pub(crate) async fn control_stream(
        &self,
        connection: &Connection,
        side: Side,
    ) -> Option<(ControlSender, ControlReceiver)> {
        let streams = match side {
            Side::Dialler => connection.open_bi().await,
            Side::Acceptor => connection.accept_bi().await,
        };
        let (sender, receiver) = streams.ok()?;
        Some((
            ControlSender::new(sender, self.counters.clone()),
            ControlReceiver::new(receiver, self.counters.clone()),
        ))
    }

    /// Exchanges hellos on a new control stream. `None` means that the stream or the connection ended.
    pub(crate) async fn greet(
        &self,
        peer: &PeerConfig,
        connection: &Connection,
        side: Side,
    ) -> Result<(ControlSender, ControlReceiver), Option<NetError>> {
        let (mut sender, mut receiver) = self.control_stream(connection, side).await.ok_or(None)?;
        let sent = sender.send(&Message::Hello(self.hello.to_wire())).await;
        sent.map_err(|error| control_error(peer, error))?;
        let error = match receiver.next().await {
            Ok(Message::Hello(wire)) => match Hello::from_wire(wire) {
                Ok(theirs) => match self.hello.disagreement(&theirs, &peer.name) {
                    None => {
                        tracing::debug!(
                            peer = peer.name,
                            build = theirs.build,
                            "agrees on query and participants"
                        );
                        return Ok((sender, receiver));
                    }
                    Some(error) => error,
                },
                Err(what) => malformed(peer, what),
            },
            Ok(_) => malformed(peer, "a control message before its hello"),
            Err(error) => control_error(peer, error).ok_or(None)?,
        };
        // The notice also carries this party's hello over: both sides can then name both values.
        let farewell = async {
            if sender.send(&Message::Abort(AbortReason::Disagreement.into())).await.is_ok() {
                // If the connection ends first, the peer has made up its own mind.
                let _ = sender.finish().await;
            }
        };
        let _ = timeout(limits::NOTICE_TIME, farewell).await;
        Err(Some(error))
    }
}

/// What a fault of the control stream says about the peer; nothing, if the stream or the connection just ended.
pub(crate) fn control_error(peer: &PeerConfig, error: ControlError) -> Option<NetError> {
    match error {
        ControlError::Finished | ControlError::Ended => None,
        ControlError::Version(theirs) => {
            Some(NetError::Version { peer: peer.name.clone(), ours: PROTOCOL_VERSION, theirs })
        }
        ControlError::Malformed(what) => Some(malformed(peer, what)),
    }
}

pub(crate) fn malformed(peer: &PeerConfig, what: &str) -> NetError {
    NetError::Link {
        peer: peer.name.clone(),
        fault: format!("it sent {what}"),
        next: "Compare the versions of the program; if they are equal, that machine is not to be trusted.",
    }
}
