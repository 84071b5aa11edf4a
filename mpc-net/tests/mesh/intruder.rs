//! Parties that break the rules: in the handshake, on the control stream, on the lanes.

use crate::raw::*;
use crate::support::*;
use mpc_core::transport::{AbortReason, Lane, LinkFault};
use mpc_net::{Interrupter, Mesh, NetError};
use quinn::Endpoint;
use rustls::crypto::aws_lc_rs::kx_group::X25519;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

const CERTIFICATE_REQUIRED: u64 = 0x100 + 116;
const HANDSHAKE_FAILURE: u64 = 0x100 + 40;
const DECRYPT_ERROR: u64 = 0x100 + 51;
const UNKNOWN_CA: u64 = 0x100 + 48;
const NO_APPLICATION_PROTOCOL: u64 = 0x100 + 120;

/// How a listening party refuses each client.
fn refusals(listed: &RawKey, clients: Vec<RawClient>) -> Vec<(u64, String)> {
    let (config, hello, address) = listener(listed);
    let interrupter: Interrupter = config.interrupter.clone();
    std::thread::scope(|scope| {
        let listening = scope.spawn(|| Mesh::connect(config, hello));
        let refusals = clients.iter().map(|client| client.refusal(address)).collect();
        interrupter.interrupt();
        assert_eq!(listening.join().unwrap().err(), Some(NetError::Interrupted));
        refusals
    })
}

#[test]
fn clients_that_do_not_prove_a_listed_key_are_refused_in_the_handshake() {
    let (listed, other) = (RawKey::new(2), RawKey::new(3));
    let good = RawClient::new(&listed);
    let with = |change: fn(&mut RawClient)| {
        let mut client = good.clone();
        change(&mut client);
        client
    };
    let mut impostor = RawClient::new(&other);
    impostor.shows = Some(listed.public);
    let codes: Vec<_> = refusals(
        &listed,
        vec![
            with(|client| client.key = None),
            with(|client| client.raw_keys = false),
            with(|client| client.alpn = b"mpc/2"),
            with(|client| client.provider.kx_groups = vec![X25519]),
            RawClient::new(&other),
            impostor,
        ],
    );
    let numbers: Vec<_> = codes.iter().map(|(code, _)| *code).collect();
    assert_eq!(
        numbers,
        [
            CERTIFICATE_REQUIRED,
            HANDSHAKE_FAILURE,
            NO_APPLICATION_PROTOCOL,
            HANDSHAKE_FAILURE,
            UNKNOWN_CA,
            DECRYPT_ERROR
        ],
        "{codes:?}"
    );
    for (_, reason) in codes {
        assert!(!reason.contains("hospital"), "a stranger is told a name: {reason}");
    }
}

#[test]
fn a_machine_that_shows_a_key_it_cannot_sign_with_is_refused() {
    let mut configs = configs(2);
    let listed = configs[1].0.peers[0].keys[0];
    let (address, thread) = answering(&RawKey::new(3), listed, b"mpc/1");
    let (mut config, hello) = configs.swap_remove(1);
    config.peers[0].address = Some(address);
    let error = Mesh::connect(config, hello).err().unwrap();
    assert!(matches!(error, NetError::Handshake { .. }), "{error}");
    assert!(thread.join().unwrap().is_some());
}

#[test]
fn another_party_at_the_address_is_told_no_names() {
    let mut configs = configs(3);
    let third = RawKey::new(3);
    let (address, thread) = answering(&third, third.public, b"mpc/1");
    let (mut config, hello) = configs.swap_remove(2);
    peer(&mut config, "hospital-b").keys = vec![third.public];
    peer(&mut config, "hospital-a").address = Some(address);
    let error = Mesh::connect(config, hello).err().unwrap();
    assert!(matches!(&error, NetError::OtherParty { found, .. } if found == "hospital-b"), "{error}");
    let told = thread.join().unwrap().unwrap().to_string();
    assert!(!told.contains("hospital"), "{told}");
}

#[test]
fn another_protocol_at_the_address_is_named() {
    let mut configs = configs(2);
    let third = RawKey::new(3);
    let (address, thread) = answering(&third, third.public, b"mpc/2");
    let (mut config, hello) = configs.swap_remove(1);
    config.peers[0].keys = vec![third.public];
    config.peers[0].address = Some(address);
    let error = Mesh::connect(config, hello).err().unwrap().to_string();
    assert!(error.contains("another protocol or version"), "{error}");
    assert!(thread.join().unwrap().is_some());
}

