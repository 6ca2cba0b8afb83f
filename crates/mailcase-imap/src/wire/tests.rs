use super::command::{Command, UnsafeText};
use super::frame::{FrameError, FrameReader, LITERAL_DEFAULT_BYTES};
use super::response::{BodyPart, FetchData, Response, Status};
use super::{date, uid_set};
use bytes::Bytes;
use mailcase_mail::utf7;
use proptest::prelude::*;

fn frames(stream: &[u8], step: usize) -> Result<Vec<Bytes>, FrameError> {
    let mut reader = FrameReader::new();
    let mut frames = Vec::new();
    for piece in stream.chunks(step) {
        reader.room().extend_from_slice(piece);
        reader.filled(piece.len());
        while let Some(frame) = reader.next_frame()? {
            frames.push(frame);
        }
    }
    Ok(frames)
}

fn parse(frame: &str) -> Response {
    Response::parse(&Bytes::copy_from_slice(frame.as_bytes()))
}

fn fetched(frame: &str) -> FetchData {
    match parse(frame) {
        Response::Fetch(data) => data,
        other => panic!("{frame:?} is {other:?}"),
    }
}

#[test]
fn frames_are_the_same_however_the_bytes_arrive() {
    let stream =
        b"* 1 FETCH (UID 7 BODY[] {9}\r\na\r\nb{1}\r\n)\r\n* OK text that ends in {5}\r\nA1 OK done {3}\r\n\
        * LIST () \"/\" {3+}\r\nA&B\r\n* 2 FETCH (BODY[] ~{2}\nxy)\n+ go {9}\r\n";
    let whole = frames(stream, stream.len()).unwrap();
    assert_eq!(whole.len(), 6, "{whole:?}");
    for step in 1..20 {
        assert_eq!(frames(stream, step).unwrap(), whole, "in steps of {step}");
    }
    assert_eq!(whole.concat(), stream);
}

#[test]
fn literals_and_lines_have_a_limit() {
    let lie = frames(b"* 1 FETCH (BODY[] {4294967295}\r\n", 64);
    assert_eq!(
        lie,
        Err(FrameError::LiteralTooLarge { announced: 4_294_967_295, allowed: LITERAL_DEFAULT_BYTES })
    );
    let absurd = frames(b"* 1 FETCH (BODY[] {99999999999999999999999999}\r\n", 64);
    assert!(matches!(absurd, Err(FrameError::LiteralTooLarge { .. })));
    // Many literals in one response count together.
    let half = LITERAL_DEFAULT_BYTES / 2 + 1;
    let mut twice = format!("* 1 FETCH (A {{{half}}}\r\n").into_bytes();
    twice.extend(vec![b'x'; half]);
    twice.extend(format!(" B {{{half}}}\r\n").into_bytes());
    assert!(matches!(frames(&twice, 4096), Err(FrameError::LiteralTooLarge { .. })));
    let endless = vec![b'x'; (16 << 20) + 2];
    assert_eq!(frames(&endless, 1 << 16), Err(FrameError::LineTooLong));
}

