//! Hosts of their own: network namespaces joined by a switch, and the walk of docs/deployment.md on them.
//!
//! Needs root and `ip` of iproute2; without them the tests print why they are skipped.

use crate::support::process::{PROGRAM, Running};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(90);

fn ip(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("ip").args(arguments).output().map_err(|error| format!("no ip: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => {
            Err(format!("ip {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
        }
    }
}

/// Hosts with addresses 192.0.2.1, .2 and so on, at one switch. Dropping it removes them.
struct Hosts {
    prefix: String,
    names: Vec<String>,
    folder: TempDir,
}

impl Hosts {
    /// The hosts, or why there can be none here.
    fn new(label: &str, names: &[&str]) -> Result<Self, String> {
        let hosts = Self {
            prefix: format!("mpc-{label}-{}", std::process::id()),
            names: names.iter().map(|&name| name.to_owned()).collect(),
            folder: TempDir::new().unwrap(),
        };
        let switch = hosts.space("switch");
        ip(&["netns", "add", &switch])?;
        ip(&["-n", &switch, "link", "add", "br0", "type", "bridge"])?;
        ip(&["-n", &switch, "link", "set", "br0", "up"])?;
        for (at, name) in hosts.names.iter().enumerate() {
            let (space, port) = (hosts.space(name), format!("port{at}"));
            ip(&["netns", "add", &space])?;
            ip(&[
                "link", "add", "eth0", "netns", &space, "type", "veth", "peer", "name", &port, "netns",
                &switch,
            ])?;
            ip(&["-n", &switch, "link", "set", &port, "master", "br0", "up"])?;
            ip(&["-n", &space, "addr", "add", &format!("192.0.2.{}/24", at + 1), "dev", "eth0"])?;
            ip(&["-n", &space, "addr", "add", &format!("2001:db8::{}/64", at + 1), "dev", "eth0", "nodad"])?;
            ip(&["-n", &space, "link", "set", "eth0", "up"])?;
            ip(&["-n", &space, "link", "set", "lo", "up"])?;
            std::fs::create_dir(hosts.path(name)).unwrap();
        }
        Ok(hosts)
    }

    fn space(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Pulls a host's cable, or puts it in again.
    fn cable(&self, name: &str, state: &str) {
        let at = self.names.iter().position(|other| other == name).unwrap();
        ip(&["-n", &self.space("switch"), "link", "set", &format!("port{at}"), state]).unwrap();
    }

    /// A shell's command at a host, with everything it prints in one stream.
    fn start(&self, name: &str, line: &str) -> Running {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.space(name), "sh", "-c", &format!("exec 2>&1; {line}")]);
        let programs = Path::new(PROGRAM).parent().unwrap();
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        Running::start(name, command.current_dir(self.path(name)).env("PATH", path))
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for name in self.names.iter().map(String::as_str).chain(["switch"]) {
            // It may not have come so far.
            let _ = ip(&["netns", "del", &self.space(name)]);
        }
    }
}

const NAMES: [&str; 4] = ["hospital-a", "hospital-b", "hospital-c", "helper"];

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a host's administrator has before the walk begins: data, and the query.
fn furnish(hosts: &Hosts) {
    for name in NAMES {
        let to = hosts.path(name);
        let example = top().join("examples/genomes");
        std::fs::copy(example.join("query.toml"), to.join("query.toml")).unwrap();
        if name != "helper" {
            std::fs::copy(example.join(format!("{name}.csv")), to.join("cohort.csv")).unwrap();
        }
    }
}

/// A command of the walk, and the lines that it prints.
#[derive(Debug)]
struct Step {
    host: String,
    command: String,
    printed: Vec<String>,
}

/// The blocks of a page that show commands at hosts.
fn walk(page: &str) -> Vec<Vec<Step>> {
    let mut blocks = Vec::new();
    let mut block: Option<Vec<Step>> = None;
    for line in page.lines() {
        if line.starts_with("```") {
            match block.take() {
                Some(steps) if !steps.is_empty() => blocks.push(steps),
                Some(_) => {}
                None => block = Some(Vec::new()),
            }
            continue;
        }
        let Some(steps) = &mut block else { continue };
        match line.split_once("$ ").filter(|(host, _)| NAMES.contains(host)) {
            Some((host, command)) => {
                steps.push(Step { host: host.into(), command: command.into(), printed: Vec::new() });
            }
            None => steps.iter_mut().rev().take(1).for_each(|step| step.printed.push(line.to_owned())),
        }
    }
    blocks
}

/// Whether printed lines are those of the page, where "..." stands for anything in a line, and alone for any lines.
fn fits(page: &[String], printed: &[String]) -> bool {
    match (page.split_first(), printed.split_first()) {
        (None, None) => true,
        (Some((line, rest)), _) if line == "..." => {
            (0..=printed.len()).any(|skipped| fits(rest, &printed[skipped..]))
        }
        (Some((line, rest)), Some((found, left))) => line_fits(line, found) && fits(rest, left),
        _ => false,
    }
}

fn line_fits(line: &str, found: &str) -> bool {
    let mut parts = line.split("...");
    let Some(mut rest) = found.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    for part in parts {
        match rest.find(part) {
            // The last part must end the line.
            Some(at) if !part.is_empty() => rest = &rest[at + part.len()..],
            Some(_) => rest = "",
            None => return false,
        }
    }
    rest.is_empty()
}

#[test]
fn a_page_and_what_is_printed_are_compared() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let same = |page: &str, printed: &str| fits(&lines(page), &lines(printed));
    assert!(same("a ... c\n...\nlast", "a b c\nx\ny\nlast") && same("a ...", "a b") && same("...", ""));
    for (page, printed) in
        [("a ... c", "a b d"), ("a", "a\nb"), ("a\nb", "a"), ("...\nlast", "x"), ("a b", "a b c")]
    {
        assert!(!same(page, printed), "{page:?} {printed:?}");
    }
}

