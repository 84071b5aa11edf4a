//! Results against counts in the clear, person by person, made here from the calls before any file was written.

use crate::tables::{Federation, Format, Table, gzip};
use mpc_core::query::Encoding;

/// Cells n11, n10, n01, n00 of one pair at one site.
fn cells(a: &[Option<u8>], b: &[Option<u8>], pairwise: bool, least: u8) -> [u64; 4] {
    let mut cells = [0; 4];
    for (a, b) in a.iter().zip(b) {
        if pairwise && (a.is_none() || b.is_none()) {
            continue;
        }
        let carries = |call: &Option<u8>| call.is_some_and(|dosage| dosage >= least);
        cells[match (carries(a), carries(b)) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        }] += 1;
    }
    cells
}

/// Names and cells of the pairs that the default rule releases: 10 in each cell, and 5 without any one site.
fn released(
    ids: &[String],
    sites: &[&[Vec<Option<u8>>]],
    pairwise: bool,
    encoding: Encoding,
) -> Vec<(String, String, [u64; 4])> {
    let least = if encoding == Encoding::Carrier { 1 } else { 2 };
    let mut pairs = Vec::new();
    for a in 0..ids.len() {
        for b in a + 1..ids.len() {
            let own: Vec<_> =
                sites.iter().map(|calls| cells(&calls[a], &calls[b], pairwise, least)).collect();
            let pooled = [0, 1, 2, 3].map(|cell| own.iter().map(|own| own[cell]).sum::<u64>());
            let passes =
                |cell: usize| pooled[cell] >= 10 && own.iter().all(|own| pooled[cell] - own[cell] >= 5);
            if (0..4).all(passes) {
                pairs.push((ids[a].clone(), ids[b].clone(), pooled));
            }
        }
    }
    pairs
}

fn found(federation: &Federation) -> Vec<(String, String, [u64; 4])> {
    let outcome = federation.run();
    let pairs = outcome.json["pairs"].as_array().unwrap();
    let pair = |pair: &serde_json::Value| {
        let text = |name: &str| pair[name].as_str().unwrap().to_owned();
        let cells = ["n11", "n10", "n01", "n00"].map(|cell| pair[cell].as_u64().unwrap());
        assert_eq!(pair["n"].as_u64(), Some(cells.iter().sum()));
        (text("a"), text("b"), cells)
    };
    pairs.iter().map(pair).collect()
}

#[test]
fn cohorts_with_missing_calls() {
    for sites in [2, 3] {
        let tables: Vec<Table> = (0..sites)
            .map(|site| Table::uneven(24, 150 + 37 * site as usize, [9, 40, 0][site as usize], 7 + site))
            .collect();
        let calls: Vec<&[Vec<Option<u8>>]> = tables.iter().map(|table| table.calls.as_slice()).collect();
        let mut counts = Vec::new();
        for (pairwise, encoding) in [
            (false, Encoding::Carrier),
            (true, Encoding::Carrier),
            (false, Encoding::HomozygousAlt),
            (true, Encoding::HomozygousAlt),
        ] {
            let expected = released(&tables[0].ids, &calls, pairwise, encoding);
            assert!((3..270).contains(&expected.len()), "{sites} sites: {} pairs", expected.len());
            let missing = if pairwise { "pairwise-complete" } else { "as-noncarrier" };
            let name = if encoding == Encoding::Carrier { "carrier" } else { "homozygous-alt" };
            let extra = format!("missing = \"{missing}\"\nencoding = \"{name}\"\n");
            for formats in
                [[Format::VcfGz; 3], [Format::Plink; 3], [Format::Plink, Format::VcfBgz, Format::Csv]]
            {
                let found = found(&Federation::new(&tables, &formats[..tables.len()], &extra));
                assert!(found == expected, "{sites} sites, {formats:?}, {extra}");
            }
            counts.push(expected);
        }
        assert!(counts[0] != counts[1] && counts[2] != counts[3], "missing calls make a difference");
    }
}

