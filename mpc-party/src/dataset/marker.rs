//! The id of a marker that has none of its own.

use mpc_core::query::schema::alleles::in_case;

/// `chrom:pos:ref:alt`, with `chr` removed and 23, 24, 26 read as X, Y, MT. Bases are in upper case, because files
/// differ in that and mean the same.
pub(super) fn place_id(chromosome: &str, position: &str, reference: &str, alternative: &str) -> String {
    let bare = match chromosome.split_at_checked(3) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("chr") && !rest.is_empty() => rest,
        _ => chromosome,
    };
    let bare = match bare {
        "23" => "X",
        "24" => "Y",
        "26" => "MT",
        other => other,
    };
    format!("{bare}:{position}:{}:{}", in_case(reference), in_case(alternative))
}

#[cfg(test)]
mod tests {
    use super::place_id;

    #[test]
    fn chromosomes_have_one_name() {
        for (chromosome, bare) in [
            ("1", "1"),
            ("chr1", "1"),
            ("CHR22", "22"),
            ("chrX", "X"),
            ("23", "X"),
            ("chr23", "X"),
            ("24", "Y"),
            ("25", "25"),
            ("26", "MT"),
            ("MT", "MT"),
            ("chr", "chr"),
            ("HLA-A*01:01", "HLA-A*01:01"),
            ("é1", "é1"),
        ] {
            assert_eq!(place_id(chromosome, "5", "a", "<DEL>"), format!("{bare}:5:A:<DEL>"));
        }
    }
}
