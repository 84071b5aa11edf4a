//! Making identities, and adding the lines of others: what an administrator types, and what goes wrong.

use crate::support::process::{Ended, PROGRAM, run};
use mpc_net::{Identity, IdentityLine};
use mpc_party::config::{Date, SiteConfig};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

fn program(arguments: &[&str]) -> Ended {
    run(Command::new(PROGRAM).args(arguments))
}

/// Makes a party and gives its configuration and its line.
fn init(folder: &Path, id: &str, more: &[&str]) -> (PathBuf, String) {
    let dir = folder.join(id);
    let mut arguments = vec!["init", "--id", id, "--dir", dir.to_str().unwrap()];
    arguments.extend(more);
    let ended = program(&arguments);
    ended.done();
    assert_eq!(ended.stdout.lines().count(), 1, "{ended:#?}");
    (dir.join("site.toml"), ended.stdout.trim_end().to_owned())
}

fn add(config: &Path, line: &str) -> Ended {
    program(&["peer", "add", "--config", config.to_str().unwrap(), line])
}

fn words(ended: &Ended, name: &str) -> String {
    let before = format!("Compare by telephone with {name}: ");
    ended.stdout.lines().find_map(|line| line.strip_prefix(&before)).expect("the words").to_owned()
}

#[test]
fn a_party_is_made_and_its_configuration_reads() {
    let folder = TempDir::new().unwrap();
    let (config, line) = init(folder.path(), "hospital-a", &["--listen", "192.0.2.1:7000"]);
    let key = config.with_file_name("identity.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o7777, 0o600);
    let line: IdentityLine = line.parse().unwrap();
    assert_eq!((line.name(), line.address()), ("hospital-a", Some("192.0.2.1:7000")));
    let identity = Identity::load(&key).unwrap();
    assert_eq!(line.key(), identity.public_key());
    let read = SiteConfig::read(&config).unwrap();
    assert_eq!(read.line(identity.public_key()), Some(line));
    assert_eq!(read.datasets[0].path, config.with_file_name("data.csv"));
    // A helper has no data.
    let (config, _) = init(folder.path(), "helper", &["--listen", "[2001:db8::4]:7000"]);
    assert!(SiteConfig::read(&config).unwrap().datasets.is_empty());
}

#[test]
fn nothing_that_is_there_is_replaced() {
    for there in ["identity.key", "site.toml"] {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join(there);
        std::fs::write(&file, "precious").unwrap();
        let dir = folder.path().to_str().unwrap();
        let ended = program(&["init", "--id", "hospital-a", "--listen", "192.0.2.1:7000", "--dir", dir]);
        ended.failed(2, &[there, "exists already"]);
        assert_eq!(std::fs::read(&file).unwrap(), b"precious");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn what_others_dial_must_be_known() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("x");
    let dir = dir.to_str().unwrap();
    for listen in ["0.0.0.0:7000", "[::]:7000", "192.0.2.1:0"] {
        let ended = program(&["init", "--id", "hospital-a", "--listen", listen, "--dir", dir]);
        ended.failed(2, &["--advertise"]);
    }
    let wrong = ["--id", "hospital-a", "--listen", "0.0.0.0:7000", "--dir", dir, "--advertise", "nothing"];
    program(&[&["init"][..], &wrong].concat()).failed(2, &["--advertise is not host:port"]);
    program(&["init", "--id", "Hospital A", "--listen", "192.0.2.1:7", "--dir", dir]).failed(2, &["--id"]);
    assert!(!Path::new(dir).exists());
    let (config, line) = init(folder.path(), "hidden", &["--listen", "0.0.0.0:0", "--advertise", "none"]);
    assert!(line.starts_with("mpc1 hidden - "), "{line}");
    assert_eq!(
        SiteConfig::read(&config)
            .unwrap()
            .line(line.parse::<IdentityLine>().unwrap().key())
            .unwrap()
            .to_string(),
        line
    );
    let (_, line) =
        init(folder.path(), "named", &["--listen", "[::]:7000", "--advertise", "mpc.example:443"]);
    assert!(line.starts_with("mpc1 named mpc.example:443 "), "{line}");
}

#[test]
fn two_administrators_read_each_other_the_same_words() {
    let folder = TempDir::new().unwrap();
    let (config_a, line_a) = init(folder.path(), "hospital-a", &["--listen", "192.0.2.1:7000"]);
    let (config_b, line_b) = init(folder.path(), "hospital-b", &["--listen", "192.0.2.2:7000"]);
    let at_a = add(&config_a, &line_b);
    at_a.done();
    // Without quotes around it, the shell hands over five words.
    let mut command = Command::new(PROGRAM);
    command.args(["peer", "add", "--config"]).arg(&config_b).args(line_a.split(' '));
    let at_b = run(&mut command);
    at_b.done();
    assert_eq!(words(&at_a, "hospital-b"), words(&at_b, "hospital-a"));
    assert_eq!(words(&at_a, "hospital-b").split(' ').count(), 8);
    let peers = SiteConfig::read(&config_a).unwrap().peers;
    assert_eq!((peers[0].name.as_str(), peers[0].address.as_deref()), ("hospital-b", Some("192.0.2.2:7000")));
    let list = program(&["peer", "list", "--config", config_a.to_str().unwrap()]);
    list.done();
    assert!(list.stdout.contains(&line_a) && list.stdout.contains(&words(&at_a, "hospital-b")), "{list:#?}");

    // Again, it changes nothing.
    let before = std::fs::read(&config_a).unwrap();
    let again = add(&config_a, &line_b);
    again.done();
    assert_eq!(words(&again, "hospital-b"), words(&at_a, "hospital-b"));
    assert_eq!(std::fs::read(&config_a).unwrap(), before);

    // A line that somebody changed on its way gives other words, or none.
    let stranger =
        IdentityLine::new("hospital-b", Some("192.0.2.2:7000"), Identity::generate().unwrap().public_key());
    let fooled = add(&config_a, &stranger.unwrap().to_string());
    assert_ne!(words(&fooled, "hospital-b"), words(&at_a, "hospital-b"));
}

#[test]
fn lines_that_cannot_be_added_leave_the_file_as_it_is() {
    let folder = TempDir::new().unwrap();
    let (config, own) = init(folder.path(), "hospital-a", &["--listen", "192.0.2.1:7000"]);
    let (_, other) = init(folder.path(), "hospital-b", &["--listen", "192.0.2.2:7000"]);
    add(&config, &other).done();
    let before = std::fs::read(&config).unwrap();
    let key = other.parse::<IdentityLine>().unwrap().key();
    let moved =
        IdentityLine::new("hospital-b", Some("192.0.2.9:7000"), Identity::generate().unwrap().public_key());
    let renamed = IdentityLine::new("hospital-c", Some("192.0.2.2:7000"), key).unwrap().to_string();
    let namesake = IdentityLine::new("hospital-a", None, Identity::generate().unwrap().public_key())
        .unwrap()
        .to_string();
    let typo = other.replacen("hospital-b", "hospital-c", 1);
    let cases = [
        (own.as_str(), "own line"),
        (&typo, "checksum"),
        ("mpc1 hospital-b", "five words"),
        (&moved.unwrap().to_string(), "another address"),
        (&renamed, "listed already, for hospital-b"),
        (&namesake, "this party itself"),
    ];
    for (line, text) in cases {
        add(&config, line).failed(2, &[text]);
        assert_eq!(std::fs::read(&config).unwrap(), before, "{line}");
    }
    // The rest of the file, and its mode, stay.
    std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o640)).unwrap();
    let next =
        IdentityLine::new("hospital-b", Some("192.0.2.2:7000"), Identity::generate().unwrap().public_key());
    let second = add(&config, &next.unwrap().to_string());
    assert!(second.stdout.starts_with("A second key was added for hospital-b"), "{second:#?}");
    let after = std::fs::read(&config).unwrap();
    assert!(after.starts_with(&before));
    assert_eq!(std::fs::metadata(&config).unwrap().permissions().mode() & 0o7777, 0o640);
    assert_eq!(SiteConfig::read(&config).unwrap().peers[0].keys.len(), 2);
}

#[test]
fn the_list_says_which_keys_are_accepted() {
    let folder = TempDir::new().unwrap();
    let (config, _) = init(folder.path(), "hospital-a", &["--listen", "192.0.2.1:7000"]);
    let mut text = std::fs::read_to_string(&config).unwrap();
    for terms in ["not_after = 2020-02-29", "revoked = true", "not_after = 2999-12-31"] {
        let key = Identity::generate().unwrap().public_key();
        text.push_str(&format!(
            "\n[[peer]]\nname = \"hospital-b\"\naddress = \"192.0.2.2:7\"\nkeys = [\"{key}\"]\n{terms}\n"
        ));
    }
    std::fs::write(&config, text).unwrap();
    let list = program(&["peer", "list", "--config", config.to_str().unwrap()]);
    for text in ["expired (2020-02-29)", ": revoked", "accepted until 2999-12-31"] {
        assert!(list.stdout.contains(text), "{list:#?}");
    }
    assert!(Date::today().to_string().as_str() < "2999");
}
