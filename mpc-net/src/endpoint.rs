//! The UDP socket and the QUIC settings of each connection.

use crate::config::Timeouts;
use crate::congestion::SharedCubic;
use crate::limits;
use mpc_core::transport::Lane;
use quinn::{
    Endpoint, EndpointConfig, IdleTimeout, MtuDiscoveryConfig, ServerConfig, TokioRuntime, TransportConfig,
    VarInt,
};
use std::net::{IpAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

/// Which side of the connection this party is: the dialler opens the control stream.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Side {
    Dialler,
    Acceptor,
}

/// What the system grants of the socket buffers that links want.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct UdpBuffers {
    /// Bytes for packets that wait to be read.
    pub receive: usize,
    /// Bytes for packets that wait to leave.
    pub send: usize,
    /// Bytes wanted of each.
    pub wanted: usize,
}

/// Asks for the buffers that links want, and tells what is granted.
///
/// # Errors
/// Those of the system.
pub fn udp_buffers(socket: &UdpSocket) -> std::io::Result<UdpBuffers> {
    let buffers = socket2::SockRef::from(socket);
    let wanted = limits::UDP_BUFFER;
    buffers.set_recv_buffer_size(wanted)?;
    buffers.set_send_buffer_size(wanted)?;
    // Linux doubles what it grants, for its own bookkeeping, and tells the double.
    let granted = |size: usize| if cfg!(target_os = "linux") { size / 2 } else { size };
    Ok(UdpBuffers {
        receive: granted(buffers.recv_buffer_size()?),
        send: granted(buffers.send_buffer_size()?),
        wanted,
    })
}

/// Opens the endpoint on a bound socket. Call it inside the network's runtime.
pub(crate) fn open(socket: UdpSocket, server: ServerConfig) -> std::io::Result<Endpoint> {
    // A receiver that is not scheduled for some milliseconds must not lose packets. The kernel may grant less
    // (net.core.rmem_max); the links then work, only slower.
    udp_buffers(&socket)?;
    let mut config = EndpointConfig::default();
    // The default would hold loopback at 1472 whatever path discovery finds.
    config.max_udp_payload_size(limits::LOOPBACK_MTU).map_err(std::io::Error::other)?;
    Endpoint::new(config, Some(server), socket, Arc::new(TokioRuntime))
}

/// Bounds of what may come in before a handshake is accepted.
pub(crate) fn harden(server: &mut ServerConfig) {
    server
        // Parties have fixed addresses.
        .migration(false)
        .max_incoming(limits::WAITING_INCOMING)
        .incoming_buffer_size(limits::INCOMING_BYTES)
        .incoming_buffer_size_total(limits::INCOMING_TOTAL_BYTES);
}

pub(crate) fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// The settings of a connection with the machine at `ip`. The rest is quinn's default: segmentation offload on (worth a
/// factor of two), minimum MTU 1200.
pub(crate) fn transport(timeouts: &Timeouts, side: Side, ip: IpAddr) -> TransportConfig {
    let mut mtu = MtuDiscoveryConfig::default();
    // Ten datagrams, as RFC 9002 asks.
    let mut initial_window = 10 * 1200;
    if is_loopback(ip) {
        mtu.upper_bound(limits::LOOPBACK_MTU);
        // With two large ones in flight quinn would not even send a close frame.
        initial_window = 10 * u64::from(limits::LOOPBACK_MTU);
    }
    let mut config = TransportConfig::default();
    config
        .max_concurrent_bidi_streams(VarInt::from_u32(u32::from(side == Side::Acceptor)))
        .max_concurrent_uni_streams(VarInt::from_u32(Lane::COUNT as u32))
        .stream_receive_window(VarInt::from_u32(limits::STREAM_WINDOW))
        .receive_window(VarInt::from_u32(limits::CONNECTION_WINDOW))
        .send_window(limits::SEND_WINDOW)
        .datagram_receive_buffer_size(None)
        .keep_alive_interval(Some(timeouts.keep_alive))
        .max_idle_timeout(IdleTimeout::try_from(timeouts.idle).ok())
        .initial_rtt(initial_rtt(ip))
        .congestion_controller_factory(Arc::new(SharedCubic { initial_window }))
        .mtu_discovery_config(Some(mtu));
    config
}

/// Sets when a first packet that nobody answered is sent again: after three times this, then doubling. The default of
/// 333 ms would cost a second whenever two parties start a moment apart.
pub(crate) fn initial_rtt(ip: IpAddr) -> Duration {
    Duration::from_millis(if is_loopback(ip) { 10 } else { 100 })
}
