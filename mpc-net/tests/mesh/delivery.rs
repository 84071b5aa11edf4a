//! Messages: order, back-pressure, exact tags and lengths, nothing lost.

use crate::support::*;
use futures::executor::block_on;
use futures::future::{join, join_all};
use futures::{FutureExt, poll};
use mpc_core::transport::{Lane, LinkFault};
use std::net::UdpSocket;
use std::task::Poll;
use std::time::{Duration, Instant};

fn pattern(from: usize, to: usize, lane: usize, round: usize, length: usize) -> Vec<u8> {
    let mut state = (from * 1000 + to * 100 + lane * 10 + round) as u32 | 1;
    let mut bytes = vec![0; length];
    for byte in &mut bytes {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        *byte = state as u8;
    }
    bytes
}

#[test]
fn everyone_sends_to_everyone_on_all_lanes_more_than_fits() {
    // Each lane carries 1 + 12 MiB in each direction: three times its window, and 4 lanes pass the connection's.
    let lengths = [1 << 20, 0, 12 << 20, 3];
    for count in [2, 3] {
        let meshes = meshes(configs(count));
        let start = Instant::now();
        on_threads((0..count).collect(), |me| {
            let transport = meshes[me].transport();
            let transport = &transport;
            let work = (0..count).filter(|&peer| peer != me).flat_map(|peer| {
                (0..Lane::COUNT).map(move |lane| {
                    let sends = async move {
                        for (round, length) in lengths.into_iter().enumerate() {
                            let payload = pattern(me, peer, lane, round, length);
                            transport
                                .send(id(peer), Lane::nth(lane), tag(round as u8), payload)
                                .await
                                .unwrap();
                        }
                    };
                    let receives = async move {
                        for (round, length) in lengths.into_iter().enumerate() {
                            let got =
                                transport.receive(id(peer), Lane::nth(lane), tag(round as u8), length).await;
                            assert!(got.unwrap() == pattern(peer, me, lane, round, length), "wrong bytes");
                        }
                    };
                    join(sends, receives)
                })
            });
            block_on(join_all(work));
        });
        println!("{count} parties, all to all, {} MiB each way: {:?}", 13 * Lane::COUNT, start.elapsed());
        close_all(meshes);
    }
}

#[test]
fn a_lane_that_nobody_reads_holds_up_no_other() {
    let meshes = meshes(configs(2));
    let (a, b) = (meshes[0].transport(), meshes[1].transport());
    // Fills the windows of three lanes to the brim and their queues as well.
    let mut early: Vec<_> = (1..Lane::COUNT)
        .flat_map(|lane| (0..3).map(move |round| (lane, round)))
        .map(|(lane, round)| a.send(id(1), Lane::nth(lane), tag(round), vec![lane as u8; 4 << 20]).boxed())
        .collect();
    block_on(async {
        for send in &mut early {
            let _ = poll!(send);
        }
    });
    std::thread::sleep(Duration::from_millis(300));
    send(&a, 1, 9, &vec![9; 1 << 20]).unwrap();
    assert_eq!(receive(&b, 0, 9, 1 << 20).unwrap().len(), 1 << 20);
    drop(early);
    // Nor does it hold up an abort notice.
    let mut meshes = meshes;
    let mesh_b = meshes.pop().unwrap();
    meshes.pop().unwrap().abort(mpc_core::transport::AbortReason::Refused);
    let error = receive(&b, 0, 10, 1).unwrap_err();
    assert_eq!(error.fault, LinkFault::Aborted(mpc_core::transport::AbortReason::Refused));
    drop(mesh_b);
}

#[test]
fn a_cancelled_receive_loses_nothing() {
    let meshes = meshes(configs(2));
    let (a, b) = (meshes[0].transport(), meshes[1].transport());
    let length = 6 << 20;
    // Cancelled before anything arrived.
    block_on(async {
        let mut waits = b.receive(id(0), Lane::MAIN, tag(1), length);
        assert!(poll!(&mut waits).is_pending());
    });
    for round in 0..20 {
        let payload = pattern(0, 1, 0, round, length);
        let number = round as u8 + 1;
        let sender = a.clone();
        let sending = std::thread::spawn({
            let payload = payload.clone();
            move || send(&sender, 1, number, &payload).unwrap()
        });
        // Cancelled at different moments of the arrival, the last of them after it.
        let mut got = None;
        for step in 0..round {
            block_on(async {
                let mut waits = b.receive(id(0), Lane::MAIN, tag(number), length);
                if let Poll::Ready(message) = poll!(&mut waits) {
                    got = Some(message);
                }
                std::thread::sleep(Duration::from_millis(step as u64));
            });
            if got.is_some() {
                break;
            }
        }
        let got = got.unwrap_or_else(|| receive(&b, 0, number, length)).unwrap();
        assert!(got == payload, "round {round}");
        sending.join().unwrap();
    }
    close_all(meshes);
}

#[test]
fn a_kept_message_is_held_to_tag_and_length_as_well() {
    let meshes = meshes(configs(2));
    let (a, b) = (meshes[0].transport(), meshes[1].transport());
    send(&a, 1, 1, &[1; 8]).unwrap();
    block_on(async {
        let mut waits = b.receive(id(0), Lane::MAIN, tag(1), 8);
        assert!(poll!(&mut waits).is_pending());
        std::thread::sleep(Duration::from_millis(200));
    });
    let error = receive(&b, 0, 2, 8).unwrap_err();
    assert_eq!(error.fault, LinkFault::UnexpectedTag { expected: tag(2), got: tag(1) });
}

