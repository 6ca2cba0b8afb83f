//! Writing all parts while a message is read gives exactly the parts that have content.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;
use std::io::{self, Cursor};

use mailcase_evidence::{Means, Sink, examine, extract_all};

/// What was written, by path; still open, or ended.
#[derive(Default)]
struct Written {
    open: BTreeMap<String, Vec<u8>>,
    ended: BTreeMap<String, Vec<u8>>,
}

impl Sink for Written {
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
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

/// The paths and texts of the parts.
fn check(raw: &str) -> Vec<(String, String)> {
    let mut written = Written::default();
    let evidence = extract_all(Cursor::new(raw), &mut written, &Means::default()).unwrap();
    assert_eq!(evidence, examine(raw.as_bytes(), &Means::default()));
    assert!(written.open.is_empty(), "without an end: {:?}", written.open);
    let known: Vec<&str> =
        evidence.root.walk().filter(|part| part.hashes.is_some()).map(|part| part.path.as_str()).collect();
    assert_eq!(written.ended.keys().collect::<Vec<_>>(), known);
    written
        .ended
        .into_iter()
        .map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned()))
        .collect()
}

#[test]
fn the_text_before_the_parts_is_no_content() {
    let parts = check(
        "Content-Type: multipart/mixed; boundary=b\n\nThis is a message in MIME.\n\n\
         --b\n\none\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\ntwo\n--b--\nend\n",
    );
    let expected = [("/1", "one"), ("/2", "Subject: x\n\ntwo"), ("/2/1", "two")];
    assert_eq!(parts, expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
}

#[test]
fn a_multipart_without_parts_is_its_text() {
    let parts = check("Content-Type: multipart/mixed; boundary=b\n\nNo part at all.\n");
    assert_eq!(parts, [("/".to_owned(), "No part at all.\n".to_owned())]);
    let closed_at_once = check("Content-Type: multipart/mixed; boundary=b\n\nBefore.\n--b--\nAfter.\n");
    assert_eq!(closed_at_once, []);
}
