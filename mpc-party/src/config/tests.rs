//! Configurations read back as written; whatever is wrong with one is named with its place.

use super::*;

const SITE: &str = r#"
[node]
id = "hospital-a"
role = "site"
state_dir = "state"

[identity]
key = "keys/a.key"

[network]
listen = "127.0.0.1:7000"

[[peer]]
name = "hospital-b"
address = "mpc.b.example:7000"
keys = ["AAAA", "BBBB"]

[[peer]]
name = "helper"
address = "[::1]:7003"
keys = ["CCCC"]

[[dataset]]
name = "cohort"
path = "/data/a.csv"
person_id = "patient"

[timeouts]
connect = "5s"
idle = "10m"
"#;

fn read(text: &str) -> Result<SiteConfig, UserError> {
    SiteConfig::interpret(&Source::new(Path::new("/etc/mpc/site.toml"), text.into()))
}

#[test]
fn a_configuration_is_read_relative_to_its_file() {
    let config = read(SITE).unwrap();
    let peer = |name: &str, address: &str, keys: &[&str]| Peer {
        name: name.into(),
        address: address.into(),
        keys: keys.iter().map(|&key| key.into()).collect(),
    };
    let expected = SiteConfig {
        id: "hospital-a".into(),
        role: Role::Site,
        state_dir: "/etc/mpc/state".into(),
        key: "/etc/mpc/keys/a.key".into(),
        listen: "127.0.0.1:7000".parse().unwrap(),
        peers: vec![
            peer("hospital-b", "mpc.b.example:7000", &["AAAA", "BBBB"]),
            peer("helper", "[::1]:7003", &["CCCC"]),
        ],
        datasets: vec![Dataset {
            name: "cohort".into(),
            path: "/data/a.csv".into(),
            person_id: Some("patient".into()),
        }],
        timeouts: Timeouts {
            connect: Some(Duration::from_secs(5)),
            idle: Some(Duration::from_secs(600)),
            ..Timeouts::default()
        },
    };
    assert_eq!(config, expected);
}

#[test]
fn a_written_configuration_reads_back() {
    let full = read(SITE).unwrap();
    assert_eq!(read(&full.to_toml().unwrap()).unwrap(), full);

    let all = Some(Duration::from_millis(1_500));
    let bare = SiteConfig {
        role: Role::Helper,
        peers: vec![],
        datasets: vec![],
        timeouts: Timeouts { connect: all, hello: all, ready: all, receive: all, keep_alive: all, idle: all },
        ..full.clone()
    };
    assert_eq!(read(&bare.to_toml().unwrap()).unwrap(), bare);

    let odd = Dataset { name: "a \"b\" #".into(), path: "/data/a b'\"\\é.csv".into(), person_id: None };
    let odd = SiteConfig { datasets: vec![odd], timeouts: Timeouts::default(), ..full };
    assert_eq!(read(&odd.to_toml().unwrap()).unwrap(), odd);
}

#[test]
fn a_file_is_read_from_disk() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("site.toml");
    std::fs::write(&path, SITE).unwrap();
    assert_eq!(SiteConfig::read(&path).unwrap().key, dir.path().join("keys/a.key"));
    std::fs::write(&path, vec![b'#'; FILE_BYTES as usize + 1]).unwrap();
    assert_eq!(SiteConfig::read(&path).unwrap_err().message, "the file is larger than 1048576 bytes");
}