#[test]
fn a_message_of_another_step_ends_the_session() {
    let meshes = meshes(configs(3));
    let (a, b) = (meshes[0].transport(), meshes[1].transport());
    send(&a, 1, 1, &[0; 8]).unwrap();
    let error = receive(&b, 0, 2, 8).unwrap_err();
    assert_eq!(
        (error.peer, error.fault),
        (id(0), LinkFault::UnexpectedTag { expected: tag(2), got: tag(1) })
    );
    // Every other wait of this party now fails with the same culprit, whomever it concerns.
    assert_eq!(receive(&b, 2, 3, 8).unwrap_err().peer, id(0));
    assert_eq!(send(&b, 2, 3, &[0; 8]).unwrap_err().peer, id(0));
    let shown = meshes[1].explain(&receive(&b, 2, 3, 8).unwrap_err()).to_string();
    assert!(shown.starts_with("hospital-a: it sent a message of another step"), "{shown}");
}

#[test]
fn a_message_of_another_length_ends_the_session() {
    for sent in [0, 7, 9, 1 << 20] {
        let meshes = meshes(configs(2));
        let (a, b) = (meshes[0].transport(), meshes[1].transport());
        send(&a, 1, 1, &vec![0; sent]).unwrap();
        let error = receive(&b, 0, 1, 8).unwrap_err();
        assert_eq!(error.fault, LinkFault::WrongLength { expected: 8, got: sent as u64 });
    }
}

#[test]
fn a_message_above_the_limit_is_not_sent() {
    let meshes = meshes(configs(2));
    let a = meshes[0].transport();
    let error = send(&a, 1, 1, &vec![0; mpc_net::MAX_PAYLOAD_BYTES + 1]).unwrap_err();
    assert!(error.to_string().contains("size limit"), "{error}");
    let b = meshes[1].transport();
    let error = receive(&b, 0, 1, mpc_net::MAX_PAYLOAD_BYTES + 1).unwrap_err();
    assert!(error.to_string().contains("size limit"), "{error}");
}

#[test]
fn the_largest_message_passes() {
    let meshes = meshes(configs(2));
    let (a, b) = (meshes[0].transport(), meshes[1].transport());
    let payload = pattern(0, 1, 0, 0, mpc_net::MAX_PAYLOAD_BYTES);
    std::thread::scope(|scope| {
        scope.spawn(|| send(&a, 1, 1, &payload).unwrap());
        assert!(receive(&b, 0, 1, payload.len()).unwrap() == payload);
    });
    assert!(meshes[0].traffic().sent > payload.len() as u64);
    assert!(meshes[1].traffic().received > payload.len() as u64);
    close_all(meshes);
}

#[test]
fn silence_ends_at_the_deadline() {
    let mut configs = configs(3);
    configs[1].0.timeouts.receive = Duration::from_secs(1);
    let meshes = meshes(configs);
    let b = meshes[1].transport();
    let start = Instant::now();
    let error = receive(&b, 2, 1, 8).unwrap_err();
    assert_eq!((error.peer, error.fault), (id(2), LinkFault::Deadline { seconds: 1 }));
    assert!((900..3000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
}

#[test]
fn a_peer_that_reads_nothing_ends_the_session_at_the_deadline() {
    let mut configs = configs(2);
    configs[0].0.timeouts.receive = Duration::from_secs(1);
    let meshes = meshes(configs);
    let a = meshes[0].transport();
    let start = Instant::now();
    let error = (0..10).find_map(|round| send(&a, 1, round, &vec![0; 4 << 20]).err()).unwrap();
    assert_eq!((error.peer, error.fault), (id(1), LinkFault::Deadline { seconds: 1 }));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn garbage_datagrams_do_no_harm() {
    let configs = configs(2);
    let targets: Vec<_> = configs.iter().map(|(config, _)| config.socket.local_addr().unwrap()).collect();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            let mut round = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                round += 1;
                let mut bytes = pattern(0, 0, 0, round, [1, 20, 1200, 1452, 9000][round % 5]);
                if round % 3 == 0 {
                    // Looks like the first packet of a connection.
                    bytes[0] |= 0xc0;
                    if bytes.len() > 9 {
                        bytes[1..6].copy_from_slice(&[0, 0, 0, 1, 8]);
                    }
                }
                for target in &targets {
                    let _ = socket.send_to(&bytes, target);
                }
                if round % 50 == 0 {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        });
        let meshes = meshes(configs);
        let (a, b) = (meshes[0].transport(), meshes[1].transport());
        for round in 0..200 {
            send(&a, 1, round, &[round; 1000]).unwrap();
            assert_eq!(receive(&b, 0, round, 1000).unwrap(), [round; 1000]);
            send(&b, 0, round, &[round; 1000]).unwrap();
            assert_eq!(receive(&a, 1, round, 1000).unwrap(), [round; 1000]);
        }
        close_all(meshes);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn unknown_participants_are_an_error() {
    let meshes = meshes(configs(2));
    let a = meshes[0].transport();
    assert!(send(&a, 0, 1, b"to myself").is_err());
    assert!(receive(&a, 7, 1, 1).is_err());
    close_all(meshes);
}
