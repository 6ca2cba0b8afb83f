//! TNEF streams and the files that MimeKit's tests expect in them.

use std::path::Path;

use super::{Tally, corpus, files};
use crate::contents::{Content, Contents, Item, Role, Room};
use crate::outlook::compound::{Compound, Kind};
use crate::outlook::{open_tnef, tnef};

const LINE_ENDS: &str = "the expected file has other line ends than the stream, which was written by Windows";
const OBJECT: &str = "the file within the OLE object is given out under its own name, not the object";
const NAME: &str =
    "MimeKit takes the title for programs of 1993, here the name the attachment is displayed by";
const TEXT: &str = "the rich text was made of plain text, which is given out as such";

fn room() -> Room {
    Room::new(1 << 30, u64::MAX)
}

fn bytes(item: &Item) -> &[u8] {
    let Content::File(bytes) = &item.content else { panic!("{item:?}") };
    bytes
}

fn with_line_feeds(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| *byte != b'\r').collect()
}

/// The files a program would find in an OLE object, before which the interface it is stored by is named.
fn within(object: &[u8]) -> Vec<Vec<u8>> {
    let object = object.get(16..).unwrap_or_default();
    let Some(compound) = Compound::open(object) else { return Vec::new() };
    compound
        .children(Compound::ROOT)
        .filter(|(_, entry)| entry.kind == Kind::Stream)
        .map(|(id, _)| compound.stream(id, &mut room()).unwrap().bytes)
        .collect()
}

fn expected_file(tally: &mut Tally, what: &str, stream: &[u8], contents: &Contents, path: &Path) {
    let expected = std::fs::read(path).unwrap();
    let items = || contents.items.iter().map(bytes);
    let ends_within = |item: &[u8]| {
        let inside = |one: &Vec<u8>| memchr::memmem::find(one, item).is_some();
        !item.is_empty() && within(&expected).iter().any(inside)
    };
    if items().any(|found| found == expected) {
        tally.matched += 1;
    } else if items().any(|found| with_line_feeds(found) == with_line_feeds(&expected)) {
        tally.justify(LINE_ENDS);
    } else if path.ends_with("message.rtf") {
        let rtf = tnef::rich_text(stream, &mut room()).unwrap_or_default();
        tally.compare(
            &format!("{what} rich text"),
            &(with_line_feeds(&rtf) == with_line_feeds(&expected)),
            &true,
        );
        tally.justify(TEXT);
    } else if items().any(ends_within) {
        tally.justify(OBJECT);
    } else {
        tally.differing.push(format!("{what}: {} of {} bytes", path.display(), expected.len()));
    }
}

#[test]
fn streams_hold_the_files_that_are_expected() {
    let Some(folder) = corpus("jstedfast+MimeKit/UnitTests/TestData/tnef") else { return };
    let mut tally = Tally::default();
    for path in files(&folder, "tnef") {
        let stream = std::fs::read(&path).unwrap();
        let contents = open_tnef(&stream, &mut room());
        let what = path.file_stem().unwrap().to_str().unwrap();
        let bad = contents.defects.iter().find(|defect| defect.code != "junk_at_end");
        tally.compare(&format!("{what} defects"), &bad, &None);
        let Ok(list) = std::fs::read_dir(path.with_extension("")) else { continue };
        for file in list {
            expected_file(&mut tally, what, &stream, &contents, &file.unwrap().path());
        }
    }
    tally.report("MimeKit TNEF files");
}

#[test]
fn streams_hold_the_names_that_are_listed() {
    let Some(folder) = corpus("jstedfast+MimeKit/UnitTests/TestData/tnef") else { return };
    let mut tally = Tally::default();
    for path in files(&folder, "list") {
        let contents = open_tnef(&std::fs::read(path.with_extension("tnef")).unwrap(), &mut room());
        let attached: Vec<_> = contents.items.iter().filter(|item| item.role != Role::Body).collect();
        let list = std::fs::read_to_string(&path).unwrap();
        let what = path.file_stem().unwrap().to_str().unwrap();
        let mut named = 0;
        for name in list.lines().filter(|name| !name.is_empty()) {
            let body = |kind: &str| {
                let of_kind = |item: &Item| item.role == Role::Body && item.content_type == kind;
                contents.items.iter().any(of_kind)
            };
            match name {
                "body.rtf" if body("application/rtf") => tally.matched += 1,
                "body.rtf" if body("text/plain") || body("text/html") => tally.justify(TEXT),
                "body.html" => tally.compare(&format!("{what} HTML"), &body("text/html"), &true),
                _ => {
                    named += 1;
                    let there = attached.iter().any(|item| item.name.as_deref() == Some(name));
                    if !there && name.starts_with("Untitled") {
                        tally.justify(NAME);
                    } else {
                        tally.compare(&format!("{what} name {name}"), &there, &true);
                    }
                }
            }
        }
        // Some lists name only the body.
        tally.compare(&format!("{what} attachments"), &(attached.len() >= named), &true);
    }
    tally.report("MimeKit TNEF lists");
}

#[test]
fn messages_within_are_streams_of_their_own() {
    let Some(folder) = corpus("jstedfast+MimeKit/UnitTests/TestData/tnef") else { return };
    let contents = open_tnef(&std::fs::read(folder.join("christmas.tnef")).unwrap(), &mut room());
    let within = contents.items.iter().filter(|item| item.content_type == "application/ms-tnef");
    let opened: Vec<_> = within.map(|item| open_tnef(bytes(item), &mut room())).collect();
    let subject = |contents: &Contents| contents.head.as_ref().and_then(|head| head.envelope.subject.clone());
    let subjects: Vec<_> = opened.iter().filter_map(subject).collect();
    assert_eq!(subjects, ["Build a train table", "Christmas Celebration!"]);
    assert!(opened.iter().all(|contents| contents.defects.is_empty()));
    assert!(opened.iter().all(|contents| contents.items.iter().any(|item| item.role == Role::Body)));
}