/// One marker: chromosome, position, counted allele, and calls as alleles of a row A G,T.
struct Row {
    chromosome: usize,
    position: usize,
    calls: Vec<&'static str>,
}

/// Calls as a VCF may have them, with copies of G and T.
const CALLS: [(&str, Option<u8>, Option<u8>); 13] = [
    ("0/0", Some(0), Some(0)),
    ("0|1", Some(1), Some(0)),
    ("2/0", Some(0), Some(1)),
    ("1|2", Some(1), Some(1)),
    ("1/1", Some(2), Some(0)),
    ("1|1", Some(2), Some(0)),
    ("2/2", Some(0), Some(2)),
    ("2|2", Some(0), Some(2)),
    ("0", Some(0), Some(0)),
    ("1", Some(1), Some(0)),
    ("2", Some(0), Some(1)),
    ("./.", None, None),
    (".|2", None, None),
];

/// Names of the same chromosomes at three sites.
const CHROMOSOMES: [[&str; 3]; 3] = [["1", "23", "26"], ["chr1", "chrX", "chrMT"], ["CHR1", "chr23", "MT"]];

fn vcf(rows: &[Row], names: [&str; 3], people: usize) -> Vec<u8> {
    let ids: String = (0..people).map(|person| format!("\tp{person}")).collect();
    let mut text =
        format!("##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT{ids}\n");
    for Row { chromosome, position, calls } in rows {
        let calls: String = calls.iter().map(|call| format!("\t{call}:7")).collect();
        text += &format!("{}\t{position}\t.\tA\tG,T\t.\t.\t.\tGT:DP{calls}\n", names[*chromosome]);
    }
    gzip(text.as_bytes())
}

#[test]
fn haploid_and_multi_allelic_calls_in_other_orders_and_namings() {
    let mut numbers = crate::support::cohort::Numbers(3);
    let mut files = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    let mut sites: Vec<Vec<Vec<Option<u8>>>> = Vec::new();
    for (site, names) in CHROMOSOMES.into_iter().enumerate() {
        let people = 160 + 30 * site;
        let mut rows = Vec::new();
        let mut calls: Vec<Vec<Option<u8>>> = Vec::new();
        ids.clear();
        for marker in 0..6 {
            let picks: Vec<_> = (0..people).map(|_| CALLS[numbers.next() as usize % CALLS.len()]).collect();
            let (chromosome, position) = (marker % 3, 100 + marker);
            ids.extend(
                ["G", "T"].map(|allele| format!("{}:{position}:A:{allele}", ["1", "X", "MT"][chromosome])),
            );
            calls.push(picks.iter().map(|pick| pick.1).collect());
            calls.push(picks.iter().map(|pick| pick.2).collect());
            rows.push(Row { chromosome, position, calls: picks.iter().map(|pick| pick.0).collect() });
        }
        // A marker that only this site has, and its own order.
        let odd = Row { chromosome: 0, position: 900 + site, calls: vec!["0/1"; people] };
        if site == 0 {
            rows.push(odd)
        } else {
            rows.insert(0, odd)
        }
        if site == 2 {
            rows.reverse();
        }
        files.push((["a.vcf.gz", "b.vcf", "c.vcf.gz"][site], vcf(&rows, names, people)));
        sites.push(calls);
    }
    let sites: Vec<_> = sites.iter().map(Vec::as_slice).collect();
    // One copy that is all a person has makes a carrier, and never two copies.
    for (encoding, name) in [(Encoding::Carrier, "carrier"), (Encoding::HomozygousAlt, "homozygous-alt")] {
        for (pairwise, missing) in [(false, "as-noncarrier"), (true, "pairwise-complete")] {
            let markers = format!("all = true\nencoding = {name:?}\nmissing = {missing:?}");
            let federation = Federation::of_files(&files, &markers);
            let expected = released(&ids, &sites, pairwise, encoding);
            assert!(found(&federation) == expected, "{markers}");
            assert!((5..=66).contains(&expected.len()), "{markers}: {} pairs", expected.len());
        }
    }
}
