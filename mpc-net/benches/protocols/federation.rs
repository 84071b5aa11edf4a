//! A federation on loopback: a process for each party, which runs one session after another over the same links as a
//! deployment. The parties are this same program, told what to do on their standard input, a line for each session.

use crate::product::{MULTIPLY, PREPARE, Product};
use crate::work::{Inputs, Work};
use crate::{named, source};
use futures::executor::block_on;
use mpc_core::correlation::{Demand, Source};
use mpc_core::error::Result;
use mpc_core::random::{Prg, Seed};
use mpc_core::session::{Context, Roster, SchemaTerms, Terms, agree};
use mpc_core::sharing::SemiHonest;
use mpc_core::source::helper::{HelperSource, deal};
use mpc_core::source::ot::OtSource;
use mpc_core::test_world::Parties;
use mpc_core::transport::PartyId;
use mpc_net::{Hello, Identity, Interrupter, Mesh, MeshConfig, PeerConfig, PublicKey, Timeouts};
use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// First argument of a party's process.
pub(crate) const PARTY: &str = "party-of-the-bench";

/// What a session took.
pub(crate) struct Run {
    /// From the start, before the agreement, to the end of the last party.
    pub(crate) elapsed: Duration,
    /// Bytes in UDP datagrams that all parties sent.
    pub(crate) bytes: u64,
    /// Time that all threads of all parties were computing; zero where the system does not say.
    pub(crate) computing: Duration,
}

/// The processes of a federation.
pub(crate) struct Federation {
    parties: Vec<Party>,
}

struct Party {
    process: Child,
    /// `None` once it was told to end.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Party {
    fn start(index: u8, parties: Parties) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([PARTY, &index.to_string(), &parties.sites().to_string(), source(parties)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, orders, answers }
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.orders.as_mut().unwrap(), "{line}").unwrap();
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "a party ended; it said why on standard error");
        line.trim_end().to_owned()
    }
}

impl Federation {
    /// Starts a process for each, and connects them.
    pub(crate) fn start(who: Parties) -> Self {
        let mut parties: Vec<Party> = (0..who.participants()).map(|index| Party::start(index, who)).collect();
        let addresses: Vec<String> = parties.iter_mut().map(Party::hear).collect();
        parties.iter_mut().for_each(|party| party.tell(&addresses.join(" ")));
        parties.iter_mut().for_each(|party| assert_eq!(party.hear(), "connected"));
        Self { parties }
    }

    /// Runs a session of this many blocks.
    pub(crate) fn run(&mut self, work: &Work, blocks: usize) -> Run {
        self.order(&format!("{} {blocks}", work.name))
    }

    /// Tells all parties the same, and waits for all of them.
    pub(crate) fn order(&mut self, order: &str) -> Run {
        let start = Instant::now();
        self.parties.iter_mut().for_each(|party| party.tell(order));
        let (mut bytes, mut computing) = (0, Duration::ZERO);
        for party in &mut self.parties {
            let answer = party.hear();
            let (sent, computed) = answer.split_once(' ').unwrap();
            bytes += sent.parse::<u64>().unwrap();
            computing += Duration::from_nanos(computed.parse().unwrap());
        }
        Run { elapsed: start.elapsed(), bytes, computing }
    }
}

impl Drop for Federation {
    fn drop(&mut self) {
        // The end of its input ends a party; all of them, as they take leave of each other.
        self.parties.iter_mut().for_each(|party| party.orders = None);
        for party in &mut self.parties {
            let _ = party.process.wait();
        }
    }
}

/// A party's process: takes part in the sessions that it is told of.
pub(crate) fn party(mut arguments: impl Iterator<Item = String>) {
    let mut number = || arguments.next().unwrap().parse::<u8>().unwrap();
    let (index, sites) = (number(), number());
    let parties = named(sites, &arguments.next().unwrap());
    let mut orders = stdin().lock().lines().map(Result::unwrap);
    let mesh = connect(index, &mut orders);
    answer("connected");

    let roster = Roster::new(PartyId::new(index), sites, parties.field().is_none());
    let inputs = Inputs::new(index);
    let mut product = None;
    for order in orders {
        let before = (mesh.traffic().udp_sent, computing());
        let (first, rest) = order.split_once(' ').unwrap_or((&order, ""));
        match first {
            PREPARE => product = Some(Product::new(rest.split(' '), index)),
            MULTIPLY => session(&mesh, roster, parties, &Task::Product(product.as_ref().unwrap())),
            work => {
                let blocks = rest.parse().unwrap();
                session(&mesh, roster, parties, &Task::Blocks(Work::named(work).unwrap(), blocks, &inputs));
            }
        }
        answer(&format!("{} {}", mesh.traffic().udp_sent - before.0, computing() - before.1));
    }
    mesh.close().unwrap();
}