/// Starts 400 handshakes with `target` from an address that no party has. They prove the address where that is asked
/// for, and never go on.
fn half_open_handshakes(target: SocketAddr) {
    let near = UdpSocket::bind("127.0.0.1:0").unwrap();
    let elsewhere = UdpSocket::bind("127.0.0.2:0").unwrap();
    near.set_nonblocking(true).unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    block_on(async {
        let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
        let client = RawClient::new(&RawKey::new(2)).config();
        let mut half_open = Vec::new();
        let mut bytes = [0; 2000];
        let (mut sent, mut retries) = (0, 0);
        for _ in 0..50 {
            for _ in 0..8 {
                half_open
                    .push(endpoint.connect_with(client.clone(), near.local_addr().unwrap(), "peer").unwrap());
            }
            for _ in 0..4 {
                tokio::time::sleep(Duration::from_millis(2)).await;
                while let Ok(length) = near.recv(&mut bytes) {
                    elsewhere.send_to(&bytes[..length], target).unwrap();
                    sent += 1;
                }
                while let Ok(length) = elsewhere.recv(&mut bytes) {
                    // Nothing but a Retry comes through (RFC 9000, section 17.2.5).
                    if bytes[0] & 0xf0 == 0xf0 {
                        near.send_to(&bytes[..length], endpoint.local_addr().unwrap()).unwrap();
                        retries += 1;
                    }
                }
            }
        }
        assert!(sent > 400 && retries > 8, "{sent} {retries}");
    });
}

#[test]
fn a_flood_of_half_open_handshakes_keeps_no_peer_out() {
    let mut configs = configs(2);
    for (config, _) in &mut configs {
        config.timeouts.hello = Duration::from_secs(15);
        config.timeouts.idle = Duration::from_secs(15);
    }
    let target = configs[0].0.socket.local_addr().unwrap();
    let (dialler, dialler_hello) = configs.remove(1);
    let (listener, listener_hello) = configs.remove(0);
    std::thread::scope(|scope| {
        let listening = scope.spawn(|| Mesh::connect(listener, listener_hello).unwrap());
        half_open_handshakes(target);
        let start = Instant::now();
        let dialled = Mesh::connect(dialler, dialler_hello).unwrap();
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        close_all(vec![listening.join().unwrap(), dialled]);
    });
}

#[test]
fn there_is_no_resumption_and_no_early_data() {
    let key = RawKey::new(2);
    let (config, hello, address) = listener(&key);
    let interrupter = config.interrupter.clone();
    std::thread::scope(|scope| {
        let listening = scope.spawn(|| Mesh::connect(config, hello));
        block_on(async {
            let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
            let client = RawClient::new(&key).config();
            let connection = endpoint.connect_with(client.clone(), address, "peer").unwrap().await.unwrap();
            // Tickets would come right after the handshake.
            tokio::time::sleep(Duration::from_millis(200)).await;
            drop(connection);
            assert!(endpoint.connect_with(client, address, "peer").unwrap().into_0rtt().is_err());
        });
        interrupter.interrupt();
        assert!(listening.join().unwrap().is_err());
    });
}

#[test]
fn another_protocol_version_is_named() {
    let (mesh, thread) = intrude(|hello| control(&hello_bytes(7, hello)), |_| {}, async |_, _, _| {});
    let error = mesh.err().unwrap();
    assert_eq!(
        error.to_string(),
        "hospital-b runs protocol version 7, this party runs version 2. Update the older one."
    );
    thread.join().unwrap();
}

#[test]
fn a_hello_that_is_none_is_refused() {
    let bad: [fn(&mpc_net::Hello) -> Vec<u8>; 5] = [
        |_| control(&[]),
        |_| control(b"GET / HTTP/1.1\r\n\r\n"),
        |_| control(&[1, 0, 0, 0, 0, 0, 0, 0]),
        |hello| control(&[hello_bytes(2, hello), vec![0]].concat()),
        |_| u32::MAX.to_le_bytes().to_vec(),
    ];
    for first in bad {
        let start = Instant::now();
        let (mesh, thread) = intrude(first, |_| {}, async |_, _, _| {});
        let error = mesh.err().unwrap().to_string();
        assert!(error.starts_with("hospital-b: it sent "), "{error}");
        assert!(start.elapsed() < Duration::from_secs(4));
        thread.join().unwrap();
    }
}

