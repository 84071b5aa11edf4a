//! How sessions end: in good order, by notice, by a lost peer, by the operator.

use crate::support::*;
use mpc_core::transport::{AbortReason, LinkFault};
use mpc_net::{Mesh, NetError, abort_reason};
use std::time::{Duration, Instant};

#[test]
fn the_last_bytes_arrive_although_the_sender_closes_first() {
    for round in 0..10 {
        let mut meshes = meshes(configs(3));
        let third = meshes.pop().unwrap();
        let second = meshes.pop().unwrap();
        let first = meshes.pop().unwrap();
        let (a, b, c) = (first.transport(), second.transport(), third.transport());
        let last = vec![round; 3 << 20];
        send(&a, 1, 1, &last).unwrap();
        send(&a, 2, 1, b"end").unwrap();
        // Gone before the others have read a byte.
        first.close().unwrap();
        std::thread::sleep(Duration::from_millis(u64::from(round) * 5));
        assert!(receive(&b, 0, 1, last.len()).unwrap() == last);
        assert_eq!(receive(&c, 0, 1, 3).unwrap(), b"end");
        // The two that remain go on without it.
        send(&b, 2, 2, b"more").unwrap();
        assert_eq!(receive(&c, 1, 2, 4).unwrap(), b"more");
        close_all(vec![second, third]);
    }
}

#[test]
fn closing_delivers_what_is_still_queued() {
    let mut meshes = meshes(configs(2));
    let (a, b) = (meshes[0].transport(), meshes[1].transport());
    let sender = meshes.remove(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..8 {
                send(&a, 1, number, &vec![number; 2 << 20]).unwrap();
            }
            sender.close().unwrap();
        });
        std::thread::sleep(Duration::from_millis(200));
        for number in 0..8 {
            assert!(receive(&b, 0, number, 2 << 20).unwrap() == vec![number; 2 << 20]);
        }
    });
    close_all(meshes);
}

#[test]
fn a_peer_that_closes_too_early_is_named() {
    let mut meshes = meshes(configs(2));
    let b = meshes[1].transport();
    meshes.remove(0).close().unwrap();
    let error = receive(&b, 0, 1, 8).unwrap_err();
    assert!(error.to_string().contains("before this party was done"), "{error}");
}

#[test]
fn a_peer_that_closes_before_it_is_ready_is_named() {
    let mut meshes = meshes(configs(2));
    meshes.remove(0).close().unwrap();
    let error = meshes[0].exchange_ready(vec![]).unwrap_err().to_string();
    assert!(error.starts_with("hospital-a: the connection was lost"), "{error}");
}

#[test]
fn nothing_can_be_sent_after_the_end() {
    let meshes = meshes(configs(2));
    let transports: Vec<_> = meshes.iter().map(Mesh::transport).collect();
    close_all(meshes);
    assert!(send(&transports[0], 1, 1, b"late").is_err());
    assert!(receive(&transports[1], 0, 1, 4).is_err());
}

#[test]
fn an_abort_reaches_everyone_at_once_with_its_reason() {
    let reasons = [
        AbortReason::Interrupted,
        AbortReason::LocalInput,
        AbortReason::ProtocolViolation,
        AbortReason::Disagreement,
        AbortReason::Refused,
        AbortReason::Internal,
    ];
    for reason in reasons {
        let mut meshes = meshes(configs(3));
        let (b, c) = (meshes[1].transport(), meshes[2].transport());
        let start = Instant::now();
        let errors = std::thread::scope(|scope| {
            let waits = scope.spawn(|| receive(&b, 2, 1, 8).unwrap_err());
            std::thread::sleep(Duration::from_millis(20));
            meshes.remove(0).abort(reason);
            [waits.join().unwrap(), send(&c, 1, 1, b"x").unwrap_err()]
        });
        assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
        for error in errors {
            assert_eq!((error.peer, error.fault), (id(0), LinkFault::Aborted(reason)));
        }
    }
}

