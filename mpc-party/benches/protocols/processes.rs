//! Parties in processes of their own. Each runs this program again, and is told line by line on its standard input what
//! to do; what it has done it says on its standard output.

use crate::totals::Totals;
use crate::{named, source};
use mpc_core::test_world::Parties;
use mpc_core::transport::PartyId;
use mpc_net::Interrupter;
use mpc_party::bench::{End, Member, Place, Setting};
use std::io::{BufRead, BufReader, Lines, StdinLock, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// The word that makes this program a party.
pub(crate) const PARTY: &str = "party";

/// What a session took.
pub(crate) struct Run {
    /// Agreement, and base transfers if there is no helper.
    pub(crate) set_up: Duration,
    /// That, and all else.
    pub(crate) total: Duration,
    /// Bytes of messages with their headers that all parties sent.
    pub(crate) bytes: u64,
}

/// Connected parties.
pub(crate) struct Processes(Vec<Process>);

struct Process {
    child: Child,
    tell: ChildStdin,
    hear: Lines<BufReader<ChildStdout>>,
}

impl Processes {
    /// Starts and connects these parties.
    pub(crate) fn start(parties: Parties) -> Self {
        let members = Setting { sites: parties.sites(), field: parties.field() }.participants();
        let mut all = Self(members.map(|member| Process::start(parties, member)).collect());
        let places = all.hear().join(" ");
        all.tell(&places);
        all.hear();
        all
    }

    /// Runs a session of this work: when all have their inputs, they start, and agree before they compute.
    pub(crate) fn run(&mut self, work: &str) -> Run {
        self.tell(work);
        self.hear();
        let start = Instant::now();
        self.tell("go");
        self.hear();
        let set_up = start.elapsed();
        let sent = self.hear();
        let total = start.elapsed();
        Run { set_up, total, bytes: sent.iter().map(|bytes| bytes.parse::<u64>().unwrap()).sum() }
    }

    fn tell(&mut self, line: &str) {
        for process in &mut self.0 {
            writeln!(process.tell, "{line}").unwrap();
        }
    }

    /// A line of each.
    fn hear(&mut self) -> Vec<String> {
        self.0.iter_mut().map(|process| process.hear.next().expect("a party ended").unwrap()).collect()
    }
}

impl Process {
    fn start(parties: Parties, member: PartyId) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([PARTY, &parties.sites().to_string(), source(parties), &member.index().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let tell = child.stdin.take().unwrap();
        let hear = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, tell, hear }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A party: number of sites, source, and which one it is.
pub(crate) fn party(words: &[String]) {
    let parties = named(words[0].parse().unwrap(), &words[1]);
    let me = PartyId::new(words[2].parse().unwrap());
    let setting = Setting { sites: parties.sites(), field: parties.field() };
    let mut lines = std::io::stdin().lines();

    let end = End::new().unwrap();
    println!("{},{}", end.place().key, end.place().address);
    let places: Vec<Place> = next(&mut lines).unwrap().split(' ').map(place).collect();
    let member = Member::connect(setting, me, end, &places, &Interrupter::new()).unwrap();
    println!("connected");
    while let Some(work) = next(&mut lines) {
        let task = Totals::named(&work, parties, me);
        println!("has its inputs");
        next(&mut lines);
        let before = member.traffic().sent;
        let ready = member.set_up(&task).unwrap();
        println!("agreed");
        member.work(&task, ready).unwrap();
        println!("{}", member.traffic().sent - before);
    }
}

fn next(lines: &mut Lines<StdinLock<'static>>) -> Option<String> {
    lines.next().map(|line| line.unwrap())
}

fn place(text: &str) -> Place {
    let (key, address) = text.split_once(',').unwrap();
    Place { key: key.parse().unwrap(), address: address.parse().unwrap() }
}
