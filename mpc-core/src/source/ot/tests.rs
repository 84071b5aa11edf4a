use super::*;
use crate::algebra::Word;
use crate::correlation::Dealt;
use crate::error::Error;
use crate::session::{Context, finish};
use crate::test_world::{Parties, TestWorld};
use crate::transport::LinkFault;
use crate::transport::tamper::Fate;

fn ring_request<W: Word>(shape: RingShape) -> [Request; 5] {
    let word = W::BITS;
    [
        Request::Triples { word, shape, run: 1 },
        Request::Triples { word, shape, run: shape.len },
        Request::Squares { word, shape },
        Request::DoubleBits { word, shape },
        Request::DigitMasks { word, shape },
    ]
}

fn requests() -> Vec<Request> {
    let table = |width, words| Request::OneTimeTables {
        function: TruthTable::new(width, |value| value > 1).unwrap(),
        words,
    };
    let mut requests = vec![
        Request::AndTriples { words: 0 },
        Request::AndTriples { words: 1 },
        Request::AndTriples { words: 7 },
        table(1, 1),
        table(4, 3),
        table(5, 2),
        table(8, 1),
    ];
    for (width, len) in [(1, 5), (2, 64), (17, 65), (32, 1)] {
        requests.extend(ring_request::<u32>(RingShape { width, len }));
    }
    requests.extend(ring_request::<u64>(RingShape { width: 51, len: 130 }));
    requests.extend(ring_request::<u64>(RingShape { width: 64, len: 0 }));
    requests.extend(ring_request::<u128>(RingShape { width: 128, len: 9 }));
    // By encryptions: less than a block, a block and a bit, several messages.
    let triples = |word, width, len| Request::Triples { word, shape: RingShape { width, len }, run: 1 };
    requests.extend([triples(64, 64, 6_000), triples(128, 107, 16_385), triples(32, 32, 40_000)]);
    requests.push(Request::Squares { word: 64, shape: RingShape { width: 64, len: 16_385 } });
    requests
}

async fn ask_ring<W: Dealt>(ctx: &Context<SemiHonest>, request: &Request) -> Result<()> {
    let (source, place) = ctx.ring_source::<W>()?;
    match request {
        Request::Triples { shape, run, .. } => source.triples(place, *shape, *run).await.map(drop),
        Request::Squares { shape, .. } => source.squares(place, *shape).await.map(drop),
        Request::DoubleBits { shape, .. } => source.double_bits(place, *shape).await.map(drop),
        Request::DigitMasks { shape, .. } => source.digit_masks(place, *shape).await.map(drop),
        _ => Ok(()),
    }
}

async fn ask(ctx: &Context<SemiHonest>, request: &Request) -> Result<()> {
    match request {
        Request::Transfers { .. } | Request::MatrixTriples { .. } => Ok(()),
        Request::AndTriples { words } => ctx.and_triples(*words).await.map(drop),
        Request::OneTimeTables { function, words } => {
            ctx.one_time_tables(function.clone(), *words).await.map(drop)
        }
        Request::Triples { word, .. }
        | Request::Squares { word, .. }
        | Request::DoubleBits { word, .. }
        | Request::DigitMasks { word, .. } => match *word {
            u32::BITS => ask_ring::<u32>(ctx, request).await,
            u64::BITS => ask_ring::<u64>(ctx, request).await,
            _ => ask_ring::<u128>(ctx, request).await,
        },
    }
}

async fn ask_all(ctx: Context<SemiHonest>, requests: &[Request]) -> Result<()> {
    for (index, request) in requests.iter().enumerate() {
        ask(&ctx.narrow_nth("asked", index), request).await?;
    }
    Ok(())
}

#[test]
fn the_formula_is_what_is_sent() {
    for (sites, field) in [(2, Field::Bits4), (3, Field::Bits2), (2, Field::Bits8), (5, Field::Bits4)] {
        // All of them only once, for the time it takes; five kinds take turns among those over rings.
        let step = if sites == 2 && field == Field::Bits4 { 1 } else { 4 };
        let requests: Vec<Request> = requests().into_iter().step_by(step).collect();
        let sent = |requests: &[Request]| {
            let world = TestWorld::new(Parties::without_helper(sites, field));
            let (results, traffic) = world.run_measured(|ctx| ask_all(ctx, requests));
            results.into_iter().for_each(Result::unwrap);
            traffic.sites.iter().sum::<u64>()
        };
        let set_up = sent(&[]);
        for kinds in requests.chunks(4) {
            let expected: u64 = kinds.iter().map(|request| bytes(request, sites.into(), field)).sum();
            assert_eq!(sent(kinds) - set_up, expected, "{sites} sites, {field:?}, {kinds:?}");
        }
    }
}