#[test]
fn a_control_stream_without_a_hello_is_refused_at_once() {
    let start = Instant::now();
    let (mesh, thread) = intrude(
        |_| vec![],
        |_| {},
        async |_, mut control, _| {
            control.finish().unwrap();
        },
    );
    let error = mesh.err().unwrap().to_string();
    assert!(error.starts_with("hospital-b: it sent a control stream without a hello"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(4));
    thread.join().unwrap();
}

#[test]
fn a_silent_connection_does_not_keep_the_place_for_ever() {
    let key = RawKey::new(2);
    let (mut config, hello, address) = listener(&key);
    config.timeouts.hello = Duration::from_millis(500);
    let first = control(&hello_bytes(2, &hello));
    std::thread::scope(|scope| {
        let connecting = scope.spawn(|| Mesh::connect(config, hello));
        block_on(async {
            let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
            let client = RawClient::new(&key).config();
            let silent = endpoint.connect_with(client.clone(), address, "peer").unwrap().await.unwrap();
            silent.closed().await;
            let second = endpoint.connect_with(client, address, "peer").unwrap().await.unwrap();
            let (mut control, _from) = second.open_bi().await.unwrap();
            control.write_all(&first).await.unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
        });
        assert!(connecting.join().unwrap().is_ok());
    });
}

/// What the mesh makes of an intruder's acts, seen by a party that waits for a message of 8 bytes with tag 1.
fn verdict<F>(act: F) -> LinkFault
where
    F: AsyncFnOnce(quinn::Connection, quinn::SendStream, &mut quinn::RecvStream) + Send + 'static,
{
    let (mesh, thread) = intruder(act);
    let error = receive(&mesh.transport(), 1, 1, 8).unwrap_err();
    assert_eq!(error.peer, id(1));
    mesh.abort(mpc_net::abort_reason(&error));
    thread.join().unwrap();
    error.fault
}

/// What the mesh makes of these bytes on its first lane.
fn lane(bytes: Vec<u8>, finish: bool) -> LinkFault {
    verdict(async move |connection, _, _| {
        let mut stream = connection.open_uni().await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        if finish {
            stream.finish().unwrap();
        }
        connection.closed().await;
    })
}

fn header(magic: u16, kind: u16, length: u32, tag: u8) -> Vec<u8> {
    [&magic.to_le_bytes()[..], &kind.to_le_bytes(), &length.to_le_bytes(), &[tag; 16]].concat()
}

#[test]
fn bad_frames_end_the_session() {
    let malformed = |text| LinkFault::Malformed(text);
    assert_eq!(lane(header(0x4d02, 1, 8, 1), false), malformed("wrong magic or version of a frame"));
    assert_eq!(lane(header(0x4d01, 2, 8, 1), false), malformed("unknown kind of a frame"));
    assert_eq!(
        lane(header(0x4d01, 1, 8, 2), false),
        LinkFault::UnexpectedTag { expected: tag(1), got: tag(2) }
    );
    // 4 GiB announced: refused on the header alone.
    assert_eq!(
        lane(header(0x4d01, 1, u32::MAX, 1), false),
        LinkFault::WrongLength { expected: 8, got: u64::from(u32::MAX) }
    );
    assert_eq!(lane(vec![1], true), malformed("a lane that breaks off"));
    let half = [header(0x4d01, 1, 8, 1), vec![0; 7]].concat();
    assert_eq!(lane(half.clone(), true), malformed("a lane that breaks off"));
    assert!(matches!(lane(vec![], true), LinkFault::Lost(_)));
    // Alive, but it never says the rest.
    assert_eq!(lane(half, false), LinkFault::Deadline { seconds: 2 });
    assert_eq!(lane(vec![0x01], false), LinkFault::Deadline { seconds: 2 });
}

#[test]
fn a_frame_cut_anywhere_is_refused() {
    let frame = [header(0x4d01, 1, 8, 1), vec![7; 8]].concat();
    for length in 1..frame.len() {
        let fault = lane(frame[..length].to_vec(), true);
        assert_eq!(fault, LinkFault::Malformed("a lane that breaks off"), "cut to {length}");
    }
}

#[test]
fn what_a_peer_sends_ahead_is_bounded() {
    let (to_test, sent) = std::sync::mpsc::channel();
    let (mesh, thread) = intruder(async move |connection, _, _| {
        // As much as goes out on every lane, although nobody waits for any of it.
        for _ in 0..Lane::COUNT {
            let mut stream = connection.open_uni().await.unwrap();
            tokio::spawn(async move { while stream.write_all(&[0; 1 << 16]).await.is_ok() {} });
        }
        let mut before = 0;
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let now = connection.stats().udp_tx.bytes;
            // What is still sent are signs of life.
            if now - before < 10_000 {
                break to_test.send(now).unwrap();
            }
            before = now;
        }
    });
    let sent = sent.recv_timeout(Duration::from_secs(14)).unwrap();
    let window = 4 << 20;
    let lanes = Lane::COUNT as u64;
    assert!(sent >= lanes * window, "a lane's window is {window} bytes: {sent} in all");
    assert!(sent < (lanes + 1) * window * 11 / 10, "{sent} bytes for nobody");
    // The connection is none the worse for it.
    assert!(matches!(receive(&mesh.transport(), 1, 1, 8).unwrap_err().fault, LinkFault::Malformed(_)));
    drop(mesh);
    thread.join().unwrap();
}