#[test]
fn every_form_of_a_body_is_understood() {
    let body =
        |origin, data: Option<&'static [u8]>| Some(BodyPart { origin, data: data.map(Bytes::from_static) });
    for (frame, uid, expected) in [
        ("* 1 FETCH (UID 7 BODY[] {3}\r\nabc)\r\n", Some(7), body(None, Some(b"abc"))),
        ("* 1 FETCH (BODY[] {3}\r\na\0c UID 7)\r\n", Some(7), body(None, Some(b"a\0c"))),
        ("* 1 FETCH (BODY[]<10> {3}\r\n)\r\n UID 7)\r\n", Some(7), body(Some(10), Some(b")\r\n"))),
        ("* 1 FETCH (UID 7 BODY[] \"\")\r\n", Some(7), body(None, Some(b""))),
        ("* 1 FETCH (UID 7 BODY[] \"a\\\"b\\\\c\")\r\n", Some(7), body(None, Some(b"a\"b\\c"))),
        ("* 1 FETCH (UID 7 BODY[] NIL)\r\n", Some(7), body(None, None)),
        ("* 1 FETCH (UID 7 BODY[] ~{3}\r\nabc)\r\n", Some(7), body(None, Some(b"abc"))),
        ("* 1 FETCH (UID 7 BODY[] {3}\nabc)\n", Some(7), body(None, Some(b"abc"))),
        ("* 1 FETCH (BODY[] {3}\r\nabc)\r\n", None, body(None, Some(b"abc"))),
        ("* 1 fetch (uid 7 body[] {3}\r\nabc) \r\n", Some(7), body(None, Some(b"abc"))),
        (
            "* 1 FETCH (MODSEQ (0) X-ODD (a (b \"c)\" {2}\r\n))) d) UID 7 BODY[] {0}\r\n)\r\n",
            Some(7),
            body(None, Some(b"")),
        ),
        ("* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {3}\r\nabc UID 7)\r\n", Some(7), None),
    ] {
        let data = fetched(frame);
        assert_eq!((data.uid, &data.body), (uid, &expected), "{frame:?}");
    }
}

#[test]
fn what_stands_beside_the_body_is_understood() {
    let data = fetched(
        "* 12 FETCH (FLAGS (\\Answered [odd] \\SEEN ) INTERNALDATE \" 1-Feb-2026 10:00:00 +0100\" \
         RFC822.SIZE 4294967300 UID 9)\r\n",
    );
    assert_eq!(data.uid, Some(9));
    assert_eq!(data.seen, Some(true));
    assert_eq!(data.size, Some(4_294_967_300));
    assert_eq!(data.received, Some("2026-02-01T09:00:00Z".parse().unwrap()));
    assert_eq!(fetched("* 1 FETCH (FLAGS () UID 0)\r\n").uid, None);
    assert_eq!(fetched("* 1 FETCH (FLAGS ())\r\n").seen, Some(false));
    assert_eq!(fetched("* 1 FETCH (INTERNALDATE \"yesterday\" UID 1)\r\n").received, None);
}

#[test]
fn status_lines_keep_code_and_text() {
    let Response::Tagged { tag, line } = parse("A1 no [unavailable x y] Später\r\n") else { panic!() };
    assert_eq!((tag.as_str(), line.status), ("A1", Status::No));
    assert_eq!(line.code("UNAVAILABLE"), Some("x y"));
    assert_eq!(line.text, "Später");
    let Response::Status(line) = parse("* BYE\r\n") else { panic!() };
    assert_eq!((line.status, line.code), (Status::Bye, None));
    assert!(matches!(parse("* OK [never closed\r\n"), Response::Status(_)));
    assert_eq!(parse("garbage\r\n"), Response::Other);
    assert_eq!(parse("\r\n"), Response::Other);
    assert_eq!(parse("* \r\n"), Response::Other);
    assert_eq!(parse("* 4294967296 EXISTS\r\n"), Response::Other);
    assert_eq!(parse("+\r\n"), Response::Continue(String::new()));
}

#[test]
fn a_search_answer_is_whole_or_broken() {
    assert_eq!(parse("* SEARCH 2 84 882 \r\n"), Response::Search(vec![2, 84, 882]));
    assert_eq!(parse("* SEARCH\r\n"), Response::Search(vec![]));
    assert_eq!(parse("* SEARCH 5 (MODSEQ 9)\r\n"), Response::Search(vec![5]));
    assert_eq!(parse("* SEARCH 5 six 7\r\n"), Response::BrokenSearch);
    assert_eq!(parse("* SEARCH 5 99999999999\r\n"), Response::BrokenSearch);
}

