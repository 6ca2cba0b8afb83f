//! What `examine` finds, and that reading a stream finds the same.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::Cursor;

use mailcase_evidence::{
    Evidence, ExtractError, Form, Limits, Means, Part, Scope, examine, examine_pieces, examine_reader,
    extract,
};

fn streaming() -> Means {
    Means::from(Limits { in_memory_bytes: 0, ..Limits::default() })
}

/// Examines in memory, as a stream and piece by piece and insists that all agree.
fn both(raw: &[u8]) -> Evidence {
    let evidence = examine(raw, &Means::default());
    let streamed = examine_reader(Cursor::new(raw), raw.len() as u64, &streaming()).unwrap();
    assert_eq!(evidence, streamed);
    assert_eq!(evidence, examine_pieces(raw.chunks(7), &Means::default()));
    evidence
}

fn outline(part: &Part) -> Vec<String> {
    part.walk()
        .map(|part| format!("{} {:?} {} {}", part.path, part.kind, part.content_type, part.size))
        .collect()
}

fn codes(part: &Part) -> Vec<&str> {
    part.defects.iter().map(|defect| defect.code.as_str()).collect()
}

fn content(raw: &[u8], path: &str) -> Result<String, ExtractError> {
    let mut out = Vec::new();
    extract(Cursor::new(raw), path, Form::Content, &mut out, &Means::default())
        .map(|_| String::from_utf8_lossy(&out).into_owned())
}

#[test]
fn a_plain_message() {
    let raw = b"From: A <a@example.org>\r\nTo: b@example.org\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\
        Date: Mon, 6 Jan 2025 08:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\nHello\r\n";
    let evidence = both(raw);
    assert_eq!(evidence.size, raw.len() as u64);
    assert_eq!(evidence.envelope.subject.as_deref(), Some("Grüße"));
    assert_eq!(evidence.envelope.message_id.as_deref(), Some("1@example.org"));
    assert_eq!(evidence.text.as_ref().map(|body| body.content.as_str()), Some("Hello\r\n"));
    assert_eq!(outline(&evidence.root), ["/ Body text/plain 7"]);
    assert!(evidence.defects.is_empty(), "{:?}", evidence.defects);
    assert_eq!(content(raw, "/").unwrap(), "Hello\r\n");
}

#[test]
fn a_tree_alone_is_that_of_everything() {
    let raw = b"From: a@example.org\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html\n\n\
        <p style='display:none'>a long hidden text</p><a href='https://evil.example/'>here</a>\n--x\n\
        Content-Disposition: attachment; filename=a.eml\nContent-Type: message/rfc822\n\nSubject: inner\n\nhxxp://b.example/\n--x--";
    let everything = examine(raw, &Means::default());
    let tree = examine(raw, &Means { scope: Scope::Tree, ..Means::default() });
    assert!(!everything.indicators.is_empty() && !everything.hidden.is_empty());
    let told = Evidence {
        parser_version: everything.parser_version,
        size: everything.size,
        scope: Scope::Tree,
        envelope: everything.envelope,
        headers: everything.headers,
        received: everything.received,
        text: everything.text,
        html: everything.html,
        root: everything.root,
        defects: everything.defects,
        ..Evidence::default()
    };
    assert_eq!(tree, told);
    let json = serde_json::to_string(&tree).unwrap();
    assert_eq!(serde_json::from_str::<Evidence>(&json).unwrap(), tree);
}

