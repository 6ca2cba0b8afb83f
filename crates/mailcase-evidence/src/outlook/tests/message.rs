use super::*;
use crate::outlook::fixtures::rich_text;
use crate::outlook::{ITEMS, is_message, open_message};
use crate::{Address, Answer, Answers, Check, CheckMethod, CheckOutcome, Judgement, Means, examine, judge};

fn address(name: &str, address: &str) -> Address {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Address { name: some(name), address: some(address) }
}

#[test]
fn everything_is_found() {
    let contents = open_message(&rich().file(), &mut room());
    assert_eq!(codes(&contents), Vec::<&str>::new());
    assert_eq!(contents.format, "outlook");
    let head = contents.head.as_ref().unwrap();
    let envelope = &head.envelope;
    assert_eq!(envelope.subject.as_deref(), Some("Re: Grüße"));
    assert_eq!(envelope.from, [address("Anna", "anna@example.org")]);
    assert_eq!(envelope.sender, [address("Assistant", "assistant@example.org")]);
    assert_eq!(envelope.to, [address("Bob", "bob@example.org")]);
    assert_eq!(envelope.cc, [address("", "carol@example.org")]);
    assert_eq!(envelope.bcc, [address("Dave", "")]);
    assert_eq!(envelope.date.map(|date| date.to_string()).as_deref(), Some("2024-05-06T07:08:09Z"));
    assert_eq!(envelope.message_id.as_deref(), Some("1@example.org"));
    assert_eq!(envelope.in_reply_to, ["0@example.org"]);
    assert_eq!(envelope.references, ["a@example.org", "0@example.org"]);
    let headers: Vec<_> = head.headers.iter().map(|one| format!("{}: {}", one.name, one.value)).collect();
    assert_eq!(headers[0], "From: \"Anna\" <anna@example.org>");
    assert!(headers.contains(&"Date: Mon, 06 May 2024 07:08:09 +0000".to_owned()), "{headers:?}");
    assert_eq!(fact(&contents, "message_class"), Some("IPM.Note"));
    assert_eq!(fact(&contents, "importance"), Some("high"));
    assert_eq!(fact(&contents, "location"), Some("Room 1"));
    assert_eq!(contents.words, "<b>other");
    assert_eq!(
        outline(&contents),
        [
            (Role::Body, "text/plain", ""),
            (Role::Body, "text/html", ""),
            (Role::Attachment, "text/plain", "long name.txt"),
            (Role::Inline, "", "logo.png"),
            (Role::Attachment, "application/vnd.ms-outlook", "Within.msg"),
            (Role::Attachment, "", "a.exe"),
            (Role::Attachment, "", "Sheet"),
            (Role::Attachment, "", ""),
            (Role::Attachment, "", "empty.txt"),
        ]
    );
    assert_eq!(contents.items[1].charset.as_deref(), Some("windows-1252"));
    assert_eq!(bytes(&contents.items[2]), b"content");
    assert_eq!(contents.items[3].content_id.as_deref(), Some("logo@1"));
    assert_eq!(bytes(&contents.items[5]), b"MZ");
    assert!(matches!(contents.items[7].content, Content::Listed { size: None }));
    assert_eq!(contents.items[7].facts[0].value, "\\\\server\\share\\file.doc");
    assert_eq!(bytes(&contents.items[8]), b"");
}

#[test]
fn a_message_within_stands_alone_with_its_names() {
    let contents = open_message(&rich().file(), &mut room());
    let within = bytes(&contents.items[4]);
    assert!(is_message(within));
    assert!(cfb::OpenOptions::new().strict().open_with(std::io::Cursor::new(within)).is_ok());
    let opened = open_message(within, &mut room());
    assert_eq!(codes(&opened), Vec::<&str>::new());
    assert_eq!(opened.head.as_ref().unwrap().envelope.subject.as_deref(), Some("Within"));
    assert_eq!(fact(&opened, "location"), Some("Room 5"));
    assert_eq!(bytes(&opened.items[0]), b"inner");
    let again = open_message(&rich().file(), &mut room());
    assert!(bytes(&again.items[4]) == within);
    // An object is no message, and comes with its streams.
    assert!(!is_message(bytes(&contents.items[6])));
}