#[test]
fn whatever_is_wrong_is_named_with_its_place() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "role = \"site\"",
            "roll = \"site\"",
            "4:1: unknown key \"roll\" in [node]\n  did you mean \"role\"? Known here: id, role, state_dir",
        ),
        (
            "[timeouts]",
            "[timeout]",
            "28:2: unknown key \"timeout\" at the top level\n  did you mean \"timeouts\"? Known here: node, identity, \
             network, peer, dataset, timeouts",
        ),
        (
            "keys = [\"CCCC\"]",
            "keyes = [\"CCCC\"]",
            "21:1: unknown key \"keyes\" in [peer]\n  did you mean \"keys\"? Known here: name, address, keys",
        ),
        ("id = \"hospital-a\"\n", "", "2:1: node.id is missing"),
        ("role = \"site\"\n", "", "2:1: node.role is missing"),
        ("state_dir = \"state\"\n", "", "2:1: node.state_dir is missing"),
        ("[identity]\nkey = \"keys/a.key\"\n", "", "1:1: section [identity] is missing"),
        ("listen = \"127.0.0.1:7000\"\n", "", "10:1: network.listen is missing"),
        (
            "\"hospital-a\"",
            "\"Hospital A\"",
            "3:6: node.id cannot be \"Hospital A\"\n  a name has 1 to 63 characters out of a-z, 0-9 and \"-\"",
        ),
        (
            "role = \"site\"",
            "role = \"sight\"",
            "4:8: node.role cannot be \"sight\"\n  allowed: \"site\" or \"helper\"",
        ),
        ("role = \"site\"", "role = \"helper\"", "23:1: a helper holds no data\n  leave [[dataset]] out"),
        ("\"state\"", "7", "5:13: node.state_dir must be a string, not an integer"),
        ("\"keys/a.key\"", "\"\"", "8:7: identity.key is empty"),
        ("\"keys/a.key\"", "\"a\\u0000b\"", "8:7: identity.key contains a control character"),
        (
            "\"127.0.0.1:7000\"",
            "\"localhost\"",
            "11:10: network.listen is not an address to listen on\n  write it as \"192.0.2.1:7000\" or \
             \"[2001:db8::1]:7000\"; \"0.0.0.0:7000\" for any",
        ),
        (
            "\"mpc.b.example:7000\"",
            "\"mpc.b.example\"",
            "15:11: peer.address is not host and port\n  write it as \"mpc.hospital.example:7000\" or \
             \"192.0.2.1:7000\"",
        ),
        (
            "\"[::1]:7003\"",
            "\"::1:7003\"",
            "20:11: peer.address is not host and port\n  write it as \"mpc.hospital.example:7000\" or \
             \"192.0.2.1:7000\"",
        ),
        ("name = \"helper\"", "name = \"hospital-b\"", "19:8: \"hospital-b\" is the name of two parties"),
        ("name = \"helper\"", "name = \"hospital-a\"", "19:8: \"hospital-a\" is the name of two parties"),
        ("[\"CCCC\"]", "[]", "21:8: peer.keys is empty\n  add the key that the peer's init printed"),
        ("[\"CCCC\"]", "\"CCCC\"", "21:8: peer.keys must be an array, not a string"),
        ("[\"CCCC\"]", "[1]", "21:9: peer.keys must be a string, not an integer"),
        (
            "\"10m\"",
            "\"10 minutes\"",
            "30:8: timeouts.idle is not a duration\n  write a whole number and a unit: \"500ms\", \"30s\", \"10m\" or \
             \"2h\"",
        ),
        ("\"10m\"", "10", "30:8: timeouts.idle must be a string, not an integer"),
        ("\"10m\"", "\"0s\"", "30:8: timeouts.idle is out of range\n  allowed: 1ms to 168h"),
        ("\"10m\"", "\"999h\"", "30:8: timeouts.idle is out of range\n  allowed: 1ms to 168h"),
        ("[node]", "[node", "2:6: not valid TOML: unclosed table, expected `]`"),
    ];
    let mut wrong = Vec::new();
    for (from, to, error) in cases {
        assert_eq!(SITE.matches(from).count(), 1, "{from}");
        let found = read(&SITE.replace(from, to)).unwrap_err().to_string();
        if found != format!("/etc/mpc/site.toml:{error}") {
            wrong.push(format!("{from} -> {to}\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn datasets_have_names_of_their_own() {
    let two = format!("{SITE}\n[[dataset]]\nname = \"cohort\"\npath = \"b.csv\"\n");
    assert_eq!(
        read(&two).unwrap_err().to_string(),
        "/etc/mpc/site.toml:33:8: \"cohort\" is the name of two datasets"
    );
}