/// What honest sites say of site `cheater` and its message at a step below the request's.
fn refusals(
    sites: u8,
    request: &Request,
    cheater: u8,
    step: &str,
    change: impl Fn(&mut Vec<u8>) -> Fate + Send + Sync + 'static,
) -> Vec<LinkFault> {
    let at = step.split('/').fold(Step::root().then("asked-0"), |step, name| step.then(name));
    let cheater = PartyId::new(cheater);
    let world = TestWorld::new(Parties::without_helper(sites, Field::Bits4));
    let world = world.cheat(cheater, at.clone(), move |_, payload| change(payload));
    let results = world.run(|ctx| async move {
        ask_all(ctx.clone(), std::slice::from_ref(request)).await?;
        finish(&ctx).await
    });
    let honest = (0..sites).map(PartyId::new).zip(results).filter(|(site, _)| *site != cheater);
    let mut faults = Vec::new();
    for (_, result) in honest {
        // Who waits for a site that has given up says so, and not of the cheater.
        match result {
            Err(Error::Link { link, step }) if link.peer == cheater => {
                // What follows the last message of a request is noticed at the session's next.
                assert!(step.starts_with("/asked-0") || step.starts_with("/finish"), "{step}");
                faults.push(link.fault);
            }
            Err(Error::Link { link, .. }) => {
                assert!(matches!(link.fault, LinkFault::Deadline { .. } | LinkFault::Lost(_)), "{link}");
            }
            Err(error) => panic!("{error}"),
            Ok(()) => (),
        }
    }
    faults
}

/// Each kind of message, with a request and the number of sites in whose computation it is sent.
fn messages() -> Vec<(u8, Request, &'static str)> {
    let shape = RingShape { width: 51, len: 3 };
    let word = u64::BITS;
    let function = TruthTable::new(3, |value| value > 1).unwrap();
    // The test world's sessions are the same each time, and so is who holds.
    let many = Request::Triples { word, shape: RingShape { width: 51, len: 33_000 }, run: 1 };
    vec![
        (3, Request::AndTriples { words: 2 }, "part-0/corrections"),
        (3, Request::AndTriples { words: 2 }, "part-0/masked"),
        (3, Request::OneTimeTables { function: function.clone(), words: 2 }, "part-0/corrections"),
        (3, Request::OneTimeTables { function, words: 2 }, "part-0/moved"),
        (2, Request::DoubleBits { word, shape }, "part-0/moved"),
        (2, Request::DigitMasks { word, shape }, "part-0/moved"),
        (3, Request::Triples { word, shape, run: 1 }, "part-0/corrections"),
        (3, Request::Triples { word, shape, run: 1 }, "part-0/payloads"),
        (2, Request::Squares { word, shape }, "part-0/payloads"),
        (2, many.clone(), "held-by-0/times-of-1/key"),
        (2, many.clone(), "held-by-0/times-of-1/part-1"),
        (2, many, "held-by-0/times-of-1/part-1/answer"),
    ]
}

#[test]
fn messages_that_no_honest_site_sends_are_refused_by_name() {
    let longer = |payload: &mut Vec<u8>| {
        payload.push(0);
        Fate::Deliver
    };
    let shorter = |payload: &mut Vec<u8>| {
        payload.pop();
        Fate::Deliver
    };
    for (sites, request, step) in messages() {
        // Who sends what depends on the order of sites, so each of them is the cheater once.
        let mut found = [0; 3];
        for cheater in 0..sites {
            let faults = [
                refusals(sites, &request, cheater, step, longer),
                refusals(sites, &request, cheater, step, shorter),
                refusals(sites, &request, cheater, step, |_| Fate::Duplicate),
            ];
            for (found, faults) in found.iter_mut().zip(&faults) {
                *found += faults.len();
            }
            let [longer, shorter, replayed] = faults;
            for fault in longer.iter().chain(&shorter) {
                assert!(matches!(fault, LinkFault::WrongLength { .. }), "{request:?}, {step}: {fault}");
            }
            for fault in &replayed {
                assert!(matches!(fault, LinkFault::UnexpectedTag { .. }), "{request:?}, {step}: {fault}");
            }
        }
        assert!(found[0] > 0 && found[1] > 0, "{request:?}, {step}");
    }
}

#[test]
fn numbers_above_the_ring_are_refused_by_name() {
    // 51 bits in 7 bytes.
    let shape = RingShape { width: 51, len: 3 };
    let request = Request::Triples { word: u64::BITS, shape, run: 1 };
    let faults = refusals(2, &request, 0, "part-0/payloads", |payload| {
        payload[6] = 0xff;
        Fate::Deliver
    });
    assert_eq!(faults, [LinkFault::Malformed("payloads")]);
}

#[test]
fn remainders_above_their_prime_are_refused_by_name() {
    let request = Request::Triples { word: u64::BITS, shape: RingShape { width: 64, len: 16_385 }, run: 1 };
    for (cheater, message) in [(0, "key"), (0, "part-0"), (1, "part-0/answer")] {
        for last in [false, true] {
            let step = format!("held-by-0/times-of-1/{message}");
            let faults = refusals(2, &request, cheater, &step, move |payload| {
                let at = if last { payload.len() - 6 } else { 0 };
                payload[at..][..6].fill(0xff);
                Fate::Deliver
            });
            assert_eq!(faults, [LinkFault::Malformed("remainder not below its prime")], "{step}");
        }
    }
}

#[test]
fn products_go_the_way_that_sends_less() {
    // About a third of a block of 64 bits.
    for (width, terms, fewer, more) in
        [(64, 2, 5_000, 5_300), (64, 1, 7_900, 8_100), (32, 2, 13_500, 13_800), (128, 2, 3_150, 3_350)]
    {
        let way = |len| packed_products::packed(RingShape { width, len }, terms, Field::Bits4);
        assert!(way(fewer).is_none() && way(more).is_some(), "{width} bits");
    }
    assert!(packed_products::packed(RingShape { width: 8, len: 1 << 20 }, 2, Field::Bits4).is_none());
}