#[test]
fn nested_parts_and_messages() {
    let inner = "From: x@evil.example\r\nSubject: inner\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n\
        --in\r\n\r\nplain\r\n--in\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--in--";
    let raw = format!(
        "Subject: outer\r\nContent-Type: multipart/mixed; boundary=\"out\"\r\n\r\npreamble\r\n--out\r\n\r\nnote\r\n\
         --out\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename=reported.eml\r\n\r\n{inner}\r\n\
         --out\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjcK\r\n\
         --out--\r\n"
    );
    let evidence = both(raw.as_bytes());
    assert_eq!(
        outline(&evidence.root),
        [
            "/ Multipart multipart/mixed 0".to_owned(),
            "/1 Body text/plain 4".to_owned(),
            format!("/2 Message message/rfc822 {}", inner.len()),
            "/2/1 Multipart multipart/alternative 0".to_owned(),
            "/2/1/1 Body text/plain 5".to_owned(),
            "/2/1/2 Body text/html 11".to_owned(),
            "/3 Attachment application/pdf 9".to_owned(),
        ]
    );
    assert_eq!(content(raw.as_bytes(), "/2").unwrap(), inner);
    assert_eq!(content(raw.as_bytes(), "/3").unwrap(), "%PDF-1.7\n");
    assert_eq!(content(raw.as_bytes(), "/2/1/1").unwrap(), "plain");
    assert!(matches!(content(raw.as_bytes(), "/2/1"), Err(ExtractError::NoContent(_))));
    assert!(matches!(content(raw.as_bytes(), "/9"), Err(ExtractError::NotFound(_))));
    let message = &evidence.root.children[1];
    assert_eq!(message.envelope.as_ref().unwrap().subject.as_deref(), Some("inner"));
    assert_eq!(message.safe_name.as_deref(), Some("reported.eml"));
    assert_eq!(evidence.text.as_ref().map(|body| body.path.as_str()), Some("/1"));
    assert!(evidence.html.is_none());
    // A PDF of nine bytes is damaged, which costs nobody else.
    assert_eq!(codes(&evidence.root.children[2]), ["damaged"]);
    assert!(evidence.root.walk().all(|part| part.defects.is_empty() || part.path == "/3"));
}

#[test]
fn broken_structures_keep_their_siblings() {
    let raw = b"Content-Type: multipart/mixed; boundary=out\n\n--out\nContent-Type: multipart/alternative; boundary=in\n\n\
        --in\n\nfirst\n--out\n\nsecond\n";
    let evidence = both(raw);
    assert_eq!(
        outline(&evidence.root),
        [
            "/ Multipart multipart/mixed 0",
            "/1 Multipart multipart/alternative 0",
            "/1/1 Body text/plain 5",
            "/2 Body text/plain 7"
        ]
    );
    assert_eq!(codes(&evidence.root), ["missing_end_boundary"]);
    assert_eq!(codes(&evidence.root.children[0]), ["missing_end_boundary"]);
}

#[test]
fn base64_messages_are_opened() {
    let raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\
        Content-Transfer-Encoding: base64\n\nU3ViamVjdDogaW5uZXIKCkhpCg==\n--b--\n";
    let evidence = both(raw);
    assert_eq!(
        outline(&evidence.root),
        ["/ Multipart multipart/mixed 0", "/1 Message message/rfc822 19", "/1/1 Body text/plain 3"]
    );
    assert_eq!(evidence.root.children[0].envelope.as_ref().unwrap().subject.as_deref(), Some("inner"));
    assert_eq!(content(raw, "/1/1").unwrap(), "Hi\n");
    assert_eq!(content(raw, "/1").unwrap(), "Subject: inner\n\nHi\n");
}

#[test]
fn messages_without_structure() {
    for (raw, headers, text, defect) in [
        (&b""[..], 0, None, Some("no_headers")),
        (b"\n\n\n", 0, None, Some("no_headers")),
        (b"just text\nmore\n\nand more", 0, Some("just text\nmore\n\nand more"), Some("no_headers")),
        (b"Subject: x", 1, None, None),
        (b"\r\nSubject: x\r\n\r\nbody", 1, Some("body"), None),
        (
            b"Subject: x\nbody without blank line",
            1,
            Some("body without blank line"),
            Some("missing_separator"),
        ),
        (b"Subject: x\r\rbare\rreturns", 1, Some("bare\rreturns"), None),
        (b"\xff\xfe\x00", 0, Some(""), Some("no_headers")),
    ] {
        let evidence = both(raw);
        assert_eq!(evidence.headers.len(), headers, "{raw:?}");
        assert_eq!(evidence.defects.first().map(|defect| defect.code.as_str()), defect, "{raw:?}");
        if text != Some("") {
            assert_eq!(evidence.text.as_ref().map(|body| body.content.as_str()), text, "{raw:?}");
        }
        assert_eq!(evidence.root.path, "/");
    }
}