#[test]
fn an_object_that_holds_more_than_a_file_comes_whole() {
    let package = crate::outlook::fixtures::package("a.txt", "C:\\a.txt", b"seen");
    let streams = vec![
        ("\u{1}Ole10Native".to_owned(), package),
        ("Hidden".to_owned(), b"what nobody would see without the object".to_vec()),
    ];
    let attached = Object::default().number(0x3705, 6).text(0x3001, "Package");
    let message = Message { properties: Object::default().text(0x37, "x"), ..Message::default() };
    let contents = open_message(&message.attach(attached, Data::Object(streams)).file(), &mut room());
    let object = cfb::CompoundFile::open(std::io::Cursor::new(bytes(&contents.items[0]))).unwrap();
    assert!(object.is_stream("/Hidden") && object.is_stream("/\u{1}Ole10Native"));
}

#[test]
fn messages_within_messages_are_found_at_any_depth() {
    let mut message = Message { properties: Object::default().text(0x37, "0"), ..Message::default() };
    for depth in 1..12 {
        let around =
            Message { properties: Object::default().text(0x37, &depth.to_string()), ..Message::default() };
        message = around.attach(Object::default().number(0x3705, 5), Data::Message(Box::new(message)));
    }
    let mut file = message.file();
    for depth in (0..12).rev() {
        let contents = open_message(&file, &mut room());
        assert_eq!(codes(&contents), Vec::<&str>::new());
        assert_eq!(contents.head.as_ref().unwrap().envelope.subject, Some(depth.to_string()));
        if depth > 0 {
            file = bytes(&contents.items[0]).to_vec();
        }
    }
}

#[test]
fn the_headers_it_came_with_count_more_than_properties() {
    let transport = "\r\nReceived: from a ([192.0.2.1]) by b; Mon, 6 May 2024 07:08:10 +0000\r\nFrom: Eve <eve@example.net>\r\nSubject: =?utf-8?Q?H=C3=A9?=\r\n\r\nContent-Type: text/plain\r\n";
    let mut message = rich();
    message.properties = message.properties.text(0x7d, transport);
    let contents = open_message(&message.file(), &mut room());
    let head = contents.head.unwrap();
    assert_eq!(head.envelope.from, [address("Eve", "eve@example.net")]);
    assert_eq!(head.envelope.subject.as_deref(), Some("Hé"));
    assert_eq!(head.envelope.to, [address("Bob", "bob@example.org")]);
    assert_eq!(head.headers.len(), 3);
    assert_eq!(head.received[0].from_ip.as_deref(), Some("192.0.2.1"));
    // Names alone say less than properties do.
    let mut message = rich();
    message.properties = message.properties.text(0x7d, "From: Anna\r\nTo: Bob\r\n");
    let envelope = open_message(&message.file(), &mut room()).head.unwrap().envelope;
    assert_eq!(envelope.from, [address("Anna", "anna@example.org")]);
    assert_eq!(envelope.to, [address("Bob", "bob@example.org")]);
}

#[test]
fn text_without_unicode_is_read_in_the_code_page_of_the_message() {
    let text = encoding_rs::SHIFT_JIS.encode("日本語ソ").0.into_owned();
    for properties in [
        Object::default().number(0x3ffd, 932),
        Object::default().number(0x3ff1, 1041).number(0x3fde, 65001),
        Object::default().number(0x3fde, 50220),
        Object::default(),
    ] {
        let properties = properties.ansi(0x37, &text).ansi(0x1000, &text);
        let message = Message { properties, ..Message::default() };
        let contents = open_message(&message.file(), &mut room());
        assert_eq!(contents.head.as_ref().unwrap().envelope.subject.as_deref(), Some("日本語ソ"));
        assert_eq!(bytes(&contents.items[0]), "日本語ソ".as_bytes());
    }
}