#[test]
fn folders_are_listed_in_every_form() {
    let name = |frame: &str| match parse(frame) {
        Response::List(entry) => {
            (entry.attributes, entry.delimiter, String::from_utf8_lossy(&entry.name).into_owned())
        }
        other => panic!("{frame:?} is {other:?}"),
    };
    let expect =
        |delimiter: Option<&str>, text: &str| (vec![], delimiter.map(str::to_owned), text.to_owned());
    assert_eq!(name("* LIST () \"/\" INBOX\r\n"), expect(Some("/"), "INBOX"));
    assert_eq!(name("* LIST () NIL \"a \\\"b\\\"\"\r\n"), expect(None, "a \"b\""));
    assert_eq!(name("* LIST () \"\\\\\" {5}\r\na)\"b\\\r\n"), expect(Some("\\"), "a)\"b\\"));
    assert_eq!(name("* LIST () \".\" Reports (old)\r\n"), expect(Some("."), "Reports (old)"));
    assert_eq!(name("* LIST (\\HasNoChildren \\Sent) \"/\" Sent\r\n").0, ["\\hasnochildren", "\\sent"]);
    assert_eq!(parse("* LIST\r\n"), Response::Other);
    assert_eq!(parse("* LIST (\r\n"), Response::Other);
    assert_eq!(parse("* LIST () \"/\"\r\n"), Response::Other);
}

#[test]
fn strings_cannot_break_out_of_a_command() {
    let pieces = |text: &str| {
        let command = Command::new("X ").string(text)?.text(" Y");
        Ok::<_, UnsafeText>(command.pieces().map(<[u8]>::to_vec).collect::<Vec<_>>())
    };
    assert_eq!(pieces("a\"b\\c").unwrap(), [b"X \"a\\\"b\\\\c\" Y".to_vec()]);
    assert_eq!(pieces("{3}").unwrap(), [b"X \"{3}\" Y".to_vec()]);
    assert_eq!(pieces("pä").unwrap(), [b"X {3}".to_vec(), "pä Y".as_bytes().to_vec()]);
    for hostile in ["a\r\nA2 LOGOUT", "a\nb", "a\0b"] {
        assert_eq!(pieces(hostile), Err(UnsafeText));
    }
    assert_eq!(format!("{:?}", Command::new("LOGIN secret")), "Command(..)");
}

#[test]
fn folder_names_travel_in_modified_utf7() {
    for (name, wire) in [
        ("INBOX", "INBOX"),
        ("Entwürfe", "Entw&APw-rfe"),
        ("A & B", "A &- B"),
        // RFC 3501 §5.1.3
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("📨", "&2D3c6A-"),
    ] {
        assert_eq!(utf7::encode(name), wire);
        assert_eq!(utf7::decode(wire.as_bytes()).as_deref(), Some(name));
    }
    for broken in ["A&B", "&****-", "&2D0-", "&AP-", "Ü"] {
        assert_eq!(utf7::decode(broken.as_bytes()), None, "{broken}");
    }
}

#[test]
fn dates_for_searching_are_english_and_short() {
    assert_eq!(date::search_date("2026-02-01".parse().unwrap()), "1-Feb-2026");
}

