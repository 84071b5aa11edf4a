//! Parties on loopback, and their bad neighbours.

use futures::executor::block_on;
use mpc_core::transport::{Lane, LinkError, PartyId, Tag, Transport};
use mpc_net::{Hello, Identity, Interrupter, Mesh, MeshConfig, NetError, PeerConfig, PublicKey, Timeouts};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

pub(crate) fn id(index: usize) -> PartyId {
    PartyId::new(u8::try_from(index).unwrap())
}

pub(crate) fn tag(number: u8) -> Tag {
    Tag::from_bytes([number; 16])
}

pub(crate) fn names(count: usize) -> Vec<String> {
    ["hospital-a", "hospital-b", "hospital-c", "hospital-d"]
        .iter()
        .take(count)
        .map(|&name| name.into())
        .collect()
}

/// Short enough for tests that wait for them, long enough for a busy machine.
pub(crate) fn quick() -> Timeouts {
    Timeouts {
        connect: Duration::from_secs(20),
        hello: Duration::from_secs(5),
        ready: Duration::from_secs(20),
        receive: Duration::from_secs(20),
        keep_alive: Duration::from_millis(300),
        idle: Duration::from_secs(2),
    }
}

/// What each party would be started with; a test changes what it wants to go wrong.
pub(crate) fn configs(count: usize) -> Vec<(MeshConfig, Hello)> {
    let identities: Vec<_> = (0..count).map(|_| Identity::generate().unwrap()).collect();
    let sockets: Vec<_> = (0..count).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    let peers: Vec<_> = names(count)
        .into_iter()
        .enumerate()
        .map(|(i, name)| PeerConfig {
            id: id(i),
            name,
            address: Some(sockets[i].local_addr().unwrap()),
            keys: vec![identities[i].public_key()],
            retired: vec![],
        })
        .collect();
    let session_parties: Vec<_> = peers.iter().map(|peer| (peer.name.clone(), peer.keys.clone())).collect();
    std::iter::zip(identities, sockets)
        .enumerate()
        .map(|(i, (identity, socket))| {
            let config = MeshConfig {
                id: id(i),
                name: peers[i].name.clone(),
                reachable: true,
                identity,
                socket,
                peers: peers.iter().filter(|peer| peer.id != id(i)).cloned().collect(),
                timeouts: quick(),
                interrupter: Interrupter::new(),
                on_wait: Box::new(|_| {}),
            };
            let hello = Hello {
                build: "0.1.0".into(),
                query_hash: [0xab; 32],
                session_parties: session_parties.clone(),
                mode: "semi-honest/helper".into(),
            };
            (config, hello)
        })
        .collect()
}

/// The entry for `name` in a party's list.
pub(crate) fn peer<'a>(config: &'a mut MeshConfig, name: &str) -> &'a mut PeerConfig {
    config.peers.iter_mut().find(|peer| peer.name == name).unwrap()
}

/// Connects all parties at the same time.
pub(crate) fn connect_all(configs: Vec<(MeshConfig, Hello)>) -> Vec<Result<Mesh, NetError>> {
    on_threads(configs, |(config, hello)| Mesh::connect(config, hello))
}

/// All parties connected; none may fail.
pub(crate) fn meshes(configs: Vec<(MeshConfig, Hello)>) -> Vec<Mesh> {
    connect_all(configs).into_iter().map(Result::unwrap).collect()
}

/// Runs one thread for each item and collects the results in order.
pub(crate) fn on_threads<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = items.into_iter().map(|item| scope.spawn(move || work(item))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

pub(crate) fn close_all(meshes: Vec<Mesh>) {
    for result in on_threads(meshes, Mesh::close) {
        result.unwrap();
    }
}

pub(crate) fn send(
    transport: &Arc<dyn Transport>,
    to: usize,
    number: u8,
    payload: &[u8],
) -> Result<(), LinkError> {
    block_on(transport.send(id(to), Lane::MAIN, tag(number), payload.to_vec()))
}

pub(crate) fn receive(
    transport: &Arc<dyn Transport>,
    from: usize,
    number: u8,
    length: usize,
) -> Result<Vec<u8>, LinkError> {
    block_on(transport.receive(id(from), Lane::MAIN, tag(number), length))
}

/// A network between two parties that can be cut: forwards datagrams until it is dropped, then they vanish. To the
/// parties that is a killed process or a pulled cable.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    stop: Arc<std::sync::atomic::AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Relay {
    /// Forwards what arrives to `target`, and answers to whoever sent last.
    pub(crate) fn new(target: SocketAddr) -> Self {
        let near = UdpSocket::bind("127.0.0.1:0").unwrap();
        let far = UdpSocket::bind("127.0.0.1:0").unwrap();
        near.set_nonblocking(true).unwrap();
        far.set_nonblocking(true).unwrap();
        let address = near.local_addr().unwrap();
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut caller = None;
            let mut bytes = vec![0; 65_536];
            while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
                let mut idle = true;
                while let Ok((length, from)) = near.recv_from(&mut bytes) {
                    caller = Some(from);
                    let _ = far.send_to(&bytes[..length], target);
                    idle = false;
                }
                while let Ok((length, _)) = far.recv_from(&mut bytes) {
                    if let Some(caller) = caller {
                        let _ = near.send_to(&bytes[..length], caller);
                    }
                    idle = false;
                }
                if idle {
                    std::thread::sleep(Duration::from_micros(300));
                }
            }
        });
        Self { address, stop, thread: Some(thread) }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, std::sync::atomic::Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Puts a relay into each link of `party`, so that all of them can be cut.
pub(crate) fn relay_links_of(configs: &mut [(MeshConfig, Hello)], party: usize) -> Vec<Relay> {
    let own_name = configs[party].0.name.clone();
    let own_address = configs[party].0.socket.local_addr().unwrap();
    let mut relays = Vec::new();
    for i in (0..configs.len()).filter(|&i| i != party) {
        let other_name = configs[i].0.name.clone();
        // The later name dials; its list names the relay in front of the other.
        let (dialler, dialled) = if own_name > other_name { (party, &other_name) } else { (i, &own_name) };
        let target = if dialler == party { configs[i].0.socket.local_addr().unwrap() } else { own_address };
        let relay = Relay::new(target);
        peer(&mut configs[dialler].0, dialled).address = Some(relay.address);
        relays.push(relay);
    }
    relays
}

pub(crate) fn text<T>(result: &Result<T, NetError>) -> String {
    match result {
        Ok(_) => "connected".into(),
        Err(error) => error.to_string(),
    }
}

pub(crate) fn key() -> PublicKey {
    Identity::generate().unwrap().public_key()
}