#[test]
fn rich_text_becomes_the_body_that_is_missing() {
    let body = |rtf: &str| {
        let properties = Object::default().text(0x37, "x").binary(0x1009, &rich_text(rtf));
        open_message(&Message { properties, ..Message::default() }.file(), &mut room())
    };
    let html = body(r"{\rtf1\fromhtml1 {\*\htmltag <b>}bold}");
    assert_eq!(outline(&html), [(Role::Body, "text/html", "")]);
    assert_eq!(bytes(&html.items[0]), b"<b>bold");
    assert_eq!(outline(&body(r"{\rtf1\fromtext plain}")), [(Role::Body, "text/plain", "")]);
    let native = [(Role::Body, "text/plain", ""), (Role::Body, "application/rtf", "message.rtf")];
    assert_eq!(outline(&body(r"{\rtf1 plain}")), native);
    // What promises HTML but has none is given out as it is.
    assert_eq!(outline(&body(r"{\rtf1\fromhtml1 \htmlrtf x}")), native[1..]);
}

#[test]
fn people_without_an_address_keep_what_is_known() {
    let properties = Object::default()
        .text(0x42, "Anna")
        .text(0x64, "EX")
        .text(0x65, "/o=Example/cn=anna")
        .text(0xe04, "Bob; carol@example.org");
    let contents = open_message(&Message { properties, ..Message::default() }.file(), &mut room());
    let envelope = &contents.head.as_ref().unwrap().envelope;
    assert_eq!(envelope.from, [address("Anna", "")]);
    assert_eq!(envelope.to, [address("Bob", ""), address("", "carol@example.org")]);
    assert_eq!(fact(&contents, "from_exchange"), Some("/o=Example/cn=anna"));
    // Who made the message is known by both names.
    let mut entry = vec![0; 28];
    entry.extend(b"/O=EXAMPLE/CN=ANNA\0");
    let properties = Object::default()
        .text(0x42, "Anna")
        .text(0x65, "/o=Example/cn=anna")
        .binary(0x3ff9, &entry)
        .text(0x5d0a, "anna@example.org");
    let contents = open_message(&Message { properties, ..Message::default() }.file(), &mut room());
    assert_eq!(fact(&contents, "from_exchange"), None);
    assert_eq!(contents.head.unwrap().envelope.from, [address("Anna", "anna@example.org")]);
    // The search key tells what the address does not.
    let properties = Object::default().text(0x42, "Anna").binary(0x3b, b"SMTP:ANNA@EXAMPLE.ORG\0");
    let contents = open_message(&Message { properties, ..Message::default() }.file(), &mut room());
    assert_eq!(contents.head.unwrap().envelope.from, [address("Anna", "anna@example.org")]);
}

#[test]
fn answers_go_where_the_entry_ids_say() {
    let mut entry = vec![0; 4];
    entry.extend([
        0x81, 0x2b, 0x1f, 0xa4, 0xbe, 0xa3, 0x10, 0x19, 0x9d, 0x6e, 0x00, 0xdd, 0x01, 0x0f, 0x54, 0x02,
    ]);
    entry.extend([0, 0, 1, 0x90]);
    for text in ["Eve", "SMTP", "eve@example.net"] {
        entry.extend(crate::outlook::fixtures::utf16(text));
        entry.extend([0, 0]);
    }
    let mut list = 1_u32.to_le_bytes().to_vec();
    list.extend((entry.len() as u32 + 4).to_le_bytes());
    list.extend((entry.len() as u32).to_le_bytes());
    list.extend(entry);
    let properties = Object::default().text(0x37, "x").binary(0x4f, &list);
    let contents = open_message(&Message { properties, ..Message::default() }.file(), &mut room());
    assert_eq!(contents.head.unwrap().envelope.reply_to, [address("Eve", "eve@example.net")]);
}

#[test]
fn a_signed_message_is_the_entity_it_keeps() {
    let entity = b"Content-Type: multipart/signed; boundary=a\r\n\r\n--a\r\n".to_vec();
    let properties = Object::default().text(0x1a, "IPM.Note.SMIME.MultipartSigned");
    let attached =
        Object::default().number(0x3705, 1).text(0x370e, "multipart/signed").text(0x3707, "smime.p7m");
    let message = Message { properties, ..Message::default() }.attach(attached, Data::Bytes(entity.clone()));
    let contents = open_message(&message.file(), &mut room());
    assert!(matches!(&contents.items[0].content, Content::Entity(found) if *found == entity));
}