#[test]
fn a_party_that_hears_of_a_lost_peer_names_both() {
    let mut meshes = meshes(configs(3));
    let c = meshes[2].transport();
    meshes.remove(0).abort(AbortReason::PeerLost(id(1)));
    let error = receive(&c, 1, 1, 8).unwrap_err();
    let shown = meshes[1].explain(&error).to_string();
    assert_eq!(
        shown,
        "hospital-a: it ended the session: it lost its link to hospital-b. Its terminal says more."
    );
    assert_eq!(abort_reason(&error), AbortReason::PeerLost(id(0)));
}

#[test]
fn an_abort_while_loading_is_heard_by_those_who_are_ready() {
    let mut meshes = meshes(configs(3));
    let loading = meshes.remove(2);
    let errors = std::thread::scope(|scope| {
        let waits: Vec<_> =
            meshes.iter().map(|mesh| scope.spawn(|| mesh.exchange_ready(vec![]).unwrap_err())).collect();
        std::thread::sleep(Duration::from_millis(100));
        loading.abort(AbortReason::LocalInput);
        waits.into_iter().map(|wait| wait.join().unwrap().to_string()).collect::<Vec<_>>()
    });
    for error in errors {
        assert!(
            error.starts_with("hospital-c: it ended the session: its configuration, data or disk"),
            "{error}"
        );
    }
}

#[test]
fn a_dead_peer_is_noticed_by_everyone() {
    let mut configs = configs(3);
    let relays = relay_links_of(&mut configs, 1);
    let meshes = meshes(configs);
    let (a, c) = (meshes[0].transport(), meshes[2].transport());
    send(&a, 1, 1, b"before").unwrap();
    assert_eq!(receive(&meshes[1].transport(), 0, 1, 6).unwrap(), b"before");
    drop(relays);
    let start = Instant::now();
    // One waits for the dead peer, the other for someone else.
    let errors =
        on_threads(vec![(&a, 1), (&c, 0)], |(transport, from)| receive(transport, from, 2, 8).unwrap_err());
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    for error in errors {
        assert_eq!(error.peer, id(1));
        assert!(matches!(error.fault, LinkFault::Lost(_)), "{error}");
    }
}

#[test]
fn a_mesh_that_is_dropped_says_so_at_once() {
    let mut meshes = meshes(configs(2));
    let b = meshes[1].transport();
    let start = Instant::now();
    drop(meshes.remove(0));
    let error = receive(&b, 0, 1, 8).unwrap_err();
    assert!(error.to_string().contains("ended without saying why"), "{error}");
    assert!(start.elapsed() < Duration::from_millis(1500));
}

#[test]
fn an_interrupt_ends_connecting() {
    let (config, hello) = configs(2).swap_remove(0);
    let interrupter = config.interrupter.clone();
    let start = Instant::now();
    let result = std::thread::scope(|scope| {
        let connecting = scope.spawn(|| Mesh::connect(config, hello));
        std::thread::sleep(Duration::from_millis(100));
        interrupter.interrupt();
        connecting.join().unwrap()
    });
    assert_eq!(result.err(), Some(NetError::Interrupted));
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn an_interrupt_while_connecting_reaches_those_who_are_connected() {
    let mut configs = configs(3);
    let _absent = configs.pop();
    let interrupter = configs[0].0.interrupter.clone();
    let results = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(500));
            interrupter.interrupt();
        });
        connect_all(configs)
    });
    assert_eq!(results[0].as_ref().err(), Some(&NetError::Interrupted));
    let other = text(&results[1]);
    assert!(other.starts_with("hospital-a: it ended the session: stopped by its operator"), "{other}");
}

#[test]
fn an_interrupt_ends_waiting_for_readiness_and_messages() {
    let meshes = meshes(configs(2));
    let interrupter = meshes[0].interrupter();
    let a = meshes[0].transport();
    std::thread::scope(|scope| {
        let ready = scope.spawn(|| meshes[0].exchange_ready(vec![]));
        let message = scope.spawn(|| receive(&a, 1, 1, 8));
        std::thread::sleep(Duration::from_millis(100));
        interrupter.interrupt();
        assert_eq!(ready.join().unwrap().err(), Some(NetError::Interrupted));
        assert_eq!(message.join().unwrap().unwrap_err().fault, LinkFault::Interrupted);
    });
    assert_eq!(send(&a, 1, 1, b"x").unwrap_err().fault, LinkFault::Interrupted);
}
