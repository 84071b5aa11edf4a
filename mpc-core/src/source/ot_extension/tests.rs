use super::*;
use crate::algebra::Bits;
use crate::algebra::Vector;
use crate::random::{Prg, Seed};
use crate::session::Roster;
use crate::sharing::SemiHonest;
use crate::source::refusal::Refusal;
use crate::step::{SessionId, Step};
use crate::test_world::random_words;
use crate::transport::PartyId;
use crate::transport::Tag;
use crate::transport::memory::MemoryNetwork;
use futures::executor::block_on;
use futures::future::try_join_all;
use std::collections::BTreeMap;

const SESSION: SessionId = SessionId([5; 32]);
const FIELDS: [Field; 3] = [Field::Bits2, Field::Bits4, Field::Bits8];

/// What every site holds after the set-up.
fn world(sites: u8, field: Field) -> Vec<BTreeMap<PartyId, Pair<SemiHonest>>> {
    let network = MemoryNetwork::new(sites);
    let parties = (0..sites).map(|index| {
        let me = PartyId::new(index);
        let (end, roster) = (network.end(me), Roster::new(me, sites, false));
        async move {
            let mut randomness = Prg::new(Seed::from_bytes([index + 1; 32]));
            set_up(&*end, &roster, &SESSION, field, &mut randomness).await
        }
    });
    let held = block_on(try_join_all(parties)).unwrap();
    assert_eq!(network.in_flight(), 0);
    held
}

/// Each two sites, in both directions: sender and receiver.
fn directions(
    held: &[BTreeMap<PartyId, Pair<SemiHonest>>],
) -> Vec<(&OtSender<SemiHonest>, &OtReceiver<SemiHonest>)> {
    let mut out = Vec::new();
    for (index, pairs) in (0..).zip(held) {
        for (peer, pair) in pairs {
            out.push((&pair.sender, &held[peer.index()][&PartyId::new(index)].receiver));
        }
    }
    out
}

fn tag(name: &str) -> Tag {
    Step::root().then(name).tag(&SESSION)
}

fn row(bits: &Bits, words: usize, row: usize) -> &[u64] {
    &bits.words()[row * words..][..words]
}

#[test]
fn the_receiver_has_the_pads_of_its_choices_and_not_the_others() {
    for field in FIELDS {
        for sites in [2, 3, 5] {
            let held = world(sites, field);
            let directions = directions(&held);
            assert_eq!(directions.len(), usize::from(sites) * usize::from(sites - 1));
            // Around the words of a block, of a vector, and of a chunk.
            for words in [1, 2, 3, 7, 15, 16, 17, 40] {
                for (seed, (sender, receiver)) in (0..).zip(&directions) {
                    let choices = Bits::from_words(random_words(seed, words));
                    let (corrections, chosen) = receiver.words::<u128>(tag("a"), &choices);
                    assert_eq!(corrections.len(), field.corrections_len(words));
                    let pads = sender.words::<u128>(tag("a"), words, &corrections).unwrap();
                    assert_eq!([chosen.len(), pads[0].len(), pads[1].len()], [64 * words; 3]);
                    for (index, chosen) in chosen.iter().enumerate() {
                        let bit = usize::from(choices.get(index));
                        assert_eq!(pads[bit][index], *chosen, "{field:?}, {words} words, transfer {index}");
                        assert_ne!(pads[1 - bit][index], *chosen);
                    }
                }
            }
        }
    }
}

#[test]
fn rows_are_the_bits_of_the_words() {
    let held = world(2, Field::Bits4);
    for (sender, receiver) in directions(&held) {
        for words in [1, 2, 5, 16, 33] {
            let choices = Bits::from_words(random_words(9, words));
            let (corrections, chosen) = receiver.words::<u128>(tag("a"), &choices);
            let pads = sender.words::<u128>(tag("a"), words, &corrections).unwrap();
            let (_, low) = receiver.words::<u64>(tag("a"), &choices);
            let (_, lowest) = receiver.words::<u32>(tag("a"), &choices);
            assert!(low.iter().zip(&chosen).all(|(low, pad)| *low == *pad as u64));
            assert!(lowest.iter().zip(&chosen).all(|(low, pad)| *low == *pad as u32));
            for width in [0, 1, 2, 7, 8, 9, 16, 63, 64, 65, 127, 128, 129, 200, 300] {
                let (same, rows) = receiver.rows(tag("a"), &choices, width);
                assert!(same == corrections);
                let both = sender.rows(tag("a"), words, width, &corrections).unwrap();
                for (rows, pads) in [(&rows, &chosen), (&both[0], &pads[0]), (&both[1], &pads[1])] {
                    assert_eq!(rows.words().len(), width * words);
                    for bit in 0..width.min(128) {
                        for (index, pad) in pads.iter().enumerate() {
                            let got = row(rows, words, bit)[index / 64] >> (index % 64) & 1;
                            assert_eq!(u128::from(got), pad >> bit & 1, "row {bit} of {width}");
                        }
                    }
                }
                for bit in 0..width {
                    for word in 0..words {
                        let [zero, one] = [0, 1].map(|side: usize| row(&both[side], words, bit)[word]);
                        let choices = choices.words()[word];
                        assert_eq!(row(&rows, words, bit)[word], zero & !choices | one & choices);
                    }
                }
            }
        }
    }
}