#[test]
fn a_good_frame_from_a_raw_peer_passes() {
    let (mesh, thread) = intruder(async |connection, _, _| {
        let mut stream = connection.open_uni().await.unwrap();
        stream.write_all(&[header(0x4d01, 1, 8, 1), vec![7; 8]].concat()).await.unwrap();
    });
    assert_eq!(receive(&mesh.transport(), 1, 1, 8).unwrap(), [7; 8]);
    drop(mesh);
    thread.join().unwrap();
}

#[test]
fn the_reason_of_an_abort_is_on_the_control_stream_and_in_the_close_frame() {
    let (mesh, thread) = intruder(async |connection, _, theirs| {
        let mut said = Vec::new();
        while let Ok(Some(chunk)) = theirs.read_chunk(1 << 16, true).await {
            said.extend_from_slice(&chunk.bytes);
        }
        assert!(said.ends_with(&control(&[2, 0, 0, 0, 5, 0, 0, 0])), "{said:?}");
        match connection.closed().await {
            quinn::ConnectionError::ApplicationClosed(close) => {
                assert_eq!(
                    (u64::from(close.error_code), &close.reason[..]),
                    (3, &[2, 0, 0, 0, 5, 0, 0, 0][..])
                );
            }
            other => panic!("{other}"),
        }
    });
    mesh.abort(AbortReason::Refused);
    thread.join().unwrap();
}

/// A mesh whose peer ended in good order, but whose close frame got lost on the way.
fn left_without_a_close_frame() -> Mesh {
    let key = RawKey::new(2);
    let (config, hello, address) = listener(&key);
    let first = control(&hello_bytes(2, &hello));
    std::thread::scope(|scope| {
        let connecting = scope.spawn(|| Mesh::connect(config, hello).unwrap());
        let gone = block_on(async {
            let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
            let client = RawClient::new(&key).config();
            let connection = endpoint.connect_with(client, address, "peer").unwrap().await.unwrap();
            let (mut control, theirs) = connection.open_bi().await.unwrap();
            control.write_all(&first).await.unwrap();
            control.finish().unwrap();
            control.stopped().await.unwrap();
            (endpoint, connection, theirs)
        });
        // Its runtime is gone, so nothing is sent any more.
        drop(gone);
        connecting.join().unwrap()
    })
}

#[test]
fn an_orderly_end_needs_no_close_frame() {
    let mesh = left_without_a_close_frame();
    // Longer than it takes to notice that the connection is gone.
    std::thread::sleep(Duration::from_millis(2500));
    mesh.close().unwrap();
    // Who still needs the one that left hears that it has left.
    let mesh = left_without_a_close_frame();
    let error = receive(&mesh.transport(), 1, 1, 8).unwrap_err();
    assert!(error.to_string().contains("before this party was done"), "{error}");
}

#[test]
fn more_streams_than_lanes_end_the_session() {
    let fault = verdict(async |connection, _, _| {
        for _ in 0..5 {
            // The session may have ended at the first of them.
            let Ok(mut stream) = connection.open_uni().await else { return };
            let written = stream.write_all(&[0]).await;
            // A finished stream makes room for another.
            if written.is_err() || stream.finish().is_err() {
                return;
            }
        }
    });
    // The first lane is read and found broken, or the fifth stream is seen first.
    assert!(matches!(fault, LinkFault::Malformed(_)), "{fault}");
}

#[test]
fn control_messages_out_of_turn_end_the_session() {
    let say = |bytes: Vec<u8>| {
        verdict(async move |connection, mut control, _| {
            control.write_all(&bytes).await.unwrap();
            connection.closed().await;
        })
    };
    let ready = |length: u32| control(&[&1u32.to_le_bytes()[..], &length.to_le_bytes()].concat());
    let hello = configs(2).swap_remove(0).1;
    let malformed = |text| LinkFault::Malformed(text);
    assert_eq!(say(control(&hello_bytes(2, &hello))), malformed("a control message out of turn"));
    assert_eq!(say([ready(0), ready(0)].concat()), malformed("a control message out of turn"));
    assert_eq!(say(ready((16 << 20) + 1)), malformed("an announcement that is too long"));
    assert_eq!(say(ready(u32::MAX)), malformed("an announcement that is too long"));
    assert_eq!(say(control(&[2, 0, 0, 0, 9, 0, 0, 0])), malformed("an unreadable control message"));
    assert_eq!(say(vec![0xff; 4]), malformed("a control message that is too long"));
    assert_eq!(say(control(&vec![0; 65_537])), malformed("a control message that is too long"));
}
