//! Configurations read back as written; whatever is wrong with one is named with its place.

use super::*;
use mpc_net::{IdentityLine, PublicKey, Retired};

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbba";
const C: &str = "ccccccccccccccccccccccccccccccccccccccccccccccccccca";

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
keys = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbba"]

[[peer]]
name = "helper"
address = "[::1]:7003"
keys = ["ccccccccccccccccccccccccccccccccccccccccccccccccccca"]

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
        address: Some(address.into()),
        keys: keys.iter().map(|key| key.parse::<PublicKey>().unwrap().into()).collect(),
    };
    let expected = SiteConfig {
        id: "hospital-a".into(),
        role: Role::Site,
        state_dir: "/etc/mpc/state".into(),
        key: "/etc/mpc/keys/a.key".into(),
        listen: "127.0.0.1:7000".parse().unwrap(),
        advertise: None,
        peers: vec![peer("hospital-b", "mpc.b.example:7000", &[A, B]), peer("helper", "[::1]:7003", &[C])],
        datasets: vec![Dataset {
            name: "cohort".into(),
            path: "/data/a.csv".into(),
            person_id: vec!["patient".into()],
        }],
        timeouts: Timeouts {
            connect: Some(Duration::from_secs(5)),
            idle: Some(Duration::from_secs(600)),
            ..Timeouts::default()
        },
        log: None,
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

    let odd = Dataset { name: "a \"b\" #".into(), path: "/data/a b'\"\\é.csv".into(), person_id: vec![] };
    let keyed =
        Dataset { name: "keyed".into(), person_id: vec!["family\"".into(), "born".into()], ..odd.clone() };
    let odd = SiteConfig { datasets: vec![odd, keyed], timeouts: Timeouts::default(), ..full };
    assert_eq!(read(&odd.to_toml().unwrap()).unwrap(), odd);
}

