use super::*;
use crate::test_world::random_words;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};

/// RFC 9496, appendix A.3: what is not below p, negative, of no square, of a negative product, of y = 0.
const BAD: [&str; 29] = [
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
    "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
    "c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
    "47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
    "f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
    "87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b",
    "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
    "2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
    "f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
    "8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
    "2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
    "d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
    "8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32",
    "32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b",
    "227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165",
    "5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e",
    "445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

fn element(hex: &str) -> Element {
    std::array::from_fn(|byte| u8::from_str_radix(&hex[2 * byte..][..2], 16).unwrap())
}

fn random_elements(seed: u8, count: usize) -> Vec<Element> {
    let bytes = |words: &[u64; 4]| std::array::from_fn(|byte| words[byte / 8].to_le_bytes()[byte % 8]);
    random_words(seed, 4 * count).as_chunks().0.iter().map(bytes).collect()
}

fn random_points(seed: u8, count: usize) -> Vec<Element> {
    let scalars = random_elements(seed, count).into_iter().map(Scalar::from_bytes_mod_order);
    scalars.map(|scalar| RistrettoPoint::mul_base(&scalar).compress().0).collect()
}

fn check_at(level: GroupLevel, elements: &[Element]) -> Result<(), Fault> {
    // SAFETY: the level is supported.
    unsafe { (Group::at(level).check)(elements) }
}

fn multiply_at(level: GroupLevel, scalar: &Scalar, elements: &[Element]) -> Result<Vec<Element>, Fault> {
    let mut out = vec![[9; 32]; elements.len()];
    // SAFETY: the level is supported, and the lists have one length.
    unsafe { (Group::at(level).multiply)(scalar, elements, &mut out) }.map(|()| out)
}

/// Of single elements in every form.
fn faults(element: Element) -> Result<(), Fault> {
    let faults: Vec<_> =
        GroupLevel::supported().into_iter().map(|level| check_at(level, &[element])).collect();
    assert!(faults.iter().all(|fault| *fault == faults[0]), "{element:x?} {faults:?}");
    faults[0]
}

#[test]
fn every_form_decodes_the_same() {
    for hex in BAD {
        assert_eq!(faults(element(hex)), Err(Fault::NoPoint), "{hex}");
    }
    assert_eq!(faults([0; 32]), Err(Fault::Neutral));
    let mut valid = [0; 2];
    for mut element in random_elements(1, 2000) {
        // Half of them not negative, and below 2^255.
        element[0] &= 0xfe;
        element[31] &= 0x7f;
        valid[usize::from(faults(element).is_ok())] += 1;
        element[31] |= 0x80;
        assert_eq!(faults(element), Err(Fault::NoPoint));
    }
    assert!(valid.iter().all(|&count| count > 200), "{valid:?}");
    // Small numbers and numbers around p.
    for number in 0..100 {
        let mut element = [0; 32];
        element[0] = number;
        let _ = faults(element);
        element = [0xff; 32];
        element[31] = 0x7f;
        element[0] = 0xed - 50 + number % 68;
        let _ = faults(element);
    }
}

#[test]
fn every_form_multiplies_the_same() {
    let minus_one = -Scalar::ONE;
    let mut scalars: Vec<_> =
        [0_u64, 1, 2, 3, 7, 8, 9, 15, 16, 17, 0x88, 0xf8].into_iter().map(Scalar::from).collect();
    scalars.extend([minus_one, minus_one - Scalar::ONE, minus_one.div_by_2()]);
    // Digits that are all 7, 8 or 15.
    scalars.extend([0x77, 0x88, 0xff].map(|byte| {
        let mut bytes = [byte; 32];
        bytes[31] = 0x0f;
        Scalar::from_bytes_mod_order(bytes)
    }));
    scalars.extend(random_elements(2, 6).into_iter().map(Scalar::from_bytes_mod_order));
    let generators = (1..=16_u64).map(|times| RistrettoPoint::mul_base(&times.into()).compress().0);
    let points: Vec<_> = random_points(3, 8).into_iter().chain(generators).collect();
    for scalar in scalars {
        let by_crate = |point: &Element| {
            let point = CompressedRistretto(*point).decompress().unwrap();
            (point * scalar).compress().0
        };
        let expected: Vec<_> = points.iter().map(by_crate).collect();
        assert_eq!(expected[0] == [0; 32], scalar == Scalar::ZERO);
        for level in GroupLevel::supported() {
            assert!(check_at(level, &points).is_ok());
            assert_eq!(multiply_at(level, &scalar, &points), Ok(expected.clone()), "{level:?} {scalar:?}");
        }
    }
}

/// Multiples of the generator, RFC 9496, appendix A.1.
#[test]
fn every_form_finds_known_multiples() {
    let generator = element("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76");
    let known = [
        (0, "0000000000000000000000000000000000000000000000000000000000000000"),
        (1, "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"),
        (2, "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919"),
        (3, "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259"),
    ];
    for level in GroupLevel::supported() {
        for (times, hex) in known {
            assert_eq!(multiply_at(level, &Scalar::from(times as u64), &[generator]), Ok(vec![element(hex)]));
        }
    }
}

#[test]
fn lists_of_all_lengths_and_the_first_fault_in_any_place() {
    let points = random_points(4, 300);
    let scalar = Scalar::from_bytes_mod_order(random_elements(5, 1)[0]);
    let expected = multiply_at(GroupLevel::Portable, &scalar, &points).unwrap();
    for level in GroupLevel::supported() {
        for length in [0, 1, 7, 8, 9, 300] {
            assert_eq!(check_at(level, &points[..length]), Ok(()));
            let product = multiply_at(level, &scalar, &points[..length]);
            assert_eq!(product.unwrap(), expected[..length], "{level:?} {length}");
        }
        for place in (0..18).chain([299]) {
            for (wrong, after, fault) in [
                ([0; 32], [1; 32], Fault::Neutral),
                ([1; 32], [0; 32], Fault::NoPoint),
                ([0xff; 32], [0xff; 32], Fault::NoPoint),
            ] {
                let mut list = points.clone();
                list[place] = wrong;
                list[place + 1..].fill(after);
                assert_eq!(check_at(level, &list), Err(fault), "{level:?} {place}");
                assert_eq!(multiply_at(level, &scalar, &list), Err(fault), "{level:?} {place}");
            }
        }
    }
    let mut out = vec![[9; 32]; 300];
    multiply(&scalar, &points, &mut out[..9]).unwrap();
    assert!(out[..9] == expected[..9] && out[9..].iter().all(|element| *element == [9; 32]));
    multiply(&scalar, &points[..9], &mut out).unwrap();
    assert!(out[..9] == expected[..9] && out[9..].iter().all(|element| *element == [9; 32]));
    assert_eq!(check(&points), Ok(()));
}