/// Share of ones in the difference of two vectors.
fn difference(a: &Bits, b: &Bits) -> f64 {
    let ones = a.words().iter().zip(b.words()).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>();
    f64::from(ones) / (a.words().len() as f64 * 64.0)
}

#[test]
fn pads_are_uniform_and_independent_of_tag_direction_and_pair() {
    const WORDS: usize = 100;
    const WIDTH: usize = 200;
    for field in FIELDS {
        let held = world(3, field);
        // The same choices everywhere, so that nothing else tells extensions apart.
        let choices = Bits::from_words(random_words(7, WORDS));
        let mut seen = vec![Bits::from_words(vec![0; WORDS * WIDTH])];
        for (sender, receiver) in directions(&held) {
            for name in ["a", "b"] {
                let (corrections, _) = receiver.rows(tag(name), &choices, WIDTH);
                seen.extend(sender.rows(tag(name), WORDS, WIDTH, &corrections).unwrap());
            }
        }
        assert_eq!(seen.len(), 1 + 6 * 2 * 2);
        for (index, a) in seen.iter().enumerate() {
            // 1,280,000 bits: the standard deviation of the share is 0.00044.
            for b in &seen[index + 1..] {
                assert!((difference(a, b) - 0.5).abs() < 0.003, "{field:?} {index}");
            }
            // Row 128 + r is not row r.
            if index > 0 {
                let [low, high] =
                    [0, 128].map(|first| Bits::from_words(a.words()[first * WORDS..][..72 * WORDS].to_vec()));
                assert!((difference(&low, &high) - 0.5).abs() < 0.005);
            }
        }
    }
}

#[test]
fn corrections_are_uniform_and_hide_the_choices() {
    const WORDS: usize = 200;
    let held = world(2, Field::Bits4);
    let (_, receiver) = directions(&held)[0];
    let corrections = ["a", "b"].map(|name| {
        let choices = Bits::zeros(WORDS);
        let words = receiver.rows(tag(name), &choices, 1).0;
        Bits::from_words(words.as_chunks::<8>().0.iter().map(|eight| u64::from_le_bytes(*eight)).collect())
    });
    let zero = Bits::zeros(corrections[0].words().len());
    assert!((difference(&corrections[0], &zero) - 0.5).abs() < 0.005);
    assert!((difference(&corrections[0], &corrections[1]) - 0.5).abs() < 0.005);
}

#[test]
fn an_extension_is_a_function_of_tag_and_choices() {
    let held = world(2, Field::Bits2);
    let (sender, receiver) = directions(&held)[0];
    let choices = Bits::from_words(random_words(1, 9));
    let first = receiver.rows(tag("a"), &choices, 8);
    receiver.rows(tag("b"), &choices, 8);
    let second = receiver.rows(tag("a"), &choices, 8);
    assert!(first == second);
    let pads = sender.rows(tag("a"), 9, 8, &first.0).unwrap();
    assert!(pads == sender.rows(tag("a"), 9, 8, &first.0).unwrap());
}

#[test]
fn corrections_of_another_length_are_refused() {
    for field in FIELDS {
        let held = world(2, field);
        let (sender, receiver) = directions(&held)[0];
        let (mut corrections, _) = receiver.rows(tag("a"), &Bits::from_words(vec![1; 5]), 1);
        assert_eq!(sender.rows(tag("a"), 6, 1, &corrections).err(), Some(Refusal::Length));
        assert_eq!(sender.words::<u64>(tag("a"), 4, &corrections).err(), Some(Refusal::Length));
        corrections.push(0);
        assert_eq!(sender.rows(tag("a"), 5, 1, &corrections).err(), Some(Refusal::Length));
        corrections.truncate(corrections.len() - 2);
        assert_eq!(sender.rows(tag("a"), 5, 1, &corrections).err(), Some(Refusal::Length));
        assert_eq!(sender.rows(tag("a"), 5, 1, &[]).err(), Some(Refusal::Length));
        assert!(sender.rows(tag("a"), 0, 1, &[]).is_ok_and(|rows| rows == [Bits::zeros(0), Bits::zeros(0)]));
    }
}
