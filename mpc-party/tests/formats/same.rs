//! The same cohort as CSV, VCF and PLINK gives the same result, and sites that count different alleles are put right
//! or refused.

use crate::tables::{Federation, Format, Table, load};
use mpc_core::query::Encoding;
use mpc_core::query::schema::alleles::{Alleles, agree};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn all_formats_of_a_table_read_the_same(
        (markers, people, seed) in (1..12usize, 0..200usize, any::<u64>()),
        homozygous in any::<bool>(),
        swapped in any::<bool>(),
    ) {
        let encoding = if homozygous { Encoding::HomozygousAlt } else { Encoding::Carrier };
        let folder = tempfile::tempdir().unwrap();
        let table = Table::random(markers, people, seed);
        let reference = load(&table.write(folder.path(), "t", Format::Csv), encoding);
        prop_assert!(reference.alleles.is_none());
        let positions: Vec<usize> = (0..markers).collect();
        let reference = reference.into_cohort(&positions, &[], encoding);
        for format in [Format::Vcf, Format::VcfGz, Format::VcfBgz, Format::Plink] {
            let table = if swapped { table.swapped(|_| true) } else { table.clone() };
            let loaded = load(&table.write(folder.path(), "t", format), encoding);
            let alleles = loaded.alleles.clone().unwrap();
            let pair = if swapped { Alleles::new("A", "C") } else { Alleles::new("C", "A") };
            prop_assert!(alleles.iter().all(|stated| Some(stated) == pair.as_ref()));
            let flipped = if swapped { positions.clone() } else { Vec::new() };
            prop_assert!(loaded.into_cohort(&positions, &flipped, encoding) == reference, "{:?}", format);
        }
    }
}

#[test]
fn announcements_of_any_two_formats_agree() {
    let folder = tempfile::tempdir().unwrap();
    let table = Table::random(6, 50, 1);
    let swapped = table.swapped(|marker| marker % 3 == 0);
    let schemas = [
        load(&table.write(folder.path(), "a", Format::Csv), Encoding::Carrier).schema(),
        load(&table.write(folder.path(), "b", Format::Vcf), Encoding::Carrier).schema(),
        load(&swapped.write(folder.path(), "c", Format::Plink), Encoding::Carrier).schema(),
    ];
    let agreement = agree(&schemas[0].markers, &schemas).unwrap();
    assert_eq!(agreement.flipped, [vec![], vec![], vec![0, 3]]);
}

#[test]
fn a_federation_gives_the_same_result_whatever_the_formats() {
    let tables = [Table::random(8, 211, 1), Table::random(8, 190, 2), Table::random(8, 256, 3)];
    for extra in ["", "encoding = \"homozygous-alt\"\n", "missing = \"pairwise-complete\"\n"] {
        let csv = Federation::new(&tables, &[Format::Csv; 3], extra).run();
        assert!(csv.released() > 0, "{extra}");
        for formats in [
            [Format::VcfGz; 3],
            [Format::Plink; 3],
            [Format::VcfBgz, Format::Plink, Format::Csv],
            [Format::Csv, Format::Vcf, Format::Plink],
        ] {
            let other = Federation::new(&tables, &formats, extra).run();
            assert_eq!(other.csv, csv.csv, "{formats:?} {extra}");
            let stated = !formats.contains(&Format::Csv);
            assert_eq!(other.warnings().contains("CSV states no alleles"), !stated);
        }
        // One site counts the other allele of some markers, and lists them in another order.
        let swapped = tables[2].swapped(|marker| marker % 2 == 0).reversed();
        let mixed = [tables[0].clone(), tables[1].clone(), swapped];
        for formats in
            [[Format::Vcf, Format::Csv, Format::Plink], [Format::Plink, Format::Plink, Format::VcfGz]]
        {
            let other = Federation::new(&mixed, &formats, extra).run();
            assert_eq!(other.csv, csv.csv, "{formats:?} {extra}");
            let note = "hospital-c: 4 marker(s) have counted and other allele swapped and were flipped: rs0, rs2, rs4, ...";
            assert!(other.warnings().contains(note), "{}", other.warnings());
        }
    }
}

#[test]
fn sites_that_state_different_alleles_are_refused_before_anything_is_shared() {
    let tables = [Table::random(8, 30, 1), Table::random(8, 30, 2), Table::random(8, 30, 3)];
    let other = |pairs: &[(usize, (&str, &str))]| {
        let mut table = tables[2].clone();
        for (marker, (counted, other)) in pairs {
            table.alleles[*marker] = ((*counted).into(), (*other).into());
        }
        [tables[0].clone(), tables[1].clone(), table]
    };
    let formats = [Format::Csv, Format::Vcf, Format::Plink];
    let advice = "\n  state the same alleles in the files, or leave the markers out: exclude in [markers]\n";
    let one = other(&[(4, ("C", "T"))]);
    let expected = format!(
        "error: the sites state different alleles (counted/other): marker \"rs4\" is C/A at hospital-b but C/T at \
         hospital-c{advice}"
    );
    for arguments in [&[][..], &["--dry-run"]] {
        assert_eq!(Federation::new(&one, &formats, "").refusal(arguments), (Some(2), expected.clone()));
    }
    let five = other(&[0, 1, 2, 3, 4].map(|marker| (marker, ("T", "G"))));
    let (code, message) = Federation::new(&five, &formats, "").refusal(&["--dry-run"]);
    assert_eq!(code, Some(2));
    assert!(
        message.contains("\"rs2\"") && message.contains("; and 2 more") && !message.contains("rs3"),
        "{message}"
    );

    let mut ambiguous = other(&[(4, ("A", "T"))]);
    ambiguous[1].alleles[4] = ("T".into(), "A".into());
    let (code, message) = Federation::new(&ambiguous, &formats, "").refusal(&[]);
    assert_eq!(code, Some(2));
    assert!(
        message.contains(
            "marker \"rs4\" is T/A at hospital-b but A/T at hospital-c (swapped, or the other strand: nothing tells)"
        ),
        "{message}"
    );
}

#[test]
fn a_file_with_a_fault_ends_the_run_with_its_place() {
    let tables = [Table::random(3, 30, 1), Table::random(3, 30, 2), Table::random(3, 30, 3)];
    let federation = Federation::new(&tables, &[Format::Csv, Format::Vcf, Format::Plink], "");
    let bed = federation.path(2);
    let whole = std::fs::read(&bed).unwrap();
    std::fs::write(&bed, &whole[..whole.len() - 1]).unwrap();
    for arguments in [&[][..], &["--dry-run"]] {
        let (code, message) = federation.refusal(arguments);
        assert_eq!(code, Some(2), "{message}");
        assert!(
            message.contains("hospital-c.bed: the file has 26 bytes; 3 markers of 30 people"),
            "{message}"
        );
    }
    std::fs::write(&bed, whole).unwrap();
    let vcf = federation.path(1);
    let text = std::fs::read_to_string(&vcf).unwrap();
    std::fs::write(&vcf, text.replacen("\t.\t.\t.\tGT\t", "\t.\t.\t.\tGT\t0/0/", 1)).unwrap();
    let (code, message) = federation.refusal(&[]);
    assert_eq!(code, Some(2), "{message}");
    assert!(
        message.contains("hospital-b.vcf:3: column 10 (sample 1) has more than two alleles"),
        "{message}"
    );
}
