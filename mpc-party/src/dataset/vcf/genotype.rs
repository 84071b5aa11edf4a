//! One GT value.

use mpc_core::query::Encoding;

/// Allele numbers of a person, or none.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Missing,
    Haploid(u32),
    Diploid(u32, u32),
}

impl Call {
    /// Copies of an allele. See the module above on how haploid calls count.
    pub(super) fn dosage(self, allele: u32, encoding: Encoding) -> Option<u8> {
        match (self, encoding) {
            (Self::Missing, _) => None,
            (Self::Haploid(one), Encoding::Carrier) => Some(2 * u8::from(one == allele)),
            (Self::Haploid(_), Encoding::HomozygousAlt) => Some(1),
            (Self::Diploid(one, two), _) => Some(u8::from(one == allele) + u8::from(two == allele)),
        }
    }
}

/// Takes a call of three characters, the alleles REF, first ALT or missing, and the tab behind it from the front.
pub(super) fn quick(rest: &mut &[u8]) -> Option<Call> {
    let (&[one, phase, two, end], tail) = rest.split_first_chunk::<4>()?;
    if !matches!(phase, b'|' | b'/') || end != b'\t' {
        return None;
    }
    let call = match (one, two) {
        (b'0' | b'1', b'0' | b'1') => Call::Diploid(u32::from(one - b'0'), u32::from(two - b'0')),
        (b'.', b'.' | b'0' | b'1') | (b'0' | b'1', b'.') => Call::Missing,
        _ => return None,
    };
    *rest = tail;
    Some(call)
}

/// Reads a GT value of a row whose last allele has this number; the error says what is wrong with it.
pub(super) fn call(gt: &[u8], last: u32) -> Result<Call, &'static str> {
    let mut alleles = gt.split(|byte| matches!(byte, b'|' | b'/')).map(|text| allele(text, last));
    let first = alleles.next().transpose()?;
    let second = alleles.next().transpose()?;
    if alleles.next().is_some() {
        return Err("has more than two alleles");
    }
    Ok(match (first, second) {
        (Some(Some(one)), None) => Call::Haploid(one),
        (Some(Some(one)), Some(Some(two))) => Call::Diploid(one, two),
        _ => Call::Missing,
    })
}

/// An allele's number, or nothing where it is missing.
fn allele(text: &[u8], last: u32) -> Result<Option<u32>, &'static str> {
    let digits = match text {
        b"." => return Ok(None),
        b"0" => return Ok(Some(0)),
        [b'1'..=b'9', ..] if text.len() <= 9 && text.iter().all(u8::is_ascii_digit) => text,
        _ => return Err("is not a genotype"),
    };
    let number = digits.iter().fold(0, |number, digit| 10 * number + u32::from(digit - b'0'));
    if number > last {
        return Err("has an allele that the row does not list");
    }
    Ok(Some(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_its_meaning() {
        use Call::*;
        let cases: &[(&str, Result<Call, &str>)] = &[
            ("0|0", Ok(Diploid(0, 0))),
            ("0/1", Ok(Diploid(0, 1))),
            ("2|1", Ok(Diploid(2, 1))),
            ("12/0", Ok(Diploid(12, 0))),
            ("0", Ok(Haploid(0))),
            ("12", Ok(Haploid(12))),
            (".", Ok(Missing)),
            ("./.", Ok(Missing)),
            (".|1", Ok(Missing)),
            ("0/.", Ok(Missing)),
            ("0/13", Err("has an allele that the row does not list")),
            ("999999999", Err("has an allele that the row does not list")),
            ("0/0/0", Err("has more than two alleles")),
            ("./././.", Err("has more than two alleles")),
            ("", Err("is not a genotype")),
            ("/", Err("is not a genotype")),
            ("0|", Err("is not a genotype")),
            ("|0", Err("is not a genotype")),
            ("00", Err("is not a genotype")),
            ("01/0", Err("is not a genotype")),
            ("-1", Err("is not a genotype")),
            ("+1/0", Err("is not a genotype")),
            ("0 /1", Err("is not a genotype")),
            ("0-1", Err("is not a genotype")),
            ("A/A", Err("is not a genotype")),
            ("9999999999999999999999", Err("is not a genotype")),
        ];
        for (text, expected) in cases {
            assert_eq!(call(text.as_bytes(), 12), *expected, "{text}");
            // The quick way gives the same or nothing.
            let with_tab = format!("{text}\tx");
            let mut rest = with_tab.as_bytes();
            match quick(&mut rest) {
                Some(quick) => assert_eq!((Ok(quick), rest), (*expected, b"x".as_slice()), "{text}"),
                None => assert_eq!(rest.len(), with_tab.len()),
            }
        }
    }

    #[test]
    fn copies_are_those_of_the_counted_allele() {
        let dosages = |call: Call, encoding| [0, 1, 2].map(|allele| call.dosage(allele, encoding));
        for encoding in [Encoding::Carrier, Encoding::HomozygousAlt] {
            assert_eq!(dosages(Call::Missing, encoding), [None; 3]);
            assert_eq!(dosages(Call::Diploid(0, 2), encoding), [Some(1), Some(0), Some(1)]);
            assert_eq!(dosages(Call::Diploid(2, 2), encoding), [Some(0), Some(0), Some(2)]);
        }
        assert_eq!(dosages(Call::Haploid(1), Encoding::Carrier), [Some(0), Some(2), Some(0)]);
        assert_eq!(dosages(Call::Haploid(1), Encoding::HomozygousAlt), [Some(1); 3]);
    }
}
