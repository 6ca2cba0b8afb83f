//! What is dear to check: that all ways to the evidence and to the bytes of a part lead to the same.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use data_encoding::HEXLOWER;
use mailcase_evidence::{
    Evidence, ExtractError, Form, Means, Part, PartKind, Sink, examine, examine_headers, examine_pieces,
    examine_reader, extract, extract_all, part_text,
};
use sha2::{Digest, Sha256};

use crate::check::{dump, evidence_of};
use crate::{cost, means};

/// Parts taken out one by one.
const PARTS: usize = 12;

/// Examines the message in every way there is.
pub fn message(raw: &[u8]) {
    dump(raw);
    let means = means::of(raw);
    let evidence = cost::bounded(cost::MESSAGE, || examine(raw, &means));
    evidence_of(raw, &evidence, &means);
    let salt = crc32fast::hash(raw) as usize;
    same(&evidence, &examine(raw, &means), "a second time");
    let size = [1, 7, 61, 1_000][salt / 4 % 4];
    same(&evidence, &examine_pieces(raw.chunks(size), &means), "in pieces");
    let mut streaming = means.clone();
    streaming.limits.in_memory_bytes = 0;
    let reader = Dripping { data: Cursor::new(raw), piece: 1 + salt % 300 };
    let streamed = examine_reader(reader, raw.len() as u64, &streaming).expect("memory can be read");
    same(&evidence, &streamed, "as a stream");
    let beginning = &raw[..raw.len().min(salt % 4_000)];
    if let Some(known) = examine_headers(beginning, &means.limits) {
        assert!(known.headers == evidence.headers, "headers differ when only they are read");
        assert!(known.envelope == evidence.envelope, "the envelope differs when only headers are read");
    }
    contents(raw, &evidence, &means);
}

fn same(one: &Evidence, other: &Evidence, how: &str) {
    if one != other {
        let text = |evidence| serde_json::to_string_pretty(evidence).expect("evidence is JSON");
        let (one, other) = (text(one), text(other));
        let differing = one.lines().zip(other.lines()).find(|(one, other)| one != other);
        panic!("{how} the evidence differs: {differing:?}");
    }
}

/// Everything that is written, by path.
#[derive(Default)]
struct Written {
    open: BTreeMap<String, Vec<u8>>,
    ended: BTreeMap<String, Vec<u8>>,
}

impl Sink for Written {
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        assert!(!self.ended.contains_key(path), "{path} goes on after its end");
        self.open.entry(path.to_owned()).or_default().extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self, path: &str) -> io::Result<()> {
        let bytes = self.open.remove(path).unwrap_or_default();
        assert!(self.ended.insert(path.to_owned(), bytes).is_none(), "{path} ends twice");
        Ok(())
    }

    fn withdraw(&mut self, path: &str) -> io::Result<()> {
        self.open.remove(path);
        Ok(())
    }
}

fn contents(raw: &[u8], evidence: &Evidence, means: &Means) {
    let mut written = Written::default();
    let extracted = extract_all(Cursor::new(raw), &mut written, means).expect("memory can be read");
    same(evidence, &extracted, "while its parts are written");
    assert!(written.open.is_empty(), "parts without an end: {:?}", written.open.keys());
    let known: Vec<&Part> = evidence.root.walk().filter(|part| part.hashes.is_some()).collect();
    assert_eq!(written.ended.len(), known.len(), "parts written and parts with hashes");
    for part in &known {
        let bytes = written.ended.get(&part.path).expect("a part with hashes is written");
        is_of(part, bytes);
    }
    for part in evidence.root.walk().take(PARTS) {
        let mut bytes = Vec::new();
        match extract(Cursor::new(raw), &part.path, Form::Content, &mut bytes, means) {
            Ok(info) => {
                is_of(part, &bytes);
                assert_eq!((&info.part.path, info.part.size), (&part.path, part.size));
                assert_eq!(info.part.hashes, part.hashes);
            }
            Err(ExtractError::NoContent(_)) => assert!(part.hashes.is_none(), "{} has content", part.path),
            Err(error) => panic!("{}: {error}", part.path),
        }
        let mut original = Vec::new();
        let given = extract(Cursor::new(raw), &part.path, Form::Original, &mut original, means);
        assert!(given.is_ok() || part.hashes.is_none(), "{} as it stands: {given:?}", part.path);
        if part.path == "/" {
            assert!(original == raw, "the whole message as it stands");
        }
        match part_text(Cursor::new(raw), &part.path, means) {
            Ok(text) => assert_eq!(Some(text.read_as), part.read_as, "{}", part.path),
            Err(_) => assert!(part.read_as.is_none(), "{} is text", part.path),
        }
    }
}

/// A message within is written as it stands; its hashes and size are of that, too.
fn is_of(part: &Part, bytes: &[u8]) {
    let hashes = part.hashes.as_ref().expect("only parts with hashes are asked for");
    assert_eq!(bytes.len() as u64, part.size, "{}", part.path);
    assert_eq!(HEXLOWER.encode(&Sha256::digest(bytes)), hashes.sha256, "{}", part.path);
    assert!(part.kind != PartKind::Multipart, "{} has hashes", part.path);
}

/// A reader that gives small pieces.
struct Dripping<'a> {
    data: Cursor<&'a [u8]>,
    piece: usize,
}

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.piece.min(buffer.len());
        self.data.read(&mut buffer[..piece])
    }
}

impl Seek for Dripping<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.data.seek(to)
    }
}
