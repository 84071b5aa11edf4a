//! A few words by which two people find out over the telephone that their parties hold each other's right key.
//!
//! Both compute the same eight words from both names and keys, whoever comes first. The list is BIP-39's English one:
//! 2,048 words of three to eight letters that differ within their first four, so eight carry 88 bits. Whoever can change
//! both lines on their way looks for two keys of his own that give the words of the other pair, which takes about 2^44
//! tries; each costs 2^18 hashes, so 2^62 in all. Whoever can change one line only needs 2^106.

use bip39::Language;
use mpc_core::random::Domain;
use mpc_core::random::hash::Hasher;
use mpc_net::PublicKey;

const WORDS: usize = 8;
const WORD_BITS: u32 = 11;
/// Makes each try dear and costs a user some tenths of a second.
const ROUNDS: u32 = 1 << 18;

/// The words of two parties, each with its name and key. The addresses are left out: whoever answers at one has to
/// prove the key.
pub fn phone_words(one: (&str, PublicKey), other: (&str, PublicKey)) -> String {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    let part =
        |hasher: Hasher, (name, key): (&str, PublicKey)| hasher.part(name.as_bytes()).part(key.as_bytes());
    let mut digest = part(part(Hasher::new(Domain::PhoneWords), first), second).finish();
    for _ in 1..ROUNDS {
        digest = Hasher::new(Domain::PhoneWords).part(&digest).finish();
    }
    let bits = digest.first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes));
    let list = Language::English.word_list();
    let word = |place: usize| {
        let shift = u128::BITS - WORD_BITS * (place as u32 + 1);
        let index = (bits >> shift) as usize & ((1 << WORD_BITS) - 1);
        list.get(index).copied().unwrap_or_default()
    };
    (0..WORDS).map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn key(byte: u8) -> PublicKey {
        PublicKey::from_bytes([byte; 32])
    }

    #[test]
    fn both_sides_read_the_same_words() {
        let words = phone_words(("hospital-a", key(1)), ("hospital-b", key(2)));
        assert_eq!(words, phone_words(("hospital-b", key(2)), ("hospital-a", key(1))));
        assert_eq!(words.split(' ').count(), WORDS);
        assert_eq!(words, "head spin enjoy educate success any void remind");
    }

    #[test]
    fn every_name_and_key_counts() {
        let pair = |a: &str, b: u8, c: &str, d: u8| phone_words((a, key(b)), (c, key(d)));
        let all = [
            pair("a", 1, "b", 2),
            pair("a", 3, "b", 2),
            pair("a", 1, "b", 3),
            pair("c", 1, "b", 2),
            pair("a", 1, "c", 2),
            // Each has the other's key.
            pair("a", 2, "b", 1),
        ];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn the_list_carries_eleven_bits_a_word() {
        let list = Language::English.word_list();
        assert_eq!(list.len(), 1 << WORD_BITS);
        let starts: BTreeSet<&str> = list.iter().map(|word| word.get(..4).unwrap_or(word)).collect();
        assert_eq!(starts.len(), list.len());
    }
}
