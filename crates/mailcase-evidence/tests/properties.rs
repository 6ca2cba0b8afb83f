//! Whatever the bytes: no panic, the same from memory and stream, parts as the evidence says.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail as tests do")]

use std::io::{Cursor, Read, Seek, SeekFrom};

use data_encoding::HEXLOWER;
use mailcase_evidence::{
    Evidence, Form, Limits, Means, OriginFacts, PartKind, defang, examine, examine_headers, examine_pieces,
    examine_reader, extract, preview,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// A reader that gives small and uneven pieces.
struct Dripping<'a> {
    data: Cursor<&'a [u8]>,
    pieces: Vec<usize>,
    next: usize,
}

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let piece = self.pieces[self.next % self.pieces.len()].clamp(1, buffer.len());
        self.next += 1;
        self.data.read(&mut buffer[..piece])
    }
}

impl Seek for Dripping<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.data.seek(to)
    }
}

fn check(raw: &[u8], pieces: Vec<usize>) -> Evidence {
    let limits = Means::from(Limits { in_memory_bytes: 0, ..Limits::default() });
    let evidence = examine(raw, &Means::default());
    let reader = Dripping { data: Cursor::new(raw), pieces: pieces.clone(), next: 0 };
    let streamed = examine_reader(reader, raw.len() as u64, &limits).unwrap();
    assert_eq!(evidence, streamed);
    assert_eq!(evidence, examine_pieces(raw.chunks(61), &Means::default()));
    assert!(evidence.defects.iter().all(|defect| defect.code != "parser_failed"));
    for piece in pieces {
        let beginning = &raw[..raw.len().min(piece * 20)];
        if let Some(known) = examine_headers(beginning, &Limits::default()) {
            assert_eq!(
                (known.envelope, known.headers),
                (evidence.envelope.clone(), evidence.headers.clone())
            );
        }
    }
    let json = serde_json::to_string(&evidence).unwrap();
    let stored = Evidence { origin: OriginFacts::default(), ..evidence.clone() };
    assert_eq!(serde_json::from_str::<Evidence>(&json).unwrap(), stored);
    for part in evidence.root.walk().filter(|part| part.kind != PartKind::Multipart) {
        let mut out = Vec::new();
        extract(Cursor::new(raw), &part.path, Form::Content, &mut out, &Means::default()).unwrap();
        let hashes = part.hashes.as_ref().unwrap();
        assert_eq!(HEXLOWER.encode(&Sha256::digest(&out)), hashes.sha256, "{}", part.path);
        assert_eq!(out.len() as u64, part.size);
    }
    evidence
}

/// Lines mail is made of, so that random messages have structure.
fn line() -> impl Strategy<Value = Vec<u8>> {
    const LINES: [&str; 36] = [
        "",
        "",
        "",
        "--a",
        "--a--",
        "--b",
        "--b--",
        "--a ",
        "--aa",
        "-",
        "--",
        "---",
        "Content-Type: multipart/mixed; boundary=a",
        "Content-Type: multipart/alternative; boundary=\"b\"",
        "Content-Type: multipart/digest; boundary=a",
        "Content-Type: message/rfc822",
        "Content-Type: text/html",
        "Content-Type: text/plain; charset=utf-16",
        "Content-Type: application/octet-stream; name=x.eml",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: quoted-printable",
        "Content-Disposition: attachment; filename*=utf-8''%C3%BC.txt",
        "Subject: =?utf-8?B?R3LDvMOfZQ==?=",
        "From: a <a@b.example>",
        " folded",
        "\tfolded",
        "U3ViamVjdDogaW5uZXIKCkhpCg==",
        "U3Vi=",
        "soft=",
        "=C3=BC =",
        "Hello https://evil.example/x [.] 192.0.2.1",
        "<a href='https://evil.example'>x</a>",
        "no header",
        "From someone Mon",
        "Received: from a ([192.0.2.1]) by b; Mon, 6 Jan 2025 08:00:00 +0000",
        "Date: never",
    ];
    prop_oneof![
        12 => prop::sample::select(LINES.to_vec()).prop_map(|line| line.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let ends = prop::sample::select(vec!["\r\n", "\n", "\r"]);
    let mixed = prop::collection::vec(prop_oneof![9 => Just(0_usize), 1 => 0..3_usize], 60);
    (prop::collection::vec(line(), 0..60), ends, mixed, any::<bool>()).prop_map(|(lines, end, mixed, mix)| {
        let mut raw = Vec::new();
        for (line, other) in lines.iter().zip(mixed) {
            raw.extend_from_slice(line);
            let end = if mix && other > 0 { ["", "\n", "\r\n"][other] } else { end };
            raw.extend_from_slice(end.as_bytes());
        }
        raw
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes(raw in prop::collection::vec(any::<u8>(), 0..2_000), pieces in prop::collection::vec(1..50_usize, 1..5)) {
        check(&raw, pieces);
    }

    #[test]
    fn messages_of_arbitrary_lines(raw in message(), pieces in prop::collection::vec(1..50_usize, 1..5)) {
        check(&raw, pieces);
    }

    #[test]
    fn arbitrary_text_can_be_previewed_and_defanged(text in "(<[a-z/!]{0,6}|[ =\"'>&;a-z]|javascript:|on[a-z]+=|\\PC){0,60}") {
        prop_assert!(preview::sanitize(&text, |_| None).html.starts_with("<!DOCTYPE html>"));
        prop_assert!(defang(&text).len() >= text.len());
    }
}

/// Whether a file is mail must not depend on how much of it comes at once.
#[test]
fn what_a_file_is_does_not_depend_on_pieces() {
    let armour =
        b"-----BEGIN PGP MESSAGE-----\nVersion: x\n\nwords and words and words and words and words\n";
    for distance in [0, 40, 80, 5_000] {
        let filler = b"a".repeat(distance);
        check(&[&armour[..], &filler, b"\xff\n", &b"b".repeat(300)].concat(), vec![3]);
    }
    let name = b"n".repeat(99);
    let mut tape = [&name[..], b"\x000000644\0"].concat();
    tape.resize(257, b'0');
    tape.extend_from_slice(b"ustar\x0000");
    tape.resize(1024, 0);
    assert_eq!(check(&tape, vec![3]).root.format.as_deref(), Some("tar"));
}