#[test]
fn sets_are_short_and_bounded() {
    assert_eq!(uid_set::compress(&[1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
    assert_eq!(uid_set::compress(&[]), "");
    assert_eq!(uid_set::sets(&[4_294_967_294, 4_294_967_295]), ["4294967294:4294967295"]);
    let odd: Vec<u32> = (0..5_000).map(|n| n * 2 + 1).collect();
    let sets = uid_set::sets(&odd);
    assert!(sets.len() > 1 && sets.iter().all(|set| set.len() < 6_100));
    let back: Vec<u32> =
        sets.iter().flat_map(|set| uid_set::parse(set).unwrap()).map(|(first, _)| first).collect();
    assert_eq!(back, odd);
    for broken in ["0", "5:3", "a", "1,", "*", "1:2:3"] {
        assert_eq!(uid_set::parse(broken), None, "{broken}");
    }
}

proptest! {
    #[test]
    fn any_folder_name_survives_the_wire(name in "\\PC*") {
        let wire = utf7::encode(&name);
        prop_assert!(wire.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        let decoded = utf7::decode(wire.as_bytes());
        prop_assert_eq!(decoded.as_deref(), Some(name.as_str()));
    }

    #[test]
    fn any_bytes_decode_or_not_without_panic(wire in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ignored = utf7::decode(&wire);
    }

    #[test]
    fn any_set_of_uids_survives(uids in proptest::collection::btree_set(1_u32.., 0..200)) {
        let uids: Vec<u32> = uids.into_iter().collect();
        let ranges = uid_set::parse(&uid_set::compress(&uids)).unwrap();
        let back: Vec<u32> = ranges.into_iter().flat_map(|(first, last)| first..=last).collect();
        prop_assert_eq!(back, uids);
    }

    #[test]
    fn any_stream_is_cut_and_parsed_without_panic(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("* 1 FETCH (".to_owned()), Just("BODY[]<3> ".to_owned()), Just("{3}\r\nabc".to_owned()),
                Just("(".to_owned()), Just(")".to_owned()), Just("\"".to_owned()), Just("\\".to_owned()),
                Just("* LIST (".to_owned()), Just("* SEARCH ".to_owned()), Just("\r\n".to_owned()),
                Just("~{2}\n".to_owned()), Just("[".to_owned()), Just("UID 5 ".to_owned()), "\\PC{0,6}",
            ],
            0..40,
        ),
        step in 1_usize..50,
    ) {
        let stream = pieces.concat();
        let whole = frames(stream.as_bytes(), stream.len().max(1));
        prop_assert_eq!(&whole, &frames(stream.as_bytes(), step));
        for frame in whole.unwrap_or_default() {
            let _ignored = Response::parse(&frame);
        }
    }

    #[test]
    fn any_body_comes_back_exactly(body in proptest::collection::vec(any::<u8>(), 0..300), step in 1_usize..64) {
        let mut stream = format!("* 3 FETCH (UID 5 BODY[]<0> {{{}}}\r\n", body.len()).into_bytes();
        stream.extend_from_slice(&body);
        stream.extend_from_slice(b" FLAGS ())\r\nA1 OK done\r\n");
        let frames = frames(&stream, step).unwrap();
        prop_assert_eq!(frames.len(), 2);
        let Response::Fetch(data) = Response::parse(&frames[0]) else { panic!() };
        prop_assert_eq!(data.body.unwrap().data.unwrap(), body);
        prop_assert_eq!(data.uid, Some(5));
    }
}

/// Whether the body lies in the memory of its frame.
fn shares(frame: &Bytes) -> bool {
    let Response::Fetch(data) = Response::parse(frame) else { panic!("no FETCH") };
    let body = data.body.unwrap().data.unwrap();
    frame.as_ptr_range().contains(&body.as_ptr())
}

#[test]
fn a_body_keeps_little_more_than_itself_in_memory() {
    let frame = |body: usize, junk: usize| {
        let (body_text, junk) = ("b".repeat(body), "j".repeat(junk.max(1)));
        Bytes::from(format!("* 1 FETCH (UID 7 X {junk} BODY[] {{{body}}}\r\n{body_text})\r\n"))
    };
    assert!(shares(&frame(1 << 20, 0)), "large bodies are not copied");
    assert!(!shares(&frame(100, 0)), "a small one would keep the whole block");
    assert!(!shares(&frame(100 << 10, 1 << 20)), "one among junk would keep the junk");
}

#[test]
fn sets_know_what_they_hold() {
    let ranges = uid_set::parse("1:3,7,9:10").unwrap();
    let held: Vec<u32> = (0..=12).filter(|&uid| uid_set::holds(&ranges, uid)).collect();
    assert_eq!(held, [1, 2, 3, 7, 9, 10]);
    assert!(!uid_set::holds(&[], 1));
}
