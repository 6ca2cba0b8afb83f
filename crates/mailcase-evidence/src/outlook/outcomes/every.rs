//! Every Outlook message of every source opens completely, and so does every message within.

use std::path::{Path, PathBuf};

use super::corpus;
use crate::contents::{Content, Contents, Room};
use crate::outlook::{is_message, open_message, open_tnef};

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

fn check(what: &str, contents: &Contents, depth: usize) {
    let head = contents.head.as_ref();
    let subject = head.and_then(|head| head.envelope.subject.as_deref()).unwrap_or_default();
    let from = head.map(|head| head.envelope.from.clone()).unwrap_or_default();
    println!("{:depth$}{what}: {subject:?} {from:?} {} words", "", contents.words.len());
    assert!(contents.defects.is_empty(), "{what}: {:?}", contents.defects);
    for item in &contents.items {
        let Content::File(bytes) = &item.content else {
            println!("{:depth$}  {:?}", "", item);
            continue;
        };
        let (name, kind) = (item.name.as_deref().unwrap_or_default(), &item.content_type);
        println!(
            "{:depth$}  {:?} {name:?} {kind} {:?} {} {:?}",
            "",
            item.role,
            item.charset,
            bytes.len(),
            item.facts
        );
        assert!(item.defects.is_empty(), "{what} {name}: {:?}", item.defects);
        if kind == "application/vnd.ms-outlook" {
            check(name, &open_message(bytes, &mut Room::new(1 << 30, u64::MAX)), depth + 4);
        } else if kind == "application/ms-tnef" {
            check(name, &open_tnef(bytes, &mut Room::new(1 << 30, u64::MAX)), depth + 4);
        }
    }
}

#[test]
fn every_message_opens_without_a_defect() {
    let Some(folder) = corpus("") else { return };
    let mut paths = Vec::new();
    walk(&folder, &mut paths);
    paths.sort();
    let mut count = 0;
    for path in paths {
        let file = std::fs::read(&path).unwrap();
        if is_message(&file) {
            count += 1;
            let contents = open_message(&file, &mut Room::new(1 << 30, u64::MAX));
            check(&path.file_name().unwrap().to_string_lossy(), &contents, 0);
            assert!(contents.head.is_some_and(|head| !head.headers.is_empty()), "{}", path.display());
        }
    }
    assert!(count > 50, "only {count} messages");
}