/// Nanoseconds that the threads of this process have been computing, as Linux counts them.
fn computing() -> u64 {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return 0 };
    let schedules = threads.flatten().map(|thread| std::fs::read_to_string(thread.path().join("schedstat")));
    schedules.flatten().filter_map(|text| text.split(' ').next()?.parse::<u64>().ok()).sum()
}

fn answer(line: &str) {
    let mut out = stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

/// Says who and where this party is, hears the same of all, and connects.
fn connect(index: u8, orders: &mut impl Iterator<Item = String>) -> Mesh {
    let name = |index: u8| if index == 0 { "a".to_owned() } else { format!("b{index:02}") };
    let identity = Identity::generate().unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    answer(&format!("{} {}", identity.public_key(), socket.local_addr().unwrap()));
    let all = orders.next().unwrap();
    let all: Vec<&str> = all.split(' ').collect();
    let parties: Vec<PeerConfig> = all
        .as_chunks::<2>()
        .0
        .iter()
        .zip(0..)
        .map(|([key, address], id)| PeerConfig {
            id: PartyId::new(id),
            name: name(id),
            address: Some(address.parse::<SocketAddr>().unwrap()),
            keys: vec![key.parse::<PublicKey>().unwrap()],
            retired: Vec::new(),
        })
        .collect();
    let hello = Hello {
        build: "bench".into(),
        query_hash: [1; 32],
        session_parties: parties.iter().map(|party| (party.name.clone(), party.keys.clone())).collect(),
        mode: "semi-honest/helper".into(),
    };
    let config = MeshConfig {
        id: PartyId::new(index),
        name: name(index),
        reachable: true,
        identity,
        socket,
        peers: parties.into_iter().filter(|party| party.id != PartyId::new(index)).collect(),
        timeouts: Timeouts::default(),
        interrupter: Interrupter::new(),
        on_wait: Box::new(|_| {}),
    };
    let mesh = Mesh::connect(config, hello).unwrap();
    mesh.exchange_ready(Vec::new()).unwrap();
    mesh
}

/// What a session is for.
enum Task<'a> {
    Blocks(&'static Work, usize, &'a Inputs),
    Product(&'a Product),
}

impl Task<'_> {
    fn demand(&self, sites: u8) -> Demand {
        match self {
            Self::Blocks(work, blocks, _) => work.demand(sites, *blocks),
            Self::Product(product) => product.demand(),
        }
    }

    async fn run(&self, ctx: &Context<SemiHonest>) -> Result<()> {
        match self {
            Self::Blocks(work, blocks, inputs) => work.run(ctx, inputs, *blocks).await,
            Self::Product(product) => product.run(ctx).await,
        }
    }
}

/// One session: agreement, and then the protocol, or what it needs of the helper.
fn session(mesh: &Mesh, roster: Roster, parties: Parties, task: &Task<'_>) {
    let transport = mesh.transport();
    let schema = Some(SchemaTerms { hash: [2; 32], markers: 2 }).filter(|_| !roster.is_helper());
    let terms = Terms { description: [1; 32], schema };
    let mut randomness = Prg::new(Seed::from_os().unwrap());
    block_on(async {
        let mut agreed = agree(&*transport, &roster, &terms, &mut randomness).await?;
        if roster.is_helper() {
            let demand = task.demand(roster.site_count() as u8);
            return deal(&*transport, &roster, &agreed, &demand).await;
        }
        let links = transport.clone();
        let source: Arc<dyn Source<SemiHonest>> = match parties.field() {
            None => Arc::new(HelperSource::new(links, roster, &mut agreed)?),
            Some(field) => Arc::new(OtSource::set_up(links, roster, &agreed, field, &mut randomness).await?),
        };
        task.run(&Context::new(transport.clone(), roster, agreed, source)).await
    })
    .unwrap();
}
