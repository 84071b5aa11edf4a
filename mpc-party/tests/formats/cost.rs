//! What a run says it cost: bytes as the formula says, memory as the system says.

use crate::tables::{Federation, Format, Table};
use mpc_core::query::plan::Plan;
use mpc_core::source::Preprocessing;

#[test]
fn bytes_sent_are_those_of_the_formula_and_memory_is_told() {
    let ways = [Preprocessing::Helper, Preprocessing::ObliviousTransfer];
    for (sites, preprocessing) in [2, 3].into_iter().flat_map(|sites| ways.map(|way| (sites, way))) {
        let tables: Vec<Table> = (0..sites).map(|site| Table::uneven(300, 400, 0, site)).collect();
        let federation = Federation::new(&tables, &[Format::Plink; 3][..tables.len()], "");
        let json = federation.run_with(&["--preprocessing", preprocessing.name()]).json;
        let query = mpc_party::query_file::read(&federation.file("q.toml")).unwrap().query;
        let cost = Plan::new(&query, 300, preprocessing).unwrap().cost();
        let released = json["pairs_released"].as_u64().unwrap();
        assert!(released > 10_000, "{released}");

        let party = |of: &str| json["cost"][of].as_object().unwrap().clone();
        let (sent, memory) = (party("bytes_sent"), party("peak_memory"));
        let bytes = |name: &str| sent[name].as_u64().unwrap();
        let links = sites * (sites - 1);
        let expected = cost.site_bytes + cost.released_pair_bytes * released * links;
        let all: u64 = sent.keys().filter(|name| *name != "helper").map(|name| bytes(name)).sum();
        let near = |sent: u64, expected: u64| (sent as f64 / expected as f64 - 1.0).abs() < 0.05;
        assert!(near(all, expected), "{sites} sites sent {all} bytes, the formula says {expected}");
        if preprocessing == Preprocessing::Helper {
            let helper = bytes("helper");
            assert!(near(helper, cost.helper_bytes), "the helper sent {helper}, not {}", cost.helper_bytes);
        }

        if cfg!(target_os = "linux") {
            assert!(memory.keys().eq(sent.keys()), "{memory:?}");
            let sane = |bytes: &serde_json::Value| (1 << 20..1 << 30).contains(&bytes.as_u64().unwrap());
            assert!(memory.values().all(sane), "{memory:?}");
        }
    }
}

#[test]
fn the_terminal_has_bytes_for_each_pair_and_peak_memory() {
    let tables: Vec<Table> = (0..3).map(|site| Table::uneven(20, 100, 0, site)).collect();
    let federation = Federation::new(&tables, &[Format::Plink; 3], "");
    let mut command = federation.loud();
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for line in ["Sent: hospital-a ", "Bytes sent for each pair tested: hospital-a "] {
        assert!(text.contains(line), "{text}");
    }
    assert_eq!(text.contains("\nPeak memory: hospital-a "), cfg!(target_os = "linux"), "{text}");
}