#[test]
fn crowds_are_bounded() {
    let recipient = Object::default().number(0xc15, 1).text(0x39fe, "a@example.org");
    let attached = Object::default().number(0x3705, 1);
    let message = Message {
        properties: Object::default().text(0x37, "x"),
        recipients: vec![recipient; 2_100],
        attachments: vec![(attached, None); ITEMS + 1],
        names: Vec::new(),
    };
    let contents = open_message(&message.file(), &mut room());
    assert_eq!(contents.items.len(), ITEMS);
    assert_eq!(contents.head.as_ref().unwrap().envelope.to.len(), 2_000);
    assert_eq!(codes(&contents), ["limit_recipients", "limit_items"]);
}

#[test]
fn what_there_is_no_room_for_is_listed() {
    let message = rich()
        .attach(Object::default().number(0x3705, 1).text(0x3707, "large.bin"), Data::Bytes(vec![1; 200_000]));
    let contents = open_message(&message.file(), &mut Room::new(100_000, 0));
    let item = contents.items.last().unwrap();
    assert_eq!(item.name.as_deref(), Some("large.bin"));
    assert!(matches!(item.content, Content::Listed { size: Some(200_000) }));
    assert_eq!(item.defects[0].code, "limit_expanded_bytes");
    // Copying is work: without any effort left, a message within is not given out whole.
    assert_eq!(contents.items[4].defects[0].code, "truncated");
}

#[test]
fn long_names_leave_room_for_what_is_attached() {
    let long = "x".repeat(1 << 20);
    let recipient = Object::default().number(0xc15, 1).text(0x3001, &long).text(0x39fe, "a@example.org");
    let attached = Object::default().number(0x3705, 1).text(0x3707, &long);
    let message = Message {
        properties: Object::default().text(0x37, "x"),
        recipients: vec![recipient; 8],
        ..Message::default()
    };
    let message = message.attach(attached, Data::Bytes(vec![1; 10_000]));
    let contents = open_message(&message.file(), &mut Room::new(2 << 20, 0));
    assert_eq!(codes(&contents), Vec::<&str>::new());
    assert_eq!(bytes(&contents.items[0]).len(), 10_000);
    assert_eq!(contents.items[0].name.as_ref().map(String::len), Some(1_000));
}

#[test]
fn a_signature_whose_body_is_lost_speaks_neither_for_nor_against_the_sender() {
    let transport = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=k; h=from;\r\n\
                     \tbh=AAAA; b=AAAA\r\nFrom: Eve <eve@example.net>\r\n";
    let mut message = rich();
    message.properties = message.properties.text(0x7d, transport);
    let found = examine(&message.file(), &Means::default());
    let offline = found.verdicts.own.unwrap();
    let mut answers = Answers::default();
    let judged = loop {
        match judge(&found.origin, &answers) {
            Judgement::Judged(verification) => break verification.checks,
            Judgement::NeedMore(questions) => {
                for question in questions {
                    let policy = question.name == "_dmarc.example.net";
                    let answer = policy.then(|| Answer::Records(vec!["v=DMARC1; p=reject".to_owned()]));
                    answers.insert(question, answer.unwrap_or(Answer::NotFound));
                }
            }
        }
    };
    let outcome = |checks: &[Check], method| {
        checks.iter().find(|check| check.method == method).map(|check| (check.outcome, check.reason.clone()))
    };
    let lost = "the file does not keep the body as it was signed".to_owned();
    assert_eq!(outcome(&offline.checks, CheckMethod::Dkim), Some((CheckOutcome::NotChecked, lost.clone())));
    assert_eq!(outcome(&judged, CheckMethod::Dkim), Some((CheckOutcome::NotChecked, lost)));
    let unchecked = "what could speak for the sender was not checked".to_owned();
    assert_eq!(outcome(&judged, CheckMethod::Dmarc), Some((CheckOutcome::NotChecked, unchecked)));
}
