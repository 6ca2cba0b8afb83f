//! Outlook messages and TNEF as parts of the tree: alone, attached to mail, within each other.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::{Cursor, Write};

use mailcase_evidence::{Evidence, Form, Limits, Means, Part, PartKind, examine, examine_reader, extract};

type File = cfb::CompoundFile<Cursor<Vec<u8>>>;

/// Text properties by number.
type Texts<'a> = &'a [(u16, &'a str)];

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn stream(file: &mut File, path: &str, content: &[u8]) {
    file.create_stream(path).unwrap().write_all(content).unwrap();
}

/// Writes a list of properties; `fixed` are numbers.
fn properties(file: &mut File, storage: &str, header: usize, texts: Texts<'_>, fixed: &[(u16, u32)]) {
    let mut list = vec![0; header];
    for (number, value) in fixed {
        list.extend(3_u16.to_le_bytes());
        list.extend(number.to_le_bytes());
        list.extend(6_u32.to_le_bytes());
        list.extend(u64::from(*value).to_le_bytes());
    }
    stream(file, &format!("{storage}/__properties_version1.0"), &list);
    for (number, text) in texts {
        stream(file, &format!("{storage}/__substg1.0_{number:04X}001F"), &utf16(text));
    }
}

fn attachment(file: &mut File, message: &str, number: u32, texts: Texts<'_>, method: u32) -> String {
    let storage = format!("{message}/__attach_version1.0_#{number:08X}");
    file.create_storage(&storage).unwrap();
    properties(file, &storage, 8, texts, &[(0x3705, method)]);
    storage
}

/// A message with a file and a message attached, which has a file attached.
fn message() -> Vec<u8> {
    let mut file = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new())).unwrap();
    let texts = [
        (0x1a, "IPM.Note"),
        (0x37, "Outer"),
        (0x42, "Anna"),
        (0x64, "SMTP"),
        (0x65, "anna@example.org"),
        (0x1000, "See http://outer.example/a"),
    ];
    properties(&mut file, "", 32, &texts, &[(0x3fde, 65001)]);
    stream(&mut file, "/__substg1.0_10130102", b"<p>See <a href=\"http://html.example/\">this</a></p>");
    let one = attachment(&mut file, "", 0, &[(0x3707, "a.txt"), (0x370e, "text/plain")], 1);
    stream(&mut file, &format!("{one}/__substg1.0_37010102"), b"http://attached.example/");
    let two = attachment(&mut file, "", 1, &[(0x3001, "Inner")], 5);
    let inner = format!("{two}/__substg1.0_3701000D");
    file.create_storage(&inner).unwrap();
    let transport = "From: Eve <eve@example.net>\r\nSubject: Inner\r\n";
    properties(
        &mut file,
        &inner,
        24,
        &[(0x37, "Inner"), (0x7d, transport), (0x1000, "http://inner.example/")],
        &[],
    );
    let three = attachment(&mut file, &inner, 0, &[(0x3707, "b.bin")], 1);
    stream(&mut file, &format!("{three}/__substg1.0_37010102"), &[7; 5000]);
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn tnef() -> Vec<u8> {
    let mut stream = vec![0x78, 0x9f, 0x3e, 0x22, 1, 0];
    for (level, id, data) in [
        (1_u8, 0x0001_8004_u32, &b"Wrapped\0"[..]),
        (1, 0x0002_800c, b"http://wrapped.example/\0"),
        (2, 0x0006_9002, &[0; 14]),
        (2, 0x0001_8010, b"c.txt\0"),
        (2, 0x0006_800f, b"third"),
    ] {
        stream.push(level);
        stream.extend(id.to_le_bytes());
        stream.extend((data.len() as u32).to_le_bytes());
        stream.extend(data);
        stream.extend(data.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte))).to_le_bytes());
    }
    stream
}

fn mail(content_type: &str, name: &str, attached: &[u8]) -> Vec<u8> {
    let encoded = data_encoding::BASE64.encode(attached);
    let lines: Vec<_> =
        encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!(
        "From: a@example.org\r\nSubject: Mail\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nnote\r\n--b\r\n\
         Content-Type: {content_type}; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        lines.join("\r\n")
    )
    .into_bytes()
}

