//! Lines that lose datagrams.

use crate::support::*;
use mpc_net::emulator::{Conditions, Emulator};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

#[test]
fn a_long_line_that_loses_datagrams_by_chance_is_not_slow() {
    let conditions = Conditions { delay: Duration::from_millis(20), loss: 0.02, ..Conditions::default() };
    let emulator = Emulator::new(Ipv4Addr::LOCALHOST.into(), conditions, Duration::from_secs(60), 1);
    let mut configs = configs(2);
    let target = configs[0].0.socket.local_addr().unwrap();
    configs[1].0.peers[0].address = Some(emulator.link("hospital-b", "hospital-a", target).unwrap());
    let meshes = meshes(configs);
    let (a, b) = (meshes[0].transport(), meshes[1].transport());
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| (0..4).for_each(|number| send(&a, 1, number, &[number; 1 << 20]).unwrap()));
        for number in 0..4 {
            assert!(receive(&b, 0, number, 1 << 20).unwrap() == [number; 1 << 20]);
        }
    });
    let took = start.elapsed();
    println!("4 MiB in {took:?}; {:?}", emulator.count());
    // One Cubic takes nine.
    assert!(took < Duration::from_secs(6), "{took:?}");
    close_all(meshes);
}
