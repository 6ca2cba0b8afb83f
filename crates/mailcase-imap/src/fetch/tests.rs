use super::*;

const PART: u64 = PART_BYTES as u64;

/// Plays a server that holds `actual` bytes, announces `announced` and gives at most `cap` bytes a part.
/// Returns what arrived and how many parts were asked for.
fn play(actual: u64, announced: Option<u64>, cap: u64, largest: &mut u64) -> (Result<u64, String>, usize) {
    let mut body = Body::new(1, announced);
    let mut flying: VecDeque<u64> = VecDeque::new();
    let mut asked = 0;
    let mut arrived = 0;
    loop {
        while let Some(offset) = body.next_to_ask(flying.len()) {
            flying.push_back(offset);
            asked += 1;
            assert!(flying.len() <= PARTS_IN_FLIGHT && asked < 10_000);
        }
        let Some(&offset) = flying.front() else { break };
        let length = actual.saturating_sub(offset).min(PART).min(cap);
        let data = Bytes::from(vec![0; usize::try_from(length).unwrap()]);
        if let Some(bytes) =
            body.accept(BodyPart { origin: Some(offset), data: Some(data) }, |asked| asked == offset, largest)
        {
            assert_eq!(offset, arrived, "parts must follow each other");
            arrived += bytes.len() as u64;
        }
        body.answered(offset);
        flying.pop_front();
    }
    (body.verdict().map(|()| arrived), asked)
}

#[test]
fn every_byte_arrives_whatever_the_announced_size() {
    for actual in [1, PART - 1, PART, PART + 1, 3 * PART, 5 * PART + 7] {
        for announced in
            [None, Some(1), Some(actual), Some(actual + 1), Some(actual + 3 * PART), Some(actual / 2)]
        {
            for cap in [PART, PART - 1, PART / 3] {
                let (got, _) = play(actual, announced, cap, &mut 0);
                assert_eq!(got, Ok(actual), "{actual} announced as {announced:?}, cut to {cap}");
            }
        }
    }
}

#[test]
fn honest_servers_are_asked_for_no_part_too_many() {
    assert_eq!(play(3 * PART + 5, Some(3 * PART + 5), PART, &mut 0), (Ok(3 * PART + 5), 4));
    // One probe behind the first short part, none once larger parts were seen.
    let mut largest = 0;
    assert_eq!(play(900, Some(1000), PART, &mut largest), (Ok(900), 2));
    assert_eq!(play(800, Some(1000), PART, &mut largest), (Ok(800), 1));
}

#[test]
fn a_server_that_cuts_parts_never_cuts_a_message() {
    let mut largest = 0;
    // Learns from a small message with too large a size, then from one that is cut.
    assert_eq!(play(100, Some(200), 64_000, &mut largest).0, Ok(100));
    assert_eq!(play(500_000, Some(600_000), 64_000, &mut largest).0, Ok(500_000));
    assert_eq!(play(64_000, Some(90_000), 64_000, &mut largest).0, Ok(64_000));
}

#[test]
fn announced_bytes_that_never_come_are_no_empty_message() {
    assert!(play(0, Some(10), PART, &mut 0).0.is_err());
    assert_eq!(play(0, Some(0), PART, &mut 0).0, Ok(0));
}

#[test]
fn a_server_that_knows_no_parts_doubles_nothing() {
    let mut body = Body::new(1, Some(10));
    assert_eq!(body.next_to_ask(0), Some(0));
    let whole = || BodyPart { origin: None, data: Some(Bytes::from_static(b"12345")) };
    assert!(body.accept(whole(), |_| true, &mut 0).is_some());
    body.answered(0);
    assert_eq!(body.next_to_ask(0), Some(5));
    assert!(body.accept(whole(), |_| true, &mut 0).is_none());
    body.answered(5);
    assert!(body.verdict().is_err());
}

#[test]
fn a_refusal_behind_the_end_is_the_end_and_before_it_a_failure() {
    let part = |origin: u64, length: u64| BodyPart {
        origin: Some(origin),
        data: Some(Bytes::from(vec![0; usize::try_from(length).unwrap()])),
    };
    let mut complete = Body::new(1, Some(PART));
    complete.next_to_ask(0);
    complete.accept(part(0, PART), |_| true, &mut 0);
    complete.refused(PART, String::new());
    assert!(complete.verdict().is_ok());
    let mut cut = Body::new(1, Some(2 * PART));
    cut.next_to_ask(0);
    cut.accept(part(0, PART), |_| true, &mut 0);
    cut.refused(PART, ": no".to_owned());
    assert!(cut.verdict().unwrap_err().contains("no"));
}

#[test]
fn parts_may_come_before_their_commands_are_done_and_in_any_order() {
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0], [2, 1, 0]] {
        let mut body = Body::new(1, Some(3 * PART - 1));
        let mut arrived = 0;
        let mut largest = 0;
        let mut rounds = 0;
        loop {
            let mut flying = Vec::new();
            while let Some(offset) = body.next_to_ask(flying.len()) {
                flying.push(offset);
            }
            if flying.is_empty() {
                break;
            }
            rounds += 1;
            assert!(rounds < 10);
            for index in order {
                let Some(&offset) = flying.get(index) else { continue };
                let length = (3 * PART - 1).saturating_sub(offset).min(PART);
                let data = Bytes::from(vec![0; usize::try_from(length).unwrap()]);
                let part = BodyPart { origin: Some(offset), data: Some(data) };
                if let Some(bytes) = body.accept(part, |asked| flying.contains(&asked), &mut largest) {
                    assert_eq!(offset, arrived);
                    arrived += bytes.len() as u64;
                }
            }
            for offset in flying {
                body.answered(offset);
            }
        }
        assert_eq!(body.verdict().map(|()| arrived), Ok(3 * PART - 1), "{order:?}");
    }
}

#[test]
fn a_message_in_crumbs_is_given_up() {
    let (got, asked) = play(50_000, Some(50_000), 1, &mut 0);
    assert!(got.is_err_and(|reason| reason.contains("crumbs")));
    assert!(asked < 3_000, "{asked}");
    // Small parts are no crumbs.
    assert_eq!(play(20 * PART, Some(20 * PART), 8 << 10, &mut 0).0, Ok(20 * PART));
}