#[test]
fn files_that_are_no_messages_are_named_for_what_they_are() {
    let mut raw = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    raw.resize(5_000, 0);
    let evidence = both(&raw);
    assert_eq!(evidence.defects[0].code, "no_message");
    assert_eq!(evidence.root.size, 5_000);
    assert!(evidence.root.hashes.is_some());
    assert_eq!(content(&raw, "/").unwrap().len(), String::from_utf8_lossy(&raw).len());
}

#[test]
fn every_entity_is_given_out_as_it_stands() {
    let inner = "Subject: inner\n\n\nhello\n";
    let encoded = data_encoding::BASE64.encode(inner.as_bytes());
    let raw = format!(
        "Subject: outer\nContent-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\nno headers\n--b\n\
         Content-Type: multipart/related; boundary=c\n\n--c\nContent-Transfer-Encoding: base64\n\naGk=\n\n--c--\nrest\n--b\n\
         Content-Type: message/rfc822\n\n{inner}\n--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n\
         {encoded}\n--b\nX-Broken: no blank line\n--b--\nepilogue\n"
    );
    for raw in [raw.clone(), raw.replace('\n', "\r\n")] {
        let newline = if raw.contains("\r\n") { "\r\n" } else { "\n" };
        let original = |path: &str| {
            let mut out = Vec::new();
            extract(Cursor::new(raw.as_bytes()), path, Form::Original, &mut out, &Means::default()).unwrap();
            String::from_utf8(out).unwrap().replace(newline, "\n")
        };
        assert_eq!(original("/"), raw.replace(newline, "\n"));
        assert_eq!(original("/1"), "\nno headers");
        assert_eq!(
            original("/2"),
            "Content-Type: multipart/related; boundary=c\n\n--c\nContent-Transfer-Encoding: base64\n\naGk=\n\n--c--\nrest"
        );
        assert_eq!(original("/2/1"), "Content-Transfer-Encoding: base64\n\naGk=\n");
        assert_eq!(original("/3"), format!("Content-Type: message/rfc822\n\n{inner}"));
        assert_eq!(original("/3/1"), inner);
        assert_eq!(
            original("/4"),
            format!("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{encoded}")
        );
        assert_eq!(original("/4/1"), inner);
        assert_eq!(original("/5"), "X-Broken: no blank line");
    }
}

#[test]
fn the_text_of_a_part_is_read_in_the_charset_asked_for() {
    let raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\n--b\nContent-Type: text/plain; charset=utf-8\n\n\
                \xf0\xd2\xe9\xf7\xe5\xf4\n--b\nContent-Type: image/png\n\nx\n--b--\n";
    let read = |path: &str, means: &Means| mailcase_evidence::part_text(Cursor::new(raw), path, means);
    let asked = Means { charsets: [("/2".to_owned(), "koi8-r".to_owned())].into(), ..Means::default() };
    assert_eq!(read("/2", &asked).unwrap().content, "ПрИВЕТ");
    assert_eq!(read("/1", &asked).unwrap().content, "first");
    assert_eq!(
        read("/2", &Means::default()).unwrap().read_as.confidence,
        mailcase_evidence::Confidence::Doubtful
    );
    assert!(matches!(read("/3", &asked), Err(ExtractError::NoContent(_))));
    assert!(matches!(read("/4", &asked), Err(ExtractError::NotFound(_))));
}