#[test]
fn several_columns_identify_a_person() {
    let with = |person_id: &str| {
        let text = SITE.replace("person_id = \"patient\"", &format!("person_id = {person_id}"));
        read(&text).map(|config| config.datasets[0].person_id.clone()).map_err(|error| error.message)
    };
    assert_eq!(with(r#"["family", "born"]"#), Ok(vec!["family".into(), "born".into()]));
    assert_eq!(with(r#"["patient"]"#), with(r#""patient""#));
    let nine: Vec<String> = (0..9).map(|column| format!("\"{column}\"")).collect();
    for (refused, why) in [
        ("[]", "dataset.person_id has 0 columns"),
        (&format!("[{}]", nine.join(",")), "dataset.person_id has 9 columns"),
        (r#"["born", "born"]"#, "dataset.person_id names \"born\" twice"),
        (r#"["born", ""]"#, "dataset.person_id is empty"),
        ("[1]", "dataset.person_id must be a string, not an integer"),
    ] {
        assert_eq!(with(refused), Err(why.into()), "{refused}");
    }
}

#[test]
fn a_file_is_read_from_disk() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("site.toml");
    std::fs::write(&path, SITE).unwrap();
    assert_eq!(SiteConfig::read(&path).unwrap().key, dir.path().join("keys/a.key"));
    std::fs::write(&path, vec![b'#'; SiteConfig::FILE_BYTES as usize + 1]).unwrap();
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
             network, peer, dataset, timeouts, log",
        ),
        (
            "keys = [\"ccccccccccccccccccccccccccccccccccccccccccccccccccca\"]",
            "keyes = [\"ccccccccccccccccccccccccccccccccccccccccccccccccccca\"]",
            "21:1: unknown key \"keyes\" in [peer]\n  did you mean \"keys\"? Known here: line, name, address, keys, not_after, revoked",
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
            "15:11: peer.address is not host and port\n  write it as \"mpc.hospital.example:7000\", \
             \"192.0.2.1:7000\" or \"[2001:db8::1]:7000\"",
        ),
        (
            "\"[::1]:7003\"",
            "\"::1:7003\"",
            "20:11: peer.address is not host and port\n  write it as \"mpc.hospital.example:7000\", \
             \"192.0.2.1:7000\" or \"[2001:db8::1]:7000\"",
        ),
        (
            "name = \"helper\"",
            "name = \"hospital-b\"",
            "19:8: \"hospital-b\" is listed with two addresses\n  correct the address in one of its sections",
        ),
        (
            "name = \"helper\"",
            "name = \"hospital-a\"",
            "19:8: \"hospital-a\" is this party itself\n  list the others only",
        ),
        (
            "[\"ccccccccccccccccccccccccccccccccccccccccccccccccccca\"]",
            "[]",
            "21:8: peer.keys is empty\n  add the key that the peer's init printed",
        ),
        (
            "[\"ccccccccccccccccccccccccccccccccccccccccccccccccccca\"]",
            "\"ccccccccccccccccccccccccccccccccccccccccccccccccccca\"",
            "21:8: peer.keys must be an array, not a string",
        ),
        (
            "[\"ccccccccccccccccccccccccccccccccccccccccccccccccccca\"]",
            "[1]",
            "21:9: peer.keys must be a string, not an integer",
        ),
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

#[test]
fn lines_and_single_values_say_the_same() {
    let line = |name: &str, address, key: &str| {
        IdentityLine::new(name, address, key.parse().unwrap()).unwrap().to_string()
    };
    let pasted = format!(
        "[[peer]]\nline = \"{}\"\n[[peer]]\nline = \"  {}\"\nnot_after = 2027-12-31\n[[peer]]\nname = \"hospital-c\"\n\
         keys = [\"{C}\"]\nrevoked = true\n",
        line("hospital-b", Some("mpc.b.example:7000"), A),
        line("hospital-b", Some("mpc.b.example:7000"), B),
    );
    let head = SITE.split("[[peer]]").next().unwrap();
    let peers = read(&format!("{head}{pasted}")).unwrap().peers;
    let key = |text: &str| PeerKey::from(text.parse::<PublicKey>().unwrap());
    let until = Date::of(2027, 12, 31);
    let expected = [
        Peer {
            name: "hospital-b".into(),
            address: Some("mpc.b.example:7000".into()),
            keys: vec![key(A), PeerKey { not_after: Some(until), ..key(B) }],
        },
        Peer { name: "hospital-c".into(), address: None, keys: vec![PeerKey { revoked: true, ..key(C) }] },
    ];
    assert_eq!(peers, expected);
    // And through the writer.
    let config = SiteConfig { peers, ..read(SITE).unwrap() };
    assert_eq!(read(&config.to_toml().unwrap()).unwrap(), config);
}

#[test]
fn keys_are_accepted_until_their_last_day() {
    let key = PeerKey { not_after: Some(Date::of(2027, 2, 28)), ..A.parse::<PublicKey>().unwrap().into() };
    assert_eq!(key.retired(Date::of(2027, 2, 28)), None);
    assert_eq!(key.retired(Date::of(2027, 3, 1)), Some(Retired::Expired));
    assert_eq!(PeerKey { revoked: true, ..key }.retired(Date::of(2020, 1, 1)), Some(Retired::Revoked));
}

#[test]
fn peers_that_contradict_themselves_are_refused() {
    let line = IdentityLine::new("hospital-c", None, B.parse().unwrap()).unwrap();
    let cases = [
        (format!("line = \"{line}x\""), "peer.line: the line was changed on its way"),
        ("line = \"hello\"".into(), "peer.line: an identity line begins with \"mpc1\""),
        (format!("line = \"{line}\"\nname = \"hospital-c\""), "peer.name is in the line already"),
        (format!("line = \"{line}\""), "this key of hospital-c is listed already, for hospital-b"),
        ("not_after = 2027-12-31".into(), "peer.line is missing"),
        (
            format!("name = \"hospital-c\"\nkeys = [\"{A}b\"]"),
            "peer.keys: a public key has 52 characters, this has 53",
        ),
        (
            format!("line = \"{line}\"\nnot_after = \"2027-12-31\""),
            "peer.not_after must be a date, not a string",
        ),
        (format!("line = \"{line}\"\nnot_after = 2027-12-31T12:00:00Z"), "peer.not_after must be a date"),
    ];
    for (section, text) in cases {
        let error = read(&format!("{SITE}\n[[peer]]\n{section}\n")).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn a_party_says_how_it_is_reached() {
    let with = |advertise: &str| {
        read(&SITE.replacen(
            "listen = \"127.0.0.1:7000\"",
            &format!("listen = \"127.0.0.1:7000\"\n{advertise}"),
            1,
        ))
    };
    let line = |advertise: &str| {
        let line = with(advertise).unwrap().line(A.parse().unwrap()).unwrap();
        line.address().map(str::to_owned)
    };
    assert_eq!(line("").as_deref(), Some("127.0.0.1:7000"));
    assert_eq!(line("advertise = \"mpc.a.example:443\"").as_deref(), Some("mpc.a.example:443"));
    assert_eq!(line("advertise = \"none\""), None);
    let everywhere = read(&SITE.replace("127.0.0.1:7000", "0.0.0.0:7000")).unwrap();
    assert_eq!(everywhere.line(A.parse().unwrap()), None);
    assert!(
        with("advertise = \"nowhere\"")
            .unwrap_err()
            .to_string()
            .contains("network.advertise is not host and port")
    );
    let hidden = with("advertise = \"none\"").unwrap();
    assert_eq!(read(&hidden.to_toml().unwrap()).unwrap(), hidden);
}

#[test]
fn a_log_has_level_form_and_place() {
    let log = |section: &str| read(&format!("{SITE}\n[log]\n{section}")).map(|config| config.log);
    let default = Log { level: LogLevel::Info, format: LogFormat::Human, file: None };
    assert_eq!(log(""), Ok(Some(default.clone())));
    let full = log("level = \"trace\"\nformat = \"json\"\nfile = \"run.log\"").unwrap().unwrap();
    let expected =
        Log { level: LogLevel::Trace, format: LogFormat::Json, file: Some("/etc/mpc/run.log".into()) };
    assert_eq!(full, expected);
    let error = log("level = \"verbose\"").unwrap_err().to_string();
    assert!(error.contains("log.level cannot be \"verbose\""), "{error}");
    let config = SiteConfig { log: Some(full), ..read(SITE).unwrap() };
    assert_eq!(read(&config.to_toml().unwrap()).unwrap(), config);
}

#[test]
fn the_reference_documents_every_key_and_reads() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs/site.reference.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let line = IdentityLine::new("hospital-d", None, A.parse().unwrap()).unwrap();
    let mut filled = text.replace("LINE-OF-hospital-d", &line.to_string());
    for (name, key) in [("hospital-b", B), ("hospital-c", C), ("helper", &format!("{}a", "d".repeat(51)))] {
        filled = filled.replace(&format!("PUBLIC-KEY-OF-{name}"), key);
    }
    let config = read(&filled).unwrap();
    assert_eq!((config.peers.len(), config.datasets.len()), (4, 1));
    let keys: Vec<&str> = text
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0.trim()).filter(|key| !key.starts_with('#')))
        .collect();
    // Whatever is known, as the error about an unknown key lists it.
    for section in ["node", "identity", "network", "[peer]", "[dataset]", "timeouts", "log"] {
        let document = format!("{SITE}\n[log]\n").replacen(
            &format!("[{section}]"),
            &format!("[{section}]\nno-such-key = 1"),
            1,
        );
        let error = read(&document).unwrap_err().to_string();
        let known = error.split_once("nown here: ").expect("a list of known keys").1;
        for key in known.split(", ") {
            assert!(keys.contains(&key), "{key} of [{section}] is not in the reference");
        }
    }
}