/// Examines in memory and as a stream, insists that both agree and that every part can be taken out as it was hashed.
fn both(raw: &[u8]) -> Evidence {
    let evidence = examine(raw, &Means::default());
    let streaming = Means::from(Limits { in_memory_bytes: 0, ..Limits::default() });
    assert_eq!(evidence, examine_reader(Cursor::new(raw), raw.len() as u64, &streaming).unwrap());
    for part in evidence.root.walk().filter(|part| part.hashes.is_some()) {
        let mut out = Vec::new();
        extract(Cursor::new(raw), &part.path, Form::Content, &mut out, &Means::default()).unwrap();
        assert_eq!(out.len() as u64, part.size, "{}", part.path);
    }
    evidence
}

fn outline(part: &Part) -> Vec<String> {
    part.walk()
        .map(|part| {
            let name = part.name.as_deref().unwrap_or_default();
            format!("{} {:?} {} {name}", part.path, part.kind, part.content_type)
        })
        .collect()
}

fn has(evidence: &Evidence, value: &str) -> bool {
    evidence.indicators.iter().any(|indicator| indicator.value.contains(value))
}

fn part<'e>(evidence: &'e Evidence, path: &str) -> &'e Part {
    evidence.root.walk().find(|part| part.path == path).unwrap()
}

#[test]
fn a_message_file_is_a_message() {
    let evidence = both(&message());
    assert!(evidence.defects.is_empty(), "{:?}", evidence.defects);
    assert_eq!((evidence.root.kind, evidence.root.format.as_deref()), (PartKind::Message, Some("outlook")));
    assert_eq!(
        outline(&evidence.root),
        [
            "/ Message application/vnd.ms-outlook ",
            "/1 Body text/plain ",
            "/2 Body text/html ",
            "/3 Attachment text/plain a.txt",
            "/4 Message application/vnd.ms-outlook Inner.msg",
            "/4/1 Body text/plain ",
            "/4/2 Attachment application/octet-stream b.bin",
        ]
    );
    assert_eq!(evidence.envelope.subject.as_deref(), Some("Outer"));
    assert_eq!(evidence.envelope.from[0].address.as_deref(), Some("anna@example.org"));
    assert_eq!(evidence.headers[0].value, "\"Anna\" <anna@example.org>");
    assert_eq!(evidence.text.as_ref().unwrap().content, "See http://outer.example/a");
    assert!(evidence.html.as_ref().unwrap().content.contains("html.example"));
    for domain in ["outer.example", "html.example", "attached.example", "inner.example"] {
        assert!(has(&evidence, domain), "{domain}");
    }
    let inner = part(&evidence, "/4");
    assert_eq!(inner.envelope.as_ref().unwrap().from[0].address.as_deref(), Some("eve@example.net"));
    assert_eq!(inner.headers.len(), 2);
    assert_eq!(part(&evidence, "/4/2").size, 5000);
}

#[test]
fn a_message_file_in_mail_is_a_message_within() {
    let evidence = both(&mail("application/octet-stream", "reported.bin", &message()));
    let within = part(&evidence, "/2");
    assert_eq!(within.kind, PartKind::Message);
    assert_eq!(within.envelope.as_ref().unwrap().subject.as_deref(), Some("Outer"));
    assert_eq!(part(&evidence, "/2/4/2").name.as_deref(), Some("b.bin"));
    assert!(has(&evidence, "inner.example"));
    assert_eq!(evidence.text.as_ref().unwrap().content.trim(), "note");
}

#[test]
fn what_is_wrapped_in_tnef_belongs_to_the_message_around_it() {
    let evidence = both(&mail("application/ms-tnef", "winmail.dat", &tnef()));
    assert_eq!(part(&evidence, "/2").kind, PartKind::Layer);
    assert_eq!(part(&evidence, "/2/1").kind, PartKind::Body);
    assert_eq!(part(&evidence, "/2/2").name.as_deref(), Some("c.txt"));
    assert!(has(&evidence, "wrapped.example"));
    assert_eq!(evidence.envelope.subject.as_deref(), Some("Mail"));
    let undeclared = both(&mail("application/octet-stream", "winmail.dat", &tnef()));
    assert_eq!(part(&undeclared, "/2").content_type, "application/ms-tnef");
    let alone = both(&tnef());
    assert_eq!(alone.root.content_type, "application/ms-tnef");
    assert!(has(&alone, "wrapped.example"));
}

#[test]
fn a_damaged_message_file_is_still_evidence() {
    let good = message();
    for cut in [512, 600, 1_536, 4_096, good.len() / 2, good.len() - 512] {
        let evidence = both(&good[..cut.min(good.len())]);
        assert!(evidence.root.walk().any(|part| !part.defects.is_empty()), "{cut}: {:?}", evidence.root);
    }
}
