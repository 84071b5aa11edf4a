//! Trying the links without a session.

use crate::raw::*;
use crate::support::*;
use mpc_net::{Checked, Hello, Mesh, MeshConfig, NetError, check};
use std::time::Duration;

/// All parties check at the same time.
fn check_all(configs: Vec<(MeshConfig, Hello)>) -> Vec<Vec<Checked>> {
    on_threads(configs, |(config, _)| check(config, "0.1.0").unwrap())
}

fn of<'a>(checked: &'a [Checked], peer: &str) -> &'a Checked {
    checked.iter().find(|checked| checked.peer == peer).unwrap()
}

#[test]
fn parties_that_check_together_reach_each_other() {
    let reports = check_all(configs(3));
    for (party, checked) in reports.iter().enumerate() {
        assert_eq!(checked.len(), 2);
        for (peer, name) in names(3).iter().enumerate().filter(|(peer, _)| *peer != party) {
            let reached = of(checked, name).outcome.as_ref().unwrap();
            assert_eq!((reached.dialled, reached.build.as_str()), (party > peer, "0.1.0"));
            assert!(reached.clock_ahead.abs() <= 1, "{reached:?}");
        }
    }
}

#[test]
fn what_is_wrong_with_one_link_is_said_of_that_link() {
    let mut configs = configs(3);
    for (config, _) in &mut configs {
        config.timeouts.connect = Duration::from_secs(3);
    }
    peer(&mut configs[0].0, "hospital-c").keys = vec![key()];
    let reports = check_all(configs);
    assert!(matches!(of(&reports[2], "hospital-a").outcome, Err(NetError::KeyRefused { .. })), "{reports:?}");
    match &of(&reports[0], "hospital-c").outcome {
        Err(NetError::NotDialled { last, .. }) => assert!(last.contains("which is not listed"), "{last}"),
        other => panic!("{other:?}"),
    }
    for (one, other) in [(0, "hospital-b"), (1, "hospital-a"), (1, "hospital-c"), (2, "hospital-b")] {
        assert!(of(&reports[one], other).outcome.is_ok(), "{reports:?}");
    }
}

#[test]
fn a_missing_party_is_missed_when_the_time_is_up() {
    let mut configs = configs(3);
    for (config, _) in &mut configs {
        config.timeouts.connect = Duration::from_secs(2);
    }
    drop(configs.remove(1));
    let reports = check_all(configs);
    assert!(matches!(of(&reports[0], "hospital-b").outcome, Err(NetError::NotDialled { .. })));
    assert!(matches!(of(&reports[1], "hospital-b").outcome, Err(NetError::NoAnswer { .. })));
    assert!(of(&reports[1], "hospital-a").outcome.is_ok());
}

#[test]
fn a_session_answers_a_check_and_is_not_disturbed() {
    // The checking party has the dialler's key and address list, so it is the dialler's own operator who checks.
    let key = RawKey::new(2);
    let (config, hello, address) = listener(&key);
    let mut dialler = RawClient::new(&key);
    dialler.alpn = b"mpc-check/1";
    let word = [&[3, 0, 0, 0, 2, 0][..], &[1, 0, 0, 0, 0, 0, 0, 0], b"9", &[0; 8]].concat();
    let session_hello = control(&hello_bytes(2, &hello));
    std::thread::scope(|scope| {
        let connecting = scope.spawn(|| Mesh::connect(config, hello));
        block_on(async {
            let endpoint = quinn::Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
            for _ in 0..3 {
                let connection =
                    endpoint.connect_with(dialler.config(), address, "peer").unwrap().await.unwrap();
                let (mut say, mut hear) = connection.open_bi().await.unwrap();
                say.write_all(&control(&word)).await.unwrap();
                let answer = hear.read_to_end(1000).await.unwrap();
                assert_eq!(answer[4..10], [3, 0, 0, 0, 2, 0]);
                assert!(answer.windows(5).any(|part| part == b"0.1.0"), "{answer:?}");
                connection.close(1u32.into(), b"");
            }
            // Then the session's link comes.
            let client = RawClient::new(&key).config();
            let connection = endpoint.connect_with(client, address, "peer").unwrap().await.unwrap();
            let (mut say, _hear) = connection.open_bi().await.unwrap();
            say.write_all(&session_hello).await.unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
        });
        assert!(connecting.join().unwrap().is_ok());
    });
}

#[test]
fn a_session_waits_for_a_peer_that_only_checks() {
    let mut configs = configs(2);
    configs[0].0.timeouts.connect = Duration::from_secs(2);
    configs[1].0.timeouts.connect = Duration::from_secs(4);
    // hospital-b wants a session, hospital-a only checks, and then is gone.
    let (dialler, hello) = configs.pop().unwrap();
    let (checks, _) = configs.pop().unwrap();
    std::thread::scope(|scope| {
        let session = scope.spawn(|| Mesh::connect(dialler, hello));
        let report = check(checks, "0.1.0").unwrap();
        assert!(of(&report, "hospital-b").outcome.is_err());
        let error = session.join().unwrap().err().unwrap();
        assert!(matches!(error, NetError::NoAnswer { .. }), "{error}");
    });
}

#[test]
fn another_version_is_named_on_both_sides() {
    let key = RawKey::new(2);
    let (mut config, _, address) = listener(&key);
    config.timeouts.connect = Duration::from_secs(5);
    let mut dialler = RawClient::new(&key);
    dialler.alpn = b"mpc-check/1";
    let word = [&[3, 0, 0, 0, 9, 0][..], b"anything"].concat();
    std::thread::scope(|scope| {
        let checking = scope.spawn(|| check(config, "0.1.0").unwrap());
        block_on(async {
            let endpoint = quinn::Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
            let connection = endpoint.connect_with(dialler.config(), address, "peer").unwrap().await.unwrap();
            let (mut say, mut hear) = connection.open_bi().await.unwrap();
            say.write_all(&control(&word)).await.unwrap();
            assert_eq!(hear.read_to_end(1000).await.unwrap()[4..10], [3, 0, 0, 0, 2, 0]);
            connection.close(1u32.into(), b"");
        });
        let report = checking.join().unwrap();
        let error = report[0].outcome.as_ref().unwrap_err();
        assert_eq!(*error, NetError::Version { peer: "hospital-b".into(), ours: 2, theirs: 9 });
    });
}
