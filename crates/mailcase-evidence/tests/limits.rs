//! Messages made to cost much cost little. Times are not measured here; what would take minutes would be noticed.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::Cursor;

use mailcase_evidence::{
    Evidence, Form, Limits, Means, Part, PartKind, examine, examine_reader, extract, preview,
};

fn all_codes(evidence: &Evidence) -> Vec<String> {
    let parts = evidence.root.walk().flat_map(|part| &part.defects);
    evidence.defects.iter().chain(parts).map(|defect| defect.code.clone()).collect()
}

fn check(raw: &[u8], code: &str) -> Evidence {
    let evidence = examine(raw, &Means::default());
    assert!(
        all_codes(&evidence).iter().any(|found| found == code),
        "{code} is not in {:?}",
        all_codes(&evidence)
    );
    let json = serde_json::to_string(&evidence).unwrap();
    let stored = Evidence { origin: mailcase_evidence::OriginFacts::default(), ..evidence.clone() };
    assert_eq!(serde_json::from_str::<Evidence>(&json).unwrap(), stored);
    evidence
}

#[test]
fn a_million_headers() {
    let raw = [b"Subject: x\r\n".as_slice(), &b"X-Junk: abc\r\n".repeat(1_000_000), b"\r\nbody"].concat();
    let evidence = check(&raw, "limit_header_block");
    assert_eq!(evidence.headers.len(), Limits::default().headers);
    assert_eq!(evidence.text.unwrap().content, "body");
}

#[test]
fn structural_headers_are_found_behind_thousands_of_others() {
    let raw = [&b"X-Junk: abc\n".repeat(5_000), b"Content-Type: text/html\nSubject: late\n\n<p>x".as_slice()]
        .concat();
    let evidence = check(&raw, "limit_headers");
    assert_eq!(evidence.envelope.subject.as_deref(), Some("late"));
    assert_eq!(evidence.text.unwrap().content, "x");
}

#[test]
fn a_gigantic_header_line() {
    let raw = [b"Subject: ".as_slice(), &b"a".repeat(20 << 20), b"\nX: y\n\nbody"].concat();
    let evidence = check(&raw, "limit_header_bytes");
    assert!(evidence.headers[0].raw.len() <= Limits::default().header_bytes);
    let addresses =
        [b"To: ".as_slice(), &b"=?utf-8?Q?a?= <a@b.example>, ".repeat(100_000), b"\n\nbody"].concat();
    assert!(check(&addresses, "limit_header_bytes").envelope.to.len() <= 1_000);
}

#[test]
fn ten_thousand_deep() {
    let mut multiparts = Vec::new();
    for level in 0..10_000 {
        multiparts.extend_from_slice(
            format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n").as_bytes(),
        );
    }
    check(&multiparts, "limit_depth");
    let messages = b"Content-Type: message/rfc822\n\n".repeat(10_000);
    let evidence = check(&messages, "limit_depth");
    assert!(evidence.root.walk().count() <= 2 * (Limits::default().depth + 1));
    let same = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n".repeat(10_000);
    check(&same, "limit_depth");
}

#[test]
fn messages_within_base64_within_base64() {
    let mut raw = b"Subject: core\n\ncore".to_vec();
    for _ in 0..40 {
        let inner = data_encoding::BASE64.encode(&raw);
        raw = format!("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}\n")
            .into_bytes();
        if raw.len() > 2_000_000 {
            break;
        }
    }
    let evidence = examine(&raw, &Means::default());
    let deepest = evidence.root.walk().last().unwrap();
    assert_eq!((deepest.content_type.as_str(), deepest.size), ("text/plain", 4));
}

#[test]
fn a_hundred_thousand_parts() {
    let raw = [
        b"Content-Type: multipart/mixed; boundary=b\n\n".as_slice(),
        &b"--b\nContent-Type: text/html\n\n<a href=https://x.example>\n".repeat(100_000),
        b"--b--\n",
    ]
    .concat();
    let evidence = check(&raw, "limit_parts");
    assert_eq!(evidence.root.walk().count(), Limits::default().parts);
}