/// Runs one block: the hosts at the same time, each its own commands one after another.
fn run_block(hosts: &Hosts, lines: &mut BTreeMap<String, String>, steps: &[Step]) {
    let known = lines.clone();
    let of_host = |host: &str| steps.iter().filter(|step| step.host == host).collect::<Vec<_>>();
    let printed: Vec<(String, String)> = std::thread::scope(|scope| {
        let threads: Vec<_> = NAMES
            .iter()
            .map(|&host| {
                let (steps, known) = (of_host(host), &known);
                scope.spawn(move || {
                    let run = |step: &&Step| (host.to_owned(), run_step(hosts, known, step));
                    steps.iter().map(run).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    for (host, text) in printed {
        // A host's own line, as `init` prints it.
        if let Some(line) = text.lines().find(|line| line.starts_with(&format!("mpc1 {host} "))) {
            lines.insert(host, line.to_owned());
        }
    }
}

fn run_step(hosts: &Hosts, known: &BTreeMap<String, String>, step: &Step) -> String {
    let mut command = step.command.clone();
    for (host, line) in known {
        // The page shortens lines; the administrator pastes them whole.
        if let Some(start) = command.find(&format!("'mpc1 {host} ")) {
            let end = start + 1 + command[start + 1..].find('\'').expect("a closing quote");
            command.replace_range(start + 1..end, line);
        }
    }
    let ended = hosts.start(&step.host, &command).wait(LIMIT);
    assert_eq!(ended.code, Some(0), "{command}: {ended:#?}");
    let printed: Vec<String> = ended.stdout.lines().map(str::to_owned).collect();
    let page = step.printed.as_slice();
    assert!(
        fits(page, &printed),
        "{}$ {}\nprinted\n{}\nand the page says\n{}",
        step.host,
        step.command,
        ended.stdout,
        page.join("\n")
    );
    ended.stdout
}

#[test]
fn the_documented_walk() {
    let hosts = match Hosts::new("walk", &NAMES) {
        Ok(hosts) => hosts,
        Err(why) => return println!("skipped: network namespaces need root and iproute2 ({why})"),
    };
    furnish(&hosts);
    let page = std::fs::read_to_string(top().join("docs/deployment.md")).unwrap();
    let blocks = walk(&page);
    assert!(blocks.len() >= 4, "the page has a walk");
    let mut lines = BTreeMap::new();
    for block in &blocks {
        run_block(&hosts, &mut lines, block);
    }
    assert_eq!(lines.len(), NAMES.len());
    let result = |name: &str| std::fs::read(hosts.path(name).join("results/result.csv")).unwrap();
    assert_eq!(result("hospital-a"), result("hospital-b"));
    assert_eq!(result("hospital-a"), result("hospital-c"));
    // Two administrators read each other the same words.
    let list =
        |name: &str| hosts.start(name, "mpc-party peer list --config mpc/site.toml").wait(LIMIT).stdout;
    let words = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.trim().split(' ').count() == 8)
            .map(|line| line.trim().to_owned())
            .collect()
    };
    let (a, b) = (words(&list("hospital-a")), words(&list("hospital-b")));
    assert_eq!((a.len(), b.len()), (3, 3));
    assert_eq!(a.iter().filter(|words| b.contains(words)).count(), 1);
}

#[test]
fn a_pulled_cable_ends_all_by_name_and_put_in_again_all_is_well() {
    let hosts = match Hosts::new("cable", &NAMES) {
        Ok(hosts) => hosts,
        Err(why) => return println!("skipped: network namespaces need root and iproute2 ({why})"),
    };
    furnish(&hosts);
    let page = std::fs::read_to_string(top().join("docs/deployment.md")).unwrap();
    let mut lines = BTreeMap::new();
    for block in &walk(&page) {
        if block.iter().all(|step| !step.command.starts_with("mpc-party run")) {
            run_block(&hosts, &mut lines, block);
        }
    }
    let run =
        "exec mpc-party run --config mpc/site.toml --query query.toml --out results --preprocessing helper";
    for name in NAMES {
        let config = hosts.path(name).join("mpc/site.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let log =
            "[log]\nlevel = \"info\"\n[timeouts]\nconnect = \"8s\"\nidle = \"3s\"\nkeep_alive = \"1s\"\n";
        std::fs::write(&config, text.replacen("[identity]", &format!("{log}\n[identity]"), 1)).unwrap();
    }
    // The last host never comes, so the others wait until the cable is pulled.
    let mut running: Vec<_> = NAMES[..3].iter().map(|name| (*name, hosts.start(name, run))).collect();
    running[0].1.wait_for("link is up");
    hosts.cable("hospital-b", "down");
    for (name, party) in &mut running {
        let ended = party.wait(LIMIT);
        assert_eq!(ended.code, Some(4), "{ended:#?}");
        assert!(
            name == &"hospital-b" || ended.stdout.contains("hospital-b") || ended.stdout.contains("helper"),
            "{ended:#?}"
        );
        assert!(!hosts.path(name).join("results/result.json").exists());
    }
    hosts.cable("hospital-b", "up");
    let running: Vec<_> = NAMES.iter().map(|name| hosts.start(name, run)).collect();
    for mut party in running {
        assert_eq!(party.wait(LIMIT).code, Some(0));
    }
}