#[test]
fn text_beyond_the_limit_is_cut_but_hashed_whole() {
    let raw = [b"Subject: x\n\n".as_slice(), &b"words and words\n".repeat(200_000)].concat();
    let evidence = examine(&raw, &Means::default());
    let text = evidence.text.unwrap();
    assert!(text.truncated);
    assert_eq!(text.content.len(), Limits::default().body_bytes);
    assert_eq!(evidence.root.size, 3_200_000);
}

#[test]
fn too_many_indicators() {
    let mut raw = b"Subject: x\n\n".to_vec();
    for number in 0..20_000 {
        raw.extend_from_slice(format!("https://h{number}.example/x\n").as_bytes());
    }
    assert_eq!(check(&raw, "limit_indicators").indicators.len(), Limits::default().indicators);
}

#[test]
fn text_made_to_confuse_the_indicator_search() {
    for unit in [
        "@", "a@", ":", "://", "http://", "a.", ".", "[.]", "a:", "1.", "::", "hxxp", "(", "a@b.", "<a@b",
        "&", "&#", "é", "x://",
    ] {
        let raw =
            format!("Content-Type: text/plain; charset=utf-8\n\n{}", unit.repeat((1 << 20) / unit.len()));
        let evidence = examine(raw.as_bytes(), &Means::default());
        assert!(evidence.text.is_some(), "{unit}");
        let html = raw.replacen("plain", "html", 1);
        assert!(examine(html.as_bytes(), &Means::default()).html.is_some(), "{unit}");
    }
}

#[test]
fn html_made_to_cost_much() {
    let bold: String = (0..400).map(|number| format!("<b id=\"{number}\">")).collect();
    for page in [
        "<div>".repeat(200_000),
        "<b>".repeat(200_000),
        "<table><tr><td>".repeat(60_000),
        format!("{bold}{}", "<p>x".repeat(100_000)),
        "<b><div></b>".repeat(80_000),
        "<div><span></div>".repeat(50_000),
        "<a href=x><table><td></a>".repeat(30_000),
        "<".repeat(1 << 20),
        "<a ".repeat(300_000),
        "<!--".repeat(200_000),
        "&lt".repeat(300_000),
        "<svg><math>".repeat(80_000),
        "<p><li>".repeat(100_000),
        "<a b='".repeat(150_000),
        "<script>".repeat(100_000),
        "</p>".repeat(200_000),
        "<select><option>".repeat(60_000),
        "<i style='color:red'>".repeat(50_000),
        format!(
            "<style>{}</style>{}",
            ".a .b .c{color:red}".repeat(4_000),
            "<p class='a b c'>x".repeat(40_000)
        ),
        format!("<style>{}</style>{}", "a{".repeat(100_000), "<p>".repeat(100_000)),
        format!("<p style='{}'>", "color:red;".repeat(100_000)),
        (0..50_000).map(|number| format!("<p style='width:{number}px'>x")).collect(),
    ] {
        let start = page.chars().take(30).collect::<String>();
        assert!(preview::sanitize(&page, |_| None).html.ends_with("</html>\n"), "{start}");
        let raw = format!("Content-Type: text/html\n\n{page}");
        assert!(examine(raw.as_bytes(), &Means::default()).root.size > 0, "{start}");
    }
}

#[test]
fn large_messages_are_read_in_pieces() {
    /// Counts the largest piece asked for.
    struct Watching(Cursor<Vec<u8>>, usize);
    impl std::io::Read for Watching {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.1 = self.1.max(buffer.len());
            self.0.read(buffer)
        }
    }
    impl std::io::Seek for Watching {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            self.0.seek(to)
        }
    }
    let body = data_encoding::BASE64.encode(&vec![7; 8 << 20]);
    let raw = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nnote\r\n--b\r\nContent-Type: application/pdf\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{body}\r\n--b--\r\n"
    );
    let size = raw.len() as u64;
    let mut reader = Watching(Cursor::new(raw.into_bytes()), 0);
    let evidence = examine_reader(&mut reader, size, &Means::default()).unwrap();
    let part: &Part = &evidence.root.children[1];
    assert_eq!((part.size, part.kind), (8 << 20, PartKind::Attachment));
    assert!(reader.1 <= 1 << 20);
    let mut out = Vec::new();
    extract(&mut reader, "/2", Form::Content, &mut out, &Means::default()).unwrap();
    assert!(out.len() == 8 << 20 && out.iter().all(|byte| *byte == 7));
}
